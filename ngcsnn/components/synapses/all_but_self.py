"""Transmission from each unit to all units but itself, at the cost of one sum."""

from __future__ import annotations

from typing import Any

from ngcsnn.components.synapses.drawing import redraw
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import checks, hyper


class AllButSelfSynapse(Synapse):
    """Transmits events, or graded values, of each unit to all units but itself: lateral inhibition.

        outputs[j] = sum over i != j of inputs[i] * weights[i] + bias[j]
        and for the first moments of events the same without bias

    The same as a dense synapse with rows of one weight and a diagonal of zeros, in n_units numbers and operations
    instead of their square. Shapes: inputs, outputs (batch, n_units), weights (n_units,), one for each presynaptic
    unit, bias (n_units,). Training keeps weights within [w_min, w_max]. Source of the pattern: Diehl & Cook 2015,
    Front. Comput. Neurosci. 9:99.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of units on either side")
    weights = synaptic_weights("n_units")
    bias = synaptic_bias("n_units")
    w_min, w_max = weight_bounds()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.n_units, self.n_units

    def setup(self) -> None:
        n, n_in = self.n_units, max(1, self.n_units - 1)
        redraw(self, lambda draw: draw(n_in, -(-n // n_in)).ravel()[:n])
        super().setup()

    def transmit(self, m: Any, weights: Any) -> Any:
        sent = m * weights
        return sent.sum(axis=1, keepdims=True) - sent
