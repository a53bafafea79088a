"""Which synapses are given the events of a source as lists, and where the lists have to be spread over the steps.

A source that relays what it is fed need not be evaluated where all its readers are synapses with a `matrix`, between
which and the source is nothing but a wire. Who restates a step gives up what its base class said of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ngcsnn.compilers.plan import Leaf, Stage
from ngcsnn.graph import Component, Context
from ngcsnn.kernels import Events, project, project_copies, project_delayed


class Routes(NamedTuple):
    """lists: {synapse: events that it transmits}. spread: {leaf: (T, batch, n)}. idle: sources nobody else reads."""

    lists: dict[str, Events]
    spread: dict[Leaf, Any]
    idle: set[str]


def route(context: Context, stages: Iterable[Stage], fed: dict[Leaf, Any], watch: Iterable[Leaf]) -> Routes:
    """Sort out the fed leaves; those that are arrays are spread already."""
    out = Routes({}, {}, set())
    watch = list(watch)
    watched = {name for name, _ in watch}
    for leaf, value in fed.items():
        if not isinstance(value, Events):
            out.spread[leaf] = value
            continue
        name, key = leaf
        component = context.components[name]
        relays = component.relays if _holds(component, "relays", "advance") else None
        relayed = relays[1] if relays and relays[0] == key else None
        readers = [(s, r.reader) for s in stages for r in s.external if r.leaf[0] == name]
        takers = {r for s, r in readers if relayed and _takes_lists(context, s, r, (name, relayed))}
        takers -= {r for r, kept in watch if context.components[r].compartment(kept).role == "state"}
        out.lists.update(dict.fromkeys(takers, value))
        if takers and name not in watched and {r for _, r in readers} == takers:
            out.idle.add(name)
        else:
            m0, m1 = value.dense(context.dtype)
            out.spread[leaf] = m0
            moments = component.compartment(key).offset
            if m1 is not None and moments is not None:
                out.spread[(name, moments.name)] = m1
    return out


def projected(synapse: Any, events: Events, rule: Any) -> tuple[Any, Any]:
    """(m0, m1), (T, batch, n_post), of what a synapse makes of a list of events, without its bias; in its frame."""
    if not synapse.delayed:
        return project(events, synapse.matrix())
    way = project_copies if synapse.copied else project_delayed
    return way(events, synapse.matrix(), synapse.transmission_delays(), synapse.context.dt, rule)


def _takes_lists(context: Context, stage: Stage, reader: str, leaf: Leaf) -> bool:
    """Whether `reader` is alone in its stage, transmits through a matrix, and its input is `leaf` itself."""
    component = context.components[reader]
    if stage.members != (reader,) or stage.borrowed or getattr(component, "matrix", None) is None:
        return False
    if component.draws or (stage.looped and not component.delayed):  # the only memory of a list is that of its delays
        return False
    if not _holds(component, "matrix", "transmit", "transmission_delays", "collect", "advance"):
        return False
    (wired, *others) = component.wired()
    source = wired.source
    return (
        not others and (getattr(getattr(source, "component", None), "name", None), getattr(source, "name", "")) == leaf
    )


def _holds(component: Component, said: str, *of: str) -> bool:
    """Whether no subclass replaced one of the methods `of` below the class that said `said` of them."""
    order = type(component).__mro__
    written = next((i for i, c in enumerate(order) if said in vars(c)), len(order))
    return not any(method in vars(c) for c in order[:written] for method in of)
