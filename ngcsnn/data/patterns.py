"""Trajectories for a network to generate: sums of sines, a lemniscate, and lines that look like handwriting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number

BELLEC_PERIODS = (1000.0, 500.0, 333.0, 200.0)  # ms


def sum_of_sines(
    seed: int,
    n_outputs: int = 1,
    duration: float = 1000.0,
    periods: Sequence[float] = BELLEC_PERIODS,
    amplitude: Sequence[float] = (0.5, 2.0),
    dt: float = 1.0,
) -> np.ndarray:
    """Draw sums of sines of random amplitudes and phases, each scaled to largest absolute value 1.

    y(t) = c sum_i A_i (sin(phi_i + 2 pi n_i u) - sin(phi_i)),    n_i = floor(duration / period_i),
    u = 0 in the first step and 1 in the last, A_i uniform in `amplitude`, phi_i in [0, 2 pi), c such that max |y| = 1.

    Args:
        seed: of the generator, 0 to 2**32 - 1.
        n_outputs: independent trajectories.
        duration, periods: ms; each period at most the duration. amplitude: (smallest, largest). dt: step in ms.
    Returns: float64 (n_steps, n_outputs), n_steps = duration / dt (rounded); 0 in the first step.
    Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y), supplement; its periods of 1000, 500, 333 and 200 ms.
    """
    rng = np.random.Generator(np.random.Philox(check_int("seed", seed, 0, 2**32 - 1)))
    n_outputs, n_steps = check_int("n_outputs", n_outputs, 1), steps_of(duration, dt)
    spans = [check_number("periods", p, "ms", low=0.0, exclusive=True) for p in periods]
    if not spans or max(spans) > duration:
        raise ValueError(f"`periods` must be times in ms, none above the duration {duration:g} ms, got {periods!r}")
    low, high = check_pair("amplitude", amplitude)
    turns = np.array([duration // p for p in spans])
    u = np.linspace(0.0, 1.0, n_steps)[:, None, None]
    sizes = rng.uniform(low, high, (n_outputs, len(spans)))
    phases = rng.uniform(0.0, 2 * np.pi, (n_outputs, len(spans)))
    return scaled(np.sum(sizes * np.sin(phases + 2 * np.pi * turns * u), axis=-1))


def lemniscate(duration: float = 1258.0, turns: int = 1, dt: float = 1.0) -> np.ndarray:
    """Bernoulli's lemniscate, the sign of infinity, in x and y.

    x = cos(a) / (1 + sin(a)^2),   y = sin(a) cos(a) / (1 + sin(a)^2),   a from 0 to 2 pi turns, then as `sum_of_sines`:
    moved to start at 0 and scaled to largest absolute value 1, both by the same factor.

    Args: duration in ms (1258: NEST's). turns: how often it is drawn. dt: step in ms.
    Returns: float64 (n_steps, 2).
    """
    a = np.linspace(0.0, 2 * np.pi * check_int("turns", turns, 1), steps_of(duration, dt))
    x = np.cos(a) / (1.0 + np.sin(a) ** 2)
    return scaled(np.stack([x, np.sin(a) * x], axis=1), together=True)


def handwriting(seed: int, duration: float = 2000.0, letters: int = 5, dt: float = 1.0) -> np.ndarray:
    """A line of loops of random heights, widths and slants, drawn from left to right like joined letters, in x and y.

    With a = 2 pi letters u and h, w the size of the letter that a is in, joined smoothly:
    y = h (1 - cos a) / 2,   x = u + w sin a + slant y.

    Args: seed of the generator, 0 to 2**32 - 1. duration in ms. letters: number of loops. dt: step in ms.
    Returns: float64 (n_steps, 2), 0 in the first step, scaled to largest absolute value 1, both by the same factor.
    """
    rng = np.random.Generator(np.random.Philox(check_int("seed", seed, 0, 2**32 - 1)))
    letters, u = check_int("letters", letters, 1), np.linspace(0.0, 1.0, steps_of(duration, dt))
    knots = np.linspace(0.0, 1.0, 2 * letters + 1)[1::2]  # the middle of each letter
    heights = np.interp(u, knots, rng.choice([0.15, 0.18, 0.4], letters) * rng.uniform(0.8, 1.2, letters))
    widths = np.interp(u, knots, rng.uniform(0.4, 1.2, letters)) / letters
    a, slant = 2 * np.pi * letters * u, rng.uniform(0.1, 0.4)
    y = heights * (1.0 - np.cos(a)) / 2
    return scaled(np.stack([u - widths * np.sin(a) + slant * y, y], axis=1), together=True)


def scaled(curve: np.ndarray, together: bool = False) -> np.ndarray:
    """Move each column of a curve (n_steps, n) to start at 0 and scale it to largest absolute value 1.

    together: by one factor for all columns, so that a drawing keeps its shape.
    """
    moved = curve - curve[0]
    most = np.abs(moved).max(axis=None if together else 0)
    return moved / np.maximum(most, 1e-6)


def steps_of(duration: float, dt: float) -> int:
    """Steps in `duration` ms, at least 2."""
    dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
    n_steps = round(check_number("duration", duration, "ms", low=0.0, exclusive=True) / dt)
    if n_steps < 2:
        raise ValueError(f"`duration` must be at least two steps of {dt:g} ms, got {duration:g} ms")
    return n_steps


def check_pair(name: str, value: Sequence[float]) -> tuple[float, float]:
    """(smallest, largest) as floats, or raise."""
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
        raise ValueError(f"`{name}` must be a pair (smallest, largest), got {value!r}")
    low, high = (check_number(name, v, low=0.0) for v in value)
    if low > high:
        raise ValueError(f"`{name}` must be (smallest, largest), got ({low:g}, {high:g})")
    return low, high
