"""Transmission from each unit to the unit of the same number."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.delays import longest_delay, synaptic_delays
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import checks, hyper


class OneToOneSynapse(Synapse):
    """Transmits events, or graded values, from each unit to the unit of the same number.

        outputs = inputs * weights + bias,   and for the first moments of events the same without bias

    Shapes: inputs, outputs (batch, n_units), weights, bias (n_units,). Training keeps weights within [w_min, w_max].
    With `delays` (n_units,) an event of unit i sent at t arrives at t + delays[i].
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of units on either side")
    weights = synaptic_weights("n_units")
    bias = synaptic_bias("n_units")
    w_min, w_max = weight_bounds()
    delays = synaptic_delays("n_units")
    max_delay = longest_delay()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.n_units, self.n_units

    def transmit(self, m: Any, weights: Any) -> Any:
        return m * weights

    def self_weights(self, weights: Any) -> Any:
        return weights

    def incoming(self, units: Any) -> Any:
        return units

    def line_units(self) -> Any:
        return jnp.arange(self.n_units, dtype=jnp.int32)

    def collect(self, line: Any, weights: Any) -> Any:
        return line * weights

    def collect_self(self, line: Any, weights: Any) -> Any:
        return line * weights
