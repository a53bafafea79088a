"""Images kept as they are, that become Poisson trains batch by batch on the device."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.encoding import check_fractions
from ngcsnn.data.events_on_device import check_device_dtype
from ngcsnn.data.poisson_on_device import PoissonOnDevice
from ngcsnn.data.sample_index import sample_index


@dataclass(frozen=True, eq=False, repr=False)
class PoissonCode:
    """Values of many samples, each of which is the rate of a Poisson train of its unit; immutable.

    A unit with value x (0 to 1; uint8 is divided by 255) emits a Poisson process of rate x max_rate for `duration`,
    exact in continuous time at any step: several events of a unit may fall into one step. Takes the place of an
    `EventData` wherever data are fed; 1 byte a value for uint8. A sample has its events from `seed` and its number,
    the same whenever it is shown; with `fresh` training draws others in every batch, from its own seed.
    `PlasticityCompiler` draws fresh ones at every presentation anyway.

    Args:
        values: (n_samples, n_units), uint8, or floats from 0 to 1.
        max_rate: in Hz, > 0. duration: of the trains in ms; None: the whole trial. seed: 0 to 2^32 - 1.
        fresh: whether training draws anew; evaluation never does.
    Raises: ValueError or TypeError naming sample, unit and value, or the argument that is bad.
    Source: Cox & Isham 1980, Point Processes (superposition and thinning).
    """

    values: np.ndarray
    max_rate: float = 63.75
    duration: float | None = None
    seed: int = 0
    numbers: np.ndarray | None = None  # of the samples, where some were selected
    fresh: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_rate", check_number("max_rate", self.max_rate, "Hz", low=0.0, exclusive=True))
        object.__setattr__(self, "seed", check_int("seed", self.seed, 0, 2**32 - 1))
        if not isinstance(self.fresh, bool):
            raise TypeError(f"`fresh` must be True or False, got {self.fresh!r}")
        if self.duration is not None:
            duration = check_number("duration", self.duration, "ms", low=0.0, exclusive=True)
            object.__setattr__(self, "duration", duration)
        values = np.asarray(self.values)
        if values.ndim != 2 or values.shape[1] == 0:
            hint = "; give `values.reshape(len(values), -1)`" if values.ndim > 2 else ""
            raise ValueError(f"`values` must have shape (n_samples, n_units), got {values.shape}{hint}")
        if values.dtype.kind == "f":
            check_fractions(values)
        elif values.dtype != np.uint8:
            raise TypeError(f"`values` must be uint8 from 0 to 255, or floats from 0 to 1, got dtype {values.dtype}")
        values = values.copy() if values.flags.writeable else values
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if self.numbers is None:
            object.__setattr__(self, "numbers", np.arange(len(values), dtype=np.int32))

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.values.shape[0]

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.values.shape[1]

    def __len__(self) -> int:
        return self.n_samples

    def select(self, samples: Any) -> PoissonCode:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask.

        They keep their numbers, and so their events.
        """
        index = samples if isinstance(samples, slice) else sample_index(samples, self.n_samples)
        numbers = np.asarray(self.numbers)[index]
        return PoissonCode(self.values[index], self.max_rate, self.duration, self.seed, numbers, self.fresh)

    __getitem__ = select

    def to_device(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32) -> PoissonOnDevice:
        """Put the values on the device, where `take(index)` draws events of them.

        Args:
            n_steps: length of the trial in steps. dt: step in ms. dtype: floating type of the offsets.
        Raises: ValueError if `duration` is longer than the trial; for a `dtype` that jax does not have at its present
            precision.
        """
        n_steps = check_int("n_steps", n_steps, 1, 2**31 - 1)
        dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
        trial = n_steps * dt
        if self.duration is not None and self.duration > trial * (1 + 1e-9):
            raise ValueError(f"`duration` of {self.duration:g} ms is longer than the trial of {trial:g} ms")
        brightest = float(self.values.sum(axis=1, dtype=np.float64).max(initial=0.0))
        brightest /= 255.0 if self.values.dtype == np.uint8 else 1.0
        numbers, key = jnp.asarray(self.numbers, jnp.int32), jax.random.key(self.seed)
        return PoissonOnDevice(
            values=jnp.asarray(self.values), numbers=numbers, key=key,
            rate=self.max_rate / 1000.0, duration=min(trial, self.duration or trial), n_steps=n_steps, dt=dt,
            dtype=check_device_dtype(dtype), brightest=_rounded_up(brightest), changes=self.fresh,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PoissonCode):
            return NotImplemented
        mine, others = ((c.max_rate, c.duration, c.seed, c.fresh, c.values.dtype) for c in (self, other))
        return (
            mine == others
            and np.array_equal(self.values, other.values)
            and np.array_equal(np.asarray(self.numbers), np.asarray(other.numbers))
        )

    def __repr__(self) -> str:
        length = "the trial" if self.duration is None else f"{self.duration:g} ms"
        kind = f"{self.n_samples} samples, {self.n_units} units of {self.values.dtype}"
        return f"PoissonCode({kind}, max_rate={self.max_rate:g} Hz, for {length}, seed={self.seed})"


def _rounded_up(x: float) -> float:
    """To the next of few numbers, so that data sets that differ a little share a compiled program."""
    return 0.0 if x == 0 else 2.0 ** (math.ceil(8 * math.log2(x)) / 8)
