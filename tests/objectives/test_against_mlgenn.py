"""Readouts with integral="steps" against mlGeNN 2.3.1's own, and the factor between the gradients of the losses."""

import json

import jax
import numpy as np
import pytest

from ngcsnn.objectives import (
    AvgVar,
    AvgVarExpWeight,
    MaxVar,
    MeanSquareError,
    SparseCategoricalCrossentropy,
    SumVar,
    Var,
)

TAU_M, TAU_S = 20.0, 5.0  # ms, of the recorded networks
CASES = [
    ("ep_avg_var", AvgVar(integral="steps"), "out_VAvg", TAU_M),
    ("ep_sum_var", SumVar(integral="steps"), "out_VSum", TAU_M * 50),
    ("ep_avg_var_exp_weight", AvgVarExpWeight(integral="steps"), "out_VAvg", TAU_M),
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
    np.testing.assert_allclose(readout(recorded, 1.0), data[key][:, -1], rtol=2e-5, atol=1e-6)

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
