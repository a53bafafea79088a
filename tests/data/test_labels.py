"""Labels: what passes comes out as int32, the rest is refused by place and value."""

import numpy as np
import pytest

from ngcsnn.data.labels import check_labels


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.uint64])
def test_integers_pass_as_int32(dtype):
    labels = check_labels(np.array([0, 2, 1], dtype), 3, n_classes=3)
    np.testing.assert_array_equal(labels, [0, 2, 1])
    assert labels.dtype == np.int32
    assert check_labels([], 0).dtype == np.int32
    assert check_labels([7, 0], 2).tolist() == [7, 0]


def test_the_result_is_a_copy():
    labels = np.array([0, 1], np.int32)
    check_labels(labels, 2)[0] = 1
    assert labels[0] == 0


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 1, 3], ValueError, r"`labels`\[2\] is 3; labels must be from 0 to 2 .3 classes."),
        ([0, -1, 3], ValueError, r"`labels`\[1\] is -1"),
        ([0.0, 1.0, 2.0], TypeError, "must hold integers .class indices., got dtype float64"),
        ([0.0, np.nan, 2.0], ValueError, r"`labels`\[1\] is NaN"),
        ([True, False, True], TypeError, "dtype bool"),
        (["a", "b", "c"], TypeError, "dtype <U1"),
        ([0, 1], ValueError, "2 entries for 3 samples"),
        (np.eye(3, dtype=int), ValueError, r"shape \(3,\), got \(3, 3\); for one-hot labels give `labels.argmax"),
        (1, ValueError, r"got \(\)"),
    ],
)
def test_bad_labels_are_refused(labels, error, message):
    with pytest.raises(error, match=message):
        check_labels(labels, 3, n_classes=3)


def test_without_a_number_of_classes_only_the_sign_counts():
    with pytest.raises(ValueError, match=r"`y`\[0\] is -1; labels must be >= 0"):
        check_labels([-1], 1, name="y")
