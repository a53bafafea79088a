"""A simulation of one cell in NumPy with steps of its own choosing: the truth for cells without closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Rate = Callable[[np.ndarray], np.ndarray]


def runge_kutta(rate: Rate, x: np.ndarray, h: float) -> np.ndarray:
    k1 = rate(x)
    k2 = rate(x + 0.5 * h * k1)
    k3 = rate(x + 0.5 * h * k2)
    return x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + rate(x + h * k3))


def fine_spikes(
    rate: Rate, peak: float, reset: Callable[[np.ndarray], np.ndarray], start: list[float], t_end: float
) -> np.ndarray:
    """Times at which x[0] reaches `peak`, right to about 1e-8 ms.

    Steps are halved until two of them agree with one to 1e-9. The last step to the peak is taken with x[0] in the
    place of time (Henon 1982), along which a runaway is slow.
    """
    t, h, x, times = 0.0, 0.01, np.array(start, float), []
    while t < t_end:
        h = min(h, t_end - t)
        with np.errstate(over="ignore", invalid="ignore"):
            two = runge_kutta(rate, runge_kutta(rate, x, 0.5 * h), 0.5 * h)
            error = np.max(np.abs(two - runge_kutta(rate, x, h)) / (1.0 + np.abs(x)))
        if not error < 1e-9:
            h *= 0.5 if not np.isfinite(error) else max(0.2, 0.9 * (1e-9 / error) ** 0.2)
        elif two[0] >= peak:
            y, dv = np.append(x, t), (peak - x[0]) / 20
            for _ in range(20):
                y = runge_kutta(lambda y: along_first(rate(y[:-1])), y, dv)
            t, x = y[-1], reset(np.append(peak, y[1:-1]))
            times.append(t)
            h = min(h, 0.01)
        else:
            t, x, h = t + h, two, h * min(3.0, 0.9 * (1e-9 / max(error, 1e-30)) ** 0.2)
    return np.array(times)


def along_first(d: np.ndarray) -> np.ndarray:
    """Rates of (x, t) per unit of x[0]."""
    return np.append(d, 1.0) / d[0]


def fine_run(rate: Rate, start: np.ndarray, t_end: float, h: float) -> np.ndarray:
    """States (T + 1, ...) at the ends of steps of h; the state may hold many cells at once, as (variables, n)."""
    x = np.array(start, float)
    out = [x]
    for _ in range(round(t_end / h)):
        out.append(runge_kutta(rate, out[-1], h))
    return np.stack(out)


def fine_crossings(x: np.ndarray, level: float, h: float) -> np.ndarray:
    """Times at which the trajectory x (T + 1,) crosses `level` upwards, by the cubic through four points."""
    at = np.flatnonzero((x[1:-2] < level) & (x[2:-1] >= level)) + 1
    times = []
    for n in at:
        cubic = np.polyfit([-1.0, 0.0, 1.0, 2.0], x[n - 1 : n + 3] - level, 3)
        roots = np.roots(cubic)
        inside = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > -1e-9) & (roots.real < 1 + 1e-9)].real
        times.append((n + inside[0]) * h)
    return np.array(times)
