"""Rows and columns of units that spiked, against a pass over all weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LearningRule, SpikeSource, Trace
from ngcsnn.components.learning import Term
from ngcsnn.components.synapses import few_changes
from ngcsnn.components.synapses.rows import sum_of_rows
from ngcsnn.graph import ROOM, Frame, Listed, input_, running

N_PRE, N_POST, STEPS = 80, 60, 40


class Pairs(LearningRule):
    """Traces at spikes, with soft bounds."""

    x_pre = input_(shape=lambda c: c.target.sizes[:1], doc="trace")
    x_post = input_(shape=lambda c: c.target.sizes[1:], doc="trace")

    def terms(self) -> Sequence[Term]:
        up = Term(self.x_pre.get() - 0.1, self.post.get(), lambda w: 1.0 - w, "post")
        return [up, Term(self.pre.get(), -0.3 * self.x_post.get(), lambda w: w, "pre")]


def network(**arguments: Any) -> ng.Context:
    with ng.Context("net", dt=1.0, seed=3, spike_timing="grid") as net:
        a, b = SpikeSource("a", n_units=N_PRE), SpikeSource("b", n_units=N_POST)
        w = DenseSynapse("w", shape=(N_PRE, N_POST), weights=ng.init.Uniform(0.0, 1.0), **arguments)
        traces = {n: Trace(f"x_{n}", n_units=m) for n, m in (("a", N_PRE), ("b", N_POST))}
        rules = [Pairs(f"rule_{k}", synapse=w) for k in range(2)]
        a.s >> w.inputs
        for rule in rules:
            a.s >> rule.pre
            b.s >> rule.post
            traces["a"].trace >> rule.x_pre
            traces["b"].trace >> rule.x_post
        a.s >> traces["a"].inputs
        b.s >> traces["b"].inputs
        0.1 * rules[0].dweights - rules[1].dweights * 0.03 >> w.dweights
    net.reset(batch_size=1)
    net.process("learn") >> net.advance >> net.evolve
    return net


def spikes(rate: float, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"{n}.inputs": (rng.random((STEPS, 1, m)) < rate).astype("f") for n, m in (("a", N_PRE), ("b", N_POST))}


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.5])
@pytest.mark.parametrize(
    "arguments", [{}, {"w_min": 0.2, "w_max": 0.8, "optim": {"sgd": {"eta": 0.7}}}], ids=["", "bounds"]
)
def test_few_changes_are_all_changes(monkeypatch: Any, rate: float, arguments: dict[str, Any]) -> None:
    got, fed = [], spikes(rate)
    for many in (0, 10**9):
        monkeypatch.setattr(few_changes, "MANY", many)
        net = network(**arguments)
        w: Any = net.components["w"]
        start = np.asarray(w.weights.get())
        assert (few_changes.few_changes(w, w.learning[0]) is None) == bool(many)
        net.processes["learn"].scan(fed)
        got.append(net.state["w"])
    for key in got[0]:
        np.testing.assert_allclose(got[0][key], got[1][key], rtol=2e-6, atol=1e-7, err_msg=key)
    moved = np.asarray(got[0]["weights"]) != start
    assert (rate == 0 and not moved.any()) or (rate and moved.any())
    assert rate != 0.03 or not moved.all()


def test_listed_events_are_those_of_the_array() -> None:
    """What is sent and what is learned in one step, from the list of a trial in place of the array."""
    net, rng = network(w_max=1.0), np.random.default_rng(1)
    units = np.concatenate([[3, 3, 70], rng.choice(N_PRE, 11, replace=False), [5], np.full(ROOM, N_PRE)])
    dense = np.zeros((1, N_PRE), "f")
    np.add.at(dense[0], units[1:14], 1.0)
    state = {name: dict(part) for name, part in net.state.items()}
    state["b"]["inputs"] = (rng.random((1, N_POST)) < 0.1).astype("f")
    state["x_b"]["trace"] = rng.random((1, N_POST)).astype("f")
    state["a"]["inputs"] = state["a"]["s"] = jnp.asarray(dense)

    def step(values: Any, units: Any = None) -> Any:
        frame = Frame(net, {k: dict(v) for k, v in values.items()}, driven=None)
        if units is not None:
            found = Listed(units, None, jnp.asarray(1), jnp.asarray(14))
            frame.listed = {("a", "inputs"): found, ("a", "s"): found}
        with running(frame):
            for method in net.processes["learn"].methods:
                method()
        return frame.values

    want, got = jax.jit(step)(state), jax.jit(step)(state, jnp.asarray(units, jnp.int32))
    np.testing.assert_allclose(got["w"]["outputs"], want["w"]["outputs"], rtol=1e-5)
    np.testing.assert_allclose(got["w"]["weights"], want["w"]["weights"], rtol=2e-6)
    assert np.any(want["w"]["weights"] != state["w"]["weights"])


def test_rows_with_sizes() -> None:
    rng = np.random.default_rng(0)
    weights, units = rng.normal(size=(6, 4)).astype("f"), np.r_[2, 5, 5, 0, 1, np.full(ROOM, 6)]
    sizes = np.r_[rng.normal(size=5), np.zeros(ROOM)].astype("f")
    for start, stop in ((0, 5), (1, 4), (2, 2)):
        events = Listed(jnp.asarray(units), None, start, stop)
        here = slice(start, stop)
        np.testing.assert_allclose(sum_of_rows(jnp.asarray(weights), events), weights[units[here]].sum(0), rtol=1e-5)
        want = sizes[here] @ weights[units[here]]
        np.testing.assert_allclose(
            sum_of_rows(jnp.asarray(weights), events, jnp.asarray(sizes)), want, rtol=1e-5, atol=1e-6
        )
