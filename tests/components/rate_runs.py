"""Rules of graded activity on one batch of samples, again and again: the mean dynamics, without noise."""

from __future__ import annotations

from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.components import DenseSynapse


def trained(
    rule: Any, samples: np.ndarray, weights: np.ndarray, steps: int, dt: float = 1.0, watch: Any = (), **kw: Any
) -> Any:
    """The weights after `steps` steps in which all `samples` (batch, n_pre) act, post = pre @ weights.

    With `watch` the recordings come along: (weights, {...}).
    """
    with ng.Context("net", dt=dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=weights.shape, weights=weights)
        part = rule("rule", synapse=w, **kw)
        if "pre" not in part.unread:
            w.inputs >> part.pre
        w.outputs >> part.post
        part.dweights >> w.dweights
    net.reset(batch_size=len(samples))
    w.inputs.set(samples)
    seen = (net.process("learn") >> net.advance >> net.evolve).scan(n_steps=steps, watch=watch)
    got = np.asarray(w.weights.get())
    return (got, seen) if watch else got


def with_correlations(eigenvalues: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(samples, directions): <x x^T> has these eigenvalues, with the columns of `directions`, exactly."""
    n = len(eigenvalues)
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(n, n)))[0]
    signs = np.linalg.qr(rng.normal(size=(n, n)))[0] * np.sqrt(n)  # rows: orthogonal samples of unit correlations
    return signs * np.sqrt(eigenvalues) @ directions.T, directions
