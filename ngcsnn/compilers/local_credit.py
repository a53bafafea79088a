"""Where credit stops under a rule that keeps it inside the cells: what readers take without its derivative.

The hidden cells are the spiking ones that are no outputs. Credit stops where a synapse that leads to a hidden cell
reads a cell (or a trace), and where a hidden cell reads another one directly; it passes where a synapse reads a
synapse, from cells to synapses that lead to outputs alone, and into every weight.
"""

from __future__ import annotations

from collections.abc import Collection

from ngcsnn.compilers.plan import Leaf, origins
from ngcsnn.graph import Component, Context

STOPS = ("cell", "trace")  # stages of components whose credit stays with them
Cuts = dict[str, frozenset[Leaf]]  # what each reader takes without derivative


def hidden_cells(context: Context, outputs: Collection[str]) -> list[str]:
    """The names of the spiking cells that are no outputs."""
    return [c.name for c in context.components.values() if hasattr(c, "crossing_terms") and c.name not in outputs]


def cuts(context: Context, outputs: Collection[str], to_hidden: bool = True) -> Cuts:
    """The reads through which no credit passes. to_hidden: whether it passes from outputs to hidden cells."""
    hidden = set(hidden_cells(context, outputs)) | (set() if to_hidden else set(outputs))
    components, sources = context.components, _sources(context)
    serving = _serving(components, sources, hidden)
    out: Cuts = {}
    for reader, leaves in sources.items():
        if reader in hidden or reader in serving:
            cut = [leaf for leaf in leaves if components[leaf[0]].stage in STOPS and leaf[0] != reader]
            out[reader] = frozenset(cut)
    return out


def reached(context: Context, outputs: Collection[str], cut: Cuts) -> set[str]:
    """The components that get credit from `outputs`, where it passes no `cut`."""
    sources, found, waiting = _sources(context), set(outputs), list(outputs)
    while waiting:
        reader = waiting.pop()
        for leaf in sources.get(reader, set()) - cut.get(reader, frozenset()):
            if leaf[0] not in found:
                found.add(leaf[0])
                waiting.append(leaf[0])
    return found


def _sources(context: Context) -> dict[str, set[Leaf]]:
    """What each component reads through its wires."""
    return {
        name: {(s.component.name, s.name) for target in c.wired() for s in origins(target) if s.role != "param"}
        for name, c in context.components.items()
    }


def _serving(components: dict[str, Component], sources: dict[str, set[Leaf]], hidden: set[str]) -> set[str]:
    """The synapses whose output reaches a hidden cell through nothing but synapses."""
    found: set[str] = set()
    waiting = list(hidden)
    while waiting:
        for name, _ in sources[waiting.pop()]:
            if components[name].stage == "synapse" and name not in found:
                found.add(name)
                waiting.append(name)
    return found
