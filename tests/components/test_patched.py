"""PatchedSynapse and LocallyConnected2DSynapse: blocks of a matrix, start weights, what reaches a unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synapse_nets import local_kind, patched_kind

import ngcsnn as ng
from ngcsnn.components import Conv2DSynapse, HebbianRule, LocallyConnected2DSynapse, PatchedSynapse

RNG = np.random.default_rng(0)


def made(cls: Any, **arguments: Any) -> Any:
    with ng.Context("net", seed=1) as net:
        w = cls("w", **arguments)
        HebbianRule("rule", synapse=w).dweights >> w.dweights
    net.reset(batch_size=3)
    return w


def test_without_overlap_it_is_a_block_diagonal(x64):
    weights, m = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(5, 6))
    w = made(PatchedSynapse, patches=3, patch_shape=(2, 4), weights=weights)
    assert w.sizes == (6, 12)
    want = np.concatenate([m[:, 2 * p : 2 * p + 2] @ weights[p] for p in range(3)], axis=1)
    np.testing.assert_allclose(w.transmit(m, w.weights.get()), want, rtol=1e-12)


def test_what_reaches_a_unit_is_scaled_and_nothing_else(x64):
    for w in (
        made(PatchedSynapse, patches=3, patch_shape=(4, 4), pre_stride=2, weights=ng.init.Normal(0.0, 1.0), total=2.0),
        made(LocallyConnected2DSynapse, in_shape=(3, 4, 2), filters=2, window_size=2, total=2.0,
             weights=ng.init.Normal(0.0, 1.0)),
    ):  # fmt: skip
        before = np.asarray(w.weights.get())
        w.normalise()
        after = np.asarray(w.weights.get())
        np.testing.assert_allclose(w.transmit(np.ones((1, w.sizes[0])), np.abs(after)), 2.0, rtol=1e-12)
        assert np.all(np.sign(before) == np.sign(after))
        unit = np.arange(w.sizes[1]) == 5
        led = np.broadcast_to(w.incoming(unit), after.shape)
        alone = np.asarray(w.transmit(np.ones((1, w.sizes[0])), np.where(led, 1.0, 0.0)))[0]
        assert np.flatnonzero(alone).tolist() == [5] and led.sum() == alone[5]


def test_with_equal_windows_it_is_a_convolution(x64):
    kernel, m = RNG.normal(size=(2, 3, 2, 3)), RNG.normal(size=(4, 5 * 6 * 2))
    options: dict[str, Any] = {"in_shape": (5, 6, 2), "filters": 3, "strides": (2, 1), "padding": "same"}
    conv = made(Conv2DSynapse, kernel_size=(2, 3), weights=kernel, **options)
    shape = (*conv.windows.count, *kernel.shape)
    w = made(LocallyConnected2DSynapse, window_size=(2, 3), weights=np.broadcast_to(kernel, shape), **options)
    got, want = (s.transmit(m, s.weights.get()) for s in (w, conv))
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("cls", "arguments", "n_in"),
    [
        (PatchedSynapse, {"patches": 20, "patch_shape": (25, 30), "post_stride": 10}, 25),
        (LocallyConnected2DSynapse, {"in_shape": (9, 9, 4), "filters": 10, "window_size": 3}, 36),
    ],
    ids=["patched", "locally connected"],
)
def test_start_weights_count_the_inputs_of_a_patch(cls: Any, arguments: Any, n_in: int):
    weights = np.asarray(made(cls, weights=ng.init.FanInNormal(2.0), **arguments).weights.get())
    assert weights.std() == pytest.approx(2.0 / np.sqrt(n_in), rel=0.03)
    again = np.asarray(made(cls, weights=ng.init.FanInNormal(2.0), **arguments).weights.get())
    np.testing.assert_array_equal(weights, again)


@pytest.mark.parametrize("kind", [patched_kind(3, (4, 3), (2, 3)), local_kind((3, 4, 1), 2, (2, 2), (1, 2), "valid")])
def test_a_rule_moves_only_weights_that_exist(kind: Any, x64):
    w = made(kind.cls, **kind.arguments, weights=0.0)
    pre, post = (RNG.normal(size=(3, n)) for n in kind.sizes)
    for rule_input, value in (("rule.pre", pre), ("rule.post", post)):
        w.context.find(rule_input).set(value)
    w.context.evolve.run()
    np.testing.assert_allclose(w.weights.get(), kind.gradient(pre.T @ post) / 3, rtol=1e-10, atol=1e-12)


def test_signs_of_units_are_those_of_their_weights(x64):
    w = made(PatchedSynapse, patches=2, patch_shape=(2, 3), pre_stride=1, weights=0.0, signs=(1, -1, 1))
    low, high = w.bounds("weights")
    assert np.all((low == 0) == (np.array([[1], [-1]]) == np.array([1, -1])[:, None, None]))
    assert np.all((high == 0) == (low != 0))


def test_refused():
    for arguments, text in (
        ({"patches": 0}, "`patches` must be"),
        ({"patch_shape": (2, 0)}, "`patch_shape` must be two positive integers"),
        ({"pre_stride": 0}, "`pre_stride` must be"),
        ({"weights": np.zeros((2, 3))}, r"`weights` must have shape \(2, 2, 3\)"),
    ):
        with pytest.raises(ng.GraphError, match=text):
            made(PatchedSynapse, **{"patches": 2, "patch_shape": (2, 3), "weights": 0.0, **arguments})
    with pytest.raises(ng.GraphError, match="a window of 4 x 4 does not fit"):
        made(LocallyConnected2DSynapse, in_shape=(3, 3, 1), filters=1, window_size=4, weights=0.0)
