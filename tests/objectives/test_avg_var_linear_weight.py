"""AvgVarLinearWeight: the weight's integral, and its order in dt."""

import numpy as np
import pytest

from ngcsnn.objectives import AvgVarLinearWeight


def truth(membrane) -> np.ndarray:
    """(1 / T) int (1 - t / T) v dt, of v(t) = sum a exp(-t / p)."""
    end, out = membrane.t_end, 0.0
    for a, p in membrane.terms:
        decay = np.exp(-end / p)
        out = out + a * (p * (1 - decay) - (p * p * (1 - decay) - p * end * decay) / end)
    return out / end


def errors(membrane, readout) -> list[float]:
    """Largest error against the integral with 12 and with 48 steps."""
    want = truth(membrane)
    return [float(np.abs(readout(*membrane.recorded(readout.reads, n)) - want).max()) for n in (12, 48)]


def test_exact_is_second_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarLinearWeight())
    assert coarse < 1e-2
    assert fine < coarse / 14


def test_steps_is_first_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarLinearWeight(integral="steps"))
    assert coarse / 6 < fine < coarse / 2


@pytest.mark.parametrize("n_steps", [1, 7, 1000])
def test_a_constant_potential_gives_the_weight_itself(x64, n_steps) -> None:
    np.testing.assert_allclose(AvgVarLinearWeight()(np.ones((n_steps, 1, 1)), 2.0), 0.5, rtol=1e-13)


def test_weights_by_hand() -> None:
    v = np.array([1.0, 10.0, 100.0, 1000.0], np.float32).reshape(4, 1, 1)
    steps, exact = AvgVarLinearWeight(integral="steps"), AvgVarLinearWeight()
    np.testing.assert_allclose(steps(v, 2.0), (1 + 7.5 + 50 + 250) / 4, rtol=1e-6)
    np.testing.assert_allclose(exact(v, 2.0), (0.875 + 6.25 + 37.5 + 125) / 4, rtol=1e-6)
