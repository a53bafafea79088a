"""The loop over epochs: who is called when, what comes back, and what happens when it is cut short."""

from __future__ import annotations

from typing import Any

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
    def __init__(self, calls: list[Any], validates: bool = True, fail: int = -1):
        self.calls, self.validates, self.fail = calls, validates, fail

    def train_epoch(self, epoch):
        self.calls.append(("train", epoch))
        if epoch == self.fail:
            raise KeyboardInterrupt
        return {"epoch": epoch, "split": "train", "loss": 1.0 / (epoch + 1)}

    def validate(self, epoch):
        return {"epoch": epoch, "split": "validation", "loss": 2.0} if self.validates else None


def test_every_hook_in_its_turn():
    calls: list[Any] = []
    metrics, recorded = fit(Program(calls), 2, 3, [Recorder("a", calls), Recorder("b", calls)])
    splits = ["train", "validation"]
    epochs = [
        [("a", "epoch", n), ("b", "epoch", n), ("train", n), ("a", "done", n, splits), ("b", "done", n, splits)]
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
    assert calls[-3:] == [("train", 1), ("a", "end"), ("b", "end")]
    assert ("a", "done", 0, ["train", "validation"]) in calls and ("train", 2) not in calls


def test_only_those_that_were_begun_are_ended():
    calls: list[Any] = []
    with pytest.raises(RuntimeError, match="begin"):
        fit(Program(calls), 1, 0, [Recorder("a", calls, fail="begin"), Recorder("b", calls)])
    assert calls == [("a", "begin", 1), ("a", "end")]


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
