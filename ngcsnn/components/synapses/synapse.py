"""The base of every synapse: transmission stated once.

A synapse is a linear map. What it does to the sizes of events, or to graded values, it does to their first moments too
(size times offset within the step). So a class states one function, `transmit`, and knows nothing of its receivers.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.delays import arrive, line_length, longest, whole_and_rest
from ngcsnn.credit import resolve
from ngcsnn.graph import Compartment, Component, GraphError, checks, hyper, input_, line_of, output, param, state


def synaptic_weights(shape: Any) -> Any:
    """Declare `weights`: what a class trains and passes to `transmit`."""
    return param(shape=shape, fill=True, learned=True, check=checks.finite, doc="synaptic weights")


def synaptic_bias(shape: Any, of: str = "unit") -> Any:
    """Declare `bias`, one number for every `of`."""
    text = f"added to the output of each {of} in every step; none by default"
    return param(None, shape=shape, fill=True, learned=True, check=checks.finite, doc=text)


def weight_bounds() -> tuple[Any, Any]:
    """Declare `w_min, w_max`, the interval of the weights."""
    low, high = (f"{which} weight; none by default" for which in ("smallest", "largest"))
    kind = (float, type(None))
    return hyper(None, kind=kind, check=checks.finite, doc=low), hyper(None, kind=kind, check=checks.finite, doc=high)


class Synapse(Component):
    """Base of synapses, linear maps of events or graded values.

        outputs = transmit(inputs, weights) + bias,    and for the first moments of events the same without bias

    A subclass defines `sizes` and `transmit(m, weights)`, and declares what it has of `weights`, `bias`, `mask` and
    `w_min`, `w_max` (see `synaptic_weights`, `synaptic_bias`, `weight_bounds`). Where its units may send to themselves,
    `self_weights(weights)` tells with which weight: a cell must not take its own spike for an arrival before it.
    Training keeps weights within [w_min, w_max] and never moves a masked one. Shapes (batch, n_pre), (batch, n_post).
    """

    stage: ClassVar[str] = "synapse"

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

    def line_units(self) -> Any:
        """The presynaptic unit of each entry of `delays`, int32 of its shape; for classes that declare delays."""
        raise TypeError(f"{type(self).__name__} must define line_units() for its delays")

    def collect(self, line: Any) -> Any:
        """Add up for each postsynaptic unit what arrives over the entries of `weights`: (rows, *shape) -> (rows, n)."""
        raise TypeError(f"{type(self).__name__} must define collect(line) for its delays")

    def incoming(self, units: Any) -> Any:
        """Which weights lead to the postsynaptic `units` (n_post,) bool: bool, broadcast to the weights' shape."""
        raise GraphError(f"{type(self).__name__} '{self.name}' shares its weights between units")

    def in_one_call(self, rows: int) -> bool:
        """Whether it is cheaper to transmit values and moments of `rows` rows stacked than one after the other."""
        return False

    # --- what holds for all -----------------------------------------------------------------------------------------
    def setup(self) -> None:
        if "weights" in self.compartments:
            self._check_weights()
        n_pre, n_post = self.sizes
        self.delayed = getattr(self, "delays", None) is not None
        if self.delayed:
            self.longest = longest(self)
            self.line_length = line_length(self.longest, self.context.dt)
            if self.line_length:
                doc = "{} of the last steps, newest first: what is still on its way"
                shape = (self.line_length, n_pre)
                self.declare("on_the_way", state(shape=shape, doc=doc.format("inputs")))
                self.declare("on_the_way_moments", state(shape=shape, unit="ms", doc=doc.format("first moments")))
        elif getattr(self, "max_delay", None) is not None:
            raise GraphError(f"{type(self).__name__} '{self.name}': `max_delay` without `delays` says nothing")
        elif n_pre == n_post:
            doc = "what each unit sends to itself, where the synapse leads back to its own population"
            self.declare("autapses", output(shape=(n_post,), doc=doc))

    def _check_weights(self) -> None:
        label = f"{type(self).__name__} '{self.name}'"
        low, high = self.bounds("weights")
        if low > high:
            raise GraphError(f"{label}: `w_min` must be <= `w_max`, got {low} and {high}")
        values = self.context.live[self.name]
        weights = np.asarray(values["weights"])
        mask = np.asarray(values["mask"]) if "mask" in self.compartments else np.ones(weights.shape)
        if not np.all(np.isin(mask, (0, 1))):
            raise GraphError(f"{label}: `mask` must hold zeros and ones only")
        if hasattr(self.arguments["weights"], "draw"):
            weights = np.clip(weights, low, high)  # a drawn weight is cut to its bounds
        elif not np.all(((weights >= low) & (weights <= high)) | (mask == 0)):
            raise GraphError(f"{label}: `weights` lie outside [{low}, {high}]")
        values["weights"] = jnp.asarray(weights * mask, values["weights"].dtype)

    def bounds(self, name: str) -> tuple[float, float]:
        """The interval that training keeps a parameter in."""
        if name == "delays":
            return 0.0, self.longest
        if name != "weights" or "w_min" not in self.declarations:
            return super().bounds(name)
        low = -np.inf if self.w_min is None else self.w_min
        return low, np.inf if self.w_max is None else self.w_max

    def effective_weights(self) -> Any:
        """The weights as they act, masked ones 0; None where the class has no weights."""
        if "weights" not in self.compartments:
            return None
        weights = self.weights.get()
        return weights * self.mask.get() if "mask" in self.compartments else weights

    def effective_bias(self) -> Any:
        """The bias of every postsynaptic unit, something that adds to (batch, n_post); None where there is none."""
        return self.bias.get() if "bias" in self.compartments else None

    def leads_back(self) -> bool:
        """Whether it connects a population to itself."""
        source = self.inputs.source
        cell = source.component if isinstance(source, Compartment) else None
        return cell is not None and any(
            self.outputs in t.source.sources() for t in cell.wired() if t.source is not None
        )

    def advance(self) -> None:
        if self.delayed:
            self.emit(*self._arrived())
            return
        m0, m1 = self.inputs.moments()
        weights = self.effective_weights()
        if "autapses" in self.compartments and resolve(self.context.crossing).orders and self.leads_back():
            own = self.self_weights(weights)
            if own is not None:
                self.compartments["autapses"].set(m0 * own)
        self.emit(*self._transmit_moments(m0, m1, weights))

    def emit(self, value: Any, moment: Any) -> None:
        """Put out what was transmitted, with the bias."""
        bias = self.effective_bias()
        self.outputs.set_moments(value if bias is None else value + bias, moment)

    # --- delays -----------------------------------------------------------------------------------------------------
    def whole_and_rest(self) -> tuple[Any, Any]:
        """(whole steps, rest in ms) of each delay."""
        return whole_and_rest(self.delays.get(), self.context.dt, self.line_length, resolve(self.context.crossing))

    def line_places(self) -> tuple[Any, Any]:
        """(lags, units) of the places of the line that each entry of `delays` reads, int32 of one shape."""
        whole, _ = self.whole_and_rest()
        units = self.line_units()
        if not resolve(self.context.crossing).within_step:
            return whole, units
        return jnp.stack([whole, whole + 1]), jnp.stack([units, units])

    def _arrived(self) -> tuple[Any, Any]:
        """What arrives in this step, of all that was sent: (value, moment)."""
        weights = self.effective_weights()
        if not self.line_length:
            return self._transmit_moments(*self.inputs.moments(), weights)
        line = line_of(self.name)
        value, moment = self._own_line() if line is None else line
        if moment is not None:
            rest, rule = self.whole_and_rest()[1], resolve(self.context.crossing)
            both = rule.within_step
            value, moment = arrive(value, moment, rest, self.context.dt) if both else (value, moment + value * rest)
        return self.collect(value * weights), None if moment is None else self.collect(moment * weights)

    def _own_line(self) -> tuple[Any, Any]:
        """Take from the line what arrives now, put in what is sent now."""
        lags, units = self.line_places()
        out = []
        for name, now in zip(("on_the_way", "on_the_way_moments"), self.inputs.moments(), strict=True):
            if now is None:
                out.append(None)
                continue
            held = self.compartments[name]
            line = jnp.concatenate([now[:, None], held.get()], axis=1)
            out.append(line[:, lags, units])
            held.set(line[:, :-1])
        return out[0], out[1]

    def _transmit_moments(self, m0: Any, m1: Any, weights: Any) -> tuple[Any, Any]:
        if m1 is None:
            return self.transmit(m0, weights), None
        rows = m0.shape[0]
        if not self.in_one_call(rows):
            return self.transmit(m0, weights), self.transmit(m1, weights)
        both = self.transmit(jnp.concatenate([m0, m1]), weights)
        return both[:rows], both[rows:]
