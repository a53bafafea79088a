"""Event STDP: the window, and where weights come to rest."""

from __future__ import annotations

import numpy as np
import pytest
from spike_runs import learned, network, poisson

from ngcsnn.components import EventSTDP
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")
BOUNDED = {"w_min": 0.0, "w_max": 2.0}


def test_window() -> None:
    """One postsynaptic spike at 20 ms; units that spiked 0 to 7 ms before, after it, or never. Whatever the step."""
    ages = [0.0, 2.0, 4.0, 6.0, 7.0]
    pre = [*([20.0 - a] for a in ages), [23.0], []]
    told = {"window": 5.0, "rate": 0.1, "A_plus": 0.7, "A_minus": 0.3, "decay": 0.2, "weights": 0.5, "synapse": BOUNDED}
    grown, lost = 0.07 * (2.0 - 1.2 * 0.5), -0.03 * 1.2 * 0.5
    for dt in (0.5, 1.0):
        got = learned(EventSTDP, pre, [[20.0]], dt=dt, until=30.0, **told)
        np.testing.assert_allclose(got[:, 0], [grown] * 3 + [lost] * 4, rtol=1e-12)


def test_times_within_steps_count() -> None:
    """5 ms before the end of the step of the postsynaptic spike is the edge, at any dt."""
    for age, sign in ((4.9, 1), (5.1, -1)):
        got = learned(EventSTDP, [[20.0 - age]], [[20.0]], dt=2.0, window=5.0, synapse=BOUNDED)
        assert np.sign(got[0, 0]) == sign


def test_weights_rest_at_the_share_of_spikes_before() -> None:
    rng = np.random.default_rng(0)
    told = {"window": 6.0, "rate": 0.02, "decay": 0.25, "weights": 0.5, "synapse": BOUNDED}
    pre, post = poisson(rng, 30, 60.0, 6000.0), poisson(rng, 1, 100.0, 6000.0)
    got = learned(EventSTDP, pre, post, dt=2.0, **told) + 0.5
    share = 1.0 - np.exp(-60.0 * 6e-3)  # of a Poisson process, within 6 ms
    assert got.mean() == pytest.approx(2.0 * share / 1.25, rel=0.05)


def test_refused() -> None:
    with pytest.raises(GraphError, match="EventSTDP 'rule' needs a largest weight: give DenseSynapse 'w' a `w_max`"):
        network(EventSTDP, 1, 1, 1.0)
