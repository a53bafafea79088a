"""Rules driven by spikes of given times: the weights after a run, and what a rule without a grid would make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, SpikeSource

Times = Sequence[Sequence[float]]  # of each unit, in ms


def rows(times: Times, dt: float, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(number of events, first moment) of every step, both (T, 1, n): an event at t belongs to the step ending >= t."""
    m0 = np.zeros((n_steps, 1, len(times)))
    m1 = np.zeros_like(m0)
    for unit, own in enumerate(times):
        for t in own:
            step = int(np.ceil(t / dt - 1e-9)) - 1
            m0[step, 0, unit] += 1.0
            m1[step, 0, unit] += t - (step + 1) * dt
    return m0, m1


def network(rule: Any, n_pre: int, n_post: int, dt: float, weights: Any = 0.5, synapse: Any = None, **kw: Any) -> Any:
    """A context of float64 with two sources, a dense synapse `w` and the rule, wired."""
    with ng.Context("net", dt=dt, dtype="float64") as net:
        pre, post = SpikeSource("pre", n_units=n_pre), SpikeSource("post", n_units=n_post)
        w = DenseSynapse("w", shape=(n_pre, n_post), weights=weights, **(synapse or {}))
        part = rule("rule", synapse=w, **kw)
        if "pre" not in part.unread:
            pre.s >> part.pre
        post.s >> part.post
        part.dweights >> w.dweights
    net.process("learn") >> net.advance >> net.evolve
    return net


def learned(
    rule: Any, pre: Times, post: Times, dt: float = 0.5, until: float = 0.0, modulator: Any = None, watch: Any = (),
    **kw: Any,
) -> Any:  # fmt: skip
    """The change of the weights (n_pre, n_post) by a run of `until` ms at least; with `watch`, (change, recordings).

    modulator: its value in each step, a function of the times of the steps' ends.
    """
    net = network(rule, len(pre), len(post), dt, **kw)
    last = max([until, *(t for side in (pre, post) for own in side for t in own)])
    n_steps = int(np.ceil(last / dt - 1e-9))
    fed: dict[str, np.ndarray] = {}
    for name, times in (("pre", pre), ("post", post)):
        fed[f"{name}.inputs"], fed[f"{name}.inputs.offset"] = rows(times, dt, n_steps)
    if modulator is not None:
        fed["rule.modulator"] = np.asarray(modulator(dt * np.arange(1, n_steps + 1)), float).reshape(-1, 1, 1)
    before = np.asarray(net.components["w"].weights.get())
    seen = net.processes["learn"].scan(fed, watch=watch)
    change = np.asarray(net.components["w"].weights.get()) - before
    return (change, seen) if watch else change


def pairs(pre: Times, post: Times, window: Any) -> np.ndarray:
    """sum over all pairs of window(t_post - t_pre), (n_pre, n_post)."""
    return np.array([[sum(window(b - a) for a in own for b in other) for other in post] for own in pre])


def poisson(rng: np.random.Generator, n: int, rate: float, until: float, rest: float = 0.0) -> list[list[float]]:
    """Spike times of n units of `rate` Hz, without those within `rest` ms of the one before."""
    out = []
    for _ in range(n):
        times = np.sort(rng.uniform(0.0, until, rng.poisson(rate * until / 1000.0)))
        out.append(times[np.diff(times, prepend=-np.inf) > rest].tolist())
    return out
