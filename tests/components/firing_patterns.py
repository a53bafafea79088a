"""All presets of a cell in one run: one unit for each, with the stimulus that its source shows it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from cell_nets import one, times_of


def run_presets(
    cls: Any, stimuli: Mapping[str, Callable[[np.ndarray], Any]], t_end: float, dt: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """({preset: spike times in ms}, {preset: v after each step}); a stimulus is a current as a function of time."""
    alone = [one(cls, preset=name)[1] for name in stimuli]
    keys = [k for k, c in alone[0].compartments.items() if c.role == "param"]
    values = {k: np.array([np.ravel(cell.compartments[k].get())[0] for cell in alone]) for k in keys}
    net, cell = one(cls, n=len(alone), dt=dt, **values)
    t = (np.arange(round(t_end / dt)) + 0.5) * dt
    drive = np.stack([np.broadcast_to(f(t), t.shape) for f in stimuli.values()], axis=-1)[:, None]
    out = net.advance.scan(inputs={cell.j: drive}, watch=[cell.s, cell.s.offset, cell.v])
    s, offset, v = (np.asarray(out[f"cell.{k}"])[:, 0].T for k in ("s", "s.offset", "v"))
    times = {name: times_of(s[i], offset[i], dt) for i, name in enumerate(stimuli)}
    return times, dict(zip(stimuli, v, strict=True))


def pulses(size: float, *starts: float, length: float, base: float = 0.0) -> Callable[[np.ndarray], Any]:
    """`size` for `length` ms from each of `starts`, `base` otherwise."""
    return lambda t: np.where(np.any([(t > a) & (t < a + length) for a in starts], axis=0), size, base)


def step(size: float, start: float, base: float = 0.0) -> Callable[[np.ndarray], Any]:
    return lambda t: np.where(t > start, size, base)


def bursts(times: np.ndarray, gap: float) -> list[np.ndarray]:
    """Spikes in groups, parted by more than `gap` ms of silence."""
    return np.split(times, np.flatnonzero(np.diff(times) > gap) + 1) if times.size else []
