"""The ways on which errors come back to hidden cells, from what a compiler is told of feedback and filters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ngcsnn.compilers.eprop.feedback import Filter
from ngcsnn.compilers.eprop.network import EXACT, Way
from ngcsnn.compilers.local_credit import hidden_cells
from ngcsnn.compilers.objective import Objective, Output
from ngcsnn.compilers.penalties import told
from ngcsnn.compilers.plan import Leaf, make_plan, origins
from ngcsnn.graph import Component, Context, GraphError, ShapeError
from ngcsnn.graph.init import generator

KINDS = ("symmetric", "random", "adaptive")
Filters = Mapping[str, Mapping[str, tuple[Filter, Filter | None]]]


class Feedback:
    """feedback: "symmetric" (the weights to the output), "random" (fixed) or "adaptive" (random at first, then with the
    updates that the weights to the output get). weights: {hidden cell: (n_hidden, n_out), or {output: (n_hidden,
    n_out)}} in place of drawn ones, or None. Drawn weights are normal with standard deviation 1 / sqrt(n_hidden).
    """

    def __init__(self, context: Context, objective: Objective, kind: str, weights: Any, seed: int):
        self.context, self.objective, self.kind, self.seed = context, objective, kind, seed
        self.outputs = [o.name for o in objective.outputs]
        self.hidden = hidden_cells(context, self.outputs)
        if kind != "symmetric" and not self.hidden:
            raise GraphError(f"`feedback` '{kind}' is for hidden spiking cells, and there is none here")
        self.given = self._given(weights)

    def ways(self, filters: Filters) -> tuple[Way, ...]:
        """filters: {hidden cell: {output: (filter of the error, that of what the weights to the output learn from)}};
        {}: the readouts' own dynamics."""
        out = []
        for hidden in self.hidden:
            found = 0
            for output in self.objective.outputs:
                synapses = self._between(hidden, output.name)
                if self.kind == "symmetric" and not synapses:
                    continue
                way, trace = filters[hidden][output.name] if filters else (EXACT, None)
                leaf = self._recorded(output) if filters else self._arriving(output)
                trace = trace if synapses else None
                own = () if self.kind != "symmetric" else tuple(synapses)
                adapts = self.kind == "adaptive"
                out.append(Way(hidden, output.name, leaf, way, own, adapts, trace, exact=not filters))
                found += 1
            if not found:
                raise GraphError(
                    f"hidden cell '{hidden}' has no synapse to an output ({', '.join(self.outputs)}), so that no "
                    "symmetric feedback reaches it: choose feedback 'random' or 'adaptive'"
                )
        return tuple(out)

    def weights(self, ways: tuple[Way, ...]) -> dict[str, np.ndarray]:
        """{way's name: (n_hidden, n_out)} of the ways with weights of their own."""
        sizes = {o.name: o.n_units for o in self.objective.outputs}
        out = {}
        for way in ways:
            if self.kind == "symmetric":
                continue
            shape = (self.context.components[way.hidden].s.shape[0], sizes[way.output])
            drawn = generator(self.seed, way.hidden, f"feedback from {way.output}").normal(size=shape) / shape[0] ** 0.5
            given = np.asarray(self.given.get(way.hidden, {}).get(way.output, drawn))
            if given.shape != shape or given.dtype.kind not in "biuf" or not np.all(np.isfinite(given)):
                raise ShapeError(
                    f"`feedback_weights` from '{way.output}' to '{way.hidden}' must be finite numbers of shape {shape} "
                    f"(hidden, output), got shape {given.shape}"
                )
            out[way.name] = given.astype(self.context.dtype)
        return out

    def _given(self, weights: Any) -> dict[str, dict[str, Any]]:
        if weights is None:
            return {}
        if self.kind == "symmetric":
            raise GraphError("`feedback_weights` do not apply to feedback 'symmetric'; choose 'random' or 'adaptive'")
        if not isinstance(weights, Mapping):
            raise GraphError("`feedback_weights` must be {hidden cell: array, or {output: array}}")
        out: dict[str, dict[str, Any]] = {}
        for key, value in weights.items():
            hidden = self._name("feedback_weights", key, self.hidden)
            parts = value
            if not isinstance(value, Mapping):
                if len(self.outputs) > 1:
                    raise GraphError(
                        f"`feedback_weights` of '{hidden}': name the outputs, {{{', '.join(self.outputs)}: array}}"
                    )
                parts = {self.outputs[0]: value}
            out[hidden] = {self._name("feedback_weights", o, self.outputs): w for o, w in parts.items()}
        return out

    def _name(self, argument: str, key: Any, known: list[str]) -> str:
        found = told(f"`{argument}`", self.context.find, key)
        if not isinstance(found, Component) or found.name not in known:
            raise GraphError(f"`{argument}` names {', '.join(known)}, got {key!r}")
        return found.name

    def _between(self, hidden: str, output: str) -> list[str]:
        """The synapses that read this cell and that this output reads."""
        found = {s.component.name for t in self.context.components[output].wired() for s in origins(t)}
        synapses = [c for c in self.context.components.values() if c.name in found and c.stage == "synapse"]
        return [c.name for c in synapses if any(s.component.name == hidden for t in c.wired() for s in origins(t))]

    def _recorded(self, output: Output) -> Leaf:
        leaves = [leaf for leaf in output.leaves if leaf is not None]
        if len(leaves) != 1 or leaves[0][0] != output.name:
            raise GraphError(
                f"`kappa` filters the error of one recorded potential; readout '{output.readout.kind}' of output "
                f"'{output.name}' reads {[leaf[1] for leaf in leaves]}"
            )
        return leaves[0]

    def _arriving(self, output: Output) -> Leaf:
        """What a synapse sends to this output: there spikes of cells that have none are taken to arrive as well."""
        stage = next(s for s in make_plan(self.context) if output.name in s.members)
        if set(stage.members) & set(self.hidden):
            raise GraphError(
                f"`feedback` '{self.kind}': output '{output.name}' feeds back into the network; give a `kappa`"
            )
        components = self.context.components
        reads = [r.leaf for r in stage.external if r.reader == output.name and components[r.leaf[0]].stage == "synapse"]
        if not reads:
            raise GraphError(f"`feedback` '{self.kind}': output '{output.name}' reads no synapse")
        return reads[0]


def no_matrix(context: Context, ways: tuple[Way, ...]) -> None:
    """Raise where the weights of a way are not those of a matrix."""
    for way in ways:
        for name in way.synapses:
            if getattr(context.components[name], "matrix", None) is None:
                raise GraphError(
                    f"'{name}' sends '{way.hidden}' to '{way.output}' through no matrix of weights: with `kappa` "
                    "choose feedback 'random' or 'adaptive'"
                )


def decay_of(cell: Component, dt: float, argument: str) -> float:
    """exp(-dt / tau_m) of a cell."""
    if "tau_m" not in cell.compartments:
        raise GraphError(f"`{argument}`: '{cell.name}' has no `tau_m` to take it from; give a number")
    tau = np.unique(np.asarray(cell.context.live[cell.name]["tau_m"]))
    if len(tau) > 1:
        raise GraphError(f"`{argument}`: '{cell.name}' has different `tau_m`; give one number")
    return math.exp(-dt / float(tau[0]))
