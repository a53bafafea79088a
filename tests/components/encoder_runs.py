"""Runs of one encoder, and the spike times in them, that the encoders' tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

import ngcsnn as ng


def encoder(cls: Any, dt: float = 1.0, batch: int = 1, seed: int = 0, timing: str = "precise", **arguments: Any) -> Any:
    """(context, encoder): one encoder on its own."""
    with ng.Context("net", dt=dt, seed=seed, spike_timing=timing) as net:
        part = cls("part", **arguments)
    net.reset(batch_size=batch)
    return net, part


def held(part: Any, x: Any, n_steps: int) -> dict[str, np.ndarray]:
    """{compartment: (T, batch, n)} of a run with constant input."""
    shape = (n_steps, part.context.batch_size, *part.inputs.shape)
    return run(part, np.broadcast_to(np.asarray(x, float), shape))


def run(part: Any, inputs: Any) -> dict[str, np.ndarray]:
    """{compartment: (T, batch, n)} of all states and outputs."""
    watch = [c for c in part.owned() if c.role in ("output", "state")]
    out = part.context.advance.scan(inputs={part.inputs: inputs}, watch=watch)
    return {k.partition(".")[2]: np.asarray(v) for k, v in out.items()}


def single_times(s: np.ndarray, moment: np.ndarray, dt: float) -> np.ndarray:
    """Spike times (ms) of one unit, (T,) each, with at most one spike in a step."""
    assert s.max() <= 1
    at = np.flatnonzero(s)
    return (at + 1) * dt + moment[at]
