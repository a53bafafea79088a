"""LIF networks with refractory times, simulated from event to event without a grid: truth for resets and rests."""

from __future__ import annotations

from typing import Any

import numpy as np


def drive_of(seed: int, t_end: float, dt: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and first moments (T, n) of the events of `input_times`."""
    size, moment = np.zeros((2, round(t_end / dt), n))
    for t, i in input_times(seed, t_end, n):
        step = int(np.ceil(t / dt - 1e-9)) - 1
        size[step, i] += 1.0
        moment[step, i] += t - (step + 1) * dt
    return size, moment


def input_times(seed: int, t_end: float, n: int) -> list[tuple[float, int]]:
    """Three events for each of n inputs in the first 70 % of the trial."""
    times = np.random.default_rng(1000 + seed).uniform(0.0, 0.7 * t_end, 3 * n)
    return sorted((float(t), k % n) for k, t in enumerate(times))


def spike_functional(t: Any, t_end: float, np_: Any = np) -> Any:
    """What is summed over all spikes, (..., cells): smooth in their times, and gone at the trial's end."""
    u = np_.clip(t / t_end, 0.0, 1.0)
    return u * (1.0 - u) ** 2 * (1.0 + 0.5 * np_.arange(t.shape[-1]))


def functional_of(p: dict[str, Any], seed: int, t_end: float) -> tuple[float, int]:
    """(the sum of `spike_functional` over all spikes, their number).

        tau_m dv/dt = -v + i + e,    tau_i di/dt = -i,    tau_e de/dt = -e
        an input k adds w_in[k] to e; where v reaches v_thr it becomes v_reset for `rest` ms, and w[unit] is added to i

    p: tau_m, v_thr, v_reset, rest (n,), tau_i, tau_e, w (n, n), w_in (n_in, n). A reset that takes v_thr - v_reset off
    v is the same thing here, where v is v_thr.
    """
    n = len(p["v_thr"])
    v, i, e, release = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    waiting, t, total, spikes = input_times(seed, t_end, len(p["w_in"])), 0.0, 0.0, 0

    def after(h: Any) -> np.ndarray:
        """v of cells that are free, h ms later, (..., n)."""
        h = np.asarray(h)[..., None]
        leak = np.exp(-h / p["tau_m"])
        parts = [
            tau / (p["tau_m"] - tau) * (leak - np.exp(-h / tau)) * c for tau, c in ((p["tau_i"], i), (p["tau_e"], e))
        ]
        return v * leak + parts[0] + parts[1]

    while t < t_end:
        resting = release > t + 1e-12
        ahead = [t_end, *[u for u, _ in waiting[:1]], *release[resting]]
        span = min(ahead) - t
        at = np.linspace(0.0, span, 60)[1:]
        above = (after(at) >= p["v_thr"]) & ~resting
        who = -1
        if above.any():
            first = int(np.argmax(above.any(axis=1)))
            low, high = (at[first - 1] if first else 0.0), at[first]
            for _ in range(60):
                middle = 0.5 * (low + high)
                hit = ((after(middle) >= p["v_thr"]) & ~resting).any()
                low, high = (low, middle) if hit else (middle, high)
            span, who = high, int(np.argmax((after(high) >= p["v_thr"]) & ~resting))
        v, t = np.where(resting, p["v_reset"], after(span)), t + span
        i, e = i * np.exp(-span / p["tau_i"]), e * np.exp(-span / p["tau_e"])
        if who >= 0:
            v[who], release[who] = p["v_reset"][who], t + p["rest"][who]
            i = i + p["w"][who]
            total, spikes = total + float(spike_functional(np.full(n, t), t_end)[who]), spikes + 1
        elif waiting and t >= waiting[0][0] - 1e-12:
            e = e + p["w_in"][waiting.pop(0)[1]]
    return total, spikes
