"""Conv2DSynapse and Conv2DTransposeSynapse: every geometry against the sums written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from synapse_nets import image_kind

import ngcsnn as ng
from ngcsnn.components import Conv2DSynapse, Conv2DTransposeSynapse

RNG = np.random.default_rng(0)
GEOMETRIES = [
    ((h, w, 2), k, s, padding)
    for (h, w), k, s, padding in itertools.product(
        [(5, 4), (1, 6)], [(1, 1), (3, 2), (2, 5)], [(1, 1), (2, 1), (3, 4)], ["valid", "same"]
    )
]


def convolution(cls=Conv2DSynapse, **arguments):
    given = {"in_shape": (5, 4, 2), "filters": 3, "kernel_size": 3, "weights": 1.0, **arguments}
    with ng.Context("net"):
        return cls("w", **given)


@pytest.mark.parametrize("cls", [Conv2DSynapse, Conv2DTransposeSynapse], ids=["forward", "transposed"])
def test_every_geometry_is_its_matrix(cls, x64):
    tried = 0
    for shape, k, s, padding in GEOMETRIES:
        if cls is Conv2DSynapse and padding == "valid" and (k[0] > shape[0] or k[1] > shape[1]):
            continue
        kind = image_kind(cls, shape, 2, k, s, padding)
        w = convolution(cls, **kind.arguments, **kind.weights(0, 1.0))
        m = RNG.normal(size=(2, kind.sizes[0]))
        assert w.sizes == kind.sizes and np.prod(w.out_shape) == kind.sizes[1]
        got = w.transmit(m, w.weights.get())
        np.testing.assert_allclose(got, m @ kind.matrix(w.weights.get()), rtol=1e-10, atol=1e-12, err_msg=str(kind[:2]))
        tried += 1
    assert tried > 25


def test_it_is_the_sum_in_its_documentation(x64):
    weights, m = RNG.normal(size=(3, 3, 2, 3)), RNG.normal(size=(1, 40))
    w = convolution(weights=weights, strides=(2, 1), padding="same", bias=[0.1, 0.2, 0.3])
    w.inputs.set(m)
    w.advance()
    image, out = m.reshape(5, 4, 2), np.asarray(w.outputs.get()).reshape(w.out_shape)
    padded = np.zeros((7, 6, 2))
    padded[1:6, 1:5] = image
    for y, x, f in np.ndindex(3, 4, 3):
        want = np.sum(padded[2 * y : 2 * y + 3, x : x + 3] * weights[..., f]) + 0.1 * (f + 1)
        assert out[y, x, f] == pytest.approx(want, rel=1e-10)


def test_the_transpose_is_one_of_the_convolution_back(x64):
    weights = RNG.normal(size=(3, 4, 3, 2))
    back = convolution(in_shape=(9, 7, 3), filters=2, strides=(2, 3), kernel_size=(3, 4), weights=weights)
    weights = np.swapaxes(weights, 2, 3)
    w = convolution(
        Conv2DTransposeSynapse, in_shape=back.out_shape, filters=3, strides=(2, 3), kernel_size=(3, 4), weights=weights
    )
    assert w.out_shape == back.in_shape
    identity = np.eye(back.sizes[0]), np.eye(w.sizes[0])
    np.testing.assert_allclose(
        back.transmit(identity[0], back.weights.get()).T, w.transmit(identity[1], w.weights.get()), atol=1e-12
    )


def test_shapes_of_arguments():
    w = convolution(bias=0.5)
    assert w.out_shape == (3, 2, 3) and w.weights.shape == (3, 3, 2, 3) and w.bias.shape == (3,)
    assert w.inputs.shape == (40,) and w.outputs.shape == (18,)
    assert convolution(strides=2, padding="same").out_shape == (3, 2, 3)
    larger = convolution(Conv2DTransposeSynapse, strides=2)
    assert larger.out_shape == (11, 9, 3) and larger.weights.shape == (3, 3, 2, 3)
    assert convolution(Conv2DTransposeSynapse, strides=2, padding="same").out_shape == (10, 8, 3)


def test_initialisers_see_the_inputs_of_a_unit():
    w = convolution(in_shape=(20, 20, 8), filters=32, weights=ng.init.FanInNormal(gain=3.0))
    assert np.std(w.weights.get()) == pytest.approx(3.0 / np.sqrt(3 * 3 * 8), rel=0.05)


BAD = {
    "image": ({"in_shape": (5, 4)}, "`in_shape` must be three positive integers (height, width, channels), got (5, 4)"),
    "kernel": ({"kernel_size": (3, 3, 3)}, "`kernel_size` must be a positive integer or two of them"),
    "kernel of zero": ({"kernel_size": 0}, "`kernel_size` must be a positive integer or two of them"),
    "strides": ({"strides": (1, 0)}, "`strides` must be a positive integer or two of them (height, width), got (1, 0)"),
    "padding": ({"padding": "full"}, "`padding` must be one of 'valid', 'same', got 'full'"),
    "filters": ({"filters": 0}, "`filters` must be finite and > 0"),
    "too large": ({"kernel_size": (3, 5)}, "Conv2DSynapse 'w': a window of 3 x 5 does not fit into 5 x 4 units"),
    "weights": ({"weights": np.ones((3, 3, 3, 2))}, "`weights` must have shape (3, 3, 2, 3)"),
    "bias": ({"bias": np.ones(18)}, "`bias` must have shape (3,)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        convolution(**arguments)
    assert message in str(error.value)
