"""Bringing back neurons that fell silent: their incoming weights, and no others, are drawn anew or lifted.

A neuron without a spike in a whole epoch has no gradient in spike times, and may never spike again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.parameters import Names, Params
from ngcsnn.compilers.penalties import told
from ngcsnn.compilers.plan import origins
from ngcsnn.graph import Component, Context, GraphError, closest
from ngcsnn.graph.init import generator
from ngcsnn.graph.parameter import brief

WAYS = ("redraw", "lift")


class Rescue(NamedTuple):
    """cell: whose silent units are brought back. synapses: those that lead to it and learn. lift: what is added to
    their weights; None: they are drawn anew from their initialiser."""

    cell: str
    synapses: tuple[str, ...]
    lift: float | None

    def apply(self, context: Context, trained: Params, spikes: Any, seed: int, epoch: int) -> tuple[Params, int]:
        """(parameters with the weights of silent units changed, how many units that were); spikes: {cell: (n,)}."""
        silent = np.asarray(spikes[self.cell]) == 0
        if not silent.any():
            return trained, 0
        out = {name: dict(part) for name, part in trained.items()}
        for name in self.synapses:
            synapse: Any = context.components[name]
            weights = np.asarray(trained[name]["weights"])
            if self.lift is not None:
                new = weights + self.lift
            else:
                rng = generator(seed, name, "weights", "rescue", str(epoch))
                new = synapse.arguments["weights"].draw(rng, weights.shape)
            chosen = np.broadcast_to(synapse.incoming(silent), weights.shape)
            if "mask" in synapse.compartments:
                chosen = chosen & (np.asarray(context.live[name]["mask"]) != 0)
            low, high = synapse.bounds("weights")
            out[name]["weights"] = jnp.asarray(np.where(chosen, np.clip(new, low, high), weights), weights.dtype)
        return out, int(silent.sum())


def rescues(context: Context, given: Any, names: Names) -> list[Rescue]:
    """From {cell or its name: "redraw" or {"lift": amount}}; names: what is trained.

    Errors: `GraphError` and its kin that name the cell, and what stands in the way.
    """
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise GraphError(f'`rescue_silent` must be {{cell: "redraw" or {{"lift": amount}}}}, got {brief(given)}')
    out: list[Rescue] = []
    for key, way in given.items():
        cell = told("`rescue_silent`", context.find, key)
        if not isinstance(cell, Component) or not hasattr(cell, "crossing_terms"):
            raise GraphError(f"`rescue_silent` names spiking cells, got {key!r}")
        lift = _lift(cell.name, way)
        synapses = tuple(s.name for s in _incoming(cell) if "weights" in names.get(s.name, ()))
        if not synapses:
            raise GraphError(f"`rescue_silent` of '{cell.name}': no synapse that leads to it learns its weights")
        for name in synapses:
            synapse: Any = context.components[name]
            told(f"`rescue_silent` of '{cell.name}'", synapse.incoming, np.zeros(synapse.sizes[1], bool))
            if lift is None and not hasattr(synapse.arguments["weights"], "draw"):
                raise GraphError(
                    f"`rescue_silent` of '{cell.name}' cannot redraw the weights of '{name}', which were given as "
                    'numbers: give them an initialiser, or use {"lift": amount}'
                )
        out.append(Rescue(cell.name, synapses, lift))
    return out


def _lift(cell: str, way: Any) -> float | None:
    if way == "redraw":
        return None
    if isinstance(way, Mapping) and list(way) == ["lift"]:
        amount = way["lift"]
        if isinstance(amount, Real) and not isinstance(amount, bool) and np.isfinite(float(amount)):
            return float(amount)
    near = closest(way, WAYS) if isinstance(way, str) else ""
    raise GraphError(f'`rescue_silent` of \'{cell}\' must be "redraw" or {{"lift": amount}}, got {way!r}{near}')


def _incoming(cell: Component) -> list[Component]:
    """The synapses at the far ends of the wires to a cell."""
    sources = [s.component for target in cell.wired() for s in origins(target)]
    return [c for c in dict.fromkeys(sources) if c.stage == "synapse"]
