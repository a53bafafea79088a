"""Epochs of a network that learns by its rules, for the training loop: which samples, in pieces of any size."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import jax
import numpy as np

from ngcsnn.compilers.batches import make_batches, order
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.figures import figures
from ngcsnn.compilers.saved_state import load_context, save_context
from ngcsnn.compilers.watching import Trials
from ngcsnn.graph import GraphError
from ngcsnn.graph.interrupt import uninterrupted
from ngcsnn.training import Record
from ngcsnn.training.snapshot import Arrays, CheckpointError, from_arrays, to_arrays

Validate = Callable[[], Record]


class PlasticEpochs:
    """The program that the training loop runs. An epoch in progress stands in the context after every piece.

    inputs: as given; data: the same on the device; samples: the numbers of those to learn from. validate: the figures
    of validation as the network is now; None: none. watched: its trials, for recorders.
    """

    def __init__(
        self, network: Any, inputs: Mapping[Any, Any], data: Data, samples: np.ndarray, shuffle: bool,
        validate: Validate | None, watched: Trials | None = None,
    ):  # fmt: skip
        self.network, self.inputs, self.data, self.samples, self.shuffle = network, inputs, data, samples, shuffle
        self.n_samples, self.order = len(samples), samples
        self._validate, self._watched = validate, watched
        self._carried: Any = None  # sums of the epoch in progress; None where there is none
        self._before: Any = None  # what `give_up` goes back to: the context's state, and the sums

    def begin_epoch(self, epoch: int, batch: int) -> int:
        self.start, net = time.perf_counter(), self.network
        net.prepare()
        if self._carried is None:
            self.order = order(net.seed, epoch, self.samples) if self.shuffle else self.samples
            self._carried = net.nothing_yet()
        self.epoch, self.batch = epoch, batch
        self._before = net.context.state, jax.tree.map(np.asarray, self._carried), batch > 0
        self.index = make_batches(self.order, net.batch_size, net.context.dtype).index
        self.key = jax.random.fold_in(jax.random.key(net.seed), epoch)
        return len(self.index)

    def train_batches(self, first: int, stop: int) -> None:
        span = np.int32(first), np.int32(stop)
        self._carried = self.network.run_batches(self.data, self.index, self.key, self._carried, span)
        self.batch = stop

    def figures(self) -> Record:
        net, (spikes, times) = self.network, self._carried
        shown = max(min(self.batch * self.index.shape[1], self.n_samples), 1)
        found = figures({"loss": 0.0, "spikes": spikes, "counts": {}}, shown, net.n_steps * net.context.dt)
        found.pop("loss")
        seconds = time.perf_counter() - self.start
        return {**found, "presentations": float(times) / max(self.batch, 1), "seconds": seconds}

    def end_epoch(self) -> Record:
        found = self.figures()
        self._carried, self._before = None, None
        return {"epoch": self.epoch, "split": "train", **found}

    def give_up(self) -> None:
        if self._before is None:
            return
        with uninterrupted():
            state, carried, resumed = self._before
            self.network.context.state = state
            self._carried = jax.tree.map(jax.numpy.asarray, carried) if resumed else None
            self._before = None

    def validate(self, epoch: int) -> Record | None:
        return None if self._validate is None else {"epoch": epoch, "split": "validation", **self._validate()}

    def trials(self, split: str) -> Trials | None:
        """The samples of a split, "train" or "validation", for recorders, which see them run while rules rest."""
        if split == "train":
            return Trials(*self._at_rest, self.samples)
        return self._watched if split == "validation" else None

    @cached_property
    def _at_rest(self) -> tuple[Any, Data]:
        net = self.network.at_rest
        return net, net.data(self.inputs)[0]

    def save(self) -> tuple[Arrays, dict[str, Any]]:
        arrays = save_context(self.network.context)
        if self._carried is not None:
            arrays |= {**to_arrays("epoch", self._carried), "order": np.asarray(self.order)}
        return arrays, {**self._facts(), "in_progress": self._carried is not None}

    def restore(self, arrays: Arrays, facts: dict[str, Any]) -> None:
        for name, here in self._facts().items():
            if facts.get(name) != here:
                raise CheckpointError(f"the checkpoint is of another run: {name} {facts.get(name)} there, {here} here")
        self.network.prepare()
        carried = None
        if facts["in_progress"]:
            carried = from_arrays("epoch", self.network.nothing_yet(), arrays, "the epoch's")
            self.order = arrays["order"]
        load_context(self.network.context, arrays)
        self._carried, self._before = carried, None

    def scale_rate(self, factor: float) -> None:
        raise GraphError("rules have rates of their own, in the synapses: a plateau of a run cannot change them")

    def _facts(self) -> dict[str, Any]:
        net = self.network
        return {
            "samples": self.n_samples, "batch size": net.batch_size, "steps": net.n_steps, "seed": net.seed,
            "shuffle": self.shuffle, "network": type(net).__name__,
        }  # fmt: skip
