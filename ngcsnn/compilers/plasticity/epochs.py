"""Epochs of a network that learns by its rules, for the training loop. What a piece learned stays learned."""

from __future__ import annotations

import time
from typing import Any

import jax
import numpy as np

from ngcsnn.compilers.batches import make_batches, order
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.figures import figures
from ngcsnn.compilers.saved_state import load_context, save_context
from ngcsnn.graph import GraphError
from ngcsnn.training import Record
from ngcsnn.training.snapshot import Arrays, CheckpointError, from_arrays, to_arrays


class PlasticEpochs:
    """The program that the training loop runs. data: on the device; n: how many samples."""

    def __init__(self, network: Any, data: Data, n: int, shuffle: bool):
        self.network, self.data, self.n_samples, self.shuffle = network, data, n, shuffle
        self.order = np.arange(n)
        self._carried: Any = None  # sums of the epoch in progress; None where there is none

    validates = False

    def begin_epoch(self, epoch: int, batch: int) -> int:
        self.start, net = time.perf_counter(), self.network
        net.prepare()
        if self._carried is None:
            self.order = (
                order(net.seed, epoch, np.arange(self.n_samples)) if self.shuffle else np.arange(self.n_samples)
            )
            self._carried = net.nothing_yet()
        self.epoch, self.batch = epoch, batch
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
        self._carried = None
        return {"epoch": self.epoch, "split": "train", **found}

    def give_up(self) -> None:
        """Nothing to go back to: rules have moved the weights of the context itself, batch after batch."""

    def validate(self, epoch: int) -> Record | None:
        return None

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
        self._carried = carried

    def scale_rate(self, factor: float) -> None:
        raise GraphError("rules have rates of their own, in the synapses: a plateau of a run cannot change them")

    def _facts(self) -> dict[str, Any]:
        net = self.network
        return {
            "samples": self.n_samples, "batch size": net.batch_size, "steps": net.n_steps, "seed": net.seed,
            "shuffle": self.shuffle, "network": type(net).__name__,
        }  # fmt: skip
