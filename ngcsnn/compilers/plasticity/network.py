"""A network that learns by its own rules: epochs of trials as compiled programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.fed_events import FedEvents, augmented
from ngcsnn.compilers.feed import feed
from ngcsnn.compilers.feeding import Data, to_device
from ngcsnn.compilers.plasticity.again import Again
from ngcsnn.compilers.plasticity.epochs import PlasticEpochs
from ngcsnn.compilers.plasticity.trial import State, Trial, is_random, shown
from ngcsnn.credit import resolve
from ngcsnn.graph import Context, GraphError, Process
from ngcsnn.graph.checks import whole
from ngcsnn.training import Callback, Progress, fit
from ngcsnn.training.checkpoint_files import read_checkpoint


class PlasticNetwork:
    """A context compiled for learning by its rules; made by `PlasticityCompiler.compile`.

    traces: how often a program was traced so far.
    """

    def __init__(
        self, context: Context, *, n_steps: int, batch_size: int, learn: Process, at_end: Process | None,
        again: Again | None, seed: int,
    ):  # fmt: skip
        self.context, self.n_steps, self.batch_size = context, n_steps, batch_size
        self.again, self.seed, self.traces = again, seed, 0
        self.spiking = [c.name for c in context.components.values() if hasattr(c, "crossing_terms")]
        self.trial = Trial(context, n_steps, learn, at_end, self.spiking)
        self._timed = resolve(context.spike_timing).within_step
        self._version = context.version
        self._programs: dict[Any, Any] = {}

    def train(
        self,
        inputs: Mapping[Any, Any],
        num_epochs: int = 1,
        *,
        start_epoch: int = 0,
        shuffle: bool = True,
        callbacks: Sequence[Callback] | None = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show all samples in each of `num_epochs` epochs, and learn.

        Args:
            inputs: {source or input compartment, or its name: trials or array (n_samples, n_steps, n)}.
            start_epoch: number of the first epoch, which seeds the order of the samples and their events. shuffle: draw
            the order anew in each epoch. callbacks: those who watch (default: a progress line; [] for silence).
            resume: a folder of checkpoints, or one of them, to go on from, with the arguments of the run that wrote it.
        Returns:
            (metrics, recorded): figures of the last epoch {"<cell>.rate_hz", "<cell>.silent" (units that never spiked),
            "presentations" per sample, "seconds"}; {"history": [record of each epoch], ...}.
        A last batch that is not full is filled up with trials without input, over which rules take their means too.
        """
        self._check()
        if not isinstance(shuffle, bool):
            raise GraphError(f"`shuffle` must be True or False, got {shuffle!r}")
        num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
        data, n = to_device(self.context, inputs, self.n_steps)
        if self.again is not None:
            data = {key: self._loudest(key, value) for key, value in data.items()}
        program = PlasticEpochs(self, data, n, shuffle)
        found = None if resume is None else read_checkpoint(resume)
        return fit(program, num_epochs, start_epoch, [Progress()] if callbacks is None else callbacks, found)

    def _loudest(self, key: str, value: Any) -> Any:
        if not is_random(value) or self.again is None:
            raise GraphError(f"`again` shows samples again with other events; {key} is fed what draws none")
        return replace(value, trials=value.trials.louder(self.again.loudest))

    # --- programs -----------------------------------------------------------------------------------------------
    def present(self, state: State, data: Data, samples: Any, key: Any, gain: Any = None) -> tuple[State, Any]:
        """(state, spike counts) after one presentation of a batch."""
        data = augmented(data, key)
        drawn = {
            k: _Drawn(v, jax.random.fold_in(key, i), gain) if is_random(v) else v
            for i, (k, v) in enumerate(data.items())
        }
        fed = feed(self.context, drawn, samples, self.n_steps, self._timed)
        return self.trial(state, shown(fed, self.context.dtype, self._timed))

    def present_enough(self, state: State, data: Data, samples: Any, key: Any) -> tuple[State, Any, Any]:
        """(state, spike counts, presentations), shown again where the answer was weak."""
        again = self.again
        if again is None:
            return *self.present(state, data, samples, key), jnp.ones((), jnp.int32)
        shapes = {name: jnp.zeros_like(self.context.live[name]["s"]) for name in self.spiking}

        def weak(carry: Any) -> Any:
            _, counts, n = carry
            return (n == 0) | ((n <= again.times) & (counts[again.cell].sum() < again.spikes))

        def once_more(carry: Any) -> Any:
            state, _, n = carry
            gain = (1.0 + again.louder * n) / again.loudest
            state, counts = self.present(state, data, samples, jax.random.fold_in(key, n), gain)
            return state, counts, n + 1

        return lax.while_loop(weak, once_more, (state, shapes, jnp.zeros((), jnp.int32)))

    def program(self, data: Data) -> Any:
        """(state, data, index (n_batches, batch), key, carried, (first, stop)) -> (state, carried), compiled."""
        kinds = tuple((k, type(v).__name__) for k, v in data.items())
        if kinds not in self._programs:
            self._programs[kinds] = jax.jit(self._epoch, donate_argnums=0)
        return self._programs[kinds]

    def nothing_yet(self) -> Any:
        """(spikes of every unit, presentations) before the first batch of an epoch."""
        zeros = {name: jnp.zeros(self.context.live[name]["s"].shape[1:], jnp.int32) for name in self.spiking}
        return zeros, jnp.zeros((), jnp.int32)

    def _epoch(self, state: State, data: Data, index: Any, key: Any, carried: Any, span: Any) -> tuple[State, Any]:
        self.traces += 1

        def body(number: Any, carry: Any) -> Any:
            state, (spikes, times) = carry
            samples = index[number]
            state, counts, n = self.present_enough(state, data, samples, jax.random.fold_in(key, number))
            real = (samples != NOBODY)[:, None]
            spikes = {k: v + jnp.sum(counts[k] * real, axis=0).astype(jnp.int32) for k, v in spikes.items()}
            return state, (spikes, times + n)

        first, stop = span
        return lax.fori_loop(first, stop, body, (state, carried))

    def prepare(self) -> None:
        """Make the context's state one of this batch size."""
        self._check()
        if self.context.batch_size != self.batch_size:
            self.context.reset(batch_size=self.batch_size)

    def run_batches(self, data: Data, index: np.ndarray, key: Any, carried: Any, span: tuple[Any, Any]) -> Any:
        """`carried` with what these batches, first <= number < stop of `span`, add; the context has learned from them.
        One program serves every span."""
        self._check()
        program = self.program(data)
        return self.context.consume(
            lambda state: jax.block_until_ready(program(state, data, index, key, carried, span))
        )

    def _check(self) -> None:
        if self.context.version != self._version:
            raise GraphError(f"context '{self.context.name}' changed after it was compiled; compile it again")


class _Drawn(FedEvents):
    """Fed events of one presentation, drawn with a key of its own."""

    def __init__(self, fed: FedEvents, key: Any, gain: Any):
        super().__init__(fed.trials, fed.n_units, fed.most, fed.later)
        self.key, self.gain = key, gain

    def padded(self, index: Any) -> Any:
        return self.trials.take(index, self.key, 1.0 if self.gain is None else self.gain)
