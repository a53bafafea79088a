"""Cross-entropy: values, gradients, extremes, accuracy, targets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from ngcsnn.objectives import SparseCategoricalCrossentropy

LOSS = SparseCategoricalCrossentropy()
FIGURES = st.floats(-1e4, 1e4, width=32)
BATCHES = hnp.arrays(np.float32, (4, 3), elements=FIGURES)
LABELS = np.array([0, 1, 2, 1], np.int32)
compiled = jax.jit(LOSS)


def reference(y, label, temperature: float = 1.0) -> np.ndarray:
    z = np.asarray(y, np.float64) / temperature
    z = z - z.max(1, keepdims=True)
    return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), label]


@settings(max_examples=60, deadline=None)
@given(BATCHES)
def test_values_in_float32_up_to_1e4(y) -> None:
    np.testing.assert_allclose(compiled(y, LABELS), reference(y, LABELS), rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.int32, (4, 3), elements=st.integers(-500, 500)), st.integers(-10_000, 10_000))
def test_a_shift_of_all_units_changes_nothing(eighths, shift) -> None:
    y = eighths.astype(np.float32) / 8  # eighths stay exact in float32 below 2^20
    np.testing.assert_array_equal(compiled(y + np.float32(shift), LABELS), compiled(y, LABELS))


@pytest.mark.parametrize("temperature", [0.25, 1.0, 8.0])
def test_gradient_is_softmax_minus_one_hot(x64, temperature) -> None:
    loss = SparseCategoricalCrossentropy(temperature)
    y = np.random.default_rng(1).normal(size=(4, 3))
    g = jax.grad(lambda y: loss(y, LABELS).sum())(y)
    np.testing.assert_allclose(loss(y, LABELS), reference(y, LABELS, temperature), rtol=1e-13)
    eps = 1e-6
    numeric = np.zeros_like(y)
    for index in np.ndindex(y.shape):
        up, down = y.copy(), y.copy()
        up[index], down[index] = y[index] + eps, y[index] - eps
        numeric[index] = (reference(up, LABELS, temperature) - reference(down, LABELS, temperature)).sum() / (2 * eps)
    np.testing.assert_allclose(g, numeric, atol=1e-8)
    softmax = np.exp(y / temperature) / np.exp(y / temperature).sum(1, keepdims=True)
    np.testing.assert_allclose(g, (softmax - np.eye(3)[LABELS]) / temperature, atol=1e-12)


@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_extreme_values_stay_finite(scale) -> None:
    y = jnp.asarray(scale * np.array([[1, -1, 0], [0, 0, 0], [-1, -1, -1]]), jnp.float32)
    value, g = jax.value_and_grad(lambda y: compiled(y, np.array([1, 0, 2])).sum())(y)
    assert np.isfinite(value) and np.isfinite(g).all()
    np.testing.assert_allclose(value, 2 * scale + 2 * np.log(3), rtol=1e-6)


def test_a_silent_output_costs_log_n() -> None:
    np.testing.assert_allclose(LOSS(np.zeros((2, 5), np.float32), np.array([0, 4])), np.log(5), rtol=1e-6)


def test_accuracy() -> None:
    y = np.array([[0, 2, 1], [3, 0, 0], [1, 1, 0], [1, 1, 0], [np.nan, 0, 0]], np.float32)
    metrics = jax.jit(LOSS.metrics)(y, np.array([1, 1, 0, 1, 0]))
    assert list(metrics) == ["accuracy"]
    np.testing.assert_array_equal(metrics["accuracy"], [1, 0, 1, 0, 0])  # ties: lowest index; NaN: wrong
    assert metrics["accuracy"].dtype == np.float32


@pytest.mark.parametrize(
    ("temperature", "error"), [(0.0, ValueError), (-1, ValueError), (np.nan, ValueError), ("1e-3", TypeError)]
)
def test_bad_temperatures_are_refused(temperature, error) -> None:
    with pytest.raises(error, match=r"`temperature` of SparseCategoricalCrossentropy must be a finite number > 0"):
        SparseCategoricalCrossentropy(temperature)


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_trajectories_cost_the_mean_over_their_steps(x64, temperature) -> None:
    loss = SparseCategoricalCrossentropy(temperature)
    y = np.random.default_rng(2).normal(size=(4, 7, 3))
    want = np.mean([reference(y[:, t], LABELS, temperature) for t in range(7)], axis=0)
    np.testing.assert_allclose(loss(y, LABELS), want, rtol=1e-13)
    g = jax.grad(lambda y: loss(y, LABELS).sum())(y)
    softmax = np.exp(y / temperature) / np.exp(y / temperature).sum(2, keepdims=True)
    np.testing.assert_allclose(g, (softmax - np.eye(3)[LABELS][:, None]) / (7 * temperature), atol=1e-12)


def test_accuracy_of_trajectories_is_that_of_their_mean() -> None:
    y = np.zeros((2, 4, 3), np.float32)
    y[0, :, 1], y[0, 2, 2] = 1.0, 3.9  # the largest value is at unit 2, the largest mean at unit 1
    y[1, 3, 0] = np.nan
    np.testing.assert_array_equal(LOSS.metrics(y, np.array([1, 1]))["accuracy"], [1, 0])


def test_labels_of_trajectories_are_one_for_each_sample() -> None:
    np.testing.assert_array_equal(LOSS.check_target([0, 2], 2, 3, 50, "output"), [0, 2])
    with pytest.raises(ValueError, match=r"must have shape \(2,\), one label for each sample, got \(2, 50\)"):
        LOSS.check_target(np.zeros((2, 50), int), 2, 3, 50, "output")


def test_wrong_shapes_are_refused() -> None:
    for y, target in (((4, 3), (3,)), ((4, 5, 3), (5,)), ((4, 3), (4, 3)), ((3,), ()), ((4, 5, 3), (4, 5))):
        with pytest.raises(ValueError, match=r"needs y of shape \(batch, n\) or .* target of shape \(batch,\), got"):
            LOSS(np.zeros(y, np.float32), np.zeros(target, np.int32))


def test_targets_are_checked() -> None:
    np.testing.assert_array_equal(LOSS.check_target([0, 2, 1], 3, 3, None, "output"), [0, 2, 1])
    with pytest.raises(ValueError, match=r"target of 'output'\[1\] is 3; labels must be integers from 0 to 2"):
        LOSS.check_target([0, 3, 1], 3, 3, None, "output")
    with pytest.raises(ValueError, match="needs an output of at least 2 units, 'output' has 1"):
        LOSS.check_target([0, 0], 2, 1, None, "output")
