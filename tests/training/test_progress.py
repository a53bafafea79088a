"""The progress line: loss, accuracy, spike rates, what went wrong, time left."""

from __future__ import annotations

import io
import re
import sys

import pytest

from ngcsnn.training import Progress, fit
from ngcsnn.training.progress import describe, duration

TRAIN = {
    "epoch": 0, "split": "train", "loss": 0.54321, "accuracy": 0.75, "hidden.rate_hz": 12.34, "hidden.silent": 3,
    "other.rate_hz": 0.0, "other.silent": 0, "hidden.grazing": 9, "skipped": 0, "seconds": 0.25,
}  # fmt: skip
VALIDATION = {"epoch": 0, "split": "validation", "loss": 0.6, "accuracy": 0.7, "hidden.rate_hz": 11.0, "seconds": 0.1}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_where_there_is_no_terminal():
    stream = io.StringIO()
    progress = Progress(stream)
    progress.on_train_begin(2)
    progress.on_epoch_end(4, [TRAIN, VALIDATION])
    progress.on_epoch_end(5, [{**TRAIN, "skipped": 2}])
    progress.on_train_end()
    first, second = stream.getvalue().splitlines()
    assert first.startswith("epoch 5: loss 0.5432, accuracy 0.75, validation loss 0.6, validation accuracy 0.7, ")
    assert re.search(r"hidden 12.3 Hz, other 0.0 Hz, hidden 3 silent, 0.2 s, \d+:\d\d left$", first)
    assert second.startswith("epoch 6: ") and second.endswith("2 batches skipped (not finite), 0.2 s, 0:00 left")
    assert "validation" not in second


def test_several_outputs_keep_their_names():
    record = {"epoch": 0, "split": "train", "loss": float("nan"), "left.accuracy": 0.5, "right.mean_square_error": 1.0}
    assert describe([record]) == "loss nan, left.accuracy 0.5"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (75, "1:15"), (3599.9, "1:00:00"), (7261, "2:01:01")])
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_standard_error_by_default(capsys):
    Progress().stream.write("x")
    assert capsys.readouterr() == ("", "x")
    assert Progress().stream is sys.stderr and Progress(stream := io.StringIO()).stream is stream


def test_a_bar_in_a_terminal():
    pytest.importorskip("rich")
    stream = Terminal()
    progress = Progress(stream)
    progress.on_train_begin(3)
    progress.on_epoch_end(0, [TRAIN])
    progress.on_train_end()
    progress.on_train_end()  # once more does no harm
    text = stream.getvalue()
    assert "1/3" in text and "loss 0.5432" in text and "0:00 left" in text, "long lines wrap, and nothing is cut off"


def test_lines_in_a_terminal_without_rich(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    stream = Terminal()
    progress = Progress(stream)
    progress.on_train_begin(1)
    progress.on_epoch_end(0, [TRAIN])
    progress.on_train_end()
    assert stream.getvalue().startswith("epoch 1: loss 0.5432")


class Program:
    n_samples = 40

    def begin_epoch(self, epoch, batch):
        return 4

    def train_batches(self, first, stop):
        pass

    def figures(self):
        return {"loss": 0.25, "seconds": 0.5}

    def end_epoch(self):
        return {"epoch": 0, "split": "train", "loss": 0.5, "seconds": 2.0}

    def validate(self, epoch):
        return None


def test_throughput_and_lines_within_an_epoch():
    stream = io.StringIO()
    fit(Program(), 1, callbacks=[Progress(stream, every_batches=3)])  # type: ignore[arg-type]
    within, after = stream.getvalue().splitlines()
    assert within.startswith("epoch 1, batch 3/4: loss 0.25, 0.5 s, 60 samples/s, 0:0")
    assert after == "epoch 1: loss 0.5, 2.0 s, 20 samples/s, 0:00 left"
