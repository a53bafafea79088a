"""All-to-all transmission."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.delays import longest_delay, synaptic_delays
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.components.synapses.tall_product import tall_product
from ngcsnn.graph import checks, hyper, param

MANY_WEIGHTS, FEW_ROWS = 2**20, 128  # where reading the weights is what costs, they are read once for both moments


class DenseSynapse(Synapse):
    """Transmits events, or graded values, through a weight matrix.

        outputs = inputs @ (weights * mask) + bias,   and for the first moments of events the same without bias

    Shapes: inputs (batch, n_pre), weights and mask (n_pre, n_post), bias (n_post,), outputs (batch, n_post). The bias
    acts in every step. Training keeps weights within [w_min, w_max] and never moves a masked one. With `delays`
    (n_pre, n_post) an event sent at t through synapse (i, j) arrives at t + delays[i, j]. Without a wire to `dweights`
    no rule moves it: a static synapse.
    """

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    weights = synaptic_weights("shape")
    bias = synaptic_bias(lambda c: c.shape[1:])
    mask = param(
        None, shape="shape", trainable=False, fill=True, doc="1 where a synapse exists, 0 where not; all by default"
    )
    w_min, w_max = weight_bounds()
    delays = synaptic_delays("shape")
    max_delay = longest_delay()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.shape

    @property
    def by_rows(self) -> bool:
        return not self.delayed and self.mask is None

    def incoming(self, units: Any) -> Any:
        return units[None, :]

    def line_units(self) -> Any:
        return jnp.broadcast_to(jnp.arange(self.shape[0], dtype=jnp.int32)[:, None], self.shape)

    def collect(self, line: Any, weights: Any) -> Any:
        return (line * weights).sum(axis=1)

    def collect_self(self, line: Any, weights: Any) -> Any:
        return jnp.diagonal(line, axis1=1, axis2=2) * jnp.diagonal(weights)

    def transmit(self, m: Any, weights: Any) -> Any:
        return tall_product(m, weights)

    def matrix(self) -> Any:
        """The (n_pre, n_post) matrix that lists of events are sent through."""
        return self.effective_weights()

    def self_weights(self, weights: Any) -> Any:
        return jnp.diagonal(weights)

    def in_one_call(self, rows: int) -> bool:
        return math.prod(self.shape) >= MANY_WEIGHTS and rows <= FEW_ROWS
