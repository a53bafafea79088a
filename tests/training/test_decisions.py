"""Early stopping and plateaus: what they go by, when they act, and that a resumed run decides alike."""

from __future__ import annotations

from typing import Any

import pytest

from ngcsnn.graph import GraphError
from ngcsnn.training import Callback, CheckpointError, EarlyStopping, Plateau, Snapshot, fit


class Told:
    """A program whose figures are given beforehand; notes its learning rate in each epoch."""

    n_samples = 1

    def __init__(self, figures: list[float], name: str = "loss", validates: bool = True):
        self.shown, self.name, self.validates, self.rate, self.rates = figures, name, validates, 1.0, []

    def begin_epoch(self, epoch, batch):
        self.rates.append(self.rate)
        return 1

    def train_batches(self, first, stop): ...

    def figures(self):
        return {}

    def end_epoch(self):
        return {"epoch": len(self.rates) - 1, "split": "train", "loss": 5.0}

    def give_up(self): ...

    def validate(self, epoch):
        return {"epoch": epoch, "split": "validation", self.name: self.shown[epoch]} if self.validates else None

    def save(self):
        return {}, {"rate": self.rate, "rates": list(self.rates)}

    def restore(self, arrays, facts):
        self.rate, self.rates = facts["rate"], list(facts["rates"])

    def scale_rate(self, factor):
        self.rate *= factor


@pytest.mark.parametrize(
    ("name", "figures", "options", "stopped", "best"),
    [
        ("loss", [5, 3, 4, 3, 3, 1, 1, 1], {"patience": 3}, 4, 1),
        ("loss", [5, 4.9, 4.8, 4.7, 4.6], {"patience": 2, "least": 0.5}, 2, 0),
        ("accuracy", [0.1, 0.3, 0.2, 0.2, 0.9], {"patience": 2, "figure": "validation_accuracy"}, 3, 1),
        ("loss", [1, 2, 3, 4, 5], {"patience": 2}, 2, 0),
        ("loss", [1, 2, 3, 4, 3], {"patience": 2, "mode": "high"}, None, 3),
        ("loss", [float("nan")] * 4, {"patience": 2}, 1, None),
    ],
    ids=["loss", "least", "accuracy", "worse", "mode", "nan"],
)
def test_early_stopping(name, figures, options, stopped, best):
    _, recorded = fit(Told(figures, name), len(figures), callbacks=[EarlyStopping(**options)])
    found = recorded["early_stopping"]
    assert (found["stopped"], found["epoch"]) == (stopped, best)
    assert len(recorded["history"]) == 2 * (len(figures) if stopped is None else stopped + 1)


ACCURACY = [0.1, 0.5, 0.6, 0.6, 0.6, 0.55, 0.5, 0.4, 0.4, 0.3, 0.3, 0.3, 0.3]


def by_hand(values: list[float], fast: float, slow: float, patience: int, factor: float) -> list[float]:
    a = b = values[0]
    rates, rate, since = [], 1.0, 0
    for x in values:
        rates.append(rate)
        a, b, since = fast * a + (1 - fast) * x, slow * b + (1 - slow) * x, since + 1
        if since > patience and a <= b:
            rate, since = rate * factor, 0
    return rates


def test_plateau():
    program = Told(ACCURACY, "accuracy")
    _, recorded = fit(program, 13, callbacks=[Plateau(0.5, 0.3, 0.6, patience=2)])
    assert program.rates == by_hand(ACCURACY, 0.3, 0.6, 2, 0.5) and program.rates[-1] <= 0.25
    assert recorded["plateau"] == [6, 9, 12]
    falling = Told([-x for x in ACCURACY])
    fit(falling, 13, callbacks=[Plateau(0.5, 0.3, 0.6, patience=2)])
    assert falling.rates == program.rates, "a loss should fall"


def test_a_resumed_run_decides_alike():
    class Snap(Callback):
        late = True
        taken: Any = None

        def on_epoch_end(self, epoch, records):
            if epoch == 5 and self.run is not None:
                self.taken = self.run.snapshot()

    def made() -> Any:
        return [Plateau(0.5, 0.3, 0.6, patience=2), EarlyStopping("validation_accuracy", patience=6)]

    whole, again, snap = Told(ACCURACY, "accuracy"), Told(ACCURACY, "accuracy"), Snap()
    _, want = fit(whole, 13, callbacks=[*made(), snap])
    _, got = fit(again, 13, callbacks=made(), resume=Snapshot(6, 0, {}, snap.taken.facts))
    assert again.rates == whole.rates and got == want and want["early_stopping"]["stopped"] == 8
    with pytest.raises(CheckpointError, match="had the callback EarlyStopping, which this one lacks"):
        fit(Told(ACCURACY), 13, callbacks=made()[:1], resume=snap.taken)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Plateau(factor=1.0), r"`factor` must be a number in \[0, 1\), got 1.0"),
        (lambda: Plateau(factor=0), "`factor` must be > 0"),
        (lambda: Plateau(fast=0.9), "`fast` must be below `slow`"),
        (lambda: Plateau(figure="loss"), "one of validation, such as 'validation_loss', got 'loss'"),
        (lambda: Plateau(figure="test_accuracy"), "a decision by the test split"),
        (lambda: EarlyStopping(figure="test_loss"), "a decision by the test split"),
        (lambda: EarlyStopping(patience=0), "`patience` must be an integer >= 1"),
        (lambda: EarlyStopping(mode="lo"), "`mode` must be 'low' or 'high', got 'lo'; did you mean 'low'"),
        (lambda: EarlyStopping(least=-1), "`least` must be a number >= 0"),
    ],
    ids=["factor", "zero", "fast", "training", "test", "test_loss", "patience", "mode", "least"],
)
def test_arguments(make, text):
    with pytest.raises(GraphError, match=text):
        make()


def test_what_the_run_does_not_have():
    with pytest.raises(GraphError, match="Plateau goes by validation, and this run has none"):
        fit(Told([], validates=False), 1, callbacks=[Plateau()])
    with pytest.raises(GraphError, match="no figure 'validation_acuracy'; did you mean 'validation_accuracy'"):
        fit(Told([1], "accuracy"), 1, callbacks=[EarlyStopping("validation_acuracy")])
