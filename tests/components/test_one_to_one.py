"""OneToOneSynapse: each unit to its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import OneToOneSynapse


def synapse(**arguments) -> Any:
    with ng.Context("net") as net:
        w = OneToOneSynapse("w", **{"n_units": 3, "weights": [1.0, -2.0, 0.5], **arguments})
    net.reset(batch_size=2)
    return w


@pytest.mark.parametrize("bias", [None, [0.1, 0.2, 0.3]], ids=["plain", "bias"])
def test_value_and_moment(bias):
    w = synapse(bias=bias)
    value, moment = np.random.default_rng(0).normal(size=(2, 2, 3))
    w.inputs.set(value)
    w.inputs.offset.set(moment)
    w.advance()
    np.testing.assert_allclose(w.outputs.get(), value * [1.0, -2.0, 0.5] + (bias or 0.0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(w.outputs.offset.get(), moment * [1.0, -2.0, 0.5], rtol=1e-6, atol=1e-6)


def test_one_number_is_the_weight_of_each():
    w = synapse(weights=0.25)
    assert w.weights.get().tolist() == [0.25] * 3 and w.sizes == (3, 3)


BAD = {
    "shape": ({"weights": np.eye(3)}, "`weights` must have shape (3,)"),
    "units": ({"n_units": 0}, "`n_units` must be finite and > 0"),
    "bias": ({"bias": [1.0]}, "`bias` must have shape (3,)"),
    "mask": ({"mask": 1}, "has no argument 'mask'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        synapse(**arguments)
    assert message in str(error.value)
