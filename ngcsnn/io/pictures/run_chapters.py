"""All pictures that a run folder has, in chapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ngcsnn.io.pictures.of_metrics import counted_confusion, metrics_chapter
from ngcsnn.io.pictures.of_network import network_chapter, weights_chapter
from ngcsnn.io.pictures.of_recordings import recordings_chapter
from ngcsnn.io.pictures.of_trials import answers_chapter, trials_chapter
from ngcsnn.io.pictures.picture import Chapter, Picture
from ngcsnn.io.pictures.run_pictures import data_set_pictures
from ngcsnn.io.stored_run import StoredRun


def run_chapters(run: StoredRun, with_data: bool = True) -> list[Chapter]:
    """The chapters of a run; nothing is drawn yet.

    with_data: whether to load the data set, and run the network on test samples, for pictures of activity and answers.
    Where the data cannot be had, a note says so.
    """
    context = run.experiment.context
    first = [metrics_chapter(run.records)]
    last = [weights_chapter(context, run.start), network_chapter(context)]
    recorded = recordings_chapter(run.folder)
    last += [recorded] if recorded.pictures or recorded.notes else []
    if with_data:
        return [*first, *_with_data(run), *last]
    counted = counted_confusion(run.records)
    return [*first, *([Chapter("Answers", [counted], [])] if counted is not None else []), *last]


def _with_data(run: StoredRun) -> list[Chapter]:
    experiment = run.experiment
    try:
        if experiment.train is not None and experiment.data is not None:
            _ = experiment.dataset
    except (OSError, ValueError) as error:
        counted = counted_confusion(run.records)
        note = f"no further pictures of activity and answers, for the data cannot be had: {error}"
        return [Chapter("Answers", [] if counted is None else [counted], [note])]
    answers = answers_chapter(experiment)
    counted = counted_confusion(run.records, experiment.dataset.class_names if experiment.data is not None else None)
    if not answers.pictures and counted is not None:
        answers = Chapter(answers.title, [counted], [])
    answers.pictures.extend(data_set_pictures(experiment))
    return [answers, trials_chapter(experiment)]


def drawn(chapters: list[Chapter]) -> Iterator[tuple[Chapter, Picture, Any]]:
    """(chapter, picture, its axes), drawn one after the other."""
    for chapter in chapters:
        for picture in chapter.pictures:
            yield chapter, picture, picture.draw()
