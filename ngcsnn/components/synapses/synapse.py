"""The base of every synapse: transmission stated once.

A synapse is a linear map. What it does to the sizes of events, or to graded values, it does to their first moments too
(size times offset within the step). So a class states one function, `transmit`, and knows nothing of its receivers.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from ngcsnn.components.synapses.bounds import weight_bounds as weight_bounds
from ngcsnn.components.synapses.delayed import DelayedTransmission
from ngcsnn.components.synapses.plasticity import PlasticSynapse
from ngcsnn.components.synapses.rows import sum_of_rows
from ngcsnn.credit import resolve
from ngcsnn.graph import Compartment, Listed, checks, input_, listed, output, param


def synaptic_weights(shape: Any) -> Any:
    """Declare `weights`: what a class trains and passes to `transmit`."""
    return param(shape=shape, fill=True, learned=True, check=checks.finite, doc="synaptic weights")


def synaptic_bias(shape: Any, of: str = "unit") -> Any:
    """Declare `bias`, one number for every `of`."""
    text = f"added to the output of each {of} in every step; none by default"
    return param(None, shape=shape, fill=True, learned=True, check=checks.finite, doc=text)


class Synapse(PlasticSynapse, DelayedTransmission):
    """Base of synapses, linear maps of events or graded values.

        outputs = transmit(inputs, weights) + bias,    and for the first moments of events the same without bias

    A subclass defines `sizes` and `transmit(m, weights)`, and declares what it has of `weights`, `bias`, `mask` and
    `w_min`, `w_max` (see `synaptic_weights`, `synaptic_bias`, `weight_bounds`). Where its units may send to themselves,
    `self_weights(weights)` tells with which weight: a cell must not take its own spike for an arrival before it.
    Training keeps weights within [w_min, w_max] and never moves a masked one. Shapes (batch, n_pre), (batch, n_post).
    Learning rules move weights through `dweights`, see `PlasticSynapse`.
    """

    stage: ClassVar[str] = "synapse"
    own_weights: ClassVar[bool] = True  # whether each of `weights` is an entry, or several, of the matrix that it is
    copied: ClassVar[bool] = False  # whether `matrix` holds one matrix for each of its delays, which are known numbers

    inputs = input_(shape=lambda c: c.sizes[:1], timed=True, doc="events or values of the presynaptic units")
    outputs = output(shape=lambda c: c.sizes[1:], timed=True, doc="what reaches each postsynaptic unit")

    # --- what a subclass states -----------------------------------------------------------------------------------
    @property
    def sizes(self) -> tuple[int, int]:
        """(n_pre, n_post)."""
        raise TypeError(f"{type(self).__name__} must define sizes, (n_pre, n_post)")

    def transmit(self, m: Any, weights: Any) -> Any:
        """What `m` (rows, n_pre) becomes on the other side (rows, n_post): linear in `m` and in `weights`.

        weights: in place of the synapse's own, in their shape; None where it declares none.
        """
        raise TypeError(f"{type(self).__name__} must define transmit(m, weights)")

    def self_weights(self, weights: Any) -> Any:
        """The weight from presynaptic unit i to postsynaptic unit i, (n,); None where there is none."""
        return None

    def in_one_call(self, rows: int) -> bool:
        """Whether it is cheaper to transmit values and moments of `rows` rows stacked than one after the other."""
        return False

    # --- what holds for all -----------------------------------------------------------------------------------------
    def setup(self) -> None:
        super().setup()
        n_pre, n_post = self.sizes
        if n_pre == n_post and type(self).self_weights is not Synapse.self_weights:
            doc = "what each unit sends to itself, where the synapse leads back to its own population"
            self.declare("autapses", output(shape=(n_post,), timed=self.delayed, doc=doc))

    def spread_bias(self, bias: Any) -> Any:
        """The bias of every postsynaptic unit, from `bias` in the shape of the synapse's own: linear in it."""
        return bias

    def effective_bias(self) -> Any:
        """The bias of every postsynaptic unit, something that adds to (batch, n_post); None where there is none."""
        return self.spread_bias(self.bias.get()) if "bias" in self.compartments else None

    def leads_back(self) -> bool:
        """Whether it connects a population to itself."""
        source = self.inputs.source
        cell = source.component if isinstance(source, Compartment) else None
        return cell is not None and any(
            self.outputs in t.source.sources() for t in cell.wired() if t.source is not None
        )

    def returns(self) -> bool:
        return "autapses" in self.compartments and resolve(self.context.crossing).orders and self.leads_back()

    def advance(self) -> None:
        weights = self.effective_weights()
        if self.delayed:
            value, moment, own = self.arrived(weights)
            if own is not None:
                self.compartments["autapses"].set_moments(*own)
            self.emit(value, moment)
            return
        events = listed(self.inputs) if self.by_rows else None
        if events is not None:
            self.emit(*self._rows_of(events, weights))
            return
        m0, m1 = self.inputs.moments()
        if self.returns():
            own = self.self_weights(weights)
            if own is not None:
                self.compartments["autapses"].set(m0 * own)
        self.emit(*self._transmit_moments(m0, m1, weights))

    def _rows_of(self, events: Listed, weights: Any) -> tuple[Any, Any]:
        """(value, moment), (1, n_post), of listed events of one sample."""
        value, moment = sum_of_rows(weights, events)[None], None
        if self.inputs.moments()[1] is not None and events.offsets is not None:
            moment = sum_of_rows(weights, events, events.offsets)[None]
        return value, moment

    def emit(self, value: Any, moment: Any) -> None:
        """Put out what was transmitted, with the bias."""
        bias = self.effective_bias()
        self.outputs.set_moments(value if bias is None else value + bias, moment)

    def _transmit_moments(self, m0: Any, m1: Any, weights: Any) -> tuple[Any, Any]:
        if m1 is None:
            return self.transmit(m0, weights), None
        rows = m0.shape[0]
        if not self.in_one_call(rows):
            return self.transmit(m0, weights), self.transmit(m1, weights)
        both = self.transmit(jnp.concatenate([m0, m1]), weights)
        return both[:rows], both[rows:]
