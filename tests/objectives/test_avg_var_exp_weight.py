"""AvgVarExpWeight: the decaying weight, its order in dt, its limits."""

import jax
import numpy as np
import pytest

from ngcsnn.objectives import AvgVar, AvgVarExpWeight

RATE = 0.3  # 1/ms


def errors(membrane, readout: AvgVarExpWeight) -> list[float]:
    """Largest error against the integral with 12 and with 48 steps."""
    truth = membrane.integral(rate=RATE) / membrane.t_end
    return [float(np.abs(readout(*membrane.recorded(readout.reads, n)) - truth).max()) for n in (12, 48)]


def test_exact_is_second_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarExpWeight(rate=RATE))
    assert coarse < 1e-2
    assert fine < coarse / 14


def test_steps_is_first_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarExpWeight(integral="steps", rate=RATE))
    assert coarse / 6 < fine < coarse / 2


def test_a_constant_potential_gives_the_weight_itself(x64) -> None:
    y = AvgVarExpWeight(rate=RATE)(np.ones((7, 1, 1)), 2.0)
    np.testing.assert_allclose(y, (1 - np.exp(-RATE * 14.0)) / (RATE * 14.0), rtol=1e-14)


def test_steps_weights_each_end_by_its_start() -> None:
    v = np.array([1.0, 10.0, 100.0], np.float32).reshape(3, 1, 1)
    y = AvgVarExpWeight(integral="steps", rate=RATE)(v, 2.0)
    np.testing.assert_allclose(y, (1 + 10 * np.exp(-2 * RATE) + 100 * np.exp(-4 * RATE)) / 3, rtol=1e-6)


@pytest.mark.parametrize("integral", ["exact", "steps"])
def test_the_default_rate_is_one_over_the_trial(x64, membrane, integral) -> None:
    readout, same = AvgVarExpWeight(integral=integral), AvgVarExpWeight(integral=integral, rate=1 / membrane.t_end)
    recorded = membrane.recorded(readout.reads, 24)
    np.testing.assert_allclose(readout(*recorded), same(*recorded), rtol=1e-12)


@pytest.mark.parametrize("rate", [0.0, 1e-42])  # the second vanishes in float32
@pytest.mark.parametrize("integral", ["exact", "steps"])
def test_no_decay_is_the_plain_average(rate, integral) -> None:
    v = np.random.default_rng(0).normal(size=(30, 4, 3)).astype(np.float32)
    y = jax.jit(AvgVarExpWeight(integral=integral, rate=rate))(v, 1.0)
    np.testing.assert_allclose(y, AvgVar(integral=integral)(v, 1.0), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("rate", "error"),
    [(-0.1, ValueError), (float("nan"), ValueError), (float("inf"), ValueError), ("0.1", TypeError), (True, TypeError)],
)
def test_bad_rates_are_refused(rate, error) -> None:
    with pytest.raises(error, match=r"`rate` of AvgVarExpWeight must be a finite number >= 0 1/ms, got"):
        AvgVarExpWeight(rate=rate)


def test_numpy_rates_become_plain_numbers() -> None:
    assert type(AvgVarExpWeight(rate=np.float32(0.5)).rate) is float  # type: ignore[arg-type]


def test_the_rate_may_come_first() -> None:
    assert AvgVarExpWeight(0.05) == AvgVarExpWeight(integral="exact", rate=0.05)


def test_no_decay_makes_no_nan_on_the_way_back() -> None:
    v = np.ones((3, 1, 1), np.float32)
    assert np.isfinite(jax.grad(lambda dt: AvgVarExpWeight(0.0)(v, dt)[0, 0])(1.0))
