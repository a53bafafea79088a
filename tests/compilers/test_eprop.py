"""e-prop: the gradients of the compiler against explicit eligibility traces, and what it refuses."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from eprop_cases import CE, MSE, START, STEP_ENDS, STEPS, N, check, network, spikes, square, targets, truth
from plain_eprop import Cells
from small import events, labels

from ngcsnn.compilers import EPropCompiler, SurrogateCompiler
from ngcsnn.components import ALIFCell, LIFCell
from ngcsnn.credit import EProp
from ngcsnn.credit.surrogates import FastSigmoid, PiecewiseLinear
from ngcsnn.graph import GraphError, UnknownNameError

TAUS = np.linspace(12.0, 30.0, 8)


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
