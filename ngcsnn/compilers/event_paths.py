"""Do the times of all spikes reach the outputs? EventProp's gradient goes through them and through nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from ngcsnn.compilers.plan import origins, upstream
from ngcsnn.graph import Compartment, Context, GraphError


def check_event_paths(context: Context, outputs: Iterable[str]) -> None:
    """Raise where spikes of a cell reach an input that drops their times: no gradient would cross it.

    outputs: names of the components that a loss reads. Spikes of sources may reach such an input: nothing is learned
    behind them. Graded values, such as a cell's `v`, carry their gradient anyway.
    """
    for name in sorted({n for o in outputs for n in (o, *upstream(context, o))}):
        part = context.components[name]
        for target in part.wired():
            spiking = set() if target.declared.timed else _senders(target, set())
            if spiking:
                ports = [c.key for c in part.compartments.values() if c.role == "input" and c.declared.timed]
                hint = f"; wire to an input that receives events ({', '.join(ports)})" if ports else ""
                raise GraphError(
                    f"{target.source!r} >> {target.key}: {target.key} takes values and drops spike times, so EventProp "
                    f"finds no gradient for the spikes of {', '.join(sorted(spiking))}{hint}"
                )


def _senders(target: Compartment, seen: set[str]) -> set[str]:
    """The spiking cells whose events arrive at `target`, through synapses on the way."""
    found: set[str] = set()
    for source in origins(target):
        part = source.component
        if source.offset is None or part.name in seen:
            continue
        seen.add(part.name)
        if hasattr(part, "crossing_terms"):
            found.add(part.name)
            continue
        for before in part.wired():
            found |= _senders(before, seen) if before.declared.timed else set()
    return found
