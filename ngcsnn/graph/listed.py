"""Events of one step as a list, beside the array that holds them: for those who do work only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ngcsnn.graph.frame import current_frame

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment


ROOM = 8  # places without events that end every list, so that blocks of as many can be read anywhere in it


class Listed(NamedTuple):
    """The events of one sample in one step: those at start, ..., stop - 1 of the lists of a trial.

    units: (M,) int32, in order of time, the number of units where there is no event, as in the last ROOM places.
    offsets: (M,), from the step's end in ms, each <= 0; None where all are on it. Every event has size 1.
    """

    units: Any
    offsets: Any
    start: Any
    stop: Any


def listed(compartment: Compartment) -> Listed | None:
    """The list of what `compartment` holds in this step, where the run in progress has one."""
    frame = current_frame()
    while compartment.source is not None:
        if not hasattr(compartment.source, "component"):
            return None  # an expression
        compartment = compartment.source  # type: ignore[assignment]
    return None if frame is None else frame.listed.get((compartment.component.name, compartment.name))


def relay(source: Compartment, target: Compartment) -> None:
    """Note that `target` now holds the events of `source`, so its list too."""
    frame = current_frame()
    if frame is None or not frame.listed:
        return
    found, key = listed(source), (target.component.name, target.name)
    if found is None:
        frame.listed.pop(key, None)
    else:
        frame.listed[key] = found
