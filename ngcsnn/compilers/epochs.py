"""Epochs of a gradient-trained network for the training loop: which samples, in what order, in pieces of any size."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import jax
import numpy as np

from ngcsnn.compilers.batches import order
from ngcsnn.compilers.chance import TRAINING, fresh
from ngcsnn.compilers.fed_events import augments
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.network import _kinds
from ngcsnn.compilers.saved_state import load_context, save_context
from ngcsnn.compilers.watching import Trials
from ngcsnn.graph.interrupt import uninterrupted
from ngcsnn.optim.rates import scale_rate
from ngcsnn.training import Record
from ngcsnn.training.snapshot import Arrays, CheckpointError, from_arrays, to_arrays


class Standing(NamedTuple):
    """What a run stands on: learned parameters, everything beside them that learns, and the sums of its epoch."""

    trained: Any
    beside: Any
    carried: Any


class Epochs:
    """The program that the training loop runs. An epoch in progress stands in the network after every piece.

    data, targets: on the device. samples: the numbers of those to learn from. held: what `_evaluate` takes, for
    validation; None: no validation. way: how batches are learned from, see `TrainableNetwork.epoch_program`.
    """

    def __init__(self, network: Any, data: Data, targets: Any, samples: np.ndarray, shuffle: bool, held: Any, way: Any):
        self.network, self.data, self.targets, self.samples = network, data, targets, samples
        self.shuffle, self.held, self.way = shuffle, held, way
        self.epoch = 0
        self.order: np.ndarray = samples  # of the epoch in progress
        self._carried: Any = None  # its sums; None where none is in progress
        self._before: Standing | None = None  # what `give_up` goes back to

    def trials(self, split: str) -> Trials | None:
        """The samples of a split, "train" or "validation", for recorders; None where there is none."""
        if split == "train":
            return Trials(self.network, self.data, self.samples)
        return Trials(self.network, self.held[0], self.held[2]) if split == "validation" and self.held else None

    # --- an epoch -----------------------------------------------------------------------------------------------
    def begin_epoch(self, epoch: int, batch: int) -> int:
        net = self.network
        net._check()
        self.start, self._done_before = time.perf_counter(), batch
        if self._carried is None:
            self.order = order(net.seed, epoch, self.samples) if self.shuffle else self.samples
            self._carried = net.nothing_yet(self.data, self.targets, self.way)
        self.epoch, self.batch = epoch, batch
        self.batches = net._batches(self.order)
        random = net.perturbations or augments(self.data)
        self.key = jax.random.fold_in(jax.random.key(net.seed), epoch) if random else None
        self._before = Standing(net.params()[0], net.beside, jax.tree.map(np.asarray, self._carried))
        return len(self.batches.index)

    def train_batches(self, first: int, stop: int) -> None:
        net = self.network
        program = net._program(("train", _kinds(self.data), self.way), lambda: net.epoch_program(self.data, self.way))
        trained, fixed = net.params()
        fixed = fresh(fresh(fixed, TRAINING), self.epoch)
        # the program consumes the parameters and the state of the optimiser; both are copies, so an error destroys none
        opt_state = jax.tree.map(jax.numpy.copy, net.opt_state)
        span = np.int32(first), np.int32(stop)
        data = self.data, self.targets, *self.batches
        done = program(trained, opt_state, fixed, *data, self.key, self._carried, span)
        trained, opt_state, carried = jax.block_until_ready(done)
        with uninterrupted():
            net.keep(trained)
            net.opt_state, self._carried, self.batch = opt_state, carried, stop

    @property
    def validates(self) -> bool:
        return self.held is not None

    @property
    def n_samples(self) -> int:
        return len(self.samples)

    def figures(self) -> Record:
        shown = min(self.batch * self.batches.index.shape[1], len(self.order))
        return self.network.record(self._carried["sums"], max(shown, 1), self.start)

    def end_epoch(self) -> Record:
        net = self.network
        found = self.figures()
        sums, trained = self._carried["sums"], net.params()[0]
        for rescue in net.rescues:
            trained, number = rescue.apply(net.context, trained, sums["spikes"], net.seed, self.epoch)
            found[f"{rescue.cell}.rescued"] = number
        with uninterrupted():
            if net.rescues:
                net.keep(trained)
            self._carried, self._before = None, None
        return {"epoch": self.epoch, "split": "train", **found}

    def give_up(self) -> None:
        if self._before is not None:
            with uninterrupted():
                self.network.keep(self._before.trained)
                self.network.beside = self._before.beside
                resumed = self._done_before > 0
                self._carried = jax.tree.map(jax.numpy.asarray, self._before.carried) if resumed else None
                self._before = None

    def validate(self, epoch: int) -> Record | None:
        if self.held is None:
            return None
        return {"epoch": epoch, "split": "validation", **self.network._evaluate(*self.held)}

    # --- checkpoints --------------------------------------------------------------------------------------------
    def save(self) -> tuple[Arrays, dict[str, Any]]:
        net = self.network
        arrays = {**save_context(net.context), **to_arrays("learner", net.beside)}
        if self._carried is not None:
            arrays |= {**to_arrays("epoch", self._carried), "order": np.asarray(self.order)}
        return arrays, {**self._facts(), "in_progress": self._carried is not None}

    def restore(self, arrays: Arrays, facts: dict[str, Any]) -> None:
        net = self.network
        for name, here in self._facts().items():
            if facts.get(name) != here:
                raise CheckpointError(f"the checkpoint is of another run: {name} {facts.get(name)} there, {here} here")
        beside = from_arrays("learner", net.beside, arrays, "the learner's")
        carried = None
        if facts["in_progress"]:
            template = net.nothing_yet(self.data, self.targets, self.way)
            carried = from_arrays("epoch", template, arrays, "the epoch's")
            self.order = arrays["order"]
        load_context(net.context, arrays)
        net.beside, self._carried, self._before = beside, carried, None

    def scale_rate(self, factor: float) -> None:
        self.network.opt_state = scale_rate(self.network.optimiser, self.network.opt_state, factor)

    def _facts(self) -> dict[str, Any]:
        net = self.network
        return {
            "samples": len(self.samples), "batch size": net.batch_size, "steps": net.n_steps, "seed": net.seed,
            "shuffle": self.shuffle, "network": type(net).__name__,
        }  # fmt: skip
