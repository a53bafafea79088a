"""Every option of e-prop against traces written out, or where it ends up: none is ignored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from eprop_cases import CE, MSE, START, STEP_ENDS, STEPS, N, check, network, spikes, square, targets, truth
from plain_eprop import Cells, Readout, eprop

from ngcsnn.compilers import EPropCompiler
from ngcsnn.graph import GraphError
from ngcsnn.optim import SGD, nest_optimiser

DATA = {"input": spikes()}
EACH = np.linspace(0.0, 50.0, 8)


def compiled(net: Any, **options: Any) -> Any:
    told = {"losses": MSE, "readouts": STEP_ENDS, "batch_size": N, "error_start_timestep": START, **options}
    return EPropCompiler(STEPS, **told).compile(net)


def decayed(a: Any, kappa: float) -> Any:
    """Running means along the first axis."""
    out, f = [], np.zeros_like(a[0])
    for row in a:
        f = kappa * f + (1.0 - kappa) * row
        out.append(f)
    return np.stack(out)


RATES: dict[str, tuple[dict[str, Any], Any, float]] = {  # options, (c_reg, f_target in Hz), kappa or 0: of the trial
    "one for each cell": (
        {"c_reg": {"hidden_0": EACH}, "f_target": {"hidden_0": 2.0 * EACH}},
        (EACH, 2.0 * EACH),
        0.0,
    ),
    "tau_reg": ({"c_reg": 3.0, "f_target": 40.0, "tau_reg": 12.0}, (3.0, 40.0), float(np.exp(-1.0 / 12.0))),
    "kappa_reg": ({"c_reg": 3.0, "kappa_reg": 0.8}, (3.0, 10.0), 0.8),
}


@pytest.mark.parametrize("kind", list(RATES))
def test_rate_terms(x64: None, kind: str) -> None:
    options, (c_reg, f_target), kappa = RATES[kind]
    net = network()
    w = [np.asarray(net.live[f"{name}_0"]["weights"]) for name in ("forward", "back", "readout")]
    found = eprop([Cells()], [w], Readout(tau_m=15.0), np.moveaxis(spikes(), 0, 1), square)
    s, e = np.stack(found["s"][0]), np.stack(found["e"][0])
    if kappa:
        over, e = decayed(s, kappa) - 1e-3 * f_target, decayed(e, kappa)
    else:
        over = np.broadcast_to((s.mean(axis=0) - 1e-3 * f_target) / STEPS, s.shape)
    rates = np.einsum("tbj,tbij->ij", c_reg * over, e) / (STEPS - START)
    forward, back, onto = found["grads"][0]
    _, got = compiled(net, **options).loss_and_grads(DATA, targets())
    assert np.abs(rates).max() > 0.01 * np.abs(forward).max()
    check(got, {"forward_0": forward + rates[:5], "back_0": back + rates[5:], "readout_0": onto})


def test_a_window_of_weights(x64: None) -> None:
    gate = np.where(np.arange(STEPS) % 7 < 3, 1.0, 0.0) + 0.5 * (np.arange(STEPS) == 13)
    net = network()
    error: Any = lambda t, y: gate[t] * 2.0 * (y - targets()[:, t]) / (3 * gate.sum())  # noqa: E731
    for mode in ({}, {"mode": "streaming", "chunk_steps": 10}):
        made = compiled(net, error_start_timestep=None, learning_window=gate, **mode)
        loss, got = made.loss_and_grads(DATA, targets())
        check(got, truth(net, Cells(), error))
        assert float(loss) == pytest.approx(float(made.evaluate(DATA, targets())["loss"]), rel=1e-12)


def test_the_surrogate(x64: None) -> None:
    net = network()
    options = {"surrogate_gradient_height": 0.7, "surrogate_gradient_width": 0.4}
    _, got = compiled(net, **options).loss_and_grads(DATA, targets())
    check(got, truth(net, Cells(height=0.7, width=0.4), square))


def test_biases_of_outputs() -> None:
    with_bias = network(bias=0.1)
    assert (
        compiled(with_bias).names["output"] == compiled(with_bias, train_output_bias=True).names["output"] == ("bias",)
    )
    assert "output" not in compiled(with_bias, train_output_bias=False).names


def test_what_gradient_compilers_share() -> None:
    made = compiled(
        network(), losses=CE, readouts="var", dropout={"input": 0.1}, noise={"hidden_0": 0.1}, softmax_temperature=2.0,
        rescue_silent={"hidden_0": "redraw"}, regularisers={"forward_0": {"l2": {"strength": 0.1}}},
        frozen=["back_0.weights"], optimiser={"sgd": {"eta": 0.5}}, seed=7,
    )  # fmt: skip
    assert made.perturbations.acts_on("hidden_0") and [r.cell for r in made.rescues] == ["hidden_0"]
    assert [p.name for p in made.objective.penalties] == ["forward_0"]
    assert made.objective.outputs[0].loss.inner.temperature == 2.0
    assert set(made.names) == {"forward_0", "readout_0"} and made.optimiser == SGD(0.5) and made.seed == 7


# --- online -----------------------------------------------------------------------------------------------------------
RECORD = ["output.v", "hidden_0.s", "forward_0.weights", "readout_0.weights"]


def learned(net: Any, **options: Any) -> Any:
    return compiled(net, mode="online", **options).train_recorded(DATA, targets(), RECORD)


def test_weights_that_move_by_spikes_send_what_those_send_that_move_by_steps(x64: None) -> None:
    steps, by_spikes = (
        learned(network(), optimiser=nest_optimiser(eta=0.3, optimize_each_step=each)) for each in (True, False)
    )
    np.testing.assert_allclose(by_spikes["output.v"], steps["output.v"], rtol=1e-9, atol=1e-12)
    apart = np.abs(by_spikes["readout_0.weights"] - steps["readout_0.weights"]).max(axis=(1, 2))
    assert np.abs(np.diff(steps["readout_0.weights"], axis=0)).max() > 1e-2 and np.max(apart) > 1e-3
    plain = learned(network(), optimiser=SGD(0.3))
    np.testing.assert_allclose(steps["readout_0.weights"], plain["readout_0.weights"], rtol=1e-9, atol=1e-12)


def test_aligned_updates_wait_for_their_signals(x64: None) -> None:
    """Output weights take the error of a step one step later, as hidden cells do; the first error is at START."""
    moved = {}
    for conventions in ("ngcsnn", "nest_continuous"):
        w = learned(network(), optimiser=SGD(0.3), conventions=conventions)
        moved[conventions] = {
            name: int(np.argmax(np.abs(np.diff(w[f"{name}_0.weights"], axis=0)).max(axis=(1, 2)) > 0)) + 1
            for name in ("forward", "readout")
        }
    assert moved == {
        "ngcsnn": {"forward": START, "readout": START},
        "nest_continuous": {"forward": START, "readout": START + 1},
    }


def test_a_cutoff_for_each_cell(x64: None) -> None:
    """Input 1 fires in the first three steps alone; errors come after."""
    quiet = spikes()
    quiet[:, 3:, 1], quiet[:, :3, 1] = 0.0, 1.0
    grads = [
        compiled(network(), mode="online", eprop_isi_trace_cutoff=c).loss_and_grads({"input": quiet}, targets())[1]
        for c in ({"hidden_0": 1000.0}, {"hidden_0": 2.0})
    ]
    long, short = (g["forward_0"]["weights"] for g in grads)
    assert np.abs(long[1]).max() > 1e-4 and not np.any(short[1]) and np.any(short[0])
    np.testing.assert_allclose(grads[0]["readout_0"]["weights"], grads[1]["readout_0"]["weights"], rtol=1e-9)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "window": ({"learning_window": [1.0, 0.0]}, "`learning_window` must be ms .*for its 30 steps"),
    "rates": ({"c_reg": [1.0] * 8}, "`c_reg` must be a number >= 0, or .*each of its 8 units"),
    "cutoff": ({"mode": "online", "eprop_isi_trace_cutoff": 0.0}, "`eprop_isi_trace_cutoff` must be .* > 0 ms"),
    "spikes": ({"optimiser": nest_optimiser(optimize_each_step=False)}, "optimize_each_step=False applies to mode"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case: str) -> None:
    options, text = REFUSED[case]
    with pytest.raises(GraphError, match=text):
        compiled(network(), **{"error_start_timestep": None, **options})


def test_recording_is_for_online_training_of_one_batch() -> None:
    with pytest.raises(GraphError, match="`train_recorded` is for mode 'online'"):
        compiled(network()).train_recorded(DATA, targets(), "output.v")
    with pytest.raises(GraphError, match="one batch, up to 2 samples, got 6"):
        compiled(network(), mode="online", batch_size=2).train_recorded(DATA, targets(), "output.v")
