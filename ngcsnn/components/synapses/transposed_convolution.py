"""Transmission that enlarges an image: the transpose of a convolution."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.components.synapses.convolution import LAYOUT, Conv2DSynapse
from ngcsnn.components.synapses.windows import Image, Windows, pair, same_unit, windows


class Conv2DTransposeSynapse(Conv2DSynapse):
    """Transmits events, or graded values, of an image of units to a larger one: each unit stamps the kernel onto it.

        outputs[y, x, f] = sum over i, j, c, and the units (y', x') with y = y' s_y + i - p_y and x = x' s_x + j - p_x,
                           of inputs[y', x', c] * weights[i, j, c, f],  + bias[f]
        and for the first moments of events the same without bias

    The transpose of the Conv2DSynapse of these strides and this padding that leads from `out_shape` to `in_shape`; with
    "valid" the output has (size - 1) * stride + kernel_size rows or columns, with "same" size * stride.
    Shapes as there: flat units, weights (k_y, k_x, channels, filters), bias (filters,).
    """

    @cached_property
    def windows(self) -> Windows:
        """Those of the convolution in the other direction, on the output."""
        size, stride = pair(self.kernel_size), pair(self.strides)
        enlarged = [
            n * s if self.padding == "same" else (n - 1) * s + k
            for n, s, k in zip(self.in_shape[:2], stride, size, strict=True)
        ]
        label = f"{type(self).__name__} '{self.name}'"
        return windows(label, (enlarged[0], enlarged[1]), size, stride, self.padding)

    @property
    def out_shape(self) -> Image:
        return *self.windows.image, self.filters

    def transmit(self, m: Any, weights: Any) -> Any:
        w = self.windows
        padding = [(k - 1 - low, k - 1 - high) for k, (low, high) in zip(w.size, w.padding, strict=True)]
        out = lax.conv_general_dilated(
            m.reshape(-1, *self.in_shape), weights[::-1, ::-1], (1, 1), padding,
            lhs_dilation=w.stride, dimension_numbers=LAYOUT,
        )  # fmt: skip
        return out.reshape(m.shape[0], math.prod(self.out_shape))

    def self_weights(self, weights: Any) -> Any:
        taps, filter_, channel = same_unit(self.windows, self.filters, self.in_shape[2])
        return jnp.where(taps[0] >= 0, weights[taps[0], taps[1], channel, filter_], 0.0)
