"""Surrogate gradients of each spiking cell, against its step written out in one scan and plain autodiff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily
from jax import lax

import ngcsnn as ng
from ngcsnn.components import AdExCell, ALIFCell, DenseSynapse, IzhikevichCell, LICell, QIFCell, SpikeSource
from ngcsnn.credit import Surrogate

STEPS, BATCH, N_IN, N = 40, 2, 5, 4
Params = dict[str, Any]


class Plain(NamedTuple):
    """flow(p, v, i, a) -> (z, a) after 1 ms, back(p, z) -> v, threshold(p, z, a), reset(p, v, a) -> (v, a).

    z: v, or the slow variable in its place. start: v and a. top: no spike resets from above it.
    """

    flow: Callable[..., Any]
    back: Callable[..., Any]
    threshold: Callable[..., Any]
    reset: Callable[..., Any]
    start: tuple[float, float] = (0.0, 0.0)
    top: float = np.inf


def rational(y: Any, scale: Any) -> Any:
    """z of a quadratic runaway: y below 0, scale (u + 2 u^2) / (1 + 2 u + 2 u^2) above, u = y / scale."""
    u = jnp.maximum(y, 0.0) / scale
    return jnp.minimum(y, 0.0) + scale * (u + 2.0 * u**2) / (1.0 + 2.0 * u + 2.0 * u**2)


def rational_back(z: Any, scale: Any) -> Any:
    """The root of 2 (1 - p) u^2 + (1 - 2 p) u - p = 0, and far above the peak where z would be beyond `scale`."""
    p = jnp.clip(z, 0.0, 0.999 * scale) / scale
    root = jnp.sqrt((1.0 - 2.0 * p) ** 2 + 8.0 * p * (1.0 - p))
    return jnp.minimum(z, 0.0) + scale * (2.0 * p - 1.0 + root) / (4.0 * (1.0 - p))


def euler(z_of: Any, v: Any, dv: Any) -> Any:
    """z after a step of 1 ms in it."""
    z, slope = jax.jvp(z_of, (v,), (jnp.ones_like(v),))
    return z + slope * dv


def leaky(v: Any, i: Any, tau_m: Any) -> Any:
    a, b = jnp.exp(-1.0 / tau_m), jnp.exp(-1.0 / 5.0)
    return a * v + 5.0 / (tau_m - 5.0) * (a - b) * i


ALIF = Plain(
    lambda p, v, i, a: (leaky(v, i, p["tau_m"]), a * jnp.exp(-1.0 / p["tau_adapt"])),
    lambda p, z: z,
    lambda p, v, a: v - p["v_thr"] - p["beta"] * a,
    lambda p, v, a: (p["v_reset"] + 0.0 * v, a + 1.0),
)


def qif_scale(p: Params) -> Any:
    rise = 0.05 * (p["v_peak"] - 0.5 * (p["v_rest"] + p["v_c"]))
    return jnp.sqrt(2.0 * ((0.5 * (p["v_c"] - p["v_rest"])) ** 2 + rise**2))


def qif_flow(p: Params, v: Any, i: Any, a: Any) -> Any:
    middle, scale = 0.5 * (p["v_rest"] + p["v_c"]), qif_scale(p)
    dv = (p["a0"] * (v - p["v_rest"]) * (v - p["v_c"]) + i) / p["tau_m"]
    return euler(lambda v: rational(v - middle, scale), v, dv), a


def qif_back(p: Params, z: Any) -> Any:
    return rational_back(z, qif_scale(p)) + 0.5 * (p["v_rest"] + p["v_c"])


def qif_threshold(p: Params, z: Any, a: Any) -> Any:
    return z - rational(p["v_peak"] - 0.5 * (p["v_rest"] + p["v_c"]), qif_scale(p))


def izhikevich_flow(p: Params, v: Any, i: Any, u: Any) -> Any:
    y = jnp.maximum(v + 62.5, -25.0)  # below, the parabola goes on as its tangent
    dv = 0.04 * y * (2.0 * (v + 62.5) - y) - 16.25 - u + i
    return euler(lambda v: rational(v + 62.5, 20.0), v, dv), u + p["a"] * (p["b"] * v - u)


def adex_z(p: Params) -> Callable[[Any], Any]:
    return lambda v: -p["delta_T"] * jnp.log1p(10.0 * jnp.exp(-(v - p["V_T"]) / p["delta_T"]))


def adex_flow(p: Params, v: Any, i: Any, w: Any) -> Any:
    leak = p["g_L"] * (p["E_L"] - v + p["delta_T"] * jnp.exp((v - p["V_T"]) / p["delta_T"]))
    w_new = w + (p["a"] * (jnp.minimum(v, p["V_T"] + 8.0 * p["delta_T"]) - p["E_L"]) - w) / p["tau_w"]
    return euler(adex_z(p), v, (leak - w + i) / p["C"]), w_new


def adex_back(p: Params, z: Any) -> Any:
    return p["V_T"] - p["delta_T"] * jnp.log(jnp.expm1(-jnp.minimum(z, -1e-6) / p["delta_T"]) / 10.0)


class Case(NamedTuple):
    cell: Any
    plain: Plain
    arguments: dict[str, Any]
    scale: float
    parameters: tuple[str, ...]


CASES = {
    "ALIF": Case(ALIFCell, ALIF, {"beta": 0.2, "tau_adapt": 30.0}, 2.0, ("tau_m", "tau_adapt", "beta", "v_thr")),
    "QIF": Case(
        QIFCell,
        Plain(qif_flow, qif_back, qif_threshold, lambda p, v, a: (p["v_reset"] + 0.0 * v, a), top=10.0),
        {"tau_m": 6.0, "integration": "euler"},
        1.5,
        ("tau_m", "a0", "v_c", "v_rest", "v_reset"),
    ),
    "AdEx": Case(
        AdExCell,
        Plain(
            adex_flow,
            adex_back,
            lambda p, z, w: z - adex_z(p)(p["v_peak"]),
            lambda p, v, w: (p["v_reset"] + 0.0 * v, w + p["b"]),
            start=(-70.6, 0.0),
            top=-35.0,
        ),
        {"integration": "euler", "v_peak": -35.0},
        900.0,
        ("C", "g_L", "V_T", "delta_T", "a", "b", "tau_w", "v_reset"),
    ),
    "Izhikevich": Case(
        IzhikevichCell,
        Plain(
            izhikevich_flow,
            lambda p, z: rational_back(z, 20.0) - 62.5,
            lambda p, z, u: z - rational(p["v_peak"] + 62.5, 20.0),
            lambda p, v, u: (p["c"] + 0.0 * v, u + p["d"]),
            start=(-65.0, -13.0),
            top=30.0,
        ),
        {"integration": "euler"},
        10.0,
        ("a", "b", "c", "d"),
    ),
}


def network(case: Case) -> ng.Context:
    with ng.Context("net", dt=1.0, seed=3) as net:
        inp, hid = SpikeSource("inp", n_units=N_IN), case.cell("hid", n_units=N, **case.arguments)
        out = LICell("out", n_units=1)
        w_in = DenseSynapse("w_in", shape=(N_IN, N), weights=ng.init.Normal(case.scale, 0.4 * case.scale))
        w_rec = DenseSynapse("w_rec", shape=(N, N), weights=ng.init.Normal(0.0, 0.1 * case.scale))
        w_out = DenseSynapse("w_out", shape=(N, 1), weights=ng.init.Normal())
        inp.s >> w_in.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_rec.inputs
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    net.__dict__["spike_timing"] = Surrogate({"fast_sigmoid": {"slope": 2.0}})
    net.reset(batch_size=BATCH)
    return net


def plainly(plain: Plain, params: dict[str, Params], fixed: Params, x: Any) -> Any:
    """(the loss, spikes)."""
    p, (v0, a0) = {**fixed, **params["hid"]}, plain.start

    def step(carry: Any, x_now: Any) -> Any:
        v, i, a, s, arriving, v_out, i_out = carry
        i = i + arriving @ params["w_in"]["weights"] + s @ params["w_rec"]["weights"]
        i_out = i_out + s @ params["w_out"]["weights"]
        z, a = plain.flow(p, v, i, a)
        h, v = plain.threshold(p, z, a), plain.back(p, z)
        soft = h / (1.0 + 2.0 * jnp.abs(h))
        s = soft - lax.stop_gradient(soft) + (h > 0)
        before = jnp.minimum(v, plain.top)
        v_reset, a_reset = plain.reset(p, before, a)
        v, a = before + s * (v_reset - before), a + s * (a_reset - a)
        i = i * (1.0 - 1.0 / 5.0 if "integration" in p else jnp.exp(-1.0 / 5.0))
        v_out, i_out = leaky(v_out, i_out, 20.0), i_out * jnp.exp(-1.0 / 5.0)
        return (v, i, a, s, x_now, v_out, i_out), (v_out, s)

    hid, out = jnp.zeros((BATCH, N)), jnp.zeros((BATCH, 1))
    start = (hid + v0, hid, hid + a0, hid, jnp.zeros((BATCH, N_IN)), out, out)
    v_out, s = lax.scan(step, start, x)[1]
    return jnp.mean(v_out**2), jnp.sum(s)


@pytest.mark.parametrize("name", CASES)
def test_equals_plain_autodiff(x64: None, name: str) -> None:
    case = CASES[name]
    net = network(case)
    x = jnp.asarray((np.random.default_rng(0).random((STEPS, BATCH, N_IN)) < 0.15).astype(float))
    start = net.state
    params = {k: {"weights": start[k]["weights"]} for k in ("w_in", "w_rec", "w_out")}
    params["hid"] = {k: start["hid"][k] for k in case.parameters}
    fixed = {k: start["hid"][k] for k, c in net.components["hid"].compartments.items() if c.role == "param"}
    if "integration" in case.arguments:
        fixed["integration"] = "euler"

    def ours(params: dict[str, Params]) -> Any:
        state = {c: {**values, **params.get(c, {})} for c, values in start.items()}

        def body(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, {"inp.inputs": row})
            return state, (state["out"]["v"], state["hid"]["s"])

        v_out, s = lax.scan(body, state, x)[1]
        return jnp.mean(v_out**2), jnp.sum(s)

    (value, n), got = hastily(jax.value_and_grad(ours, has_aux=True))(params)
    (want_value, m), want = hastily(jax.value_and_grad(lambda p: plainly(case.plain, p, fixed, x), has_aux=True))(
        params
    )
    assert int(n) == int(m) and 10 < int(n) < 0.5 * STEPS * BATCH * N
    assert float(value) == pytest.approx(float(want_value), rel=1e-10)
    for component, part in want.items():
        for key, g in part.items():
            assert np.linalg.norm(g) > 0, (component, key)
            np.testing.assert_allclose(got[component][key], g, rtol=1e-6, atol=1e-9 * np.abs(g).max(), err_msg=key)
