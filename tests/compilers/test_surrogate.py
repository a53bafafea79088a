"""Surrogate gradients of whole networks, against the same mathematics written out as one scan and autodiff."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import NETWORKS
from plain_bptt import Model, lif, loss
from small import events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, InferenceCompiler, SurrogateCompiler, TrainableNetwork
from ngcsnn.compilers.parameters import split
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource, SpikingCell
from ngcsnn.credit import Surrogate
from ngcsnn.credit.surrogates import Arctan
from ngcsnn.graph import GraphError, UnknownNameError, param, state

CE = {"output": "sparse_categorical_crossentropy"}
STEPS, N = 30, 6


class Adapting(SpikingCell):
    """A bistable membrane whose spikes raise the threshold: a cell that no compiler knows of."""

    fields = ("v", "a")
    v_thr = param(1.0, shape="n_units", doc="threshold at rest")
    rise = param(0.2, shape="n_units", doc="of the threshold at a spike")
    v = state(shape="n_units", doc="membrane potential")
    a = state(shape="n_units", doc="rise of the threshold")

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(0.4 * jnp.tanh(3.0 * x.v) - x.v + j) / 20.0, a=-x.a / 50.0)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - x.a

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=x.v - 1.1, a=x.a + self.rise.get())


def adapting(**options: Any) -> Model:
    """The same by Euler steps of 1 ms."""
    return Model(
        lambda p, v, i, a: (v + (0.4 * jnp.tanh(3.0 * v) - v + i) / 20.0, i - i / 5.0, a - a / 50.0),
        lambda p, v, a: v - p["v_thr"] - a,
        lambda p, v, a: (v - 1.1, a + p["rise"]),
        **options,
    )


def network(cell: Any = LIFCell, layers: int = 1, recurrent: bool = True, n: int = 8, **arguments: Any) -> ng.Context:
    with ng.Context("net", dt=1.0, seed=4) as net:
        before, size = SpikeSource("input", n_units=5), 5
        for k in range(layers):
            hidden = cell(f"hidden_{k}", n_units=n, **arguments)
            forward = DenseSynapse(f"forward_{k}", shape=(size, n), weights=ng.init.Normal(14.0 / size, 10.0 / size))
            before.s >> forward.inputs
            if recurrent:
                back = DenseSynapse(f"back_{k}", shape=(n, n), weights=ng.init.Normal(0.0, 0.4))
                hidden.s >> back.inputs
                forward.outputs + back.outputs >> hidden.syn
            else:
                forward.outputs >> hidden.syn
            before, size = hidden, n
        output, readout = LICell("output", n_units=3), DenseSynapse("readout", shape=(n, 3), weights=ng.init.Normal())
        before.s >> readout.inputs
        readout.outputs >> output.syn
    return net


def spikes(seed: int = 0) -> np.ndarray:
    """(samples, steps, units)."""
    return (np.random.default_rng(seed).random((N, STEPS, 5)) < 0.15).astype(float)


def compiled(net: ng.Context, **options: Any) -> TrainableNetwork:
    readouts = {"output": {"avg_var": {"integral": "steps"}}}
    return SurrogateCompiler(STEPS, CE, readouts, batch_size=N, **options).compile(net)


def check_against(model: Model, net: ng.Context, *more: str, **options: Any) -> Any:
    """Loss and every gradient to 1e-6; returns the gradients."""
    ours = compiled(net, trainable=["*.weights", *more], **options)
    trained, fixed = split(net, ours.names)
    x, y = jnp.moveaxis(jnp.asarray(spikes()), 0, 1), jnp.asarray(labels(N))

    def plain(p: Any) -> Any:
        return loss(model, {name: {**fixed.get(name, {}), **p.get(name, {})} for name in net.components}, x, y)

    (value, fired), want = jax.jit(jax.value_and_grad(plain, has_aux=True))(trained)
    got_value, got = ours.loss_and_grads({"input": spikes()}, labels(N))
    assert all(20 < float(n) < 0.5 * N * STEPS * 8 for n in fired)
    assert float(got_value) == pytest.approx(float(value), rel=1e-12)
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for name, part in want.items():
        for key, g in part.items():
            assert np.linalg.norm(g) > 1e-4, (name, key)
            np.testing.assert_allclose(
                got[name][key], g, rtol=1e-6, atol=1e-9 * np.abs(g).max(), err_msg=f"{name}.{key}"
            )
    return got


LIF = ("hidden_*.tau_m", "hidden_*.v_thr", "hidden_*.v_reset")


def test_recurrent_with_and_without_reset_gradients(x64: None) -> None:
    net = network(v_reset=-0.2)
    through = check_against(lif(), net, *LIF)
    held = check_against(lif(reset_gradient=False), net, *LIF, reset_gradient=False)
    a, b = through["forward_0"]["weights"], held["forward_0"]["weights"]
    assert np.linalg.norm(a - b) > 0.05 * np.linalg.norm(a)


def test_refractory(x64: None) -> None:
    check_against(lif(refract=2.0), network(refract_time=2.0), *LIF)


def test_hidden_layers(x64: None) -> None:
    """One recurrent layer feeds another; psi is a logistic one of slope 6."""
    model = lif(soft=lambda h: jax.nn.sigmoid(6.0 * h))
    check_against(model, network(layers=2), *LIF, surrogate={"sigmoid": {"slope": 6.0, "height": 1.5}})


@pytest.mark.parametrize("reset_gradient", [True, False])
def test_a_cell_defined_here(reset_gradient: bool, x64: None) -> None:
    net = network(Adapting, recurrent=False, integration="euler")
    model = adapting(reset_gradient=reset_gradient)
    check_against(model, net, "hidden_*.rise", "hidden_*.v_thr", reset_gradient=reset_gradient)


@pytest.mark.parametrize("name", ["circle of two populations", "currents"])
def test_rollouts_are_the_default_process(name: str, x64: None) -> None:
    """Networks of all kinds, stage by stage, against the plain process under one scan."""
    net, rule = NETWORKS[name](), Surrogate("arctan")
    net.__dict__["spike_timing"] = rule  # a context is told "precise" or "grid" only; here it runs by the rule itself
    net.reset(batch_size=3)
    fed = jnp.asarray((np.random.default_rng(0).random((20, 3, 5)) < 0.2).astype(float))
    names = {c.component.name: ("weights",) for p in net.components.values() for c in p.owned() if c.name == "weights"}
    trained, fixed = split(net, names)
    watch = [(n, "v") for n, part in net.components.items() if "v" in part.compartments]
    rollout, start = Rollout(net, rule, 20, [("input", "inputs")]), net.state

    def by_stages(p: Any) -> Any:
        return rollout(p, fixed, {("input", "inputs"): fed}, watch)[0]

    def by_steps(p: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, {"input.inputs": row})
            return state, {w: state[w[0]][w[1]] for w in watch}

        return jax.lax.scan(step, {n: {**part, **p.get(n, {})} for n, part in start.items()}, fed)[1]

    def total(run: Any) -> Any:
        return jax.jit(jax.grad(lambda p: sum(jnp.mean(v**2) for v in run(p).values())))(trained)

    got, want = total(by_stages), total(by_steps)
    for name, part in want.items():
        np.testing.assert_allclose(got[name]["weights"], part["weights"], rtol=1e-6, atol=1e-12, err_msg=name)


def test_spikes_into_currents_have_a_gradient() -> None:
    """EventProp refuses them: it has none."""
    with ng.Context("net") as net:
        source, hidden, output = (
            SpikeSource("input", n_units=5),
            LIFCell("hidden", n_units=8),
            LICell("output", n_units=3),
        )
        first, second = (
            DenseSynapse("first", shape=(5, 8), weights=5.0),
            DenseSynapse("second", shape=(8, 3), weights=1.0),
        )
        source.s >> first.inputs
        first.outputs >> hidden.syn
        hidden.s >> second.inputs
        second.outputs * np.array([1.0, 2.0, 3.0]) >> output.j
    with pytest.raises(GraphError, match="output.j takes values"):
        EventPropCompiler(STEPS, CE).compile(net)
    _, grads = SurrogateCompiler(STEPS, CE).compile(net).loss_and_grads({"input": events()}, labels())
    assert np.all(np.abs(grads["first"]["weights"]) > 1e-6)


def test_the_surrogate_changes_the_gradient_and_nothing_else() -> None:
    net = network()
    data = {"input": spikes()}, labels(N)
    first_loss, first = compiled(net).loss_and_grads(*data)
    for surrogate in ({"fast_sigmoid": {"slope": 5.0}}, Arctan()):
        loss_, other = compiled(net, surrogate=surrogate).loss_and_grads(*data)
        assert loss_ == first_loss
        a, b = first["forward_0"]["weights"], other["forward_0"]["weights"]
        assert np.linalg.norm(a - b) > 0.05 * np.linalg.norm(a)
        np.testing.assert_allclose(first["readout"]["weights"], other["readout"]["weights"], rtol=1e-5, atol=1e-8)


def test_what_it_does_is_what_the_grid_does() -> None:
    """Inference on the grid gives the same figures as the network that was trained."""
    net = network(refract_time=2.0)
    data = {"input": events()}, labels()
    ours = compiled(net).evaluate(*data)
    readouts = {"output": {"avg_var": {"integral": "steps"}}}
    grid = InferenceCompiler(STEPS, readouts, spike_timing="grid").compile(net).evaluate(*data)
    for figures in (ours, grid):
        figures.pop("seconds")
    assert ours == pytest.approx(grid, rel=1e-6) and ours["hidden_0.rate_hz"] > 10.0


def which_of_three(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs 0 to 2: one of them fires more often than the others."""
    rng, y = np.random.default_rng(seed), np.arange(n) % 3
    rates = np.full((n, 1, 5), 0.05)
    rates[np.arange(n), 0, y] = 0.4
    return (rng.random((n, STEPS, 5)) < rates).astype(float), y


