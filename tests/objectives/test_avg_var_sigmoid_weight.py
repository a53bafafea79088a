"""AvgVarSigmoidWeight: the weight's integral, its order in dt, its limits."""

import numpy as np
import pytest

from ngcsnn.objectives import AvgVar, AvgVarSigmoidWeight


def weight(x, centre: float = 0.5, width: float = 0.2) -> np.ndarray:
    return 1 / (1 + np.exp((x - centre) / width))


def truth(membrane) -> np.ndarray:
    """(1 / T) int w v dt by Gauss-Legendre quadrature, exact to the last digit for these smooth functions."""
    nodes, factors = np.polynomial.legendre.leggauss(60)
    x = (0.5 * (nodes + 1))[:, None, None]
    v = sum(a * np.exp(-x * membrane.t_end / p) for a, p in membrane.terms)
    return (0.5 * factors[:, None, None] * weight(x) * v).sum(axis=0)


def errors(membrane, readout) -> list[float]:
    """Largest error against the integral with 12 and with 48 steps."""
    want = truth(membrane)
    return [float(np.abs(readout(*membrane.recorded(readout.reads, n)) - want).max()) for n in (12, 48)]


def test_exact_is_second_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarSigmoidWeight())
    assert coarse < 1e-2
    assert fine < coarse / 14


def test_steps_is_first_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarSigmoidWeight(integral="steps"))
    assert coarse / 6 < fine < coarse / 2


@pytest.mark.parametrize(("centre", "width"), [(0.5, 0.2), (0.3, 0.01), (2.0, 0.5)])
def test_a_constant_potential_gives_the_weight_itself(x64, centre, width) -> None:
    y = AvgVarSigmoidWeight(centre, width)(np.ones((7, 1, 1)), 2.0)
    nodes, factors = np.polynomial.legendre.leggauss(400)
    want = (0.5 * factors * weight(0.5 * (nodes + 1), centre, width)).sum()
    np.testing.assert_allclose(y[0, 0], want, rtol=1e-12)


def test_weights_of_a_long_trial_keep_their_digits_in_float32() -> None:
    v = np.zeros((2000, 1, 1), np.float32)
    for n in (0, 1000, 1999):
        v[:] = 0.0
        v[n] = 2000.0
        np.testing.assert_allclose(AvgVarSigmoidWeight()(v, 1.0), weight((n + 0.5) / 2000), rtol=1e-6)


def test_steps_weights_each_end_by_its_start() -> None:
    v = np.array([1.0, 10.0, 100.0, 1000.0], np.float32).reshape(4, 1, 1)
    want = (np.array([1.0, 10.0, 100.0, 1000.0]) * weight(np.arange(4) / 4)).mean()
    np.testing.assert_allclose(AvgVarSigmoidWeight(integral="steps")(v, 2.0), want, rtol=1e-6)


def test_a_narrow_sigmoid_is_a_step() -> None:
    v = np.random.default_rng(0).normal(size=(40, 2, 3)).astype(np.float32)
    y = AvgVarSigmoidWeight(centre=0.25, width=1e-9)(v, 1.0)
    np.testing.assert_allclose(y, v[:10].sum(axis=0) / 40, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(AvgVarSigmoidWeight(centre=1e6)(v, 1.0), AvgVar()(v, 1.0), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"width": 0.0}, "`width` of .* > 0"), ({"centre": float("nan")}, "`centre` of .* finite number")],
)
def test_bad_values_are_refused(values, message) -> None:
    with pytest.raises(ValueError, match=message):
        AvgVarSigmoidWeight(**values)
