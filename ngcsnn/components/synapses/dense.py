"""All-to-all transmission."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import Compartment, Component, GraphError, checks, hyper, input_, output, param


class DenseSynapse(Component):
    """Transmits events, or graded values, through a weight matrix.

        outputs = inputs @ (weights * mask) + bias,   and for the first moments of events the same without bias

    Shapes: inputs (batch, n_pre), weights and mask (n_pre, n_post), bias (n_post,), outputs (batch, n_post). The bias
    acts in every step. Training keeps weights within [w_min, w_max] and never moves a masked one.
    """

    stage = "synapse"

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    weights = param(shape="shape", fill=True, learned=True, check=checks.finite, doc="synaptic weights")
    bias = param(
        None, shape=lambda c: c.shape[1:], fill=True, learned=True, check=checks.finite,
        doc="added to the output in every step; none by default",
    )  # fmt: skip
    mask = param(
        None, shape="shape", trainable=False, fill=True, doc="1 where a synapse exists, 0 where not; all by default"
    )
    w_min = hyper(None, kind=(float, type(None)), check=checks.finite, doc="smallest weight; none by default")
    w_max = hyper(None, kind=(float, type(None)), check=checks.finite, doc="largest weight; none by default")
    inputs = input_(shape=lambda c: c.shape[:1], timed=True, doc="events or values of the presynaptic units")
    outputs = output(shape=lambda c: c.shape[1:], timed=True, doc="what reaches each postsynaptic unit")

    def setup(self) -> None:
        low, high = self.bounds("weights")
        if low > high:
            raise GraphError(f"DenseSynapse '{self.name}': `w_min` must be <= `w_max`, got {low} and {high}")
        values = self.context.live[self.name]
        weights = np.asarray(values["weights"])
        mask = np.ones(weights.shape) if self.mask is None else np.asarray(values["mask"])
        if not np.all(np.isin(mask, (0, 1))):
            raise GraphError(f"DenseSynapse '{self.name}': `mask` must hold zeros and ones only")
        if hasattr(self.arguments["weights"], "draw"):
            weights = np.clip(weights, low, high)  # a drawn weight is cut to its bounds
        elif not np.all(((weights >= low) & (weights <= high)) | (mask == 0)):
            raise GraphError(f"DenseSynapse '{self.name}': `weights` lie outside [{low}, {high}]")
        values["weights"] = jnp.asarray(weights * mask, values["weights"].dtype)
        if self.shape[0] == self.shape[1]:
            doc = "what each unit sends to itself, where the synapse leads back to its own population"
            self.declare("autapses", output(shape=lambda c: c.shape[1:], doc=doc))

    def bounds(self, name: str) -> tuple[float, float]:
        """The interval that training keeps a parameter in."""
        if name != "weights":
            return super().bounds(name)
        low = -np.inf if self.w_min is None else self.w_min
        return low, np.inf if self.w_max is None else self.w_max

    def effective_weights(self):
        weights = self.weights.get()
        return weights if self.mask is None else weights * self.mask.get()

    def leads_back(self) -> bool:
        """Whether it connects a population to itself."""
        source = self.inputs.source
        cell = source.component if isinstance(source, Compartment) else None
        return cell is not None and any(
            self.outputs in t.source.sources() for t in cell.wired() if t.source is not None
        )

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        weights = self.effective_weights()
        if "autapses" in self.compartments and self.leads_back():
            self.compartments["autapses"].set(m0 * jnp.diagonal(weights))
        out = m0 @ weights
        self.outputs.set_moments(
            out if self.bias is None else out + self.bias.get(), None if m1 is None else m1 @ weights
        )
