"""Pattern generation: a network that always hears the same spikes learns to draw a trajectory.

G. Bellec et al., "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature Communications
11, 3625 (2020), doi:10.1038/s41467-020-17236-y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number, closest
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.events import EventData
from ngcsnn.data.patterns import BELLEC_PERIODS, handwriting, lemniscate, steps_of, sum_of_sines

PATTERNS = ("sines", "lemniscate", "handwriting")
INPUTS = ("poisson", "clock")


def frozen_noise(
    n_units: int = 100, rate: float = 50.0, duration: float = 1000.0, seed: int = 0, dt: float = 1.0
) -> EventData:
    """One trial of Poisson noise, to be repeated: each unit fires in each step with probability rate dt, at its end.

    Args: n_units; rate in Hz; duration in ms; seed of the generator, 0 to 2**32 - 1; dt in ms.
    Returns: one sample, `t_end` the duration. NEST's sine task has 100 units at 50 Hz.
    """
    n_units, n_steps = check_int("n_units", n_units, 1), steps_of(duration, dt)
    chance = check_number("rate", rate, "Hz", low=0.0) * dt / 1000
    if chance > 1:
        raise ValueError(f"`rate` must be at most 1 / dt = {1000 / dt:g} Hz, got {rate:g} Hz")
    rng = np.random.Generator(np.random.Philox(check_int("seed", seed, 0, 2**32 - 1)))
    return EventData.from_dense((rng.random((n_steps, n_units)) < chance)[None], dt)


def clock(
    n_units: int = 20, rate: float = 100.0, duration: float = 1000.0, n_phases: int = 5, dt: float = 1.0
) -> EventData:
    """One trial of a clock: the units fall into `n_phases` groups that fire regularly, one group after the other.

    Group g fires at `rate` from g / n_phases to (g + 1) / n_phases of the trial, its units in the same steps.

    Args: n_units, a multiple of n_phases; rate in Hz; duration in ms; dt in ms.
    Returns: one sample, `t_end` the duration. Source: the clock-like input of Bellec et al. 2020.
    """
    n_units, n_steps = check_int("n_units", n_units, 1), steps_of(duration, dt)
    if n_units % check_int("n_phases", n_phases, 1):
        raise ValueError(f"`n_units` must be a multiple of `n_phases` = {n_phases}, got {n_units}")
    interval = 1000 / check_number("rate", rate, "Hz", low=0.0, exclusive=True) / dt
    if interval < 1:
        raise ValueError(f"`rate` must be at most 1 / dt = {1000 / dt:g} Hz, got {rate:g} Hz")
    firing = np.zeros(n_steps, bool)
    firing[np.floor(np.arange(0.0, n_steps - 1e-6, interval) + 1e-9).astype(int)] = True
    phase = np.arange(n_steps) * n_phases // n_steps
    group = np.arange(n_units) * n_phases // n_units
    return EventData.from_dense((firing[:, None] & (phase[:, None] == group))[None], dt)


@register_dataset("pattern_generation")
def pattern_generation_dataset(
    *,
    pattern: str = "sines",
    seed: int = 0,
    duration: float | None = None,
    n_outputs: int | None = None,
    periods: Sequence[float] = BELLEC_PERIODS,
    amplitude: Sequence[float] = (0.5, 2.0),
    letters: int = 5,
    inputs: str = "poisson",
    n_units: int = 100,
    rate: float = 50.0,
    n_phases: int = 5,
    dt: float = 1.0,
    train: int = 1,
) -> Dataset:
    """Pattern generation, a curve to be followed: `load_dataset("pattern_generation", {"seed": 1})`.

    There is one trial; the training split holds it `train` times, which makes so many updates an epoch of single
    trials, the test split once.

    Args:
        pattern: "sines" (see `sum_of_sines`), "lemniscate" or "handwriting".
        seed: of the pattern, and plus one of the noise; 0 to 2**32 - 2.
        duration: ms; default 1000 for sines, 1258 for the lemniscate, 2000 for handwriting.
        n_outputs: trajectories, default 1 for sines; the others have the two, x and y.
        periods, amplitude: of the sines. letters: of handwriting.
        inputs: "poisson", the same noise in every trial (see `frozen_noise`), or "clock".
        n_units, rate: of the input, rate in Hz. n_phases: of the clock. dt: step in ms.
        train: copies of the trial in the training split.
    Returns: data set without classes; the labels are the targets (n_trials, n_steps, n_outputs), float64.
    """
    seed = check_int("seed", seed, 0, 2**32 - 2)
    for name, given, known in (("pattern", pattern, PATTERNS), ("inputs", inputs, INPUTS)):
        if given not in known:
            raise ValueError(f"`{name}` must be one of {', '.join(known)}, got {given!r}{closest(str(given), known)}")
    if pattern != "sines" and n_outputs not in (None, 2):
        raise ValueError(f"pattern '{pattern}' has 2 outputs, x and y; got `n_outputs` = {n_outputs!r}")
    if duration is None:
        duration = {"sines": 1000.0, "lemniscate": 1258.0, "handwriting": 2000.0}[pattern]
    if pattern == "sines":
        target = sum_of_sines(seed, 1 if n_outputs is None else n_outputs, duration, periods, amplitude, dt)
    elif pattern == "lemniscate":
        target = lemniscate(duration, dt=dt)
    else:
        target = handwriting(seed, duration, letters, dt)
    if inputs == "poisson":
        events = frozen_noise(n_units, rate, duration, seed + 1, dt)
    else:
        events = clock(n_units, rate, duration, n_phases, dt)
    copies = check_int("train", train, 1)
    many = Split(events[np.zeros(copies, int)], np.repeat(target[None], copies, axis=0))
    return Dataset("pattern_generation", many, Split(events, target[None]), n_classes=None, n_units=n_units)
