"""AvgPool2DSynapse: averages of windows, for values and moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import AvgPool2DSynapse

RNG = np.random.default_rng(0)


def pool(**arguments) -> Any:
    with ng.Context("net"):
        return AvgPool2DSynapse("w", **{"in_shape": (4, 6, 3), "pool_size": 2, **arguments})


def test_value_and_moment_are_means_of_windows(x64):
    w = pool()
    assert w.out_shape == (2, 3, 3)
    value, moment = RNG.normal(size=(2, 4, 6, 3))
    w.inputs.set(value.reshape(1, -1))
    w.inputs.offset.set(moment.reshape(1, -1))
    w.advance()
    for got, given in ((w.outputs.get(), value), (w.outputs.offset.get(), moment)):
        means = given.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(got, means.reshape(1, -1), rtol=1e-12)


def test_windows_may_overlap_and_leave_an_edge(x64):
    w = pool(pool_size=(3, 2), strides=(1, 3))
    assert w.out_shape == (2, 2, 3)
    image = RNG.normal(size=(4, 6, 3))
    got = np.asarray(w.transmit(image.reshape(1, -1), None)).reshape(w.out_shape)
    for y, x in np.ndindex(2, 2):
        np.testing.assert_allclose(got[y, x], image[y : y + 3, 3 * x : 3 * x + 2].mean(axis=(0, 1)), rtol=1e-12)
    assert pool(in_shape=(5, 7, 1)).out_shape == (2, 3, 1)


def test_it_has_nothing_to_learn():
    assert [c.name for c in pool().owned() if c.role == "param"] == []


BAD = {
    "image": ({"in_shape": (4, 6, 0)}, "`in_shape` must be three positive integers"),
    "too large": ({"pool_size": 5}, "AvgPool2DSynapse 'w': a window of 5 x 5 does not fit into 4 x 6 units"),
    "size": ({"pool_size": (2,)}, "`pool_size` must be a positive integer or two of them"),
    "strides": ({"strides": -1}, "`strides` must be a positive integer or two of them"),
    "weights": ({"weights": 1.0}, "has no argument 'weights'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        pool(**arguments)
    assert message in str(error.value)
