"""Errors on their way back: random and adaptive feedback, filters and time offsets of e-prop's other conventions."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from eprop_cases import CE, MSE, START, STEP_ENDS, STEPS, N, check, network, spikes, square, targets, truth
from plain_eprop import Cells, Readout, eprop

from ngcsnn.compilers import EPropCompiler
from ngcsnn.compilers.eprop.conventions import CONVENTIONS, Conventions
from ngcsnn.compilers.eprop.feedback import Filter, heard
from ngcsnn.graph import GraphError, ShapeError
from ngcsnn.optim import SGD

B = [np.random.default_rng(k + 7).normal(0.0, 0.5, (8, 3)) for k in range(2)]
GIVEN = {f"hidden_{k}": b for k, b in enumerate(B)}


def test_heard_is_the_derivative_of_a_leaky_filter(x64: None) -> None:
    rng = np.random.default_rng(0)
    y, s, m, c = (rng.normal(size=n) for n in ((9, 2, 3), (9, 2, 4), (4, 3), (9, 2, 3)))
    way = Filter(kappa=0.8, gain=0.3, lag=1)

    def filtered(y: Any, s: Any, m: Any) -> Any:
        out, f = [], np.zeros((2, 3))
        for t in range(9):
            out.append(y[t] + f)
            f = 0.8 * f + 0.3 * s[t] @ m
        return sum((c[t] * out[t]).sum() for t in range(9))

    want = jax.grad(filtered, (0, 1, 2))(y, s, m)
    got = jax.grad(lambda y, s, m: (c * heard(y, s, m, way, True, True)).sum(), (0, 1, 2))(y, s, m)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_array_equal(heard(y, s, m, way), y)
    held = jax.grad(lambda y, s, m: (c * heard(y, s, m, way, False, False)).sum(), (1, 2))(y, s, m)
    assert not any(np.any(g) for g in held)


@pytest.mark.parametrize("feedback", ["random", "adaptive"])
def test_feedback_of_its_own(x64: None, feedback: str) -> None:
    """A layer without a synapse to the output learns as well; what adapts moves as the weights to the output do."""
    net = network(layers=2, to_output=(1,))
    compiled = EPropCompiler(
        STEPS, MSE, STEP_ENDS, batch_size=N, error_start_timestep=START, feedback=feedback, feedback_weights=GIVEN
    ).compile(net)
    _, got = compiled.loss_and_grads({"input": spikes()}, targets())
    moved = {name: got.pop(name)["feedback"] for name in list(got) if " -> " in name}
    check(got, truth(net, Cells(), square, feedback=B))
    assert list(moved) == ([] if feedback == "random" else ["hidden_0 -> output", "hidden_1 -> output"])
    if moved:
        np.testing.assert_allclose(moved["hidden_1 -> output"], got["readout_1"]["weights"], rtol=1e-12)


def test_adaptive_feedback_is_trained_and_decays(x64: None) -> None:
    net = network()
    options: Any = {"optimiser": SGD(eta=0.1), "feedback": "adaptive", "feedback_weights": {"hidden_0": B[0]}}
    compiled: Any = EPropCompiler(STEPS, MSE, batch_size=N, feedback_decay=0.5, **options).compile(net)
    _, grads = compiled.loss_and_grads({"input": spikes()}, targets())
    want = B[0] - 0.1 * grads["hidden_0 -> output"]["feedback"]
    plain: Any = EPropCompiler(STEPS, MSE, batch_size=N, **options).compile(net)
    _, free = plain.loss_and_grads({"input": spikes()}, targets())
    decayed = grads["hidden_0 -> output"]["feedback"] - free["hidden_0 -> output"]["feedback"]
    np.testing.assert_allclose(decayed, 0.5 * B[0], rtol=1e-9)
    compiled.train({"input": spikes()}, targets(), callbacks=[])
    np.testing.assert_allclose(compiled.weights["hidden_0 -> output"], want, rtol=1e-12)


def test_drawn_feedback_depends_on_the_seed_alone() -> None:
    made: list[Any] = [EPropCompiler(STEPS, CE, feedback="random", seed=k).compile(network()) for k in (1, 1, 2)]
    drawn = [compiled.weights["hidden_0 -> output"] for compiled in made]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert 0.2 < float(np.std(drawn[0])) * 8**0.5 < 2.0


def filtered(found: Any, b: Any, kappa: float, gain: float, lag: int, t_in: int) -> Any:
    """sum_t L(t + lag) ebar(t) of the first layer, and the errors; written as the conventions state it."""
    err = [square(t, found["y"][t]) for t in range(STEPS)]
    bar, total = np.zeros_like(found["e"][0][0]), np.zeros(())
    for t, e in enumerate(found["e"][0]):
        bar = kappa * bar + gain * e
        if 0 <= t + lag < STEPS:
            total = total + np.einsum("bj,bij->ij", err[t + lag] @ b.T, bar)
    return total[:t_in], total[t_in:]


@pytest.mark.parametrize("lag", [1, 0, -2])
@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_a_filter_of_its_own(x64: None, feedback: str, lag: int) -> None:
    net = network()
    own: Any = {"feedback_weights": {"hidden_0": B[0]}} if feedback == "random" else {}
    compiled = EPropCompiler(
        STEPS, MSE, STEP_ENDS, batch_size=N, error_start_timestep=START, feedback=feedback, kappa=0.9,
        conventions=Conventions(lag=lag, normalised=lag == 0), **own,
    ).compile(net)  # fmt: skip
    _, got = compiled.loss_and_grads({"input": spikes()}, targets())
    w = [np.asarray(net.live[f"{name}_0"]["weights"]) for name in ("forward", "back", "readout")]
    found = eprop([Cells()], [w], Readout(tau_m=15.0), np.moveaxis(spikes(), 0, 1), square)
    want: Any = filtered(found, B[0] if own else w[2], 0.9, 0.1 if lag == 0 else 1.0, lag, 5)
    check(got, {"forward_0": want[0], "back_0": want[1], "readout_0": found["grads"][0][2]})


def test_spikes_that_reach_the_output_in_their_own_step(x64: None) -> None:
    net = network()
    data = {"input": spikes()}
    later = EPropCompiler(STEPS, MSE, batch_size=N).compile(net).simulate(data, "output.v")["output.v"]
    now = EPropCompiler(STEPS, MSE, batch_size=N, conventions=Conventions(same_step=True)).compile(net)
    np.testing.assert_allclose(now.simulate(data, "output.v")["output.v"][:-1], later[1:], rtol=1e-12)


def test_every_convention_trains_and_differs(x64: None) -> None:
    net = network(tau_m=20.0)
    grads = {}
    for name in CONVENTIONS:
        compiled = EPropCompiler(STEPS, CE, STEP_ENDS, batch_size=N, conventions=name, c_reg=1.0).compile(net)
        grads[name] = compiled.loss_and_grads({"input": spikes()}, np.arange(N) % 3)[1]["forward_0"]["weights"]
        assert np.linalg.norm(grads[name]) > 1e-4
    names = list(grads)
    assert all(not np.allclose(grads[a], grads[b]) for i, a in enumerate(names) for b in names[:i])


REFUSED = {
    "kind": ({"feedback": "symetric"}, GraphError, "`feedback` must be one of .*did you mean 'symmetric'"),
    "decay": ({"feedback_decay": 0.1}, GraphError, "`feedback_decay` applies to feedback 'adaptive'"),
    "weights": ({"feedback_weights": GIVEN}, GraphError, "do not apply to feedback 'symmetric'"),
    "shape": (
        {"feedback": "random", "feedback_weights": {"hidden_0": B[0].T}},
        ShapeError,
        r"from 'output' to 'hidden_0' must be finite numbers of shape \(8, 3\) .*got shape \(3, 8\)",
    ),
    "cell": ({"feedback": "random", "feedback_weights": {"input": B[0]}}, GraphError, "names hidden_0, got 'input'"),
    "conventions": ({"conventions": "nst"}, GraphError, "`conventions` must be one of .*'nst'; did you mean 'nest'"),
    "kappa": ({"kappa": 1.0}, GraphError, r"`kappa` must be a number in \[0, 1\)"),
    "own": ({"conventions": "mlgenn", "feedback": "random"}, GraphError, "`feedback` must be 'symmetric' under"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case: str) -> None:
    options, error, text = REFUSED[case]
    with pytest.raises(error, match=text):
        EPropCompiler(**{"example_timesteps": STEPS, "losses": MSE, **options}).compile(network())
