"""From what a user hands in (event lists, arrays) to data on the device, checked against the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.compilers.precision import check_precision
from ngcsnn.data.trial_data import TrialData
from ngcsnn.graph import Compartment, Context, GraphError, ShapeError
from ngcsnn.graph.parameter import brief

Data = dict[str, Any]  # {"component.compartment": FedEvents or (n_samples, T, n)}
AXES = ("sample", "step", "unit")


def to_device(context: Context, inputs: Mapping[Any, Any], n_steps: int) -> tuple[Data, int]:
    """(arrays by fed compartment, number of samples). inputs: {source or compartment, or its name: data}.

    data: an `EventData` or other container of trials (`ngcsnn.data.LatencyCode`); or an array (n_samples, n_steps, n),
    whose row n is what the compartment holds during step n: of a source, the events that it emits at the step's end, of
    a cell's `j`, its current.
    Errors: `GraphError` and its kin; they name the compartment, and what it takes.
    """
    check_precision(context)
    if not isinstance(inputs, Mapping):
        raise GraphError(f"inputs are given as {{component: data}}, got {brief(inputs)}")
    if not inputs:
        raise GraphError("inputs are empty: without data there is no number of samples")
    data: Data = {}
    counts: dict[str, int] = {}
    for key, given in inputs.items():
        target = _target(context, key)
        if target.key in data:
            raise GraphError(f"{target.key} is fed twice")
        data[target.key], counts[target.key] = _convert(context, target, given, n_steps)
    if len(set(counts.values())) != 1:
        each = ", ".join(f"{key} {n}" for key, n in counts.items())
        raise ShapeError(f"inputs differ in their number of samples: {each}")
    for key, value in data.items():
        if isinstance(value, FedEvents) and f"{key}.offset" in data:
            raise GraphError(f"{key} is fed events, which bring their offsets: {key}.offset is fed twice")
    lacking = [c.name for c in context.components.values() if _waits(c) and f"{c.name}.inputs" not in data]
    if lacking:
        raise GraphError(
            f"no data for the source {', '.join(repr(n) for n in lacking)}; got data for {', '.join(data)}"
        )
    return dict(sorted(data.items())), next(iter(counts.values()))


def _waits(component: Any) -> bool:
    """Whether it is a source that emits what it is fed."""
    inputs = component.compartments.get("inputs")
    return component.stage == "source" and inputs is not None and inputs.source is None


def _target(context: Context, key: Any) -> Compartment:
    found = context.find(key)
    part = getattr(found, "component", found)
    if not isinstance(found, Compartment) or (part.stage == "source" and found.role == "output"):
        if part.stage != "source" or "inputs" not in part.compartments:
            own = [c for c in part.compartments.values() if c.role == "input" and c.declared.stored]
            free = [c.key for c in own if c.source is None]
            hint = f"one of its free inputs ({', '.join(free)})" if free else "it has no free input of its own"
            raise GraphError(f"'{part.name}' is a {type(part).__name__}, no source: feed a source, or {hint}")
        moment = isinstance(found, Compartment) and found.name.endswith(".offset")
        found = part.compartment("inputs.offset" if moment else "inputs")
    if found.source is not None:
        raise GraphError(f"{found.key} cannot be fed: it is driven by the wire {found.source!r} >> {found.key}")
    owner = found if found.offset is not None else part.compartments.get(found.name.removesuffix(".offset"), found)
    if owner.source is not None:
        raise GraphError(
            f"{found.key} cannot be fed: {owner.key} is driven by the wire {owner.source!r} >> {owner.key}"
        )
    if found.role != "input" or not found.batched:
        kind = "shared by all samples" if found.role == "input" else f"of role '{found.role}'"
        raise GraphError(f"{found.key} cannot be fed: it is {kind}; feed an input compartment of per-sample shape")
    return found


def _convert(context: Context, target: Compartment, given: Any, n_steps: int) -> tuple[Any, int]:
    if isinstance(given, TrialData) and not isinstance(given, np.ndarray):
        return _events(context, target, given, n_steps), len(given)
    expected = (n_steps, *target.shape)
    takes = f"{target.key} takes {'an EventData or ' if target.offset is not None else ''}an array (n_samples, "
    takes += f"{', '.join(map(str, expected))})"
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ShapeError(f"{takes}, got what cannot be made one array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise GraphError(f"{takes} of numbers, got {brief(given)}")
    if array.ndim < 1 or array.shape[1:] != expected or len(array) == 0:
        swapped = array.ndim == len(expected) + 1 and (array.shape[0], *array.shape[2:]) == expected
        hint = "; give `array.swapaxes(0, 1)`" if swapped else ""
        raise ShapeError(f"{takes}, got {array.shape}{hint}")
    with np.errstate(over="ignore"):
        array = array.astype(context.dtype)
    if not np.all(np.isfinite(array)):
        place = np.argwhere(~np.isfinite(array))[0]
        where = ", ".join(f"{axis} {i}" for axis, i in zip(AXES, place, strict=False))
        raise GraphError(
            f"{target.key}: the input must be finite in {context.dtype}, got {array[tuple(place)]} at {where}"
        )
    return jnp.asarray(array), len(array)


def _events(context: Context, target: Compartment, given: TrialData, n_steps: int) -> FedEvents:
    n = target.shape[0] if len(target.shape) == 1 else 0
    if target.offset is None or not n:
        raise GraphError(
            f"{target.key} takes values, not events: give an array "
            f"(n_samples, {', '.join(map(str, (n_steps, *target.shape)))})"
        )
    if given.n_units != n:
        raise ShapeError(f"{target.key} has {n} units, the events have {given.n_units}")
    if len(given) == 0:
        raise ShapeError(f"{target.key}: the events hold no sample")
    try:
        trials = given.to_device(n_steps, context.dt, context.dtype)
    except ValueError as error:
        raise GraphError(f"{target.key}: {error}") from None
    # what a source emits in a step acts in the next one; an input that is fed directly holds what acts in this one
    later = 0 if target.component.stage == "source" else 1
    return FedEvents(trials, n_units=n, most=getattr(trials, "most", n), later=later)
