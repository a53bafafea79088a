"""The eligibilities of the synapses onto one cell: carried between chunks, and what gradients they give.

    dw_ij = sum_t lambda_j(t) p_i(t) + E_ij . lambda_j(start),    E_ij <- Phi_j E_ij + sum_t u_j(t) p_i(t)

as in `ngcsnn.compilers.eprop.streaming`. With a cutoff, a synapse into which nothing has come for so many steps rests:
of what it remembers, only the part goes on that needs no new derivative of a spike (Phi and u with psi = 0).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp

from ngcsnn.compilers.eprop.local_cell import Credit, Flow, LocalCell
from ngcsnn.compilers.parameters import Names, Params

OF_BIAS = "bias"
NEVER = 2**30  # steps


class Eligibility(NamedTuple):
    """of (D, batch, n_pre, n), n_pre 1 for biases and parameters of the cell itself. silent (batch, n_pre): steps since
    something came in; None where nobody asks."""

    of: Any
    silent: Any


Traces = dict[tuple[str, str], Eligibility]


class Eligibilities:
    """cell: that learns. synapses: those whose parameters do. names: what is trained. cutoff: steps, None: never.

    asked: whether it is to be known who is silent, which a cutoff needs too.
    """

    def __init__(
        self, cell: LocalCell, synapses: tuple[str, ...], names: Names, cutoff: int | None = None, asked: bool = False
    ):
        self.cell, self.synapses, self.names, self.cutoff = cell, synapses, names, cutoff
        self.asked = asked or cutoff is not None
        self.context, self.n_units = cell.step.context, cell.step.leaves[cell.fields[0]].shape[0]

    def none(self, size: int, batch: int) -> Traces:
        """Those before the first step, for a state of `size` numbers."""
        dtype, n = self.context.dtype, self.n_units
        out: Traces = {(self.cell.name, k): Eligibility(jnp.zeros((size, batch, 1, n), dtype), None)
                       for k in self.cell.theta}  # fmt: skip
        for name in self.synapses:
            for key in self.names[name]:
                n_pre = 1 if key == OF_BIAS else self.context.live[name][key].shape[0]
                silent = jnp.full((batch, n_pre), NEVER, jnp.int32) if self.asked and key != OF_BIAS else None
                out[name, key] = Eligibility(jnp.zeros((size, batch, n_pre, n), dtype), silent)
        return out

    def active(self, trace: Eligibility) -> Any:
        """Whether a synapse takes part, (batch, n_pre) of 0 and 1; None: all of them. Without a cutoff, from its first
        event on."""
        if trace.silent is None:
            return None
        return (trace.silent < (NEVER if self.cutoff is None else self.cutoff)).astype(trace.of.dtype)

    def grads(self, credit: Credit, sent: Mapping[str, Any], traces: Traces, active: Mapping[Any, Any]) -> Params:
        """Sums over the batch. sent {synapse: (K, batch, n_pre)}: what came in. active {(synapse, key): as above}."""
        out: Params = {}
        for (name, key), trace in traces.items():
            old = _heard(trace.of, credit.state)
            if name == self.cell.name:
                g = credit.theta[key] + old[:, 0]
                whole = self.context.components[name].compartment(key).shape
                out.setdefault(name, {})[key] = g.sum(axis=0) if whole else g.sum()
                continue
            p, on = self._sent(name, key, sent), active.get((name, key))
            if on is not None:
                p, old = p * on, old * on[:, :, None]
            signal = credit.reads[name, "outputs"]
            g = p.reshape(-1, p.shape[-1]).T @ signal.reshape(-1, signal.shape[-1]) + old.sum(axis=0)
            if key == OF_BIAS:
                g = g[0]
            elif "mask" in self.context.components[name].compartments:
                g = g * self.context.live[name]["mask"]
            out.setdefault(name, {})[key] = g
        return out

    def moved(
        self, flow: Flow, resting: Flow | None, sent: Mapping[str, Any], coming: Mapping[str, Any], traces: Traces
    ) -> Traces:
        """Those at the end of the chunk. resting: the flow without derivatives of spikes. coming {synapse: (batch,
        n_pre)}: what comes in next."""
        out: Traces = {}
        for (name, key), trace in traces.items():
            if name == self.cell.name:
                of = _moved(flow.phi, trace.of) + flow.by_theta[key][:, :, None]
                out[name, key] = Eligibility(of, None)
                continue
            p = self._sent(name, key, sent)
            new = Eligibility(self._after(flow, name, p, trace), trace.silent)
            if trace.silent is not None:
                new = new._replace(silent=jnp.where(coming[name] != 0, 0, jnp.minimum(trace.silent + 1, NEVER)))
            on = self.active(new)
            if on is not None and resting is not None:
                new = new._replace(of=jnp.where(on[:, :, None] > 0, new.of, self._after(resting, name, p, trace)))
            out[name, key] = new
        return out

    def _after(self, flow: Flow, name: str, p: Any, trace: Eligibility) -> Any:
        return _moved(flow.phi, trace.of) + _received(p, flow.u[name, "outputs"])

    def _sent(self, name: str, key: str, sent: Mapping[str, Any]) -> Any:
        p = sent[name]
        return jnp.ones((*p.shape[:2], 1), p.dtype) if key == OF_BIAS else p


def _heard(trace: Any, signal: Any) -> Any:
    """sum over D of E (D, batch, n_pre, n) times lambda (D, batch, n): (batch, n_pre, n)."""
    return functools.reduce(jnp.add, (e * s[:, None] for e, s in zip(trace, signal, strict=True)))


def _moved(phi: Any, trace: Any) -> Any:
    """Phi (D, D, batch, n) times E; D is too small for matrix products."""
    return jnp.stack([_heard(trace, row) for row in phi])


def _received(p: Any, u: Any) -> Any:
    """sum over the steps of u (D, K, batch, n) p (K, batch, n_pre): (D, batch, n_pre, n)."""
    if u.shape[1] == 1:
        return u[:, 0, :, None] * p[0][:, :, None]
    return jnp.matmul(p.transpose(1, 2, 0), u.swapaxes(1, 2))
