"""When a number from 0 to 1 spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ngcsnn.data.argument_checks import check_number
from ngcsnn.data.encoding import linear_times

TOP = 255.0  # thresholds are on the scale of 8 bit pixels


@dataclass(frozen=True)
class LatencyCurve:
    """The time of the spike of a value x in [0, 255], on the scale of 8 bit pixels.

    linear, bright is early:    t = t_min + (255 - x) / 255 (t_max - t_min)
    linear, `invert=False`:     t = t_min + x / 255 (t_max - t_min)
    logarithmic:                t = tau log(x / (x - threshold))

    A value x <= threshold emits nothing. Hashable, so that a compiled function may depend on it.

    Args:
        t_min, t_max: times in ms of the brightest and the darkest value, 0 <= t_min < t_max; linear only.
        threshold: from 0 to below 255; None: every value emits. Logarithmic: above 0.
        invert: bright values spike early.
        logarithmic: a leaky integrator of time constant tau reaches its threshold so late under a constant current.
        tau: time constant in ms; logarithmic only.
    Raises: ValueError or TypeError for a value out of range, one that lacks, or one that does not apply.
    """

    t_min: float | None = None
    t_max: float | None = None
    threshold: float | None = 1.0
    invert: bool = True
    logarithmic: bool = False
    tau: float | None = None

    def __post_init__(self) -> None:
        for name in ("invert", "logarithmic"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"`{name}` must be True or False, got {getattr(self, name)!r}")
        kind = "logarithmic" if self.logarithmic else "linear"
        needed, foreign = (("tau",), ("t_min", "t_max")) if self.logarithmic else (("t_min", "t_max"), ("tau",))
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"a {kind} latency code needs `{name}` in ms")
        for name in foreign:
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` does not apply to a {kind} latency code; it takes {', '.join(needed)}")
        for name in (*needed, *(() if self.threshold is None else ("threshold",))):
            positive = name == "tau" or (name == "threshold" and self.logarithmic)
            unit = "" if name == "threshold" else "ms"
            number = check_number(name, getattr(self, name), unit, low=0.0, exclusive=positive)
            object.__setattr__(self, name, number)  # equal curves have equal hashes, however they were written
        if self.threshold is not None and self.threshold >= TOP:
            raise ValueError(f"`threshold` must be below {TOP:g}, else nothing ever spikes, got {self.threshold:g}")
        if self.t_min is not None and self.t_max is not None and self.t_max <= self.t_min:
            raise ValueError(
                f"`t_max` must be later than `t_min`, got t_max = {self.t_max:g} ms, t_min = {self.t_min:g} ms"
            )
        if self.logarithmic and self.threshold is None:
            raise ValueError("a logarithmic latency code needs a `threshold` above 0")
        if self.logarithmic and not self.invert:
            raise ValueError("`invert` does not apply to a logarithmic latency code: bright values spike early")

    def times(self, values: np.ndarray) -> np.ndarray:
        """Return the spike time in ms of each float value in [0, 1], as float64; infinite where it emits nothing.

        The threshold is rounded to the precision of the values: a pixel of 51, as float32(51 / 255), is not above 51.
        """
        floor = None if self.threshold is None else float(values.dtype.type(self.threshold / TOP))
        emits = np.ones(values.shape, bool) if floor is None else values > floor
        exact = values.astype(np.float64)
        if self.logarithmic:
            bright = np.where(emits, exact, 1.0)
            late = cast(float, self.tau) * np.log(bright / (bright - cast(float, floor)))
        else:
            late = linear_times(exact, cast(float, self.t_min), cast(float, self.t_max), self.invert)
        return np.where(emits, late, np.inf)

    def table(self) -> np.ndarray:
        """Return the times of the 256 values of an 8 bit pixel, (256,)."""
        return self.times(np.arange(256) / TOP)
