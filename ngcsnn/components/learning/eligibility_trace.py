"""Eligibility of every synapse onto a cell: how its spikes would have moved with the weight, step by step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.credit import EProp
from ngcsnn.graph import (
    Compartment,
    Component,
    Frame,
    GraphError,
    UnknownNameError,
    closest,
    hyper,
    output,
    running,
    state,
)


class EligibilityTrace(Component):
    """Eligibility of each synapse i -> j of `synapse` onto the spiking cells j of `cell`.

        eps_ij(t) = (dx_j(t)/dx_j(t-1)) eps_ij(t-1) + (dx_j(t)/dm_j) p_i(t)
        e_ij(t)   = (ds_j(t)/dx_j(t-1)) eps_ij(t-1) + (ds_j(t)/dm_j) p_i(t)

    x_j: the D states of the cell (potential, adaptation, currents), s_j its spikes with the surrogate derivative, m_j
    what the synapse sends it, p_i what came in there. All derivatives are those of the cell's own step, for any spiking
    cell; none passes through other cells or the reset. Cell and synapse are made before the trace, and step before it.
    Shapes: e (batch, n_pre, n_post), eps (batch, D, n_pre, n_post). Errors: `GraphError` and its kin for components
    that do not fit.
    Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
    """

    stage = "rule"

    synapse = hyper(kind=str, doc="name of the synapse, without delays")
    cell = hyper(kind=str, doc="name of the spiking cell that it leads to")
    surrogate = hyper("piecewise_linear", kind=(str, dict), doc="derivative of a spike, as in SurrogateCompiler")
    shape: tuple[int, int]
    e: Compartment

    def setup(self) -> None:
        self._rule = EProp(self.surrogate)
        target, source = self._named("cell", "reset_map"), self._named("synapse", "transmit")
        if getattr(source, "delayed", False):
            raise GraphError(f"EligibilityTrace '{self.name}': synapse '{self.synapse}' has delays")
        if source.sizes[1] != target.n_units:
            raise GraphError(
                f"EligibilityTrace '{self.name}': '{self.synapse}' leads to {source.sizes[1]} units, '{self.cell}' has "
                f"{target.n_units}"
            )
        self.shape = source.sizes
        self.declare("e", output(shape=self.shape, doc="eligibility in this step"))
        self.declare("eps", state(shape=(len(target.State._fields), *self.shape), doc="eligibility vectors"))
        self.declare("sent", state(shape=self.shape[:1], doc="what the synapse will transmit in the next step"))
        self.declare("runs", state(shape=(1,), doc="1 from the first step on"))
        for c in self._own():
            self.declare(f"last_{c.name}", state(shape=c.shape, unit=c.declared.unit, doc=f"{c.name} a step ago"))

    def _named(self, argument: str, has: str) -> Any:
        name, components = getattr(self, argument), self.context.components
        if name not in components:
            near = closest(name, components)
            raise UnknownNameError(f"EligibilityTrace '{self.name}': `{argument}`: no component '{name}'{near}")
        if not hasattr(components[name], has):
            kind = "spiking cell" if argument == "cell" else "synapse"
            raise GraphError(f"EligibilityTrace '{self.name}': `{argument}` '{name}' is no {kind}")
        return components[name]

    def _own(self) -> list[Any]:
        """What the cell carries from step to step."""
        owned = self.context.components[self.cell].owned()
        return [c for c in owned if c.role in ("state", "output") and not c.name.endswith(".offset")]

    def advance(self) -> None:
        cell: Any = self.context.components[self.cell]
        synapse: Any = self.context.components[self.synapse]
        fields, p, eps = cell.State._fields, self.sent.get(), self.compartments["eps"].get()
        last = {c.name: self._last(c) for c in self._own()}
        values = self._values()

        def step(x: Any, more: Any) -> tuple[Any, Any]:
            here = {name: dict(part) for name, part in values.items()}
            here[self.cell].update(last)
            here[self.cell].update(zip(fields, x, strict=True))
            here[self.synapse]["outputs"] = here[self.synapse]["outputs"] + more
            with running(Frame(self.context, here, self._rule, driven=None)):
                cell.advance()
            return jnp.stack([here[self.cell][f] for f in fields]), here[self.cell]["s"]

        x = jnp.stack([last[f] for f in fields])
        none = jnp.zeros_like(x[0])
        units = jnp.eye(len(fields), dtype=x.dtype)[:, :, None, None] * jnp.ones_like(x)
        by_x, s_by_x = jax.vmap(lambda d: jax.jvp(lambda x: step(x, none), (x,), (d,))[1])(units)
        by_m, s_by_m = jax.jvp(lambda m: step(x, m), (none,), (jnp.ones_like(none),))[1]
        sent = p[:, :, None]
        self.e.set(jnp.einsum("dbj,bdij->bij", s_by_x, eps) + s_by_m[:, None] * sent)
        moved = jnp.einsum("dobj,bdij->boij", by_x, eps)
        self.compartments["eps"].set(moved + by_m.swapaxes(0, 1)[:, :, None] * sent[:, None])
        self.sent.set(synapse.inputs.get())
        self.compartments["runs"].set(1.0)
        for c in self._own():
            self.compartments[f"last_{c.name}"].set(c.get())

    def _last(self, c: Any) -> Any:
        kept = self.compartments[f"last_{c.name}"].get()
        begun = self.compartments["runs"].get().reshape(-1, *(1,) * (kept.ndim - 1)) > 0
        return jnp.where(begun, kept, c.start_value(kept.shape[0]))

    def _values(self) -> dict[str, dict[str, Any]]:
        """All that the cell's step may read."""
        return {
            name: {c.name: c.get() for c in component.owned() if c.source is None}
            for name, component in self.context.components.items() if component.stage != "rule"
        }  # fmt: skip
