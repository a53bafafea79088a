"""The voltage rule: against fine integration, its dependence on frequency and on bursts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spike_runs import rows

import ngcsnn as ng
from ngcsnn.components import ClopathRule, DenseSynapse

pytestmark = pytest.mark.usefixtures("x64")
REST, AFTER, TAU_AFTER = -70.6, 15.0, 40.0  # a depolarisation follows each spike, as in the cells of the source


def potential(t: np.ndarray, post: list[float]) -> np.ndarray:
    """Of a cell with spikes at `post`, without the spikes themselves."""
    v = np.full(t.shape, REST)
    for s in post:
        v = np.where(t >= s, REST + AFTER * np.exp(-(t - s) / TAU_AFTER), v)
    return v


def learned(pre: list[list[float]], post: list[list[float]], dt: float, until: float, **arguments: Any) -> np.ndarray:
    """The change of one synapse for each pair of trains."""
    n, steps = len(pre), round(until / dt)
    with ng.Context("net", dt=dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=(n, n), weights=0.0)
        ClopathRule("rule", synapse=w, **arguments).dweights >> w.dweights
    ends = dt * np.arange(1, steps + 1)
    fed = {"rule.potential": np.stack([potential(ends, own) for own in post], 1)[:, None]}
    for side, times in (("pre", pre), ("post", post)):
        fed[f"rule.{side}"], fed[f"rule.{side}.offset"] = rows(times, dt, steps)
    (net.process("learn") >> net.advance >> net.evolve).scan(fed)
    return np.diag(w.weights.get())  # type: ignore[arg-type]


def exact(pre: list[float], post: list[float], until: float, dt: float = 0.01) -> float:
    """The source's equations, integrated with small steps."""
    t = dt * np.arange(round(until / dt))
    u = potential(t, post)
    for s in post:
        u = np.where((t >= s) & (t < s + 2.0), 33.0, u)
    low, high, late = np.empty_like(u), np.empty_like(u), round(5.0 / dt)
    m = p = REST
    for k, now in enumerate(u):
        low[k], high[k] = m, p
        m, p = m + dt * (now - m) / 10.0, p + dt * (now - p) / 7.0
    low, high = (np.concatenate([np.full(late, REST), x[:-late]]) for x in (low, high))
    x = sum(np.where(t >= s, np.exp(-(t - s) / 15.0), 0.0) for s in pre) / 15.0
    grown = 8e-5 * np.sum(x * np.maximum(u + 45.3, 0.0) * np.maximum(high + 70.6, 0.0)) * dt
    return grown - 14e-5 * sum(max(low[round(s / dt)] + 70.6, 0.0) for s in pre)


def trains(rate: float, lag: float, n: int = 5) -> tuple[list[float], list[float]]:
    at = 20.0 + 1000.0 / rate * np.arange(n)
    return at.tolist(), (at + lag).tolist()


def test_fine_integration_agrees_to_first_order() -> None:
    cases = [trains(50.0, 10.0), trains(50.0, -10.0), trains(20.0, 10.0), trains(20.0, -10.0)]
    pre, post = [a for a, _ in cases], [b for _, b in cases]
    want = np.array([exact(a, b, 280.0) for a, b in cases])
    apart = [np.abs(learned(pre, post, dt, 280.0) - want).max() for dt in (0.5, 0.125)]
    assert apart[1] < 0.35 * apart[0] and apart[1] < 0.03 * np.abs(want).max()


def test_frequency_dependence() -> None:
    """Figure 2 of the source: pre before post does little at low rates and strengthens at high ones; post before pre
    weakens at low rates, and strengthens at 50 Hz."""
    rates = (10.0, 20.0, 50.0)
    cases = [trains(rate, lag) for lag in (10.0, -10.0) for rate in rates]
    change = learned([a for a, _ in cases], [b for _, b in cases], 0.5, 480.0).reshape(2, 3)
    assert np.all(np.diff(change[0]) > 0) and change[0, -1] > 0.01 and abs(change[0, 0]) < 0.1 * change[0, -1]
    assert change[1, 0] < -0.01 and change[1, 1] < -0.005 and change[1, -1] > 0.01


def test_bursts_strengthen_where_single_spikes_do_not() -> None:
    """Figure 3 of the source: one presynaptic spike 10 ms before one, two and three spikes of 100 Hz."""
    bursts = [[30.0], [30.0, 40.0], [30.0, 40.0, 50.0]]
    change = learned([[20.0]] * 3, bursts, 0.5, 100.0)
    assert abs(change[0]) < 1e-9 and 0 < change[1] < change[2]


def test_homeostasis_scales_the_loss() -> None:
    told = {"A_plus": 0.0, "tau_bar": 50.0}
    pre, post = [[60.0]], [[50.0]]
    plain = learned(pre, post, 0.5, 80.0, **told)
    for u_ref in (4.0, 8.0):
        ratio = learned(pre, post, 0.5, 80.0, u_ref=u_ref, **told) / plain
        t = np.arange(0.0, 60.0, 0.01)
        u = np.where((t >= 50.0) & (t < 52.0), 33.0, potential(t, post[0])) - REST
        mean = np.sum(u * np.exp(-(60.0 - t) / 50.0)) * 0.01 / 50.0
        np.testing.assert_allclose(ratio, (mean / u_ref) ** 2, rtol=0.05)


def test_spikes_within_steps_last_their_width() -> None:
    """u is 33 mV for 2 ms after a spike, whatever the step and wherever in it the spike lies."""
    for dt, at in ((0.5, 10.2), (1.0, 10.0), (1.0, 10.7), (5.0, 11.0)):
        with ng.Context("net", dt=dt, dtype="float64") as net:
            DenseSynapse("w", shape=(1, 1), weights=0.0)
            rule = ClopathRule("rule", synapse="w")
        m0, m1 = rows([[at]], dt, round(40.0 / dt))
        potential_ = np.full(m0.shape, REST)
        strong = net.advance.scan(
            {rule.post: m0, rule.post.offset: m1, rule.potential: potential_}, watch=[rule.strong]
        )["rule.strong"]
        assert float(np.sum(strong)) * dt == pytest.approx(2.0 * (33.0 + 45.3), rel=1e-9)
