"""DeltaLIFCell against its equations stepped by hand, and its derivatives under each option."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DeltaLIFCell, LIFCell
from ngcsnn.credit import Surrogate
from ngcsnn.graph import Frame, GraphError, running

STEPS, N = 60, 4
ALPHA, RHO = np.exp(-1.0 / 15.0), np.exp(-1.0 / 40.0)
OPTIONS = [
    pytest.param(arrival, reset, refractory, id=f"{arrival}-{reset}-{refractory}")
    for arrival, reset, refractory in (
        ("start", "absolute", "clamped"),
        ("end", "absolute", "clamped"),
        ("spread", "absolute", "silent"),
        ("end", "relative", "silent"),
        ("spread", "delayed", "silent"),
        ("start", "absolute", "frozen"),
    )
]


def cell(rest: float = 0.0, dtype: str = "float64", **changed: Any) -> ng.Context:
    options = {"tau_m": 15.0, "tau_adapt": 40.0, "beta": 0.2, "v_thr": 0.8, "v_reset": -0.1, **changed}
    with ng.Context("net", dtype=dtype, spike_timing="grid") as net:
        DeltaLIFCell("cell", n_units=N, refract_time=rest, **options)
    return net


def run(net: ng.Context, jumps: np.ndarray) -> dict[str, np.ndarray]:
    watch = ["cell.v", "cell.a", "cell.s"]
    return {k[5:]: np.asarray(v)[:, 0] for k, v in net.advance.scan({"cell.jump": jumps}, watch=watch).items()}


def jumps() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 0.5, (STEPS, 1, N)) * (rng.random((STEPS, 1, N)) < 0.5)


def by_hand(w: np.ndarray, arrival: str, reset: str, refractory: str, rest: int) -> dict[str, list[np.ndarray]]:
    gain = {"start": ALPHA, "end": 1.0, "spread": 1.0 - ALPHA}[arrival]
    v, a, z, left = (np.zeros(N) for _ in range(4))
    out: dict[str, list[np.ndarray]] = {"v": [], "a": [], "s": []}
    for n in range(len(w)):
        held, frozen = (left > 0) & (refractory != "silent"), (left > 0) & (refractory == "frozen")
        v = np.where(held, v, ALPHA * v + gain * w[n, 0] - (0.8 * z if reset == "delayed" else 0.0))
        a = np.where(frozen, a, RHO * a + z)
        left = np.maximum(left - 1, 0)
        z = ((v > 0.8 + 0.2 * a) & (left == 0)).astype(float)
        left = np.where(z > 0, rest, left)
        if reset == "absolute":
            v = np.where(z > 0, -0.1, v)
        elif reset == "relative":
            v = v - 0.8 * z
        for key, value in (("v", v), ("a", a), ("s", z)):
            out[key].append(value)
    return out


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("rest", [0, 1, 3], ids=lambda r: f"rest{r}")
@pytest.mark.parametrize(("arrival", "reset", "refractory"), OPTIONS)
def test_steps_by_hand(arrival, reset, refractory, rest):
    given = {"arrival": arrival, "spike_reset": reset, "refractory_period": refractory}
    w = jumps() * (4.0 if arrival == "spread" else 1.0)
    got, want = run(cell(float(rest), **given), w), by_hand(w, arrival, reset, refractory, rest)
    assert 5 < np.sum(want["s"]) < N * STEPS / 2
    for key, value in want.items():
        np.testing.assert_allclose(got[key], value, rtol=1e-12, atol=1e-12, err_msg=key)


@pytest.mark.usefixtures("x64")
def test_currents_beside_jumps():
    """With a time constant it has a port too, and without jumps is the LIF cell of that port."""
    with ng.Context("net", dtype="float64", spike_timing="grid") as net:
        DeltaLIFCell("delta", n_units=N, tau_syn=4.0)
        LIFCell("lif", n_units=N, tau_syn=4.0)
    events = 3.0 * jumps()
    out = net.advance.scan({"delta.syn": events, "lif.syn": events}, watch=["delta.v", "lif.v", "lif.s"])
    assert np.any(out["lif.s"])
    np.testing.assert_allclose(out["delta.v"], out["lif.v"], rtol=1e-12, atol=1e-12)


def derivative(net: ng.Context, at: int, w: np.ndarray, rule: Any) -> np.ndarray:
    """d v(n) / d jump(at) of every step n, (STEPS, N), where spikes have no derivative of their own."""
    start = net.state

    def trajectory(push: Any) -> Any:
        def body(state: Any, row: Any) -> Any:
            values = {name: dict(part) for name, part in state.items()}
            values["cell"]["jump"] = row
            with running(Frame(net, values, rule, driven=None)):
                net.components["cell"].advance()
            return values, values["cell"]["v"][0]

        return jax.lax.scan(body, start, jnp.asarray(w).at[at, 0].add(push))[1]

    return np.asarray(jax.jvp(trajectory, (jnp.zeros(N),), (jnp.ones(N),))[1])


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("reset", "refractory"), [("absolute", "clamped"), ("delayed", "silent")])
def test_an_unbroken_trace_decays_through_spikes_and_rests(reset, refractory):
    options = {"arrival": "end", "spike_reset": reset, "refractory_period": refractory}
    after = np.arange(STEPS) - 2.0
    want = np.where(after >= 0, ALPHA ** np.maximum(after, 0.0), 0.0)[:, None]
    got = derivative(cell(3.0, **options), 2, jumps(), Surrogate(reset_gradient=False))
    np.testing.assert_allclose(got, np.broadcast_to(want, got.shape), rtol=1e-12, atol=1e-12)
    assert np.abs(derivative(cell(3.0, **options), 2, jumps(), Surrogate()) - want).max() > 0.1


def test_a_reset_must_lie_below_the_threshold():
    with pytest.raises(GraphError, match=r"DeltaLIFCell 'cell': `v_reset` must lie below `v_thr`, got 2.0 and 0.8"):
        cell(dtype="float32", v_reset=2.0)
    with pytest.raises(GraphError, match=r"`v_rest` must lie below `v_thr`"):
        cell(dtype="float32", v_rest=1.0, spike_reset="delayed")
    with pytest.raises(GraphError, match=r"`arrival` must be one of 'start', 'spread', 'end', got 'early'"):
        cell(dtype="float32", arrival="early")
    with pytest.raises(GraphError, match="with spike_reset='delayed' v must flow on.*got 'clamped'"):
        cell(dtype="float32", spike_reset="delayed")
