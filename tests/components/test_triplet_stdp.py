"""Triplet STDP against its paper: the frequency dependence of Sjostrom's pairings, and the experiments of Wang."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spike_runs import learned, network, poisson, rows

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, PairSTDP, TripletSTDP
from ngcsnn.components.learning.triplet_stdp import PRESETS
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")

# Sjostrom, Turrigiano & Nelson 2001 as in table 1 of Pfister & Gerstner 2006: 60 pairs at these rates (Hz)
RATES = (0.1, 10.0, 20.0, 40.0, 50.0)
MEASURED = {10.0: (-0.04, 0.14, 0.29, 0.53, 0.56), -10.0: (-0.29, -0.41, -0.34, 0.56, 0.75)}
ERRORS = {10.0: (0.05, 0.10, 0.14, 0.11, 0.26), -10.0: (0.08, 0.11, 0.10, 0.32, 0.19)}


def stepped(p: dict[str, Any], pre: list[float], post: list[float]) -> float:
    """The rule spike by spike, without a grid."""
    a = {"tau_plus": 16.8, "tau_minus": 33.7, **p}
    near, total, last = a["pairing"] == "nearest", 0.0, 0.0
    x = dict.fromkeys(("plus", "x", "minus", "y"), 0.0)
    for t, is_post in sorted([(t, False) for t in pre] + [(t, True) for t in post]):
        x = {k: v * np.exp(-(t - last) / a[f"tau_{k}"]) for k, v in x.items()}
        last = t
        if is_post:
            total += x["plus"] * (a["A2_plus"] + a["A3_plus"] * x["y"])
        else:
            total -= x["minus"] * (a["A2_minus"] + a["A3_minus"] * x["x"])
        for k in ("minus", "y") if is_post else ("plus", "x"):
            x[k] = 1.0 if near else x[k] + 1.0
    return total


def test_every_preset_step_by_step_and_spike_by_spike() -> None:
    rng = np.random.default_rng(0)
    (pre,), (post,) = (poisson(rng, 1, 40.0, 300.0, 1.0) for _ in range(2))
    pre = [t for t in pre if min(abs(t - b) for b in post) > 1.0]
    with ng.Context("net", dt=1.0, dtype="float64") as net:
        for name in PRESETS:
            w = DenseSynapse(f"w_{name}", shape=(1, 1), weights=0.0)
            TripletSTDP(name, synapse=w, preset=name).dweights >> w.dweights
    fed = {}
    for side, times in (("pre", pre), ("post", post)):
        m0, m1 = rows([times], 1.0, 300)
        fed |= {f"{name}.{side}": m0 for name in PRESETS} | {f"{name}.{side}.offset": m1 for name in PRESETS}
    (net.process("learn") >> net.advance >> net.evolve).scan(fed)
    for name, p in PRESETS.items():
        got = float(net.components[f"w_{name}"].weights.get()[0, 0])  # type: ignore[attr-defined]
        assert got == pytest.approx(stepped(p, pre, post), rel=1e-9), name


def paired(rule: Any, **arguments: Any) -> np.ndarray:
    """Change by 60 pairs at each of the rates, (rate, lag of +10 and -10 ms); two slow pairs stand for sixty."""
    pre, post, share = [], [], []
    for rate in RATES:
        n = 60 if rate > 1 else 2
        at = 20.0 + 1000.0 / rate * np.arange(n)
        pre += [at, at]
        post += [at + 10.0, at - 10.0]
        share += [60 / n, 60 / n]
    return (np.diag(learned(rule, pre, post, dt=2.0, **arguments)) * share).reshape(-1, 2)


def misfit(change: np.ndarray) -> float:
    """Mean over the ten experiments of ((model - measured) / standard error)^2."""
    rows = zip((10.0, -10.0), change.T, strict=True)
    return float(np.mean([(got - MEASURED[lag]) ** 2 / np.square(ERRORS[lag]) for lag, got in rows]))


def test_frequency_dependence_of_pairings() -> None:
    """Depression at low rates, growth at high ones whatever the order; the misfit of the paper's table 3."""
    change = paired(TripletSTDP, preset="visual_cortex")
    assert abs(change[0, 0]) < 0.02 and change[0, 1] < -0.25 and change[1, 1] < -0.25
    assert np.all(change[-1] > 0.5) and np.all(np.diff(change[:, 0]) > 0)
    assert misfit(change) < 0.36
    assert misfit(paired(TripletSTDP, preset="visual_cortex_nearest")) < 0.25
    pair = paired(PairSTDP, A_plus=7e-3, A_minus=7e-3, tau_plus=16.8, tau_minus=33.7)
    assert misfit(pair) > 5.0, "pairs alone do not tell rates apart"


def test_triplets_of_the_hippocampus() -> None:
    """Wang et al. 2005: post-pre-post grows far more than pre-post-pre; pairs of +-10 ms give 0.2 and -0.1."""
    base = 40.0 + 500.0 * np.arange(2)

    def at(*lags: float) -> list[float]:
        return sorted(float(t + lag) for t in base for lag in lags)

    pre = [at(0), at(10), at(0, 10), at(5)]
    post = [at(10), at(0), at(5), at(0, 10)]
    change = 30 * np.diag(learned(TripletSTDP, pre, post, dt=1.0, preset="hippocampus_nearest"))
    np.testing.assert_allclose(change, [0.15, -0.13, 0.05, 0.38], atol=0.012)


def test_soft_bounds_and_refusals() -> None:
    told = {"A2_plus": 0.01, "A3_plus": 0.0, "mu_plus": 2.0, "synapse": {"w_min": 0.0, "w_max": 2.0}, "weights": 0.5}
    got = learned(TripletSTDP, [[10.0]], [[14.0]], dt=1.0, **told)
    np.testing.assert_allclose(got, [[0.01 * np.exp(-4 / 16.8) * 0.75**2]], rtol=1e-12)
    with pytest.raises(GraphError, match="`mu_minus` measures weights by their bounds"):
        network(TripletSTDP, 1, 1, 1.0, mu_minus=1.0)
    with pytest.raises(GraphError, match="`preset` must be one of 'visual_cortex'"):
        network(TripletSTDP, 1, 1, 1.0, preset="cortex")
    rule = network(TripletSTDP, 1, 1, 1.0, preset="hippocampus", tau_y=50.0).components["rule"]
    assert (rule.tau_y, rule.A2_plus) == (50.0, 6.1e-3)
