"""Trace STDP: by hand, against exact pairs, its target and its weight dependence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spike_runs import rows

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, PairSTDP, SpikeSource, Trace, TraceSTDP
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")


def learned(
    pre: list[float], post: list[float], dt: float = 1.0, weights: Any = 0.5, pair: bool = False,
    until: float = 0.0, synapse: dict[str, Any] | None = None, **arguments: Any,
) -> float:  # fmt: skip
    """The change of one weight by the rule with traces of 20 and 10 ms, or (pair) by PairSTDP with the same."""
    with ng.Context("net", dt=dt, dtype="float64") as net:
        units = [SpikeSource(name, n_units=1) for name in ("a", "b")]
        w = DenseSynapse("w", shape=(1, 1), weights=weights, **(synapse or {}))
        rule = (PairSTDP if pair else TraceSTDP)("rule", synapse=w, **arguments)
        for unit, side, tau in zip(units, ("pre", "post"), (20.0, 10.0), strict=True):
            unit.s >> rule.compartment(side)
            if not pair:
                trace = Trace(f"trace_{side}", n_units=1, tau=tau)
                unit.s >> trace.inputs
                trace.trace >> rule.compartment(f"{side}_trace")
        rule.dweights >> w.dweights
    n_steps = int(np.ceil(max(*pre, *post, until) / dt - 1e-9))
    fed = {}
    for name, times in (("a", pre), ("b", post)):
        fed[f"{name}.inputs"], fed[f"{name}.inputs.offset"] = rows([times], dt, n_steps)
    (net.process("learn") >> net.advance >> net.evolve).scan(fed)
    return float(w.weights.get()[0, 0] - weights)


def test_three_spikes_by_hand() -> None:
    """pre at 3 and 9 ms, post at 6: growth by the first pre's trace, loss by post's."""
    got = learned([3.0, 9.0], [6.0], A_plus=0.8, A_minus=0.5)
    assert got == pytest.approx(0.8 * np.exp(-3 / 20) - 0.5 * np.exp(-3 / 10), rel=1e-12)


def test_a_target_weakens_what_was_silent() -> None:
    got = learned([3.0], [6.0, 100.0], A_plus=0.8, trace_target=0.3)
    assert got == pytest.approx(0.8 * (np.exp(-3 / 20) + np.exp(-97 / 20) - 2 * 0.3), rel=1e-12)


def test_it_comes_to_exact_pairs_as_steps_shrink() -> None:
    """First order: spikes act at the step's end, so halving dt halves the distance to `PairSTDP`."""
    rng = np.random.default_rng(0)
    post = (15.0 * np.arange(1, 12) + rng.uniform(0.0, 3.0, 11)).tolist()
    pre = (15.0 * np.arange(1, 12) + rng.uniform(4.0, 14.0, 11)).tolist()
    exact = learned(pre, post, 0.5, pair=True, A_plus=0.8, A_minus=0.5, tau_minus=10.0)
    near = [learned(pre, post, dt, A_plus=0.8, A_minus=0.5) for dt in (0.5, 0.05)]
    assert abs(near[1] - exact) < 0.01 < abs(near[0] - exact)


@pytest.mark.parametrize("mu", [0.3, 1.0], ids=["power", "multiplicative"])
def test_weight_dependence(mu: float) -> None:
    told: dict[str, Any] = {"synapse": {"w_min": -0.5, "w_max": 2.0}, "weights": 0.4, "mu_plus": mu, "mu_minus": mu}
    grown = learned([3.0], [6.0], A_plus=0.01, **told)
    lost = learned([6.0], [3.0], A_plus=0.0, A_minus=0.01, **told)
    assert grown == pytest.approx(0.01 * np.exp(-3 / 20) * (1.6 / 2.5) ** mu, rel=1e-12)
    assert lost == pytest.approx(-0.01 * np.exp(-3 / 10) * (0.9 / 2.5) ** mu, rel=1e-12)


def test_the_target_is_where_growth_turns_to_loss() -> None:
    """Diehl & Cook's rule without bounds: weights grow where the trace is above the target."""
    every = 10.0 * np.arange(1, 60)
    mean = np.exp(-5 / 20) / (1 - np.exp(-10 / 20))
    for target, sign in ((mean - 0.05, 1), (mean + 0.05, -1)):
        assert np.sign(learned(every.tolist(), (every[30:] + 5.0).tolist(), A_plus=0.1, trace_target=target)) == sign


def test_refused() -> None:
    with pytest.raises(GraphError, match="TraceSTDP 'rule': `mu_plus` measures weights by their bounds"):
        learned([1.0], [2.0], mu_plus=1.0)