LEARNERS = {
    "two layers of LIF": {"layers": 2, "recurrent": False},
    "a cell defined here": {"cell": Adapting, "recurrent": False, "integration": "euler"},
}


@pytest.mark.parametrize("options", LEARNERS.values(), ids=LEARNERS)
def test_a_task_is_learned(options: dict[str, Any]) -> None:
    (x, y), (x_new, y_new) = which_of_three(60, 0), which_of_three(60, 1)
    ours = SurrogateCompiler(STEPS, CE, batch_size=16, optimiser={"adam": {"eta": 0.05}}).compile(network(**options))
    before = ours.evaluate({"input": x_new}, y_new)
    metrics, recorded = ours.train({"input": x}, y, num_epochs=25, callbacks=[])
    after = ours.evaluate({"input": x_new}, y_new)
    assert before["accuracy"] < 0.6 and after["accuracy"] > 0.9 and after["loss"] < 0.5 * before["loss"]
    assert recorded["history"][-1]["loss"] < 0.5 * recorded["history"][0]["loss"] and metrics["skipped"] == 0
    ours.train({"input": x}, y, num_epochs=1, callbacks=[])
    ours.loss_and_grads({"input": x[:16]}, y[:16])
    ours.loss_and_grads({"input": x[16:32]}, y[16:32])
    assert ours.traces == {"evaluate": 1, "train": 1, "gradients": 1}


