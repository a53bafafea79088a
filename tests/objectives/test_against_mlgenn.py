"""Readouts with integral="steps" against mlGeNN 2.3.1's own, and the factor between the gradients of the losses."""

import json
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell, SpikeSource
from ngcsnn.graph import output
from ngcsnn.objectives import (
    AvgVar,
    AvgVarExpWeight,
    FirstSpike,
    FirstSpikeTime,
    MaxVar,
    MeanSquareError,
    RelativeMeanSquareError,
    SparseCategoricalCrossentropy,
    SpikeCountRegulariser,
    SumVar,
    Var,
)

TAU_M, TAU_S = 20.0, 5.0  # ms, of the recorded networks
CASES = [
    ("ep_avg_var", AvgVar(integral="steps"), "out_VAvg", TAU_M),
    ("ep_sum_var", SumVar(integral="steps"), "out_VSum", TAU_M * 50),
    ("ep_avg_var_exp_weight", AvgVarExpWeight(integral="steps"), "out_VAvg", TAU_M),
    ("ep_per_timestep_avg_var", Var(integral="steps"), "out_V", TAU_M),
]


def load(shared, name):
    folder = shared / "fixtures" / "mlgenn"
    return np.load(folder / f"{name}.npz"), json.loads((folder / f"{name}.json").read_text())


def responses(spikes) -> np.ndarray:
    """v of the output that each hidden cell's spikes cause at weight 1, in mlGeNN's steps; both (T, n_hidden)."""
    a, b = np.exp(-1 / TAU_M), np.exp(-1 / TAU_S)
    v, i, out = np.zeros(spikes.shape[1]), np.zeros(spikes.shape[1]), []
    for n in range(len(spikes)):
        i = i + (spikes[n - 1] if n else 0)
        if n == len(spikes) - 1:
            i = 0 * i  # mlGeNN clears the currents in the last step
        v = a * v + (1 - a) * TAU_S * (1 - b) * i
        i = b * i
        out.append(v)
    return np.stack(out)


@pytest.mark.parametrize(("name", "readout", "key", "factor"), CASES, ids=[c[0] for c in CASES])
def test_readouts_and_gradients(x64, shared, name, readout, key, factor) -> None:
    data, about = load(shared, name)
    recorded = data["out_V"].swapaxes(0, 1).astype(float)
    theirs = data[key] if readout.keeps_time else data[key][:, -1]
    np.testing.assert_allclose(readout(recorded, 1.0), theirs, rtol=2e-5, atol=1e-6)

    kernel = responses(data["hid_spikes"][0].astype(float))
    weights = data["w_ho"].astype(float)
    np.testing.assert_allclose(kernel @ weights, recorded[:, 0], atol=1e-5)
    loss = SparseCategoricalCrossentropy()
    labels = loss.check_target([about["label"]], 1, 3, None, "out")
    g = jax.grad(lambda w: loss(readout((kernel @ w)[:, None], 1.0), labels)[0])(weights)
    mine, theirs = np.asarray(g).ravel(), data["grad_ho"][1].ravel() * factor
    np.testing.assert_allclose(mine, theirs, atol=0.07 * np.abs(mine).max())
    assert abs(mine @ theirs / (theirs @ theirs) - 1) < 0.05


def test_largest_values(shared) -> None:
    data, _ = load(shared, "ep_max_var")
    np.testing.assert_array_equal(MaxVar()(data["out_V"].swapaxes(0, 1), 1.0), data["out_VMax"][:, -1])


def test_mean_square_error(x64, shared) -> None:
    data, _ = load(shared, "ep_mse_var")
    kernel, weights = responses(data["hid_spikes"][0].astype(float)), data["w_ho"].astype(float)
    loss, readout = MeanSquareError(), Var(integral="steps")
    target = loss.check_target(data["y_true"][None], 1, 3, 50, "out")
    g = jax.grad(lambda w: loss(readout((kernel @ w)[:, None], 1.0), target)[0])(weights)
    mine, theirs = np.asarray(g).ravel(), data["grad_ho"][1].ravel()
    assert abs(mine @ theirs / (theirs @ theirs) * 3 / (2 * TAU_M) - 1) < 0.05


def slopes(data, times) -> np.ndarray:
    """dt_j / dw_ij of the outputs' first spikes, -v_i tau_m / (i - v) in mlGeNN's arithmetic; (n_hidden, n_out)."""
    spikes, weights = data["hid_spikes"][0].astype(float), data["w_ho"].astype(float)
    kernel, current, decay = responses(spikes), np.zeros(spikes.shape), np.exp(-1 / TAU_S)
    for n in range(1, len(spikes)):
        current[n] = decay * current[n - 1] + spikes[n - 1]
    out = np.zeros(weights.shape)
    for j, n in enumerate(times):
        out[:, j] = -kernel[n] * TAU_M / ((current[n] - kernel[n]) @ weights[:, j])
    return out


