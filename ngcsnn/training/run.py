"""A training run while it goes: where it stands, what it has shown, and the one epoch after the other."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Protocol

from ngcsnn.graph import GraphError
from ngcsnn.training.callbacks import NEVER, Callback, Record
from ngcsnn.training.snapshot import Arrays, CheckpointError, Snapshot, put_together, set_apart


class Program(Protocol):
    """What is trained. An epoch is begun, run in pieces of any number of batches, and ended."""

    @property
    def n_samples(self) -> int:
        """How many are learned from in an epoch."""
        ...

    def begin_epoch(self, epoch: int, batch: int) -> int:
        """How many batches the epoch has; batch: how many of them are done (0, or as restored)."""
        ...

    def train_batches(self, first: int, stop: int) -> None:
        """Learn from batches first <= number < stop."""
        ...

    def figures(self) -> Record:
        """The figures of the batches so far of the epoch in progress."""
        ...

    def end_epoch(self) -> Record: ...

    def give_up(self) -> None:
        """Go back to what stood before the epoch in progress, if there is one."""
        ...

    def validate(self, epoch: int) -> Record | None: ...

    def save(self) -> tuple[Arrays, dict[str, Any]]:
        """(arrays, plain data) from which `restore` makes the same again."""
        ...

    def restore(self, arrays: Arrays, facts: dict[str, Any]) -> None: ...

    def scale_rate(self, factor: float) -> None:
        """Multiply the learning rate from now on."""
        ...


class Run:
    """What callbacks see of a run.

    epoch, batch: the epoch in progress, and how many of its `n_batches` are done. first, last: epochs first <= number <
    last are to be run. history: every record so far. stopped: why it ends early, None if it does not. finished: whether
    it came to its end. settled: whether all that belongs to the position is in order, so that it can be saved. resumes:
    whether it goes on from a checkpoint, from which callbacks get their state back.
    """

    def __init__(self, program: Program, first: int, last: int, callbacks: Sequence[Callback], resumes: bool = False):
        self.program, self.first, self.last, self.callbacks = program, first, last, callbacks
        self.epoch, self.batch, self.n_batches = first, 0, 0
        self.history: list[Record] = []
        self.stopped: str | None = None
        self.finished, self.settled, self.resumes = False, True, resumes
        self._cuts = [(callback, n) for callback in callbacks if (n := _interval(callback)) is not None]
        self._began = self._first_batch = 0

    def stop(self, why: str) -> None:
        """End the run after this epoch."""
        self.stopped = why

    def figures(self) -> Record:
        """The figures of the batches so far of the epoch in progress."""
        return {"epoch": self.epoch, "split": "train", **self.program.figures()}

    def samples_per_s(self, record: Record) -> float:
        """Throughput in the time that the training record of an epoch, or of its part so far, tells."""
        done = (self.batch or self.n_batches) - self._first_batch
        share = done / self.n_batches if self.n_batches else 0.0
        return share * self.program.n_samples / max(record["seconds"], 1e-9)

    # --- what a checkpoint holds --------------------------------------------------------------------------------
    def snapshot(self) -> Snapshot:
        """All of the run as it stands."""
        arrays, facts = self.program.save()
        states = {key: s for key, c in self._named().items() if (s := _state(c)) is not None}
        told = {
            "first": self.first, "last": self.last, "history": list(self.history), "stopped": self.stopped,
            "callbacks": set_apart("callback:", states, arrays), "program": facts,
        }  # fmt: skip
        return Snapshot(self.epoch, self.batch, arrays, told)

    def restore(self, snapshot: Snapshot) -> None:
        """Stand where the snapshot was taken."""
        facts, named = snapshot.facts, self._named()
        if facts["first"] != self.first:
            raise CheckpointError(
                f"the checkpoint's run began with epoch {facts['first']}: start_epoch={facts['first']}"
            )
        for key in facts["callbacks"]:
            if key not in named:
                raise CheckpointError(f"the checkpoint's run had the callback {key}, which this one lacks")
        for key, callback in named.items():
            if _state(callback) is not None and key not in facts["callbacks"]:
                raise CheckpointError(f"this run has the callback {key}, which the checkpoint's lacked")
        self.program.restore(snapshot.arrays, facts["program"])
        self.epoch, self.batch, self._began = snapshot.epoch, snapshot.batch, snapshot.batch
        self.history[:] = facts["history"]
        self.stopped = facts["stopped"]
        for key, state in facts["callbacks"].items():
            named[key].restore(put_together(state, snapshot.arrays))

    def _named(self) -> dict[str, Callback]:
        """{class name, with a number from the second on: callback}."""
        out: dict[str, Callback] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            same = sum(type(c).__name__ == name for c in out.values())
            out[f"{name} {same + 1}" if same else name] = callback
        return out

    # --- an epoch -----------------------------------------------------------------------------------------------
    def next_epoch(self) -> list[Record]:
        """Run the epoch in progress to its end; gives its records."""
        epoch = self.epoch
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)
        self.n_batches = self.program.begin_epoch(epoch, self.batch)
        self._first_batch = self.batch
        while self.batch < self.n_batches:
            self._piece()
        self.settled = False
        records = [self.program.end_epoch()]
        validation = self.program.validate(epoch)
        records += [validation] if validation is not None else []
        self.history += records
        for callback in (c for c in self.callbacks if not _late(c)):
            callback.on_epoch_end(epoch, records)
        self.epoch, self.batch, self._began, self.settled = epoch + 1, 0, 0, True
        for callback in filter(_late, self.callbacks):
            callback.on_epoch_end(epoch, records)
        return records

    def _piece(self) -> None:
        cuts, first = self._cuts, self.batch
        stop = min([self.n_batches, *((first // n + 1) * n for _, n in cuts)])
        for callback, n in cuts:
            if first % n == 0:
                callback.on_batch_begin(self.epoch, first)
        self.program.train_batches(first, stop)
        self.batch = stop
        for callback, n in sorted(cuts, key=lambda c: _late(c[0])):
            if stop % n == 0 or stop == self.n_batches:
                callback.on_batch_end(self.epoch, stop)

    def give_up(self) -> None:
        """Leave the epoch in progress as though it had not begun."""
        self.program.give_up()
        if self.settled:  # a run resumed within an epoch goes back to where it was resumed
            self.batch = self._began


def _interval(callback: Callback) -> int | None:
    """Batches between two calls of its hooks of batches; None: it has none."""
    given = getattr(callback, "every_batches", None)
    if given is None:
        own = (getattr(type(callback), hook, None) for hook in ("on_batch_begin", "on_batch_end"))
        return 1 if any(f not in (None, Callback.on_batch_begin, Callback.on_batch_end) for f in own) else None
    if given == NEVER:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise GraphError(f"`every_batches` of {callback!r} must be a whole number >= 1, got {given!r}")
    return given


def _late(callback: Callback) -> bool:
    return getattr(callback, "late", False)


def _state(callback: Callback) -> Any:
    tell = getattr(callback, "state", None)
    return deepcopy(tell()) if callable(tell) else None