WRONG = [
    ({"surrogate": "fast_sigmod"}, UnknownNameError, "unknown surrogate function 'fast_sigmod'; did you mean"),
    ({"surrogate": {"arctan": {"slope": 2.0}}}, UnknownNameError, "'arctan' has no field 'slope'"),
    ({"surrogate": {"arctan": {"width": 0}}}, ValueError, "`width` of surrogate function 'arctan'"),
    ({"surrogate": None}, TypeError, "a surrogate function must be a name"),
    ({"surrogate": Surrogate()}, TypeError, "a surrogate function must be a name"),
    ({"reset_gradient": "no"}, GraphError, "`reset_gradient` must be True or False, got 'no'"),
    ({"spike_timing": "precise"}, TypeError, "spike_timing"),
]


@pytest.mark.parametrize(("options", "error", "text"), WRONG, ids=[str(t) for *_, t in WRONG])
def test_arguments(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        SurrogateCompiler(STEPS, CE, **options)


def test_it_describes_itself() -> None:
    made = SurrogateCompiler(STEPS, CE, surrogate={"arctan": {"width": 0.5}}, reset_gradient=False)
    function: Any = made.crossing.function  # type: ignore[attr-defined]
    again = SurrogateCompiler(STEPS, CE, surrogate=function.describe(), reset_gradient=False)
    assert again.crossing == made.crossing == Surrogate(Arctan(width=0.5), False)
