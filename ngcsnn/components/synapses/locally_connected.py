"""Transmission through windows of an image, each with weights of its own."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.synapses.convolution import LAYOUT
from ngcsnn.components.synapses.drawing import redraw
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


class LocallyConnected2DSynapse(Synapse):
    """Transmits events, or graded values, of an image of units through windows that share no weights.

        outputs[y, x, f] = sum_{i, j, c} inputs[y s_y + i - p_y, x s_x + j - p_x, c] * weights[y, x, i, j, c, f]
                           + bias[y, x, f],    and for the first moments of events the same without bias

    A convolution (see Conv2DSynapse, whose arguments and order of units these are) whose kernel is another one at each
    place. weights (rows, columns, k_y, k_x, channels, filters) of `out_shape` (rows, columns, filters), bias
    (rows * columns * filters,). With padding "same", weights that no unit lies behind have no effect. Initialisers that
    depend on the inputs of a unit take those of one window. Training keeps weights within [w_min, w_max].
    """

    in_shape = hyper(kind=tuple, check=image_shape, doc="(height, width, channels) of the presynaptic units")
    filters = hyper(kind=int, check=checks.positive, doc="number of output channels")
    window_size = hyper(kind=(int, tuple), check=one_or_two, doc="height and width of a window, or (height, width)")
    strides = hyper(1, kind=(int, tuple), check=one_or_two, doc="from one window to the next, or (down, across)")
    padding = hyper("valid", kind=str, check=paddings, doc="valid or same")
    weights = synaptic_weights(lambda c: (*c.windows.count, *pair(c.window_size), c.in_shape[2], c.filters))
    bias = synaptic_bias(lambda c: c.sizes[1:])
    w_min, w_max = weight_bounds()

    @cached_property
    def windows(self) -> Windows:
        label = f"{type(self).__name__} '{self.name}'"
        return windows(label, self.in_shape[:2], self.window_size, self.strides, self.padding)

    @property
    def out_shape(self) -> Image:
        """(height, width, channels) of the postsynaptic units."""
        return *self.windows.count, self.filters

    @property
    def sizes(self) -> tuple[int, int]:
        return math.prod(self.in_shape), math.prod(self.out_shape)

    def setup(self) -> None:
        rows, columns = self.windows.count
        taps = (*self.windows.size, self.in_shape[2])
        shape = (*taps, rows, columns, self.filters)
        redraw(
            self,
            lambda draw: draw(math.prod(taps), math.prod(shape[3:])).reshape(shape).transpose(3, 4, 0, 1, 2, 5),
        )
        super().setup()

    def transmit(self, m: Any, weights: Any) -> Any:
        w = self.windows
        seen = lax.conv_general_dilated_patches(
            m.reshape(-1, *self.in_shape), w.size, w.stride, w.padding, dimension_numbers=LAYOUT
        ).reshape(m.shape[0], *w.count, self.in_shape[2], *w.size)
        return jnp.einsum("ryxcij,yxijcf->ryxf", seen, weights).reshape(m.shape[0], -1)

    def incoming(self, units: Any) -> Any:
        return jnp.asarray(units).reshape(*self.windows.count, 1, 1, 1, self.filters)

    def self_weights(self, weights: Any) -> Any:
        taps, channel, filter_ = same_unit(self.windows, self.in_shape[2], self.filters)
        row, column, _ = np.unravel_index(np.arange(taps.shape[1]), self.out_shape)
        return jnp.where(taps[0] >= 0, weights[row, column, taps[0], taps[1], channel, filter_], 0.0)
