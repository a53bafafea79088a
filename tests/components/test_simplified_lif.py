"""SLIF cells against their equations written out, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import constant, one, spike_times

import ngcsnn as ng
from ngcsnn.components import SLIFCell


def waves(high, steps=120, n=4, batch=2):
    t, rng = np.arange(steps)[:, None, None], np.random.default_rng(0)
    return high * (0.5 + 0.5 * np.sin(t / rng.uniform(5, 15, (batch, n)) + rng.uniform(0, 6, (batch, n))))


def test_every_step_is_the_one_of_the_equations(x64):
    """On the grid with dt = 0.5: thresholds rise, leak, are pulled, are bounded; cells rest, and stick meanwhile."""
    told = {
        "tau_m": 15.0,
        "v_thr": 0.3,
        "thr_gain": 0.05,
        "thr_leak": 0.01,
        "pull": 0.01,
        "target": 0.8,
        "thr_min": 0.25,
    }
    net, cell = one(SLIFCell, n=4, dt=0.5, timing="grid", batch=2, refract_time=1.5, **told)
    j = waves(2.0)
    out = net.advance.scan(inputs={cell.j: j}, watch=[cell.v, cell.thr, cell.s, cell.sticky])
    v, thr, rest, lowest = np.zeros((2, 4)), np.full((2, 4), 0.3), np.zeros((2, 4)), 1.0
    for n in range(120):
        resting = rest > 0
        rest = np.maximum(rest - 0.5, 0.0)
        v = np.where(resting, 0.0, j[n] + (v - j[n]) * np.exp(-0.5 / 15.0))
        thr = thr * np.exp(-0.01 * 0.5)
        s = (v > thr) & (rest <= 0)
        v, thr, rest = np.where(s, 0.0, v), thr + 0.05 * s, np.where(s, 1.5, rest)
        thr = np.maximum(thr + 0.01 * (s.sum(1, keepdims=True) - 0.8 * 0.5), 0.25)
        lowest = min(lowest, thr.min())
        for key, value in {"v": v, "thr": thr, "s": s, "sticky": resting | s}.items():
            np.testing.assert_allclose(out[f"cell.{key}"][n], value, atol=1e-12, err_msg=f"{key} at {n}")
    assert lowest == 0.25 and np.sum(out["cell.s"]) > 30


def test_a_layer_comes_to_the_activity_that_is_wanted(x64):
    """0.5 spikes per ms for the layer, from thresholds that are too high as from too low ones."""
    for v_thr in (0.05, 5.0):
        net, cell = one(SLIFCell, n=10, v_thr=v_thr, pull=0.01, target=0.5, tau_m=5.0)
        drive = np.broadcast_to(np.linspace(0.8, 1.2, 10), (3000, 1, 10))
        s = np.asarray(net.advance.scan(inputs={cell.j: drive}, watch=[cell.s])["cell.s"])
        assert s[1500:].sum() / 1500.0 == pytest.approx(0.5, abs=0.02)


def test_intervals_while_thresholds_rise(x64):
    """tau_m ln(j / (j - thr_k)), thr_k = v_thr + k thr_gain, with spikes inside steps."""
    net, cell = one(SLIFCell, v_thr=0.4, thr_gain=0.05)
    (times,) = spike_times(net, cell, constant(cell, 1.5, 150))
    thr = 0.4 + 0.05 * np.arange(len(times))
    assert len(times) > 8
    np.testing.assert_allclose(np.diff(np.append(0.0, times)), 20.0 * np.log(1.5 / (1.5 - thr)), rtol=1e-4)


@pytest.mark.parametrize("kept", [False, True], ids=["anew", "kept"])
def test_thresholds_outlast_a_trial_where_asked(kept):
    net, cell = one(SLIFCell, thr_gain=0.1, keep_threshold=kept)
    net.advance.scan(inputs=constant(cell, 2.0, 40), watch=[])
    after = float(cell.thr.get()[0, 0])
    net.reset()
    assert after > 0.6 and float(cell.thr.get()[0, 0]) == pytest.approx(after if kept else 0.4)
    assert float(cell.v.get()[0, 0]) == 0.0


def test_a_threshold_of_0_is_refused():
    with pytest.raises(ng.GraphError, match="`v_thr` must be finite and > 0"):
        one(SLIFCell, v_thr=0.0)
