"""Networks of LIF cells against an event-driven simulation without a time grid."""

from __future__ import annotations

import event_driven_lif as oracle
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import order, rollout, times_of

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

T_END = 30.0


def build(case, dt, timing="exact"):
    n_in, n_hid = case.w_in.shape
    constants = {"tau_m": case.tau_m_hid, "tau_syn": case.tau_s_hid, "v_thr": case.v_thr, "v_reset": case.v_reset}
    with ng.Context("net", dt=dt, spike_timing=timing) as net:
        inp, hid = SpikeSource("inp", n_units=n_in), LIFCell("hid", n_units=n_hid, **constants)
        out = LICell("out", n_units=case.w_out.shape[1], tau_m=case.tau_m_out, tau_syn=case.tau_s_out)
        w_in = DenseSynapse("w_in", shape=case.w_in.shape, weights=case.w_in)
        w_rec = DenseSynapse("w_rec", shape=case.w_rec.shape, weights=case.w_rec)
        w_out = DenseSynapse("w_out", shape=case.w_out.shape, weights=case.w_out)
        inp.s >> w_in.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_rec.inputs
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    return net


def feed(trial, dt, n_units):
    size, moment = np.zeros((2, round(T_END / dt), 1, n_units))
    for t, i in trial:
        n = int(np.ceil(t / dt - 1e-9)) - 1
        size[n, 0, i] += 1.0
        moment[n, 0, i] += t - (n + 1) * dt
    return {"inp.s": size, "inp.s.offset": moment}


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_spike_times_and_readout_converge_at_second_order(x64, seed):
    case, (trial,), _, _ = oracle.random_case(seed, n_in=8, n_hid=6, n_trials=1, t_end=T_END)
    readout, spikes = oracle.simulate(case, trial, T_END)
    want = [np.array([t for t, i in spikes if i == k]) for k in range(6)]
    steps, errors = (1.0, 0.1, 0.01), []
    for dt in steps:
        net = build(case, dt)
        out = net.advance.scan(inputs=feed(trial, dt, 8), watch=["hid.s", "hid.s.offset", "out.v_mean"])
        s, offset, v = (np.asarray(out[k])[:, 0] for k in ("hid.s", "hid.s.offset", "out.v_mean"))
        got = [times_of(s[:, k], offset[:, k], dt) for k in range(6)]
        assert [len(g) for g in got] == [len(w) for w in want]
        error = np.abs(np.concatenate(got) - np.concatenate(want))
        errors.append((np.median(error), np.abs(v.mean(axis=0) - readout).max()))
    assert errors[0][0] < 0.15 and errors[2][0] < 2e-5 and errors[2][1] < 2e-5
    assert order(steps, [e for e, _ in errors]) > 1.8 and order(steps, [e for _, e in errors]) > 1.5


def test_gradients_of_time_constants_and_threshold(x64):
    case, trials, labels, _ = oracle.random_case(4, n_in=6, n_hid=5, n_trials=1, t_end=T_END)
    net = build(case, 0.01)
    read = rollout(net, {net.find(k): v for k, v in feed(trials[0], 0.01, 6).items()}, lambda s: s["out"]["v_mean"])

    def loss(params):
        return -jax.nn.log_softmax(jnp.mean(read(params, {}), axis=0))[0, labels[0]]

    names = {
        "tau_m_hid": ("hid", "tau_m"), "tau_s_hid": ("hid", "tau_syn"), "v_thr": ("hid", "v_thr"),
        "v_reset": ("hid", "v_reset"), "tau_m_out": ("out", "tau_m"), "tau_s_out": ("out", "tau_syn"),
        "w_rec": ("w_rec", "weights"),
    }  # fmt: skip
    params = {k: net.state[k[0]][k[1]] for k in names.values()}
    value, got = jax.jit(jax.value_and_grad(loss))(params)
    assert abs(float(value) - oracle.cross_entropy(case, trials, labels, T_END)) < 1e-5
    for field, key in names.items():
        want = oracle.gradient(case, field, trials, labels, T_END)
        assert np.linalg.norm(got[key] - want) < 0.005 * np.linalg.norm(want), field
