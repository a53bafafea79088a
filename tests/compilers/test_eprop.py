"""e-prop: the gradients of the compiler against explicit eligibility traces, and what it refuses."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from plain_eprop import Cells, Readout, eprop
from small import events, labels

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, SurrogateCompiler
from ngcsnn.components import ALIFCell, DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.credit import EProp
from ngcsnn.credit.surrogates import FastSigmoid, PiecewiseLinear
from ngcsnn.graph import GraphError, UnknownNameError

STEPS, N, START = 30, 6, 5
MSE, CE = {"output": "mean_square_error"}, {"output": "sparse_categorical_crossentropy"}
STEP_ENDS = {"output": {"var": {"integral": "steps"}}}
TAUS = np.linspace(12.0, 30.0, 8)


def network(cell: Any = LIFCell, layers: int = 1, to_output: tuple[int, ...] = (0,), **arguments: Any) -> ng.Context:
    """input -> hidden_0 (recurrent) -> ... ; the layers `to_output` have a synapse to the output."""
    with ng.Context("net", dt=1.0, seed=4) as net:
        before, size, n = SpikeSource("input", n_units=5), 5, 8
        onto: Any = None
        output = LICell("output", n_units=3, tau_m=15.0)
        for k in range(layers):
            hidden = cell(f"hidden_{k}", n_units=n, **arguments)
            forward = DenseSynapse(f"forward_{k}", shape=(size, n), weights=ng.init.Normal(14.0 / size, 10.0 / size))
            back = DenseSynapse(f"back_{k}", shape=(n, n), weights=ng.init.Normal(0.0, 0.4))
            before.s >> forward.inputs
            hidden.s >> back.inputs
            forward.outputs + back.outputs >> hidden.syn
            if k in to_output:
                readout = DenseSynapse(f"readout_{k}", shape=(n, 3), weights=ng.init.Normal())
                hidden.s >> readout.inputs
                onto = readout.outputs if onto is None else onto + readout.outputs
            before, size = hidden, n
        onto >> output.syn
    return net


def spikes(seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((N, STEPS, 5)) < 0.15).astype(float)


def targets(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 1.0, (N, STEPS, 3))


def truth(net: ng.Context, cells: Cells, error: Any, **options: Any) -> dict[str, np.ndarray]:
    """Gradients by the name of the synapse, sums over the batch."""
    w = {k: np.asarray(c["weights"]) for k, c in net.live.items() if "weights" in c}
    depth = sum(k.startswith("forward") for k in w)
    layers = [tuple(w.get(f"{name}_{k}") for name in ("forward", "back", "readout")) for k in range(depth)]
    found = eprop([cells] * depth, layers, Readout(tau_m=15.0), np.moveaxis(spikes(), 0, 1), error, **options)
    assert all(20 < c.sum() < 0.5 * N * STEPS * 8 for c in found["counts"])
    grads = {}
    for k, part in enumerate(found["grads"]):
        grads.update({f"{name}_{k}": g for name, g in zip(("forward", "back", "readout"), part, strict=True)})
    return {name: g for name, g in grads.items() if name in w}


def square(t: int, y: np.ndarray) -> np.ndarray:
    """Of the mean square error over units and the window from START on."""
    return (t >= START) * 2.0 * (y - targets()[:, t]) / (3 * (STEPS - START))


def check(got: Any, want: dict[str, np.ndarray], tolerance: float = 1e-12) -> None:
    assert got.keys() == want.keys()
    for name, g in want.items():
        assert np.abs(g).max() > 1e-4, name
        assert np.abs(g / N - got[name]["weights"]).max() < tolerance * np.abs(g / N).max(), name


KINDS = {
    "lif": (LIFCell, {}, Cells()),
    "lif, time constants of each cell": (LIFCell, {"tau_m": TAUS}, Cells(tau_m=TAUS)),
    "lif, relative reset": (LIFCell, {"relative_reset": True, "v_reset": -0.1}, Cells(relative=True, v_reset=-0.1)),
    "alif": (ALIFCell, {"beta": 0.2, "tau_adapt": 50.0}, Cells(beta=0.2)),
    "alif, refractory": (
        ALIFCell,
        {"beta": 0.2, "tau_adapt": TAUS, "refract_time": 3.0},
        Cells(beta=0.2, tau_adapt=TAUS, rest=3),
    ),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_equals_eligibility_traces(x64: None, kind: str) -> None:
    cell, arguments, cells = KINDS[kind]
    net = network(cell, **arguments)
    compiled = EPropCompiler(STEPS, MSE, STEP_ENDS, batch_size=N, c_reg=3.0, error_start_timestep=START).compile(net)
    _, got = compiled.loss_and_grads({"input": spikes()}, targets())
    check(got, truth(net, cells, square, c_reg=3.0 / (STEPS - START), f_target=0.01))


def test_cross_entropy_summed_over_a_window(x64: None) -> None:
    net = network(ALIFCell, beta=0.2, tau_adapt=50.0)
    onehot = np.eye(3)[labels(N)]
    compiled = EPropCompiler(
        STEPS, CE, STEP_ENDS, batch_size=N, learning_window=float(STEPS - START), average_gradient=False
    ).compile(net)
    loss, got = compiled.loss_and_grads({"input": spikes()}, labels(N))
    check(got, truth(net, Cells(beta=0.2), lambda t, y: (t >= START) * (np.asarray(jax.nn.softmax(y)) - onehot)))
    mean = EPropCompiler(STEPS, CE, STEP_ENDS, batch_size=N, error_start_timestep=START).compile(net)
    assert float(loss) == pytest.approx((STEPS - START) * mean.evaluate({"input": spikes()}, labels(N))["loss"])


def test_layers_that_all_reach_the_output(x64: None) -> None:
    net = network(LIFCell, layers=2, to_output=(0, 1))
    compiled = EPropCompiler(STEPS, MSE, STEP_ENDS, batch_size=N, error_start_timestep=START).compile(net)
    _, got = compiled.loss_and_grads({"input": spikes()}, targets())
    check(got, truth(net, Cells(), square))


def test_a_layer_without_feedback_is_refused() -> None:
    with pytest.raises(GraphError, match="'hidden_0' has no synapse to an output"):
        EPropCompiler(STEPS, MSE, batch_size=N).compile(network(layers=2, to_output=(1,)))


def test_bptt_differs_and_trains_more_than_e_prop_hears_of(x64: None) -> None:
    net = network()
    _, local = EPropCompiler(STEPS, CE, batch_size=N).compile(net).loss_and_grads({"input": spikes()}, labels(N))
    through = SurrogateCompiler(STEPS, CE, "var", batch_size=N, surrogate="piecewise_linear").compile(net)
    _, full = through.loss_and_grads({"input": spikes()}, labels(N))
    np.testing.assert_allclose(local["readout_0"]["weights"], full["readout_0"]["weights"], rtol=1e-12)
    a, b = local["forward_0"]["weights"], full["forward_0"]["weights"]
    assert 0.02 * np.linalg.norm(b) < np.linalg.norm(a - b)


def test_surrogate_of_another_height_and_width() -> None:
    made = EPropCompiler(STEPS, CE, surrogate_gradient_height=0.5, surrogate_gradient_width=0.25)
    assert made.crossing == EProp(PiecewiseLinear(height=0.5, width=0.25))
    slope = EPropCompiler(STEPS, CE, surrogate="fast_sigmoid", surrogate_gradient_width=0.25)
    assert slope.crossing == EProp(FastSigmoid(slope=4.0))


def test_it_learns() -> None:
    net = network()
    compiled = EPropCompiler(STEPS, CE, batch_size=N, optimiser={"adam": {"eta": 0.02}}, c_reg=1.0).compile(net)
    data = {"input": events(N, t_end=30.0)}
    before = compiled.evaluate(data, labels(N))["loss"]
    compiled.train(data, labels(N), num_epochs=40, callbacks=[])
    assert compiled.evaluate(data, labels(N))["loss"] < 0.85 * before


REFUSED = {
    "surrogate": ({"surrogate": "piecewise"}, UnknownNameError, "piecewise_linear"),
    "width": ({"surrogate": "straight_through", "surrogate_gradient_width": 1.0}, GraphError, "has no width"),
    "start": ({"error_start_timestep": 30}, GraphError, "`error_start_timestep` must lie below .*got 30"),
    "two windows": ({"error_start_timestep": 3, "learning_window": 5.0}, GraphError, "either `error_start_timestep`"),
    "average": ({"average_gradient": 1}, GraphError, "`average_gradient` must be True or False, got 1"),
    "two decays": ({"tau_reg": 20.0, "kappa_reg": 0.9}, GraphError, "either `tau_reg`"),
    "decay": ({"kappa_reg": 1.0}, GraphError, r"`kappa_reg` must be a number in \[0, 1\)"),
    "time constant": ({"tau_reg": 0.0}, GraphError, "`tau_reg` must be a finite number > 0 ms, got 0.0"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_arguments_refused(case: str) -> None:
    options, error, text = REFUSED[case]
    with pytest.raises(error, match=text):
        EPropCompiler(STEPS, CE, **options)


NO_FIT = {
    "window": ({"learning_window": 31.0}, "`learning_window` must be from one step .* to the trial's 30 ms, got 31 ms"),
    "readout": ({"readouts": "avg_var", "error_start_timestep": 2}, "'avg_var' gives one value for a trial"),
    "rate": ({"f_target": 20.0}, "`f_target` applies to the rate term, which has no strength: set `c_reg`"),
    "running": ({"tau_reg": 20.0}, "`tau_reg` applies to the rate term"),
    "bias": ({"train_output_bias": True}, "no output .* has a bias"),
    "cell": ({"c_reg": {"output": 1.0}}, "`c_reg` names hidden spiking cells .*got 'output'"),
    "strength": ({"c_reg": -1.0}, "`c_reg` must be a number >= 0"),
}


@pytest.mark.parametrize("case", list(NO_FIT))
def test_what_does_not_fit_the_network(case: str) -> None:
    options, text = NO_FIT[case]
    with pytest.raises(GraphError, match=text):
        EPropCompiler(STEPS, CE, **options).compile(network())
