"""The losses of a few steps at a time: their errors, and the figures of a trial added up from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.compilers.eprop.fed_chunks import Samples
from ngcsnn.compilers.eprop.loss_window import LossWindow
from ngcsnn.compilers.eprop.network_step import NetworkStep, State
from ngcsnn.compilers.objective import Output
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import GraphError

Sums = dict[str, Any]


class StepLosses:
    """network: an `EPropNetwork`, whose losses are means or sums over the steps of a window."""

    def __init__(self, network: Any, step: NetworkStep):
        self.network, self.step, self.n_steps = network, step, network.n_steps
        self.outputs: list[Output] = network.objective.outputs

    def recorded(self, output: str) -> Leaf:
        """What is recorded of an output."""
        return next(leaf for o in self.outputs if o.name == output for leaf in o.leaves if leaf is not None)

    def window(self, o: Output) -> LossWindow:
        """An output's loss, as one of a window."""
        return o.loss if isinstance(o.loss, LossWindow) else LossWindow(o.loss)

    def none(self, batch: int, dtype: Any, targets: dict[str, Any]) -> Sums:
        """The sums before the first step."""
        zero, shapes = jnp.zeros((), dtype), self.step.leaves
        sums: Sums = {"loss": zero, "penalty": zero, "metrics": {}, "spikes": {}, "y": {}}
        sums["skipped"] = jnp.zeros((), jnp.int32)
        sums["spikes"] = {name: jnp.zeros(shapes[name, "s"].shape, dtype) for name in self.network.spiking}
        for o in self.outputs:
            sums["y"][o.name] = jnp.zeros((batch, o.n_units), dtype)
            if isinstance(targets[o.name], Samples):
                y = jnp.zeros((batch, 1, o.n_units), dtype)
                for key in jax.eval_shape(self.window(o).inner.metrics, y, y):
                    sums["metrics"][self.label(o, key)] = zero
        return sums

    def errors(
        self, sums: Sums, watched: State, targets: dict[str, Any], weight: Any, steps: Any
    ) -> tuple[Sums, State]:
        """(sums with the losses of these steps, the derivative of their sum by what is recorded of the outputs)."""
        sums = {**sums, "y": dict(sums["y"]), "metrics": dict(sums["metrics"]), "spikes": dict(sums["spikes"])}

        def total(recorded: State) -> tuple[Any, dict[str, Any]]:
            loss, read = jnp.zeros((), weight.dtype), {}
            for o in self.outputs:
                y = o.readout(recorded[self.recorded(o.name)], self.step.context.dt).swapaxes(0, 1)  # (K, batch, n)
                window = self.window(o)
                here = window.weights(steps, y.dtype)
                target = targets[o.name]
                target = target.chunk(steps[0], len(steps)) if isinstance(target, Samples) else target
                axis = 0 if isinstance(targets[o.name], Samples) else None

                def per_step(y: Any, t: Any, inner: Any = window.inner, axis: Any = axis) -> Any:
                    return inner(y[:, None], t if axis is None else t[:, None])

                losses = jax.vmap(per_step, in_axes=(0, axis))(y, target)
                loss = loss + window.each(self.n_steps) * jnp.sum(here[:, None] * losses * weight)
                read[o.name] = (y, (here > 0).astype(y.dtype), target, axis)
            return loss, read

        (loss, read), errors = jax.value_and_grad(total, has_aux=True)(watched)
        sums["loss"] = sums["loss"] + loss
        for o in self.outputs:
            y, here, target, axis = read[o.name]
            sums["y"][o.name] = sums["y"][o.name] + jnp.sum(here[:, None, None] * y, axis=0)
            if axis == 0:
                window = self.window(o)
                each = jax.vmap(lambda y, t, inner=window.inner: inner.metrics(y[:, None], t[:, None]))(y, target)
                for key, value in each.items():
                    label = self.label(o, key)
                    mean = jnp.sum(here[:, None] * value * weight) / window.n_on(self.n_steps)
                    sums["metrics"][label] = sums["metrics"][label] + mean
        return sums, errors

    def figures(self, sums: Sums, targets: dict[str, Any], weight: Any) -> Sums:
        """As `TrainableNetwork.learning_sums` has them."""
        out: Sums = dict(sums["metrics"])
        for o in self.outputs:
            window = self.window(o)
            if not isinstance(targets[o.name], Samples):
                mean = sums["y"][o.name] / window.n_on(self.n_steps)
                found = window.inner.metrics(mean, targets[o.name])
                out.update({self.label(o, k): jnp.sum(v * weight) for k, v in found.items()})
        chosen = self.network.objective.metrics
        if any(not m.of_spikes for m in chosen):
            lone = [o.name for o in self.outputs if isinstance(targets[o.name], Samples)]
            if lone:
                raise GraphError(f"`metrics` of trajectories ('{lone[0]}') need mode 'factorised'")
            means = {o.name: sums["y"][o.name] / self.window(o).n_on(self.n_steps) for o in self.outputs}
            whole = [replace(o, loss=self.window(o).inner) for o in self.outputs]
            out.update(chosen.sums(whole, means, targets, weight))
        extra = {"penalty": sums["penalty"]} if self.network.objective.penalties else {}
        counts = {f"{name}.grazing": jnp.zeros((), jnp.int32) for name in self.network.spiking}
        return {"loss": sums["loss"] + sums["penalty"], **out, **extra, "spikes": sums["spikes"], "counts": counts}

    def label(self, o: Output, key: str) -> str:
        return key if len(self.outputs) == 1 else f"{o.name}.{key}"
