"""FirstSpike: value, temperature, the late term, silent units."""

import jax
import numpy as np
import pytest

from ngcsnn.objectives import FirstSpike

TIMES = np.array([[3.0, 2.0, 5.5], [8.0, 7.0, 11.0], [11.0, 11.0, 11.0], [4.0, 11.0, 11.0]])  # of trials of 10 ms
LABELS = np.array([0, 2, 1, 0])  # spiked, silent, all silent, alone


def reference(t, temperature: float, alpha: float) -> np.ndarray:
    """The loss by hand; the late term goes on along its tangent where t > 10 ms."""
    out = []
    for row, y in zip(np.asarray(t, np.float64), LABELS, strict=True):
        p = np.exp(-(row - row.min()) / temperature)
        late = 1 / (10.1 - row[y]) if row[y] <= 10 else 1 / 0.1 + (row[y] - 10) / 0.1**2
        out.append(-np.log(p[y] / p.sum()) + alpha * late)
    return np.array(out)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("alpha", [0.0, 0.01])
def test_values_and_gradients(x64, temperature, alpha) -> None:
    loss = FirstSpike(temperature, alpha, trial=10.0)
    np.testing.assert_allclose(loss(TIMES, LABELS), reference(TIMES, temperature, alpha), atol=1e-12)
    g = jax.grad(lambda t: loss(t, LABELS).sum())(TIMES)
    eps, numeric = 1e-6, np.zeros_like(TIMES)
    for index in np.ndindex(TIMES.shape):
        up, down = TIMES.copy(), TIMES.copy()
        up[index], down[index] = TIMES[index] + eps, TIMES[index] - eps
        numeric[index] = (reference(up, temperature, alpha) - reference(down, temperature, alpha)).sum() / (2 * eps)
    np.testing.assert_allclose(g, numeric, atol=1e-7)


def test_the_temperature_is_in_the_softmax_and_in_its_gradient(x64) -> None:
    """Times and temperature in another unit: the same loss, and a gradient in that unit."""
    one, tenth = FirstSpike(0.7, 0.0, trial=10.0), FirstSpike(7.0, 0.0, trial=100.0)
    np.testing.assert_allclose(one(TIMES, LABELS), tenth(10 * TIMES, LABELS), rtol=1e-13)
    g, scaled = (jax.grad(lambda t, f=f: f(t, LABELS).sum()) for f in (one, tenth))
    np.testing.assert_allclose(g(TIMES), 10 * scaled(10 * TIMES), atol=1e-13)
    p = np.exp(-TIMES / 0.7) / np.exp(-TIMES / 0.7).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(g(TIMES), (np.eye(3)[LABELS] - p) / 0.7, atol=1e-13)


def test_silent_outputs(x64) -> None:
    loss = FirstSpike(1.0, 0.0, trial=10.0)
    np.testing.assert_allclose(loss(TIMES, LABELS)[2], np.log(3))  # all silent
    g = jax.grad(lambda t: loss(t, LABELS).sum())(TIMES)
    assert g[1, 2] > 0 > g[1, 1]  # a silent label: earlier, if it had a time; who spiked instead of it, later


def test_the_late_term_is_smooth_at_the_trials_end(x64) -> None:
    loss = FirstSpike(trial=10.0)
    slope = jax.vmap(jax.grad(loss.late))
    for f in (loss.late, slope):
        before, after = f(np.array([10.0 - 1e-9, 10.0 + 1e-9]))
        np.testing.assert_allclose(before, after, rtol=1e-6)
    t = np.linspace(0.0, 20.0, 101)
    assert (np.diff(loss.late(t)) > 0).all() and np.isfinite(slope(t)).all()
    np.testing.assert_allclose(loss.late(np.array([0.0, 10.0])), [1 / 10.1, 10.0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": 0.0}, "`temperature` of FirstSpike must be a finite number > 0 ms"),
        ({"ttfs_alpha": -0.1}, "`ttfs_alpha` of FirstSpike must be a finite number >= 0 ms"),
    ],
)
def test_bad_values_are_refused(values, message) -> None:
    with pytest.raises(ValueError, match=message):
        FirstSpike(**values)
