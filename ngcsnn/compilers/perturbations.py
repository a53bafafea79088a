"""Dropout of spikes and noise on membranes: what perturbs a trial in training, and never in evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.compilers.penalties import told
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Component, Context, GraphError
from ngcsnn.graph.parameter import brief
from ngcsnn.kernels import Events

Rates = dict[str, float]


@dataclass(frozen=True)
class Perturbations:
    """inputs, spikes: {source or spiking cell: probability that an event of it reaches nobody}; a cell is reset by a
    lost spike all the same. noise: {cell: sigma}, each step adds sigma sqrt(dt) times a normal number to v, dt in ms,
    of cells that are not refractory.
    """

    inputs: Rates = field(default_factory=dict)
    spikes: Rates = field(default_factory=dict)
    noise: Rates = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.inputs or self.spikes or self.noise)

    def on_fed(self, fed: dict[Leaf, Any], key: Any) -> dict[Leaf, Any]:
        """The fed leaves without the events that are lost on the way in."""
        out = dict(fed)
        for number, (name, rate) in enumerate(self.inputs.items()):
            here = jax.random.fold_in(key, number)
            for leaf in [leaf for leaf in fed if leaf[0] == name]:
                value = fed[leaf]
                if isinstance(value, Events):
                    lost = jax.random.bernoulli(here, rate, value.unit.shape)
                    out[leaf] = value.without(lost)
                else:  # one draw for an event and its moment
                    out[leaf] = jnp.where(jax.random.bernoulli(here, rate, value.shape), 0, value)
        return out

    def acts_on(self, name: str) -> bool:
        """Whether anything happens to this cell within a trial."""
        return name in self.spikes or name in self.noise

    def after_step(self, name: str, values: dict[str, Any], key: Any, memo: Any, dt: float) -> None:
        """What happens to the values of a cell at the end of a step; memo keeps what was drawn for the way back."""
        if name in self.spikes:
            keep = 1.0 - self.spikes[name]
            s = values["s"]
            stays = memo.decide(jax.random.bernoulli(jax.random.fold_in(key, 0), keep, s.shape))
            values["s"] = jnp.where(stays, s, 0)
            if "s.offset" in values:  # a moment in a step without spike belongs to the spike before it
                values["s.offset"] = jnp.where(stays | (s == 0), values["s.offset"], 0)
        if name in self.noise:
            v = values["v"]
            shaken = v + self.noise[name] * dt**0.5 * jax.random.normal(jax.random.fold_in(key, 1), v.shape, v.dtype)
            values["v"] = jnp.where(values["refrac"] > 0, v, shaken) if "refrac" in values else shaken


NONE = Perturbations()


def perturbations(context: Context, dropout: Any, noise: Any) -> Perturbations:
    """From what a compiler is told, {component or its name: number} each, checked against the network."""
    inputs: Rates = {}
    spikes: Rates = {}
    for component, rate in _numbers(context, "dropout", dropout):
        if not 0 <= rate < 1:
            raise GraphError(f"`dropout` of '{component.name}' must be a probability in [0, 1), got {rate!r}")
        if component.stage == "source" and "inputs" in component.compartments:
            inputs[component.name] = rate
        elif hasattr(component, "crossing_terms"):
            spikes[component.name] = rate
        else:
            raise GraphError(f"`dropout` is for sources and spiking cells; '{component.name}' is neither")
    amplitudes: Rates = {}
    for component, sigma in _numbers(context, "noise", noise):
        if not 0 <= sigma < float("inf"):
            raise GraphError(
                f"`noise` of '{component.name}' must be finite and >= 0 (unit of v per sqrt(ms)), got {sigma!r}"
            )
        if component.stage != "cell" or getattr(component.compartments.get("v"), "role", "") != "state":
            raise GraphError(f"`noise` acts on the membrane potential `v`, which '{component.name}' does not have")
        amplitudes[component.name] = sigma
    return Perturbations(*({k: v for k, v in part.items() if v} for part in (inputs, spikes, amplitudes)))


def _numbers(context: Context, argument: str, given: Any) -> list[tuple[Component, float]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise GraphError(f"`{argument}` must be {{component: number}}, got {brief(given)}")
    out: list[tuple[Component, float]] = []
    for key, value in given.items():
        found = told(f"`{argument}`", context.find, key)
        if not isinstance(found, Component):
            raise GraphError(f"`{argument}` names components, not compartments: '{found.component.name}'")
        if isinstance(value, bool) or not isinstance(value, Real) or value != value:
            raise GraphError(f"`{argument}` of '{found.name}' must be a number, got {value!r}")
        if any(found is c for c, _ in out):
            raise GraphError(f"`{argument}` names '{found.name}' twice")
        out.append((found, float(value)))
    return out
