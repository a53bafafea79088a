"""Hyper-parameters that change with the update count n (0 for the first update); each is plain data as well."""

import dataclasses
import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.hyper import NON_NEGATIVE, POSITIVE, Range, check_number


@dataclass(frozen=True)
class Schedule(ABC):
    """A function of the update count that can be written as plain data; usable wherever a number is, as `eta`.

    Any other callable of the update count works as well, but cannot be described.
    """

    @abstractmethod
    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`, an int32 array of shape ()."""

    def __call__(self, step: Any) -> jax.Array:
        """Return the value for update number `step` (0 is the first), shape (), float."""
        return jnp.asarray(self.at(jnp.asarray(step, jnp.int32)), dtype=float)


@dataclass(frozen=True)
class Constant(Schedule):
    """The same value always.

    Arguments: `value` >= 0.
    """

    value: float

    def __post_init__(self) -> None:
        _check(self, value=NON_NEGATIVE)

    def at(self, n: jax.Array) -> Any:
        """Return `value`."""
        return self.value


@dataclass(frozen=True)
class Exponential(Schedule):
    """Smooth decay: `initial factor^(n / every)`, never below `final`.

    Arguments: `initial` first value; `factor` > 0 gained in `every` updates; `every` updates (1); `final` lower limit
    (0).
    """

    initial: float
    factor: float
    every: int = 1
    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self, initial=NON_NEGATIVE, factor=POSITIVE, final=NON_NEGATIVE)
        _check_counts(self, every=1)

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        decay = jnp.exp(n.astype(float) * (math.log(self.factor) / self.every))
        return jnp.maximum(self.initial * decay, self.final)


@dataclass(frozen=True)
class Step(Schedule):
    """Stairs: `initial factor^floor(n / every)`.

    Arguments: `initial` first value; `factor` > 0 gained at each stair; `every` updates per stair.
    """

    initial: float
    factor: float
    every: int

    def __post_init__(self) -> None:
        _check(self, initial=NON_NEGATIVE, factor=POSITIVE)
        _check_counts(self, every=1)

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        return self.initial * jnp.exp((n // self.every).astype(float) * math.log(self.factor))


@dataclass(frozen=True)
class LinearWarmup(Schedule):
    """Straight line from `initial` to `peak` in `warmup_steps` updates, then `peak`.

    Arguments: `peak`; `warmup_steps` >= 1; `initial` first value (0: the first update changes nothing).
    """

    peak: float
    warmup_steps: int
    initial: float = 0.0

    def __post_init__(self) -> None:
        _check(self, peak=NON_NEGATIVE, initial=NON_NEGATIVE)
        _check_counts(self, warmup_steps=1)

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        done = jnp.minimum(n, self.warmup_steps).astype(float) / self.warmup_steps
        return self.initial + (self.peak - self.initial) * done


@dataclass(frozen=True)
class EaseIn(Schedule):
    """A geometric rise to `peak`, then `peak`: `min(initial factor^n, peak)`.

    Arguments: `peak`; `factor` > 1 gained in each update (1.05); `initial` > 0 first value (None: peak / 1000).
    Source: the ease-in of genn_eventprop, with these defaults: 142 updates to the peak.
    """

    peak: float
    factor: float = 1.05
    initial: float | None = None

    def __post_init__(self) -> None:
        _check(self, peak=POSITIVE, factor=Range(1.0, low_open=True))
        if self.initial is None:
            object.__setattr__(self, "initial", float(self.peak) / 1000.0)
        _check(self, initial=POSITIVE)

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        rise = math.log(float(self.initial or self.peak)) + n.astype(float) * math.log(self.factor)
        return jnp.minimum(jnp.exp(jnp.minimum(rise, math.log(self.peak) + 1.0)), self.peak)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from `peak` to `final` in `decay_steps` updates, after a linear warm-up; then `final`.

    With m = n - warmup_steps: `final + (peak - final) (1 + cos(pi m / decay_steps)) / 2`.

    Arguments: `peak`; `decay_steps` >= 1, counted from the end of the warm-up; `warmup_steps` (0: none); `initial`
    first value of the warm-up (0); `final` last value (0).
    Source: Loshchilov, Hutter, ICLR 2017, arXiv:1608.03983, without restarts.
    """

    peak: float
    decay_steps: int
    warmup_steps: int = 0
    initial: float = 0.0
    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self, peak=NON_NEGATIVE, initial=NON_NEGATIVE, final=NON_NEGATIVE)
        _check_counts(self, decay_steps=1, warmup_steps=0)
        if self.initial and not self.warmup_steps:
            raise ValueError(f"Cosine: `initial` = {self.initial} needs `warmup_steps` >= 1, got 0")

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        m = jnp.clip(n - self.warmup_steps, 0, self.decay_steps).astype(float)
        decay = self.final + (self.peak - self.final) * 0.5 * (1.0 + jnp.cos(math.pi * m / self.decay_steps))
        if not self.warmup_steps:
            return decay
        rise = LinearWarmup(self.peak, self.warmup_steps, self.initial).at(n)
        return jnp.where(n < self.warmup_steps, rise, decay)


@dataclass(frozen=True)
class PerEpoch(Schedule):
    """Another schedule that counts epochs: `schedule(floor(n / steps_per_epoch))`.

    Arguments: `schedule`; `steps_per_epoch` >= 1, updates in one epoch.
    """

    schedule: Schedule
    steps_per_epoch: int

    def __post_init__(self) -> None:
        if not callable(self.schedule) or isinstance(self.schedule, type):
            raise TypeError(f"PerEpoch: `schedule` must be a schedule, got {self.schedule!r}")
        _check_counts(self, steps_per_epoch=1)

    def at(self, n: jax.Array) -> Any:
        """Return the value for update number `n`."""
        return self.schedule(n // self.steps_per_epoch)


def per_epoch(schedule: Schedule, steps_per_epoch: int) -> PerEpoch:
    """Return `schedule` counted in epochs of `steps_per_epoch` updates instead of single updates."""
    return PerEpoch(schedule, steps_per_epoch)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "exponential": Exponential,
    "step": Step,
    "linear_warmup": LinearWarmup,
    "ease_in": EaseIn,
    "cosine": Cosine,
    "per_epoch": PerEpoch,
}


def schedule_from_description(description: Mapping[str, Any]) -> Schedule:
    """Return the schedule that plain data such as `{"cosine": {"peak": 0.01, "decay_steps": 1000}}` describes.

    Errors: `ValueError` for an unknown schedule or argument, with the closest name, or a missing argument;
    `TypeError` if the shape of the data is wrong.
    """
    if not isinstance(description, Mapping) or len(description) != 1:
        raise TypeError(f"a schedule is a mapping with one name, {{name: {{argument: value}}}}, got {description!r}")
    ((name, arguments),) = description.items()
    if name not in SCHEDULES:
        raise unknown_name("schedule", name, SCHEDULES)
    if not isinstance(arguments, Mapping):
        raise TypeError(f"the arguments of schedule {name!r} must be a mapping, got {arguments!r}")
    known = {field.name: field for field in dataclasses.fields(SCHEDULES[name])}
    for key in arguments:
        if key not in known:
            raise unknown_name(f"argument of schedule {name!r}", key, known)
    missing = [k for k, f in known.items() if f.default is dataclasses.MISSING and k not in arguments]
    if missing:
        raise ValueError(f"schedule {name!r} needs {', '.join(f'`{k}`' for k in missing)}, got {dict(arguments)!r}")
    values = dict(arguments)
    if isinstance(values.get("schedule"), Mapping):
        values["schedule"] = schedule_from_description(values["schedule"])
    return SCHEDULES[name](**values)


def describe_schedule(schedule: Any) -> dict[str, Any]:
    """Return plain data from which `schedule_from_description` makes an equal schedule.

    Errors: `TypeError` for a callable that is not one of the schedules here.
    """
    for name, kind in SCHEDULES.items():
        if type(schedule) is kind:
            return {name: {f.name: _plain(getattr(schedule, f.name)) for f in dataclasses.fields(schedule)}}
    raise TypeError(f"{schedule!r} is not one of the schedules {', '.join(SCHEDULES)} and cannot be written as data")


def _plain(value: Any) -> Any:
    """Numbers of numpy become Python's, which YAML and JSON can write."""
    if callable(value):
        return describe_schedule(value)
    return operator.index(value) if hasattr(value, "__index__") else float(value)


def _check(schedule: Any, **ranges: Range) -> None:
    for name, allowed in ranges.items():
        check_number(type(schedule).__name__, name, getattr(schedule, name), allowed)


def _check_counts(schedule: Any, **least: int) -> None:
    for name, low in least.items():
        value = getattr(schedule, name)
        try:
            count = low - 1 if isinstance(value, bool) else operator.index(value)
        except TypeError:
            count = low - 1
        if count < low:
            raise ValueError(f"{type(schedule).__name__}: `{name}` must be a whole number >= {low}, got {value!r}")
