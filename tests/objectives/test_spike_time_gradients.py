"""Losses on first spike times through compiled EventProp networks with LIF outputs, against finite differences of an
event-driven simulation without a time grid."""

from collections.abc import Callable
from typing import Any

import event_driven_lif as oracle
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LIFCell, SpikeSource
from ngcsnn.data import EventData
from ngcsnn.objectives import FirstSpike, FirstSpikeExp, FirstSpikeTime, Loss, MeanSquareError, RelativeMeanSquareError

T_END, N_IN, N_HID, N_OUT = 30.0, 5, 6, 3
LOSSES = {
    "first_spike": FirstSpike(temperature=2.0, ttfs_alpha=0.5),
    "first_spike_exp": FirstSpikeExp(temperature=2.0),
    "relative_mean_square_error": RelativeMeanSquareError(2.0),
    "mean_square_error": MeanSquareError(),
}


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"w_in": rng.normal(2.2, 0.8, (N_IN, N_HID)), "w_out": rng.normal(1.0, 0.5, (N_HID, N_OUT))}


def trials() -> list[Any]:
    rng = np.random.default_rng(3)
    return [[(float(t), i) for i, t in enumerate(rng.uniform(0.0, 8.0, N_IN))] for _ in range(2)]


def first_spikes(w: dict[str, np.ndarray]) -> np.ndarray:
    """The outputs' first spike times; both layers are one population of the oracle, joined by its recurrent weights."""
    n = N_HID + N_OUT
    recurrent = np.zeros((n, n))
    recurrent[:N_HID, N_HID:] = w["w_out"]
    w_in = np.concatenate([w["w_in"], np.zeros((N_IN, N_OUT))], axis=1)
    net = oracle.Network(w_in=w_in, w_out=np.zeros((n, 1)), w_rec=recurrent)
    out = np.full((2, N_OUT), T_END + 1.0)
    for row, events in zip(out, trials(), strict=True):
        for t, who in reversed(oracle.simulate(net, events, T_END)[1]):
            if who >= N_HID:
                row[who - N_HID] = t
    return out


def compiled(w: dict[str, np.ndarray], loss: Loss, dt: float, readout: FirstSpikeTime, timing: str = "precise") -> Any:
    with ng.Context("times", dt=dt, dtype="float64") as net:
        source, hidden = SpikeSource("input", n_units=N_IN), LIFCell("hidden", n_units=N_HID)
        output = LIFCell("output", n_units=N_OUT)
        w_in = DenseSynapse("w_in", shape=w["w_in"].shape, weights=w["w_in"])
        w_out = DenseSynapse("w_out", shape=w["w_out"].shape, weights=w["w_out"])
        source.s >> w_in.inputs
        w_in.outputs >> hidden.syn
        hidden.s >> w_out.inputs
        w_out.outputs >> output.syn
    return EventPropCompiler(round(T_END / dt), loss, {"output": readout}, batch_size=2, spike_timing=timing).compile(
        net
    )


def inputs() -> dict[str, EventData]:
    lists = [tuple(zip(*sorted(trial), strict=True)) for trial in trials()]
    return {"input": EventData.from_lists([(list(t), list(i)) for t, i in lists], N_IN, T_END)}


def differences(f: Callable[[dict[str, np.ndarray]], Any], w: dict[str, np.ndarray], *keys: str) -> np.ndarray:
    """Central differences of f in the weights w[key], all in one line, which becomes the last axis."""
    out, eps = [], 1e-6
    for key in keys:
        for index in np.ndindex(w[key].shape):
            up, down = w[key].copy(), w[key].copy()
            up[index], down[index] = up[index] + eps, down[index] - eps
            out.append((f({**w, key: up}) - f({**w, key: down})) / (2 * eps))
    return np.stack(out, axis=-1)


@pytest.fixture(scope="module")
def slopes() -> np.ndarray:
    """d(first spike times) / d(weights) of the oracle: (sample, output, weight), the weights of both layers in line."""
    return differences(first_spikes, weights(), "w_in", "w_out")


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_the_event_driven_network(x64, slopes, name) -> None:
    w, loss = weights(), LOSSES[name]
    want_times = first_spikes(w)
    assert (want_times < T_END).all()
    target: Any = np.array([0, 2]) if name != "mean_square_error" else want_times + np.array([[1.0, -2.0, 0.5]])
    fitted = loss.fitted(T_END)
    eps, at_times = 1e-6, np.zeros_like(want_times)
    for index in np.ndindex(want_times.shape):
        step = np.zeros_like(want_times)
        step[index] = eps
        at_times[index] = (fitted(want_times + step, target) - fitted(want_times - step, target)).mean() / (2 * eps)
    want = np.einsum("bk,bkw->w", at_times, slopes)
    network = compiled(w, loss, 0.02, FirstSpikeTime())
    value, grads = network.loss_and_grads(inputs(), target)
    np.testing.assert_allclose(value, fitted(want_times, target).mean(), rtol=1e-3, atol=1e-4)
    got = np.concatenate([np.asarray(grads[k]["weights"]).ravel() for k in ("w_in", "w_out")])
    assert np.linalg.norm(got - want) < 5e-3 * np.linalg.norm(want)


def test_times_are_second_order_in_dt_and_on_the_grid_first(x64) -> None:
    w, want, errors = weights(), first_spikes(weights()), {}
    for timing in ("exact", "precise", "grid"):
        for dt in (0.5, 0.05):
            network = compiled(w, LOSSES["first_spike"], dt, FirstSpikeTime(), timing)
            errors[timing, dt] = np.abs(np.asarray(network.predict(inputs())) - want).max()
    assert errors["exact", 0.05] < errors["exact", 0.5] / 30
    assert errors["precise", 0.05] < errors["precise", 0.5] / 10
    assert errors["grid", 0.05] < errors["grid", 0.5] / 3


def test_a_silent_network_learns_to_spike_with_lift_and_stays_as_it_is_without(x64) -> None:
    w = {k: 0.3 * v for k, v in weights().items()}
    w["w_in"] *= 3.3
    labels = np.array([0, 2])
    assert (first_spikes(w) > T_END).all()
    plain, lifted = (compiled(w, LOSSES["first_spike"], 0.5, FirstSpikeTime(lift=lift)) for lift in (0.0, 2.0))
    value, grads = plain.loss_and_grads(inputs(), labels)
    assert np.isfinite(value) and not any(np.any(part["weights"]) for part in grads.values())
    assert plain.evaluate(inputs(), labels)["accuracy"] == 0.0

    def loss_of(new: dict[str, np.ndarray]) -> float:
        lifted.context.find("w_out").weights.set(new["w_out"])
        return float(lifted.loss_and_grads(inputs(), labels)[0])

    grads = lifted.loss_and_grads(inputs(), labels)[1]
    want = differences(loss_of, w, "w_out")
    np.testing.assert_allclose(np.ravel(grads["w_out"]["weights"]), want, atol=1e-6 * np.abs(want).max())
    assert np.abs(want).max() > 1e-3
