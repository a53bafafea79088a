"""Transmission of averages over windows of an image."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.synapses.synapse import Synapse
from ngcsnn.components.synapses.windows import Image, Windows, image_shape, one_or_two, windows
from ngcsnn.graph import hyper


class AvgPool2DSynapse(Synapse):
    """Transmits events, or graded values, of an image of units as averages over windows; it has nothing to learn.

        outputs[y, x, c] = 1 / (k_y k_x) sum_{i, j} inputs[y s_y + i, x s_x + j, c],   and for first moments the same

    Windows lie inside the image: rows and columns at its end that fill none are not transmitted. Flat units: inputs
    (batch, height * width * channels), outputs the same of `out_shape`, both in the order (height, width, channel).
    """

    in_shape = hyper(kind=tuple, check=image_shape, doc="(height, width, channels) of the presynaptic units")
    pool_size = hyper(kind=(int, tuple), check=one_or_two, doc="height and width of a window, or (height, width)")
    strides = hyper(
        None, kind=(int, tuple, type(None)), check=one_or_two,
        doc="from one window to the next, or (down, across); pool_size, so that windows tile the image, by default",
    )  # fmt: skip

    @cached_property
    def windows(self) -> Windows:
        strides = self.pool_size if self.strides is None else self.strides
        return windows(f"AvgPool2DSynapse '{self.name}'", self.in_shape[:2], self.pool_size, strides)

    @property
    def out_shape(self) -> Image:
        """(height, width, channels) of the postsynaptic units."""
        return *self.windows.count, self.in_shape[2]

    @property
    def sizes(self) -> tuple[int, int]:
        return math.prod(self.in_shape), math.prod(self.out_shape)

    def transmit(self, m: Any, weights: Any) -> Any:
        w = self.windows
        sums = lax.reduce_window(
            m.reshape(-1, *self.in_shape), np.zeros((), m.dtype), lax.add, (1, *w.size, 1), (1, *w.stride, 1), "VALID"
        )
        return sums.reshape(m.shape[0], -1) / math.prod(w.size)

    def self_weights(self, weights: Any) -> Any:
        return jnp.ones(self.sizes[1], self.context.dtype)  # only windows of one unit leave as many units as there were
