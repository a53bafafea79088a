"""The pictures of a run, by data set."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ngcsnn.io import Experiment, draw_pictures, load_experiment
from ngcsnn.io.pictures import run_pictures

RECORDS = [{"epoch": e, "split": "train", "loss": 1.0, "accuracy": 0.5} for e in range(2)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Stands in for the network, which would take long: class 2 everywhere; what it was asked is kept."""
    points: list[np.ndarray] = []

    def answer(_: Experiment, raw: np.ndarray) -> np.ndarray:
        points.append(raw)
        return np.full(len(raw), 2)

    monkeypatch.setattr(run_pictures, "classes", answer)
    return points


def test_yin_yang_gets_two(model_text: str, tmp_path: Path, asked: list[np.ndarray]) -> None:
    e = load_experiment(model_text)
    assert draw_pictures(e, RECORDS, tmp_path) is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["decision_regions.png", "learning_curve.png"]
    ground, test = asked
    np.testing.assert_array_equal(test, e.dataset.raw["test"])  # type: ignore[index]
    np.testing.assert_allclose(ground[:, :2] + ground[:, 2:], 1.0)
    assert np.all(np.hypot(*(ground[:, :2] - 0.5).T) < 0.51)  # inside the sign only


def test_an_unfinished_run_gets_its_curve(model_text: str, tmp_path: Path, asked: list[np.ndarray]) -> None:
    assert draw_pictures(load_experiment(model_text), RECORDS, tmp_path, finished=False) is None
    assert [p.name for p in tmp_path.iterdir()] == ["learning_curve.png"] and not asked
    assert draw_pictures(load_experiment(model_text), [], tmp_path / "none", finished=False) is None


def test_without_matplotlib_there_is_a_note(
    model_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[np.ndarray]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    note = draw_pictures(load_experiment(model_text), RECORDS, tmp_path)
    assert note is not None and 'pip install "ngcsnn[viz]"' in note and "\n" not in note
    assert not list(tmp_path.iterdir())


def test_what_answers_with_no_class_gets_no_picture_of_them(
    model_text: str, tmp_path: Path, asked: list[np.ndarray]
) -> None:
    e = load_experiment(model_text, ["losses={output: mean_square_error}", "readouts={output: var}"])
    note = draw_pictures(e, [], tmp_path)
    assert note is not None and "does not answer with one class" in note and not asked


def test_classes_are_the_largest_answers_or_the_earliest_times(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[Any] = []

    def predict(inputs: dict[str, Any]) -> np.ndarray:
        fed.append(inputs)
        return np.array([[0.1, 0.5, 0.2], [0.9, 0.5, 0.2]])

    output: Any = SimpleNamespace(readout=SimpleNamespace(gives_times=False))
    e: Any = SimpleNamespace(
        data=SimpleNamespace(inputs=("input",)),
        dataset=SimpleNamespace(encode=lambda raw: ("encoded", raw), name="x"),
        answering=SimpleNamespace(predict=predict, objective=SimpleNamespace(outputs=[output])),
    )
    assert run_pictures.classes(e, np.zeros((2, 4))).tolist() == [1, 0]
    output.readout.gives_times = True
    assert run_pictures.classes(e, np.zeros((2, 4))).tolist() == [0, 2]  # the earliest
    assert fed[0]["input"][0] == "encoded"
