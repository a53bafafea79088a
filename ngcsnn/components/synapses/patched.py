"""Transmission within patches: groups of neighbouring units that only see each other."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.drawing import redraw
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import checks, hyper


class PatchedSynapse(Synapse):
    """Transmits events, or graded values, within patches: blocks of a weight matrix along its diagonal.

        outputs[j] = sum over the patches p with t_p <= j < t_p + b, and the units i of p, of
                     inputs[s_p + i] * weights[p, i, j - t_p],  + bias[j]
        and for the first moments of events the same without bias

    Patch p reads the `a` units from s_p = p * pre_stride on and sends to the `b` units from t_p = p * post_stride on;
    patch_shape (a, b). By default strides are a and b: blocks of a diagonal that share no unit. With smaller ones
    patches overlap (what reaches a unit from several adds up); with pre_stride alone smaller it is a locally connected
    layer. Stored by patch: weights (patches, a, b), bias (n_post,); n_pre = (patches - 1) pre_stride + a, n_post alike.
    An initialiser takes `a` inputs for each unit.
    Training keeps weights within [w_min, w_max].
    """

    patches = hyper(kind=int, check=checks.positive, doc="number of patches")
    patch_shape = hyper(kind=tuple, check=checks.two_sizes, doc="(presynaptic, postsynaptic) units of a patch")
    pre_stride = hyper(None, kind=(int, type(None)), check=checks.positive, doc="units from one patch to the next")
    post_stride = hyper(None, kind=(int, type(None)), check=checks.positive, doc="the same of the postsynaptic units")
    weights = synaptic_weights(lambda c: (c.patches, *c.patch_shape))
    bias = synaptic_bias(lambda c: c.sizes[1:])
    w_min, w_max = weight_bounds()

    @property
    def strides(self) -> tuple[int, int]:
        """Units from one patch to the next on either side."""
        given = self.pre_stride, self.post_stride
        first, second = (size if s is None else s for s, size in zip(given, self.patch_shape, strict=True))
        return first, second

    @property
    def sizes(self) -> tuple[int, int]:
        first, second = ((self.patches - 1) * s + size for s, size in zip(self.strides, self.patch_shape, strict=True))
        return first, second

    def setup(self) -> None:
        (a, b), n = self.patch_shape, self.patches
        redraw(self, lambda draw: draw(a, n * b).reshape(a, n, b).transpose(1, 0, 2))
        super().setup()

    def transmit(self, m: Any, weights: Any) -> Any:
        seen = _windows(m, self.patches, self.patch_shape[0], self.strides[0])
        return _overlapped(jnp.einsum("rpi,pij->rpj", seen, weights), self.strides[1], self.sizes[1])

    def incoming(self, units: Any) -> Any:
        return jnp.asarray(units)[self._places(1)][:, None, :]

    def self_weights(self, weights: Any) -> Any:
        pre, post = (self._places(side) for side in (0, 1))
        p, i, j = np.nonzero(pre[:, :, None] == post[:, None, :])
        return jnp.zeros(self.sizes[1], weights.dtype).at[pre[p, i]].add(weights[p, i, j])

    def _places(self, side: int) -> np.ndarray:
        """(patches, size): the units of each patch."""
        return np.arange(self.patches)[:, None] * self.strides[side] + np.arange(self.patch_shape[side])


def _windows(m: Any, count: int, size: int, stride: int) -> Any:
    """(rows, count, size): the windows of m (rows, n), `stride` apart, by slices (quick both ways)."""
    steps = -(-size // stride)
    padded = jnp.pad(m, ((0, 0), (0, (count + steps - 1) * stride - m.shape[1])))
    blocks = padded.reshape(m.shape[0], count + steps - 1, stride)
    return jnp.concatenate([blocks[:, k : k + count] for k in range(steps)], axis=2)[..., :size]


def _overlapped(parts: Any, stride: int, n: int) -> Any:
    """(rows, n): windows (rows, count, size) added up, each in its place; the transpose of `_windows`."""
    rows, count, size = parts.shape
    steps = -(-size // stride)
    blocks = jnp.pad(parts, ((0, 0), (0, 0), (0, steps * stride - size))).reshape(rows, count, steps, stride)
    total = jnp.zeros((rows, count + steps - 1, stride), parts.dtype)
    for k in range(steps):
        total = total.at[:, k : k + count].add(blocks[:, :, k])
    return total.reshape(rows, -1)[:, :n]
