"""Pictures of a run's figures: loss, accuracy, what the cells did."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn import viz
from ngcsnn.io.pictures.picture import Chapter, Picture
from ngcsnn.training import Record


def metrics_chapter(records: Sequence[Record]) -> Chapter:
    """The learning curve, and the rates of the cells over the epochs."""
    pictures, notes = [], []
    shown, rates = curves(records), _rates(records)
    if records and shown != []:
        text = "After each epoch; the legends name the last values."
        draw = lambda: viz.learning_curve(records, metrics=shown)  # noqa: E731
        pictures.append(Picture("learning_curve", "Learning curve", text, draw))
    else:
        notes.append("no learning curve: no epoch has ended" if not records else "no learning curve: no cell spikes")
    if rates and shown is None and sum(record.get("split") == "train" for record in records) > 1:
        text = "The mean rate of all units of each population, in Hz."
        pictures.append(Picture("rates", "Firing rates", text, lambda: viz.learning_curve(records, metrics=rates)))
    return Chapter("Learning", pictures, notes)


def curves(records: Sequence[Record]) -> list[str] | None:
    """What a learning curve shows: None, the usual figures, where there is a loss; else accuracy and rates."""
    known = dict.fromkeys(key for record in records for key in record)
    if any(key.rpartition(".")[2] == "loss" for key in known):
        return None
    return [*(key for key in known if key.rpartition(".")[2] == "accuracy"), *_rates(records)]


def _rates(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(k for record in records for k in record if k.endswith(".rate_hz")))[:4]


def counted_confusion(records: Sequence[Record], class_names: Sequence[str] | None = None) -> Picture | None:
    """The confusion matrix that the run counted over its test samples, where it did (`metrics: [confusion_matrix]`)."""
    test = next((record for record in reversed(records) if record.get("split") == "test"), {})
    counts = test.get("confusion_matrix")
    if counts is None:
        return None
    text = "All test samples: rows are their class, columns the answer."
    draw = lambda: viz.confusion_counts(counts, class_names=class_names)  # noqa: E731
    return Picture("confusion", "Confusion matrix", text, draw)
