"""The plan of a rollout: which components can be evaluated for all steps at once, and which need a time loop.

Components are grouped into the strongly connected parts of the graph, in the order in which they feed each other. A
memoryless component outside every circle (a synapse between layers, a source) is one evaluation over (T x batch) rows:
this is what hoists input projections out of the loop, and filters readouts after it. Everything else is a time loop of
its own, layer by layer; only a recurrent circle of cells and synapses shares one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.graph import Compartment, Component, Context, in_order

Leaf = tuple[str, str]  # (component, compartment)


@dataclass(frozen=True)
class Read:
    """A member of a stage reads `leaf`; lag 0: as written in this step, 1: in the step before."""

    reader: str
    leaf: Leaf
    lag: int


@dataclass(frozen=True)
class Stage:
    """Components that are evaluated together.

    members: in the order of a step. looped: whether they need a time loop. transmitting: memoryless members of a loop
    that run first, reading only what the step before wrote and what comes from outside. external, internal: what the
    members read from outside the stage, and what they read of each other one step later.
    borrowed: components whose parameters members read through wires.
    """

    members: tuple[str, ...]
    looped: bool
    transmitting: tuple[str, ...]
    external: tuple[Read, ...]
    internal: tuple[Read, ...]
    borrowed: tuple[str, ...] = ()


def make_plan(context: Context, crossing: Any = None) -> list[Stage]:
    """The stages of one rollout of the default process, in order; learning rules rest.

    crossing: the credit rule it runs under, if known.
    """
    order = {c.name: i for i, c in enumerate(c for c in in_order(context) if c.stage != "rule")}
    reads = [r for name in order for r in _reads(context.components[name], order, crossing)]
    feeds: dict[str, set[str]] = {name: set() for name in order}
    for read in reads:
        feeds[read.reader].add(read.leaf[0])
    return [_stage(context, part, reads, order) for part in _strong_parts(feeds)]


def _reads(component: Component, order: dict[str, int], crossing: Any) -> list[Read]:
    out = []
    for target in component.wired():
        if not target.declared.stored:
            continue  # what a rule proposes
        for source in origins(target):
            if source.role == "param":
                continue
            lag = 0 if order[source.component.name] < order[component.name] else 1
            for leaf in (source, source.offset):
                if leaf is not None:
                    out.append(Read(component.name, (leaf.component.name, leaf.name), lag))
    for name in component.remembered(crossing):
        own = component.compartment(name)
        out += [Read(component.name, (component.name, c.name), 1) for c in (own, own.offset) if c is not None]
    return list(dict.fromkeys(out))


def origins(target: Compartment) -> list[Compartment]:
    """The compartments with arrays of their own at the far end of a wire, through wired inputs on the way."""
    out: list[Compartment] = []
    for source in target.source.sources() if target.source is not None else ():
        out.extend(origins(source) if source.source is not None else [source])
    return out


def _stage(context: Context, part: set[str], reads: list[Read], order: dict[str, int]) -> Stage:
    members = tuple(sorted(part, key=order.__getitem__))
    inside = [r for r in reads if r.reader in part]
    external = tuple(r for r in inside if r.leaf[0] not in part)
    internal = tuple(r for r in inside if r.leaf[0] in part and r.lag == 1)
    components = context.components
    looped = bool(internal) or any(components[m].draws or not components[m].memoryless for m in members)
    at_once = {(r.reader, r.leaf[0]) for r in inside if r.leaf[0] in part and r.lag == 0}
    sources = [s for m in members for t in components[m].wired() for s in origins(t)]
    borrowed = {s.component.name for s in sources if s.role == "param"}
    transmitting = tuple(
        m for m in members
        if components[m].memoryless and components[m].stage == "synapse" and not components[m].draws
        and m not in borrowed and not _borrows(components[m]) and not any(reader == m for reader, _ in at_once)
    )  # fmt: skip
    return Stage(members, looped, transmitting if looped else (), external, internal, tuple(sorted(borrowed)))


def _borrows(component: Component) -> bool:
    """Whether its wires read parameters of others."""
    return any(s.role == "param" for t in component.wired() for s in origins(t))


def _strong_parts(feeds: dict[str, set[str]]) -> list[set[str]]:
    """Tarjan's strongly connected components; each comes after all that feed it."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    parts: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for source in sorted(feeds[name]):
            if source not in index:
                visit(source)
                low[name] = min(low[name], low[source])
            elif source in stack:
                low[name] = min(low[name], index[source])
        if low[name] == index[name]:
            part = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            parts.append(part)

    for name in feeds:
        if name not in index:
            visit(name)
    return parts


def upstream(context: Context, name: str) -> set[str]:
    """All components that feed `name`, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for target in context.components[waiting.pop()].wired():
            for source in origins(target):
                if source.component.name not in found:
                    found.add(source.component.name)
                    waiting.append(source.component.name)
    return found
