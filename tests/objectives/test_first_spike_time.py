"""FirstSpikeTime: values, what moments belong to the first spike, the product form's gradient, silent units."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell, LIFCell
from ngcsnn.objectives import FirstSpikeTime

DT = 0.5


def trial(*spikes: tuple[int, float], n_steps: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """(s, s.offset) of one unit from (step, moment); a moment below zero in a step of its own has no spike."""
    s, moment = np.zeros((2, n_steps, 1, 1))
    for step, value in spikes:
        s[step], moment[step] = 1.0, value
    return s, moment


def time_of(*arrays: Any, **fields: Any) -> float:
    return float(FirstSpikeTime(**fields)(arrays, DT)[0, 0])


def test_the_first_of_several_spikes_counts(x64) -> None:
    assert time_of(*trial((2, -0.2), (4, -0.1))) == pytest.approx(3 * DT - 0.2, abs=1e-14)
    assert time_of(*trial((7, 0.0))) == pytest.approx(8 * DT, abs=1e-14)
    assert time_of(*trial((0, -0.5), (1, -0.3))) == pytest.approx(0.0, abs=1e-14)


def test_without_moments_a_spike_is_at_its_steps_end(x64) -> None:
    s, _ = trial((2, -0.2), (4, -0.1))
    assert time_of(s, None) == pytest.approx(3 * DT, abs=1e-14)


def test_a_moment_without_a_spike_belongs_to_the_spike_before(x64) -> None:
    s, moment = trial((2, -0.2), (6, -0.1))
    moment[3] = -0.05
    assert time_of(s, moment) == pytest.approx(3 * DT - 0.25, abs=1e-14)
    moment[7], moment[5] = -0.4, 9.0  # of the second spike; of nobody
    assert time_of(s, moment) == pytest.approx(3 * DT - 0.25, abs=1e-14)


def test_the_moment_of_a_second_spike_in_the_next_step_is_its_own(x64) -> None:
    assert time_of(*trial((2, -0.2), (3, -0.4))) == pytest.approx(3 * DT - 0.2, abs=1e-14)


def test_gradient_of_moments(x64) -> None:
    s, moment = trial((2, -0.2), (6, -0.1))
    g = jax.grad(lambda m: FirstSpikeTime()((s, m), DT)[0, 0])(moment)
    np.testing.assert_array_equal(g[:, 0, 0], [0, 0, 1, 1, 0, 0, 0, 0])


def product_form(s: Any, dt: float, silent: float) -> Any:
    """sum_n t_n s_n prod_{m<n} (1 - s_m) + silent prod_m (1 - s_m), term by term."""
    total, none_yet = 0.0, 1.0
    for n in range(s.shape[0]):
        total = total + (n + 1) * dt * s[n] * none_yet
        none_yet = none_yet * (1.0 - s[n])
    return total + silent * none_yet


def test_surrogate_gradients_are_those_of_the_product_form(x64) -> None:
    s = (np.random.default_rng(1).random((8, 20, 3)) < 0.2).astype(float)
    s[:, :3] = 0.0  # silent ones
    silent = 8 * DT + 1.0
    assert (s.sum(axis=0) > 1).sum() > 4 and (s.sum(axis=0) == 1).sum() > 4
    got, back = jax.vjp(lambda s: FirstSpikeTime()((s, None), DT), s)
    want, back_want = jax.vjp(lambda s: product_form(s, DT, silent), s)
    np.testing.assert_allclose(got, want, rtol=1e-14)
    cotangent = np.random.default_rng(2).normal(size=got.shape)
    np.testing.assert_allclose(back(cotangent)[0], back_want(cotangent)[0], atol=1e-13)


@pytest.mark.parametrize("dt", [0.5, 0.125])
def test_a_silent_unit_comes_after_the_trial(x64, dt) -> None:
    s = np.zeros((round(4.0 / dt), 1, 1))
    for fields, want in (({}, 5.0), ({"margin": 0.25}, 4.25)):
        assert float(FirstSpikeTime(**fields)((s, s), dt)[0, 0]) == pytest.approx(want, abs=1e-13)


def test_lift_gives_silent_units_a_time_that_their_peak_decides(x64) -> None:
    s, none = trial((2, -0.2), n_steps=4)[0], np.zeros((4, 1, 1))
    v = np.array([0.1, 0.7, 0.3, 0.2]).reshape(4, 1, 1)
    readout = FirstSpikeTime(lift=3.0, v_thr=1.0)
    assert readout.reads == ("s", "s.offset", "v")

    def y(s: Any, v: Any) -> Any:
        return readout((s, none, v), DT)[0, 0]

    assert float(y(none, v)) == pytest.approx(4 * DT + 1.0 + 3.0 * 0.3, abs=1e-13)
    np.testing.assert_allclose(jax.grad(y, argnums=1)(none, v)[:, 0, 0], [0.0, -3.0, 0.0, 0.0])
    assert not np.any(jax.grad(y, argnums=1)(s, v)) and float(y(s, v)) == 3 * DT
    assert float(y(none, v + 5.0)) == 4 * DT + 1.0  # a threshold set too low: never before the trial's end
    silent = float(y(none, v))
    g = jax.grad(lambda s: y(s, v))(none)  # the product form, with the lifted time
    np.testing.assert_allclose(g[:, 0, 0], DT * np.arange(1, 5) - silent)


@pytest.fixture
def cells():
    with ng.Context("cells", dt=1.0):
        return LIFCell("output", n_units=3, v_thr=[1.0, 2.0, 1.5]), LICell("graded", n_units=3)


def test_the_threshold_comes_from_the_cell(cells) -> None:
    assert FirstSpikeTime(lift=2.0).fitted(cells[0]) == FirstSpikeTime(lift=2.0, v_thr=2.0)
    given = FirstSpikeTime(lift=2.0, v_thr=0.5)
    assert given.fitted(cells[0]) is given
    assert FirstSpikeTime().fitted(cells[1]) == FirstSpikeTime()
    with pytest.raises(ValueError, match="LICell 'graded' has no `v_thr`: give the readout's `v_thr`"):
        FirstSpikeTime(lift=2.0).fitted(cells[1])
    with pytest.raises(ValueError, match="needs `v_thr`, in the unit of v, where no compiler"):
        FirstSpikeTime(lift=2.0)((jnp.zeros((2, 1, 1)),) * 3, 1.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"margin": 0.0}, "`margin` of FirstSpikeTime must be a finite number >= 0.001 ms"),
        ({"lift": -1.0}, "`lift` of FirstSpikeTime must be a finite number >= 0 ms per unit of v"),
        ({"lift": 1.0, "v_thr": float("nan")}, "`v_thr` of FirstSpikeTime must be a finite number"),
        ({"v_thr": 1.0}, "`v_thr` of FirstSpikeTime does not apply without `lift`"),
    ],
)
def test_bad_values_are_refused(values, message) -> None:
    with pytest.raises(ValueError, match=message):
        FirstSpikeTime(**values)
