"""Targets: what passes is ready for the device, the rest is refused by place and value."""

import numpy as np
import pytest

from ngcsnn.objectives.targets import check_labels, check_values


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.uint64])
def test_labels_pass_as_int32(dtype) -> None:
    given = np.array([0, 2, 1], dtype)
    labels = check_labels(given, 3, 3, "out")
    np.testing.assert_array_equal(labels, given)
    assert labels.dtype == np.int32
    assert check_labels([], 0, 3, "out").dtype == np.int32


def test_what_comes_out_is_a_copy() -> None:
    labels, values = np.array([0, 1], np.int32), np.zeros((1, 2), np.float32)
    check_labels(labels, 2, 2, "out")[0] = 1
    check_values(values, 1, 2, None, "out")[0] = 1
    assert labels[0] == 0 and values[0, 0] == 0


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 1, 3], ValueError, r"'out'\[2\] is 3; labels must be integers from 0 to 2, for 'out' has 3 units"),
        ([0, -1, 3], ValueError, r"'out'\[1\] is -1"),
        ([0.0, 1.0, 2.0], TypeError, "'out' has dtype float64; labels must be integers"),
        ([0.0, np.nan, 2.0], ValueError, r"'out'\[1\] is NaN"),
        ([True, False, True], TypeError, "dtype bool"),
        (["a", "b", "c"], TypeError, "dtype <U1"),
        ([0, None, 1], TypeError, "objects such as 0"),
        ([[0], [1, 2], [0]], ValueError, "'out' cannot be made one array"),
        ([0, 1], ValueError, r"shape \(3,\), one label for each sample, got \(2,\)"),
        (np.eye(3, dtype=int), ValueError, r"got \(3, 3\); for one-hot labels give `target.argmax"),
        (1, ValueError, r"got \(\)"),
    ],
)
def test_bad_labels_are_refused(labels, error, message) -> None:
    with pytest.raises(error, match=message):
        check_labels(labels, 3, 3, "out")


@pytest.mark.parametrize("given", [[[1, 2]], np.ones((1, 2), bool), np.ones((1, 2), np.float16), [[0.5, 1.0]]])
def test_values_pass_as_the_float_type_of_jax(given) -> None:
    values = check_values(given, 1, 2, None, "out")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.asarray(given))


def test_values_pass_as_float64_where_that_is_on(x64) -> None:
    assert check_values([[1e300, 0]], 1, 2, None, "out").dtype == np.float64


@pytest.mark.parametrize(
    ("target", "n_steps", "error", "message"),
    [
        (np.zeros((4, 3)), 7, ValueError, r"\(4, 7, 3\), \(sample, step, unit\), got \(4, 3\); .*np.repeat"),
        (np.zeros((7, 4, 3)), 7, ValueError, r"give `target.swapaxes\(0, 1\)`"),
        (np.zeros((4, 6, 3)), 7, ValueError, r"got \(4, 6, 3\)$"),
        (np.zeros((4, 7, 3)), None, ValueError, r"\(4, 3\), \(sample, unit\), .*keeps the time axis, such as `var`"),
        (np.zeros((5, 3)), None, ValueError, r"must have shape \(4, 3\).*got \(5, 3\)$"),
        (np.full((4, 3), np.nan), None, ValueError, r"'out'\[0, 0\] is nan; it must be finite in float32"),
        (np.where(np.arange(12).reshape(4, 3) == 5, np.inf, 0), None, ValueError, r"'out'\[1, 2\] is inf"),
        (np.full((4, 3), 1e300), None, ValueError, r"is 1e\+300; it must be finite in float32"),
        (np.zeros((4, 3), complex), None, TypeError, "must hold real numbers, got dtype complex128"),
        (np.full((4, 3), "x"), None, TypeError, "got dtype <U1"),
    ],
)
def test_bad_values_are_refused(target, n_steps, error, message) -> None:
    with pytest.raises(error, match=message):
        check_values(target, 4, 3, n_steps, "out")
