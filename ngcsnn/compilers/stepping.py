"""Trials step by step from the host, for callbacks that want to see, or to change, something in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.feed import feed
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.plasticity.trial import shown
from ngcsnn.credit import resolve
from ngcsnn.graph import GraphError
from ngcsnn.training import Callback


def step_through(network: Any, data: Data, n: int, callbacks: Sequence[Callback]) -> None:
    """Run the trials of all samples, a batch at a time, one step of the context's `advance` after the other.

    network: a `CompiledNetwork`. The live state of its context is that of the step; afterwards it is as before.
    """
    context = network.context
    _same_timing(network)
    before, size = context.state, context.batch_size
    kept = {c.key: before[c.component.name][c.name] for c in network.kept}
    try:
        for samples in network._batches(np.arange(n)).index:
            context.reset(batch_size=len(samples))
            _start(network, kept, len(samples))
            fed = shown(feed(context, data, jnp.asarray(samples), network.n_steps, network._timed), context.dtype, True)
            rows = {f"{name}.{key}": np.asarray(value) for (name, key), value in fed.rows.items()}
            for step in range(network.n_steps):
                for callback in callbacks:
                    callback.on_timestep_begin(step)
                context.advance.run({key: row[step] for key, row in rows.items()})
                for callback in callbacks:
                    callback.on_timestep_end(step)
    finally:
        context.reset(batch_size=size)
        context.state = before


def _same_timing(network: Any) -> None:
    """Raise where the context, run by itself, would put its spikes elsewhere than the compiled network does."""
    context = network.context
    if resolve(context.spike_timing).within_step != network._timed or network.crossing.timed != network._timed:
        raise GraphError(
            f"context '{context.name}' has spike_timing '{context.spike_timing}', and was compiled with "
            f"{network.crossing!r}: stepwise it would be another network. Make the two agree"
        )


def _start(network: Any, kept: dict[str, Any], size: int) -> None:
    """What trials start from: states that are kept, and those that `start_from` gave."""
    given = {f"{name}.{key}": value for name, part in network._start.items() for key, value in part.items()}
    for c in network.kept:
        value = kept[c.key]
        given.setdefault(c.key, value[0] if c.batched else value)
    for key, value in given.items():
        c = network.context.find(key)
        c.set(jnp.broadcast_to(value, (size, *c.shape)) if c.batched else value)
