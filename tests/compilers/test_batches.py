"""Every sample once an epoch, in an order that seed and epoch decide; held-out samples stay out."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.compilers.batches import NOBODY, hold_out, make_batches, order


@pytest.mark.parametrize(("n", "size"), [(10, 4), (8, 4), (1, 4), (5, 5), (7, 1)])
def test_every_sample_once_and_the_filling_weighs_nothing(n, size):
    samples = np.arange(100, 100 + n)
    index, weight = make_batches(samples, size, "float32")
    assert index.shape == weight.shape == (-(-n // size), size)
    assert index.dtype == np.int32 and weight.dtype == np.float32
    np.testing.assert_array_equal(index[weight == 1], samples)
    assert set(index[weight == 0]) <= {NOBODY} and weight.sum() == n
    assert (weight.sum(axis=1) > 0).all()


def test_the_order_depends_on_seed_and_epoch_only():
    samples = np.arange(50)
    first = order(3, 0, samples)
    np.random.seed(1)  # no global stream has a say
    np.testing.assert_array_equal(first, order(3, 0, samples))
    np.testing.assert_array_equal(np.sort(first), samples)
    others = [order(3, 1, samples), order(4, 0, samples), order(0, 3, samples), samples]
    assert all(not np.array_equal(first, other) for other in others)


def test_held_out_samples_are_disjoint_and_the_same_each_time():
    train, held = hold_out(5, 40, 0.25)
    assert len(held) == 10
    np.testing.assert_array_equal(np.sort([*train, *held]), np.arange(40))
    for again, part in zip(hold_out(5, 40, 0.25), (train, held), strict=True):
        np.testing.assert_array_equal(again, part)
    assert not np.array_equal(held, hold_out(6, 40, 0.25)[1])
    assert not np.array_equal(held, np.arange(10)), "drawn, not the first ones"
