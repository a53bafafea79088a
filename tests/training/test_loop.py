"""The loop over epochs: who is called when, what comes back, and what happens when it is cut short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.training import Callback, fit


class Recorder(Callback):
    """Notes every call, under a name, in a shared list."""

    def __init__(self, name: str, calls: list[Any], fail: str = ""):
        self.name, self.calls, self.fail = name, calls, fail

    def note(self, *what: Any) -> None:
        self.calls.append((self.name, *what))
        if what[0] == self.fail:
            raise RuntimeError(self.fail)

    def on_train_begin(self, num_epochs):
        self.note("begin", num_epochs)

    def on_epoch_begin(self, epoch):
        self.note("epoch", epoch)

    def on_epoch_end(self, epoch, records):
        self.note("done", epoch, [r["split"] for r in records])

    def on_train_end(self):
        self.note("end")

    def collected(self):
        return {"notes": self.name}


class Program:
    """Three batches an epoch, which add up their numbers."""

    n_samples = 12

    def __init__(self, calls: list[Any], validates: bool = True, fail: int = -1):
        self.calls, self.validates, self.fail = calls, validates, fail
        self.total, self.rate = 0, 1.0

    def begin_epoch(self, epoch, batch):
        self.epoch = epoch
        return 3

    def train_batches(self, first, stop):
        self.calls.append(("train", self.epoch, first, stop))
        self.total += sum(range(first, stop)) * self.rate
        if self.epoch == self.fail:
            raise KeyboardInterrupt

    def figures(self):
        return {"total": self.total}

    def end_epoch(self):
        return {"epoch": self.epoch, "split": "train", "loss": 1.0 / (self.epoch + 1)}

    def give_up(self):
        self.calls.append(("given up",))

    def save(self):
        return {"total": np.asarray(self.total)}, {}

    def restore(self, arrays, facts):
        self.total = arrays["total"].item()

    def scale_rate(self, factor):
        self.rate *= factor

    def validate(self, epoch):
        return {"epoch": epoch, "split": "validation", "loss": 2.0} if self.validates else None


def test_every_hook_in_its_turn():
    calls: list[Any] = []
    metrics, recorded = fit(Program(calls), 2, 3, [Recorder("a", calls), Recorder("b", calls)])
    splits = ["train", "validation"]
    epochs = [
        [("a", "epoch", n), ("b", "epoch", n), ("train", n, 0, 3), ("a", "done", n, splits), ("b", "done", n, splits)]
        for n in (3, 4)
    ]
    begin, end = [("a", "begin", 2), ("b", "begin", 2)], [("a", "end"), ("b", "end")]
    assert calls == [*begin, *epochs[0], *epochs[1], *end]
    assert metrics == {"loss": 0.2, "validation_loss": 2.0}
    assert [(r["epoch"], r["split"]) for r in recorded["history"]] == [(n, s) for n in (3, 4) for s in splits]


def test_collections_of_one_name_are_both_kept():
    calls: list[Any] = []
    _, recorded = fit(Program(calls), 1, 0, [Recorder(n, calls) for n in "abc"])
    assert (recorded["notes"], recorded["notes_1"], recorded["notes_2"]) == ("a", "b", "c")
    assert fit(Program(calls), 0, 0, [Recorder("a", calls)]) == ({}, {"history": [], "notes": "a"})


def test_without_validation():
    metrics, recorded = fit(Program([], validates=False), 2)
    assert metrics == {"loss": 0.5} and [r["split"] for r in recorded["history"]] == ["train", "train"]


def test_an_interrupt_ends_the_run_and_tells_everyone():
    calls: list[Any] = []
    with pytest.raises(KeyboardInterrupt):
        fit(Program(calls, fail=1), 5, 0, [Recorder("a", calls), Recorder("b", calls)])
    assert calls[-4:] == [("train", 1, 0, 3), ("given up",), ("a", "end"), ("b", "end")]
    assert ("a", "done", 0, ["train", "validation"]) in calls and ("train", 2, 0, 3) not in calls


def test_only_those_that_were_begun_are_ended():
    calls: list[Any] = []
    with pytest.raises(RuntimeError, match="begin"):
        fit(Program(calls), 1, 0, [Recorder("a", calls, fail="begin"), Recorder("b", calls)])
    assert calls == [("a", "begin", 1), ("given up",), ("a", "end")]


@pytest.mark.parametrize(
    ("callbacks", "text"),
    [
        (Callback(), r"`callbacks` must be a list of callbacks \(\[\] for none\)"),
        ("progress", "`callbacks` must be a list"),
        ([Callback], "make an object of it"),
        ([print], "such as ngcsnn.training.Callback, got .*; it needs on_train_begin, "),
    ],
)
def test_what_is_no_callback(callbacks, text):
    with pytest.raises(GraphError, match=text):
        fit(Program([]), 1, 0, callbacks)


@pytest.mark.parametrize(
    ("counts", "name"), [((1.5, 0), "num_epochs"), ((-1, 0), "num_epochs"), ((1, -1), "start_epoch")]
)
def test_counts(counts, name):
    with pytest.raises(GraphError, match=f"`{name}` must be an integer >= 0"):
        fit(Program([]), *counts)


class Batches(Callback):
    def __init__(self, calls, every=None):
        self.calls, self.every_batches = calls, every

    def on_batch_begin(self, epoch, batch):
        self.calls.append(("begin", batch))

    def on_batch_end(self, epoch, batch):
        self.calls.append(("end", batch, self.run.figures()["total"] if self.run else None))


@pytest.mark.parametrize(
    ("every", "want"),
    [
        (None, [("begin", 0), (0, 1), ("end", 1, 0), ("begin", 1), (1, 2), ("end", 2, 1)]
               + [("begin", 2), (2, 3), ("end", 3, 3)]),
        (2, [("begin", 0), (0, 2), ("end", 2, 1), ("begin", 2), (2, 3), ("end", 3, 3)]),
        (9, [("begin", 0), (0, 3), ("end", 3, 3)]),
    ],
    ids=["every", "second", "none"],
)  # fmt: skip
def test_batches_are_told_where_somebody_asks(every, want):
    calls: list[Any] = []
    fit(Program(calls), 1, 0, [Batches(calls, every)])
    assert [c[2:] if c[0] == "train" else c for c in calls] == want


def test_nobody_asks_for_batches_and_the_epoch_is_one_piece():
    calls: list[Any] = []
    fit(Program(calls), 1, 0, [Callback()])
    assert calls == [("train", 0, 0, 3)]
    with pytest.raises(GraphError, match="`every_batches` of .* must be a whole number >= 1, got 0"):
        fit(Program(calls), 1, 0, [Batches(calls, 0)])


def test_a_callback_can_end_the_run():
    class Enough(Callback):
        def on_epoch_end(self, epoch, records):
            if epoch == 1 and self.run is not None:
                self.run.stop("enough")

    calls: list[Any] = []
    assert len(fit(Program(calls, validates=False), 9, 0, [Enough()])[1]["history"]) == 2
