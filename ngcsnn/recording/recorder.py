"""What all recorders share: which epochs, which samples, where to."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ngcsnn.graph import GraphError, closest
from ngcsnn.recording.filters import Filter, check_filter, chosen, holds
from ngcsnn.recording.stores import as_json, open_store, refuse_second
from ngcsnn.training import Callback, CheckpointError, Record

NO_EPOCH = -1  # the epoch of what is recorded outside training, and of what was there before it
SPLITS = ("train", "validation")
Leaf = tuple[str, str]  # component, compartment


class Trials(Protocol):
    """The samples of one split, and a way to run them forward with the parameters in force."""

    samples: np.ndarray
    timed: bool

    def leaves(self, record: Any) -> tuple[Leaf, ...]: ...

    def replay(self, samples: np.ndarray, leaves: Iterable[Leaf]) -> Iterable[tuple[np.ndarray, dict[Leaf, Any]]]: ...


class Recorder(Callback, ABC):
    """Base of recorders; they differ in what they keep.

    In training a recorder runs the chosen samples forward after each chosen epoch, as `evaluate` would: with the
    parameters of that moment, without dropout and noise. Watching a run changes none of its numbers. `collected` hands
    {key: recording} to `train`; the same recording is in `recording`. A checkpoint knows how far a recording had come:
    a resumed run takes back what was recorded after it, and goes on, so that nothing is missing or there twice. What is
    recorded in memory stands in the checkpoints; for much of it, a file is better.

    Args:
        key: what the recording is called. epoch_filter: the epochs after which it records (all). split: "train" or
        "validation", whose samples are recorded in training. to: a file, .h5 (needs `ngcsnn[data]`) or .npz, that each
        epoch is written to as it ends, so that memory holds one batch; several recorders may share it. A process that
        is killed meanwhile may leave FILE.journal beside it, which belongs to it until the run goes on. None: memory.
        append: go on with the recording of that key in `to`, as a further `train` does; what it holds of an epoch is
        not recorded again. A resumed run needs no `append`.
    Errors: `GraphError` for filters and names that do not fit, where `to` holds a recording of that key, and where one
    to go on with is of something else; `CheckpointError` where it holds less than the checkpoint knows of.
    """

    def __init__(
        self, key: str, epoch_filter: Filter = None, split: str = "train", to: str | os.PathLike[str] | None = None,
        append: bool = False,
    ):  # fmt: skip
        check_filter("epoch_filter", epoch_filter, endless=True)
        if split not in SPLITS:
            raise GraphError(f"`split` must be 'train' or 'validation', got {split!r}{closest(str(split), SPLITS)}")
        if not isinstance(key, str) or not key or "/" in key:
            raise GraphError(f"`key` must be a name without '/', got {key!r}")
        self.key, self.epoch_filter, self.split = key, epoch_filter, split
        self.store = open_store(to)
        self._to = to  # its folder must be there when a run begins: it may be that of the run
        if append and to is None:
            raise GraphError("`append` goes on with a file: say which in `to`")
        self.append = bool(append)
        self._begun = False
        self._program: Any = None

    @property
    def recording(self) -> Any:
        """What was recorded so far."""
        from ngcsnn.recording.read import recording_of

        if not self._begun:
            raise GraphError(
                f"the recorder '{self.key}' has recorded nothing yet: give it to train, evaluate or simulate"
            )
        return recording_of(self.store, self.key)

    @abstractmethod
    def prepare(self, program: Any) -> dict[str, Any]:
        """Check what is wanted against the network; the attributes of the recording."""
        ...

    @abstractmethod
    def record(self, epoch: int, split: str) -> None:
        """Keep what there is now."""
        ...

    # --- the hooks ----------------------------------------------------------------------------------------------
    def on_attach(self, program: Any) -> None:
        self._program = program
        self._attributes = {"kind": type(self).__name__, **self.prepare(program)}
        if self._begun:
            return
        if self._to is not None and not Path(self._to).parent.is_dir():
            raise GraphError(f"cannot record to {self._to}: there is no folder {Path(self._to).parent}")
        keys = self.store.keys()
        if not (self.append or self._resumes()) or self.key not in keys:
            refuse_second(self.key, self._to or "memory", keys)
        elif self.store.attributes(self.key) != self._plain():
            raise GraphError(f"{self._to} holds another recording '{self.key}': other units, filters or steps")
        else:
            self._begun = True

    def _begin(self) -> None:
        """Make room, once every recorder has been checked."""
        if not self._begun:
            self.store.begin(self.key, self._attributes)
            self._begun = True

    def _resumes(self) -> bool:
        """Whether `restore` will say how far the recording had come."""
        return self.run is not None and self.run.resumes

    def _plain(self) -> Any:
        return json.loads(as_json(self._attributes))

    def on_train_begin(self, num_epochs: int) -> None:
        if not self._resumes():
            self._begin()

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        if holds(self.epoch_filter, epoch):
            self.record(epoch, self.split)

    def on_test_end(self, record: Record) -> None:
        self._begin()
        self.record(NO_EPOCH, "test")

    def collected(self) -> dict[str, Any]:
        return {self.key: self.recording} if self._begun else {}

    def state(self) -> Any:
        lengths = self.store.lengths(self.key) if self._begun else {}
        rows = {name: self.store.rows(self.key, name) for name in lengths} if self._to is None else {}
        return {"key": self.key, "attributes": self._plain(), "lengths": lengths, "rows": rows}

    def restore(self, state: Any) -> None:
        if (state["key"], state["attributes"]) != (self.key, self._plain()):
            raise CheckpointError(
                f"the checkpoint's run recorded '{state['key']}' where this one records '{self.key}', or other units "
                "or steps of it: give the recorders of that run, in their order"
            )
        self._begin()
        if self._to is None:
            self.store.cut(self.key, {})
            self.store.grow(self.key, state["rows"])
            return
        try:
            self.store.cut(self.key, state["lengths"])
        except GraphError as error:
            raise CheckpointError(f"{error}: it is not the recording of the checkpoint's run") from error


class TrialRecorder(Recorder):
    """Base of recorders of what happens in trials: they have an `example_filter` too."""

    def __init__(self, key: str, example_filter: Filter, **options: Any):
        super().__init__(key, **options)
        check_filter("example_filter", example_filter)
        self.example_filter = example_filter

    def wanted(self, trials: Trials) -> np.ndarray:
        """The samples of these trials that are recorded, as indices into the data that were given."""
        samples = np.sort(trials.samples)
        return samples[chosen("example_filter", self.example_filter, len(samples))]

    def on_attach(self, program: Any) -> None:
        offer = getattr(program, "trials", None)
        if offer is None:
            raise GraphError(f"the recorder '{self.key}' has nothing to record: this network runs no trials for it")
        trials = offer("test") or offer(self.split)
        if trials is None:
            raise GraphError(f"the recorder '{self.key}' has nothing to record: there is no {self.split} split")
        self.wanted(trials)  # all of it is checked before anything is computed
        super().on_attach(program)
        self.leaves(trials)

    def record(self, epoch: int, split: str) -> None:
        trials: Trials = self._program.trials(split)
        wanted, held = self.wanted(trials), np.empty(0, np.int64)
        if self.append and epoch != NO_EPOCH:
            held = self.recording.samples[self.recording.epochs == epoch]
        if np.isin(wanted, held).all():
            return
        for samples, recorded in trials.replay(wanted, self.leaves(trials)):
            new = ~np.isin(samples, held)
            if new.any():
                self.take(epoch, samples[new], {leaf: np.asarray(a)[:, new] for leaf, a in recorded.items()})

    @abstractmethod
    def leaves(self, trials: Trials) -> tuple[Leaf, ...]:
        """What to record of them."""
        ...

    @abstractmethod
    def take(self, epoch: int, samples: np.ndarray, recorded: dict[Leaf, np.ndarray]) -> None:
        """Keep the trials of these samples; recorded: (T, n_samples, ...) each."""
        ...


def flat(array: np.ndarray, lead: int) -> np.ndarray:
    """Units of any shape as one axis, the last; `lead` axes stand before it."""
    return array.reshape(*array.shape[:lead], -1)
