"""Which synapses are given lists of events; whoever is given what, the numbers are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import dense, events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler, TrainableNetwork
from ngcsnn.compilers.event_lists import route
from ngcsnn.compilers.plan import make_plan
from ngcsnn.components import DenseSynapse, LICell, OneToOneSynapse, SpikeSource
from ngcsnn.kernels import Events

STEPS, N = 20, 4
MAIN, MOMENT = ("input", "inputs"), ("input", "inputs.offset")


class Doubling(SpikeSource):
    """Says no more than its base what it relays, and does something else."""

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        self.s.set_moments(2.0 * m0, None if m1 is None else 2.0 * m1)


class Halving(DenseSynapse):
    """Transmits half of what its matrix says."""

    def transmit(self, m: Any, weights: Any) -> Any:
        return 0.5 * (m @ weights)


class Biased(DenseSynapse):
    """Restates its step."""

    def advance(self) -> None:
        super().advance()
        self.outputs.set(self.outputs.get() + 1.0)


class Turned(DenseSynapse):
    """Restates what it transmits, and its matrix with it."""

    def transmit(self, m: Any, weights: Any) -> Any:
        return m @ weights[::-1]

    def matrix(self) -> Any:
        return self.effective_weights()[::-1]


def network(wire: Callable[[Any, Any, Any], None], source: Any = SpikeSource, synapse: Any = DenseSynapse) -> Any:
    """Events into leaky integrators; `wire(source, w, output)` connects them."""
    with ng.Context("net", dt=1.0, seed=2) as net:
        inp, out = source("input", n_units=5), LICell("output", n_units=5)
        mask = np.ones((5, 5))
        mask[1] = 0
        w = synapse("w", shape=(5, 5), weights=ng.init.Uniform(1.0, 5.0), bias=0.2, mask=mask)
        wire(inp, w, out)
    return net


def directly(source: Any, w: Any, output: Any) -> None:
    source.s >> w.inputs
    w.outputs >> output.syn


def scaled(source: Any, w: Any, output: Any) -> None:
    2.0 * source.s >> w.inputs
    w.outputs >> output.syn


def scaled_by_a_parameter(source: Any, w: Any, output: Any) -> None:
    source.s * w.bias >> w.inputs
    w.outputs >> output.syn


def two_synapses(source: Any, w: Any, output: Any) -> None:
    """Of which one lends its bias to the cell."""
    second = DenseSynapse("second", shape=(5, 5), weights=ng.init.Normal(0.0, 0.3))
    source.s >> w.inputs
    source.s >> second.inputs
    w.outputs + second.outputs * w.bias >> output.syn


def a_synapse_without_matrix(source: Any, w: Any, output: Any) -> None:
    source.s >> w.inputs
    one = OneToOneSynapse("one", n_units=5, weights=ng.init.Uniform(0.5, 1.0))
    source.s >> one.inputs
    w.outputs + one.outputs >> output.syn


def a_cell(source: Any, w: Any, output: Any) -> None:
    source.s >> w.inputs
    w.outputs + 0.5 * source.s >> output.syn


def a_list() -> Events:
    step, unit, offset = events(N).to_device(STEPS, 1.0).take(np.arange(N))
    return Events(step, unit, offset, n_units=5, n_steps=STEPS, one_each=False, most=8)


ROUTES = {
    "directly": (directly, {}, {"w"}, True),
    "two synapses": (two_synapses, {}, {"w", "second"}, True),
    "a restated matrix": (directly, {"synapse": Turned}, {"w"}, True),
    "scaled": (scaled, {}, set(), False),
    "scaled by a parameter": (scaled_by_a_parameter, {}, set(), False),
    "a synapse without matrix": (a_synapse_without_matrix, {}, {"w"}, False),
    "a cell": (a_cell, {}, {"w"}, False),
    "a source that restates its step": (directly, {"source": Doubling}, set(), False),
    "a synapse that restates transmission": (directly, {"synapse": Halving}, set(), False),
    "a synapse that restates its step": (directly, {"synapse": Biased}, set(), False),
}


@pytest.mark.parametrize("name", ROUTES)
def test_who_is_given_lists(name: str) -> None:
    wire, options, lists, idle = ROUTES[name]
    net = network(wire, **options)
    routes = route(net, make_plan(net), {MAIN: a_list()}, [("output", "v")])
    assert set(routes.lists) == lists and routes.idle == ({"input"} if idle else set())
    assert set(routes.spread) == (set() if idle else {MAIN, MOMENT})


def test_a_watched_source_is_spread() -> None:
    net, given = network(directly), a_list()
    for leaf in ("s", "s.offset", "inputs"):
        routes = route(net, make_plan(net), {MAIN: given}, [("input", leaf)])
        assert set(routes.lists) == {"w"} and not routes.idle
        for m, key in zip(given.dense(np.float32), (MAIN, MOMENT), strict=True):
            np.testing.assert_array_equal(routes.spread[key], m)


def test_arrays_and_inputs_fed_past_a_source_are_spread() -> None:
    net = network(directly)
    array = jnp.ones((STEPS, N, 5))
    routes = route(net, make_plan(net), {MAIN: array}, [])
    assert routes.spread[MAIN] is array and not routes.lists and not routes.idle
    net.find("w").inputs.source = None
    net.changed()
    routes = route(net, make_plan(net), {("w", "inputs"): a_list()}, [])
    assert set(routes.spread) == {("w", "inputs"), ("w", "inputs.offset")} and not routes.lists


def test_on_the_grid_there_is_nothing_but_counts() -> None:
    net = network(scaled)
    given = a_list()
    given.offset = None
    assert set(route(net, make_plan(net), {MAIN: given}, []).spread) == {MAIN}


def as_arrays() -> dict[str, Any]:
    counts, offsets = dense(events(N), 1.0)
    return {"input.inputs": counts, "input.inputs.offset": offsets}


def compiled(net: Any, rule: str) -> TrainableNetwork:
    options: dict[str, Any] = {"batch_size": N, "trainable": ["*.weights", "*.bias", "*.tau_m"]}
    loss = {"output": "sparse_categorical_crossentropy"}
    if rule == "surrogate":
        return SurrogateCompiler(STEPS, loss, **options).compile(net)
    return EventPropCompiler(STEPS, loss, spike_timing=rule, **options).compile(net)


@pytest.mark.parametrize("rule", ["precise", "surrogate"])
def test_lists_and_arrays_give_one_loss_and_gradient(rule: str, x64: None) -> None:
    ours, arrays = compiled(network(two_synapses), rule), as_arrays()
    if rule == "surrogate":
        arrays.pop("input.inputs.offset")
    (a, ga), (b, gb) = (ours.loss_and_grads(x, labels(N)) for x in ({"input": events(N)}, arrays))
    assert float(a) == pytest.approx(float(b), rel=1e-12)
    for (path, g), h in zip(jax.tree.leaves_with_path(ga), jax.tree.leaves(gb), strict=True):
        assert np.any(g), path
        np.testing.assert_allclose(g, h, rtol=1e-8, atol=1e-12 * np.abs(h).max(), err_msg=str(path))


WATCHED = ["input.s", "input.s.offset", "w.outputs", "w.outputs.offset", "output.v"]
SIMULATED = {
    "two synapses": ("precise", WATCHED[2:]),
    "two synapses, source watched": ("precise", WATCHED),
    "two synapses, on the grid": ("grid", WATCHED[2:]),
    "a synapse without matrix": ("precise", WATCHED[2:]),
    "a restated matrix": ("precise", WATCHED[2:]),
    "a source that restates its step": ("precise", WATCHED[2:]),
    "a synapse that restates its step": ("precise", WATCHED[2:]),
    "a synapse that restates transmission": ("precise", WATCHED[2:]),
}


@pytest.mark.parametrize("name", SIMULATED)
def test_simulations_are_the_default_process(name: str, x64: None) -> None:
    wire, options, *_ = ROUTES[name.partition(",")[0]]
    net, (rule, watch) = network(wire, **options), SIMULATED[name]
    net.spike_timing = rule
    ours = compiled(net, rule).simulate({"input": events(N)}, watch)
    net.reset(batch_size=N)
    arrays = {k: v.swapaxes(0, 1) for k, v in as_arrays().items() if rule == "precise" or k == "input.inputs"}
    theirs = net.advance.scan(inputs=arrays, watch=watch)
    assert theirs["output.v"].max() > 0.5
    for key in watch:
        np.testing.assert_allclose(ours[key], theirs[key], atol=1e-12, err_msg=key)
