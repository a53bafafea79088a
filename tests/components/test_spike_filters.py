"""Alpha and double-exponential filters, exponential kernels: against their kernels, at any step."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder
from test_trace import TIMES, ends, run

import ngcsnn as ng
from ngcsnn.components import AlphaFilter, DoubleExponentialFilter, ExponentialKernel


def summed(kernel, n_steps, dt):
    ages = ends(n_steps, dt)[:, None] - TIMES
    return np.sum(np.where(ages >= 0, kernel(np.maximum(ages, 0.0)), 0.0), 1)


@pytest.mark.parametrize("dt", [0.5, 1.0])
def test_alpha(x64, dt):
    n, tau = round(16 / dt), 3.0
    got = run(TIMES, n, dt, cls=AlphaFilter, read="outputs", tau=tau)
    np.testing.assert_allclose(got, summed(lambda t: t / tau * np.exp(1 - t / tau), n, dt), rtol=1e-11)
    area = run(TIMES, n, dt, cls=AlphaFilter, read="outputs", tau=tau, norm="area")
    np.testing.assert_allclose(area, got / (np.e * tau), rtol=1e-12)


@pytest.mark.parametrize("dt", [0.5, 1.0])
def test_double_exponential(x64, dt):
    n, taus = round(16 / dt), {"tau_rise": 1.5, "tau_decay": 6.0}

    def bump(t):
        return np.exp(-t / 6.0) - np.exp(-t / 1.5)

    peak = bump(np.log(6.0 / 1.5) * 6.0 * 1.5 / 4.5)
    got = run(TIMES, n, dt, cls=DoubleExponentialFilter, read="outputs", **taus)
    np.testing.assert_allclose(got, summed(bump, n, dt) / peak, rtol=1e-11)
    area = run(TIMES, n, dt, cls=DoubleExponentialFilter, read="outputs", norm="area", **taus)
    np.testing.assert_allclose(area, summed(bump, n, dt) / 4.5, rtol=1e-11)


def test_norms(x64):
    for cls in (AlphaFilter, DoubleExponentialFilter):
        one = run(np.array([0.01]), 20_000, 0.01, cls=cls, read="outputs")
        assert one.max() == pytest.approx(1.0, abs=1e-5)
        area = run(np.array([0.01]), 20_000, 0.01, cls=cls, read="outputs", norm="area")
        assert area.sum() * 0.01 == pytest.approx(1.0, abs=1e-3)


def test_a_kernel_forgets_what_is_older_than_its_window(x64):
    n, dt, tau, window = 32, 0.5, 7.0, 4.0
    got = run(TIMES, n, dt, cls=ExponentialKernel, read="outputs", tau=tau, window=window)
    step = np.ceil(TIMES / dt - 1e-9)  # an event counts in the step that it falls into and the seven after it
    counts = (np.arange(1, n + 1)[:, None] - step < window / dt) & (np.arange(1, n + 1)[:, None] >= step)
    ages = ends(n, dt)[:, None] - TIMES
    np.testing.assert_allclose(got, np.sum(np.where(counts, np.exp(-ages / tau), 0.0), 1), rtol=1e-12, atol=1e-300)


def test_impossible_numbers_are_refused():
    with pytest.raises(ng.GraphError, match=r"`tau_rise` must be below `tau_decay` \(in ms\).*use AlphaFilter"):
        encoder(DoubleExponentialFilter, n_units=1, tau_rise=4.0, tau_decay=4.0)
    with pytest.raises(ng.GraphError, match="`window` must be a whole number of steps of 1.0 ms, got 2.5 ms"):
        encoder(ExponentialKernel, n_units=1, window=2.5)
