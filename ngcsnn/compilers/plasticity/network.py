"""A network that learns by its own rules: epochs of trials as compiled programs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.batches import NOBODY, hold_out
from ngcsnn.compilers.chosen_metrics import chosen
from ngcsnn.compilers.fed_events import FedEvents, augmented
from ngcsnn.compilers.feed import feed
from ngcsnn.compilers.feeding import Data, to_device
from ngcsnn.compilers.plasticity.again import Again
from ngcsnn.compilers.plasticity.at_rest import NetworkAtRest
from ngcsnn.compilers.plasticity.epochs import PlasticEpochs, Validate
from ngcsnn.compilers.plasticity.evaluation import Evaluation, Labels
from ngcsnn.compilers.plasticity.trial import State, Trial, is_random, shown
from ngcsnn.compilers.trainable import _check_options, _check_validation
from ngcsnn.compilers.watching import Trials
from ngcsnn.credit import resolve
from ngcsnn.graph import Context, GraphError, Process
from ngcsnn.graph.checks import whole
from ngcsnn.objectives import LabelAssignment
from ngcsnn.training import Callback, Progress, fit
from ngcsnn.training.checkpoint_files import read_checkpoint

_PIECE_SECONDS = 0.5


class PlasticNetwork:
    """A context compiled for learning by its rules; made by `PlasticityCompiler.compile`.

    traces: how often a program was traced so far.
    """

    def __init__(
        self, context: Context, *, n_steps: int, batch_size: int, learn: Process, at_end: Process | None,
        again: Again | None, labels: Labels | None, evaluation: Evaluation, seed: int,
    ):  # fmt: skip
        self.context, self.n_steps, self.batch_size = context, n_steps, batch_size
        self.again, self.seed, self.traces = again, seed, 0
        self.labels, self.evaluation = labels, evaluation
        self.spiking = [c.name for c in context.components.values() if hasattr(c, "crossing_terms")]
        self.trial = Trial(context, n_steps, learn, at_end, self.spiking)
        self._timed = resolve(context.spike_timing).within_step
        self._version = context.version
        self._programs: dict[Any, Any] = {}

    @cached_property
    def at_rest(self) -> NetworkAtRest:
        """The same network run forward while its rules rest, with the weights that it has then: `name_units`,
        `evaluate`, `predict`, `simulate`. Raises where no compiled trial can run it."""
        return NetworkAtRest(self.context, self.n_steps, self.evaluation, self.labels)

    def train(
        self,
        inputs: Mapping[Any, Any],
        targets: Any = None,
        num_epochs: int = 1,
        *,
        start_epoch: int = 0,
        shuffle: bool = True,
        validation_split: float = 0.0,
        validation_inputs: Mapping[Any, Any] | None = None,
        validation_targets: Any = None,
        callbacks: Sequence[Callback] | None = None,
        metrics: Any = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show all samples in each of `num_epochs` epochs, and learn.

        Args:
            inputs: {source or input compartment, or its name: trials or array (n_samples, n_steps, n)}.
            targets: class labels (n_samples,), or {cell: labels}; nothing learns by them: where something is validated,
            the units of `labels` are named by them after each epoch.
            start_epoch: number of the first epoch, which seeds the order of the samples and their events. shuffle: draw
            the order anew in each epoch. validation_split: fraction of the samples set aside, drawn from the compiler's
            seed; or give validation_inputs and validation_targets.
            callbacks: those who watch (default: a progress line; [] for silence). metrics: of validation, beside
            accuracy. resume: a folder of checkpoints, or one of them, to go on from, with the arguments of the run that
            wrote it.
        Returns:
            (metrics, recorded): figures of the last epoch {"<cell>.rate_hz", "<cell>.silent" (units that never spiked),
            "presentations" per sample, "seconds"}, those of validation (`NetworkAtRest.evaluate`) as
            "validation_<name>"; {"history": [record of each epoch], ...}.
        A last batch that is not full is filled up with trials without input, over which rules take their means too.
        Ctrl-C, or an error, gives up the epoch in progress: the network is then as it was before it.
        """
        self._check()
        _check_options(shuffle, validation_split)
        _check_validation(validation_split, validation_inputs, validation_targets)
        num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
        data, n = self.data(inputs)
        samples, held = hold_out(self.seed, n, validation_split) if validation_split else (np.arange(n), None)
        if held is not None and (len(samples) == 0 or len(held) == 0):
            raise GraphError(f"`validation_split` {validation_split} of {n} samples leaves a part empty")
        validate = watched = None
        if held is not None or validation_inputs is not None:
            known = inputs, targets, samples
            other = (
                (inputs, targets, held) if validation_inputs is None else (validation_inputs, validation_targets, None)
            )
            validate, watched = self._validation(known, other, chosen(metrics))
        self.prepare()
        program = PlasticEpochs(self, inputs, data, samples, shuffle, validate, watched)
        found = None if resume is None else read_checkpoint(resume)
        return fit(program, num_epochs, start_epoch, [Progress()] if callbacks is None else callbacks, found)

    def check(self, inputs: Mapping[Any, Any], targets: Any, n_classes: int | None = None) -> None:
        """Raise for training data that do not fit, as `train` would; and for a class that no unit could be named by."""
        _, n = self.data(inputs)
        if self.labels is not None:
            few = self.at_rest.checked_labels(targets, n)[: self.labels.samples]
            LabelAssignment(np.zeros((len(few), 1)), few, n_classes)

    def data(self, inputs: Mapping[Any, Any]) -> tuple[Data, int]:
        """(checked data on the device, ready to be shown louder; number of samples)."""
        data, n = to_device(self.context, inputs, self.n_steps)
        return data if self.again is None else {key: self._loudest(key, value) for key, value in data.items()}, n

    def _loudest(self, key: str, value: Any) -> Any:
        if not is_random(value) or self.again is None:
            raise GraphError(f"`again` shows samples again with other events; {key} is fed what draws none")
        return replace(value, trials=value.trials.louder(self.again.loudest))

    def _validation(
        self, known: tuple[Any, Any, Any], other: tuple[Any, Any, Any], metrics: Any
    ) -> tuple[Validate, Trials]:
        """What an epoch is validated by, and with what: units are named by the training samples, then asked."""
        net = self.at_rest
        parts = []
        for inputs, targets, samples in (known, other):
            data, n = net.data(inputs)
            labels = net.objective.targets(self.context, targets, n, net.n_steps)
            parts.append((data, labels, np.arange(n) if samples is None else samples))
        net.check_metrics(metrics, parts[1][1])

        def validate() -> dict[str, Any]:
            start = time.perf_counter()
            (data, labels, samples), (other_data, other_labels, others) = parts
            for each in labels.values():
                net.name_from(data, each, samples)
            figures = net.figures_of(other_data, other_labels, others, metrics)
            return {**figures, "seconds": time.perf_counter() - start}

        return validate, Trials(net, parts[1][0], parts[1][2])

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

        One program serves every span. A long one is run in pieces of about half a second, between which Ctrl-C acts.
        """
        self._check()
        program = self.program(data)
        first, stop = (int(number) for number in span)
        piece = 16
        while first < stop:
            start, until = time.perf_counter(), min(first + piece, stop)
            given = data, index, key, carried, (np.int32(first), np.int32(until))
            carried = self.context.consume(lambda state, given=given: jax.block_until_ready(program(state, *given)))
            took = max(time.perf_counter() - start, 1e-6)
            piece, first = int(np.clip(_PIECE_SECONDS / took * (until - first), piece // 2 + 1, 4 * piece)), until
        return carried

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
