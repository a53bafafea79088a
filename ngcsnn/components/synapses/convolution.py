"""Transmission through a kernel that slides over an image."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.components.synapses.windows import (
    Image,
    Windows,
    image_shape,
    one_or_two,
    paddings,
    pair,
    same_unit,
    windows,
)
from ngcsnn.graph import checks, hyper

LAYOUT = ("NHWC", "HWIO", "NHWC")


class Conv2DSynapse(Synapse):
    """Transmits events, or graded values, of an image of units through a kernel that slides over it.

        outputs[y, x, f] = sum_{i, j, c} inputs[y s_y + i - p_y, x s_x + j - p_x, c] * weights[i, j, c, f] + bias[f]
        and for the first moments of events the same without bias

    s: strides; p: 0 for padding "valid", which keeps windows inside the image; for "same", as in the field's other
    libraries, half (rounded down) of what ceil(size / stride) windows need beyond the image, whose units are silent.
    Cells keep flat units: inputs (batch, height * width * channels), outputs the same of `out_shape`, both in the order
    (height, width, channel) with the last running fastest. weights (k_y, k_x, channels, filters), bias (filters,).
    Training keeps weights within [w_min, w_max].
    """

    in_shape = hyper(kind=tuple, check=image_shape, doc="(height, width, channels) of the presynaptic units")
    filters = hyper(kind=int, check=checks.positive, doc="number of output channels")
    kernel_size = hyper(kind=(int, tuple), check=one_or_two, doc="height and width of the kernel, or (height, width)")
    strides = hyper(1, kind=(int, tuple), check=one_or_two, doc="from one window to the next, or (down, across)")
    padding = hyper("valid", kind=str, check=paddings, doc="valid or same")
    weights = synaptic_weights(lambda c: (*pair(c.kernel_size), c.in_shape[2], c.filters))
    bias = synaptic_bias("filters", of="filter")
    w_min, w_max = weight_bounds()

    @cached_property
    def windows(self) -> Windows:
        label = f"{type(self).__name__} '{self.name}'"
        return windows(label, self.in_shape[:2], self.kernel_size, self.strides, self.padding)

    @property
    def out_shape(self) -> Image:
        """(height, width, channels) of the postsynaptic units."""
        return *self.windows.count, self.filters

    @property
    def sizes(self) -> tuple[int, int]:
        return math.prod(self.in_shape), math.prod(self.out_shape)

    def transmit(self, m: Any, weights: Any) -> Any:
        image, w = m.reshape(-1, *self.in_shape), self.windows
        out = lax.conv_general_dilated(image, weights, w.stride, w.padding, dimension_numbers=LAYOUT)
        return out.reshape(m.shape[0], -1)

    def self_weights(self, weights: Any) -> Any:
        taps, channel, filter_ = same_unit(self.windows, self.in_shape[2], self.filters)
        return jnp.where(taps[0] >= 0, weights[taps[0], taps[1], channel, filter_], 0.0)

    def spread_bias(self, bias: Any) -> Any:
        return jnp.tile(bias, math.prod(self.out_shape[:2]))