def test_losses_of_first_spikes(x64, shared) -> None:
    """Their gradient for each output over the slope of its spike's time is dL/dt, in one time step's precision; the
    ratio of the two losses, in which that slope cancels, to all digits."""
    ratios = {}
    for name in ("ep_ttfs_sce", "ep_ttfs_rmse"):
        data, about = load(shared, name)
        spikes = data["out_spikes"].swapaxes(0, 1)[:, :1].astype(float)
        times = np.asarray(FirstSpikeTime()((spikes, None), 1.0)) - 1.0  # they count from the step's start
        np.testing.assert_array_equal(times[0], -data["out_TFirstSpike"][0, -1])
        label = np.array([about["label"]])
        if name == "ep_ttfs_sce":  # they give the temperature, 0.5, to the gradient only: the softmax's counts twice
            assert about["compiler_kwargs"] == {"ttfs_alpha": 0.01, "softmax_temperature": 0.5}
            losses = [FirstSpike(1.0, alpha, trial=50.0) for alpha in (0.0, 0.01)]
        else:
            losses = [RelativeMeanSquareError(1.0, trial=50.0)]

        def total(t: Any, losses: Any = losses, label: Any = label) -> Any:
            return sum(loss(t, label).sum() for loss in losses)

        at_times, slope = np.asarray(jax.grad(total)(times))[0], slopes(data, times[0].astype(int))
        theirs = data["grad_ho"][1].astype(float)
        ratios[name] = np.zeros(3)
        for j in range(3):
            if at_times[j] == 0:
                assert not np.any(theirs[:, j])
                continue
            mine = at_times[j] * slope[:, j]
            ratios[name][j] = mine @ theirs[:, j] / (mine @ mine)
            assert mine @ theirs[:, j] > 0.98 * np.linalg.norm(mine) * np.linalg.norm(theirs[:, j])
    assert (np.abs(ratios["ep_ttfs_sce"] - 0.9) < 0.05).all()
    spiked = ratios["ep_ttfs_rmse"] != 0
    assert spiked.sum() == 2
    np.testing.assert_allclose(ratios["ep_ttfs_rmse"][spiked], ratios["ep_ttfs_sce"][spiked], rtol=1e-5)


def test_a_silent_output_is_finite(shared) -> None:
    data, about = load(shared, "ep_ttfs_sce_nospike")
    spikes = data["out_spikes"].swapaxes(0, 1)[:, :1].astype(np.float32)
    times = FirstSpikeTime()((spikes, None), 1.0)
    np.testing.assert_array_equal(times, 51.0)
    label = np.array([about["label"]])
    np.testing.assert_allclose(FirstSpike(1.0, 0.0, trial=50.0)(times, label), np.log(3), rtol=1e-6)


@jax.custom_jvp
def one_if_above(h: Any) -> Any:
    """1 where h > 0, with the tangent of h there: a spike as regularisers count it under EventProp."""
    return (h > 0).astype(h.dtype)


@one_if_above.defjvp
def _one_if_above_jvp(primals: Any, tangents: Any) -> Any:
    return one_if_above(primals[0]), jnp.where(primals[0] > 0, tangents[0], 0.0)


class CountedLIFCell(LIFCell):
    """A LIF cell whose spikes are counted with ds = dh."""

    counted = output(shape="n_units")

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        h, slope, bend = super().crossing_terms(x, j)
        self.counted.set(one_if_above(h))
        return h, slope, bend


def test_the_scale_of_spike_count_strengths(x64, shared) -> None:
    """What their regulariser adds to the gradient, at true scale (times tau_m), is ours with tau_m^2 times the
    strength; dt = 1 ms leaves some percent."""
    data, about = load(shared, "ep_avg_var_reg")
    without, _ = load(shared, "ep_avg_var")
    np.testing.assert_array_equal(data["hid_spikes"][0], without["hid_spikes"][0])
    theirs = TAU_M * (data["grad_ih"][1].astype(float) - without["grad_ih"][1]).ravel()
    with ng.Context("regularised", dt=1.0, dtype="float64", spike_timing="grid") as net:
        source, hidden = SpikeSource("input", n_units=20), CountedLIFCell("hidden", n_units=10)
        w = DenseSynapse("w", shape=(20, 10), weights=data["w_ih"].astype(float))
        source.s >> w.inputs
        w.outputs >> hidden.syn
    told = about["compiler_kwargs"]
    regulariser = SpikeCountRegulariser(
        told["reg_nu_upper"], TAU_M**2 * told["reg_lambda_upper"], TAU_M**2 * told["reg_lambda_lower"]
    )
    regulariser.check(hidden)
    start, rows = net.state, jnp.asarray(data["in_spikes"][0, :, None].astype(float))

    def cost(weights: Any, state: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, {"input.s": row})
            return state, (state["hidden"]["counted"], state["hidden"]["s"])

        counted, spikes = lax.scan(step, {**state, "w": {**state["w"], "weights": weights}}, rows)[1]
        return regulariser({"counted": counted}, {}, jnp.ones(1)), (counted, spikes)

    g, (counted, spikes) = jax.jit(jax.grad(partial(cost, state=start), has_aux=True))(start["w"]["weights"])
    np.testing.assert_array_equal(counted, spikes)
    np.testing.assert_array_equal(spikes[:, 0], data["hid_spikes"][0])
    mine = np.asarray(g).ravel()
    assert mine @ theirs > 0.97 * np.linalg.norm(mine) * np.linalg.norm(theirs)
    assert abs(mine @ theirs / (theirs @ theirs) - 1) < 0.15
