"""`ngcsnn train`, end to end."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.io import read_metrics
from ngcsnn.training import Progress


def timeless(folder: Path) -> list[dict]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in read_metrics(folder / "metrics.jsonl")]


def arrays(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "weights" / "state.npz") as file:
        return {k: file[k] for k in file.files}


def test_the_folder_holds_everything(trained) -> None:
    assert trained.said.code == 0
    assert {p.name for p in trained.folder.iterdir()} == {
        "model.yaml", "metrics.jsonl", "weights", "learning_curve.png", "decision_regions.png", "versions.json",
    }  # fmt: skip
    assert [(r["epoch"], r["split"]) for r in timeless(trained.folder)] == [(0, "train"), (1, "train"), (1, "test")]
    assert "python" in json.loads((trained.folder / "versions.json").read_text())
    for picture in trained.folder.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    text = " ".join(p.read_text() for p in trained.folder.glob("*.[jy]*"))
    assert str(trained.folder.parent) not in text


def test_the_last_line_is_the_result(trained) -> None:
    accuracy = timeless(trained.folder)[-1]["accuracy"]
    assert trained.said.out == f"test accuracy: {accuracy:.3f}\n"
    assert re.fullmatch(r"test accuracy: [01]\.\d{3}\n", trained.said.out)
    assert "epoch 1: " in trained.said.err and "epoch 2: " in trained.said.err
    assert trained.said.err.endswith(f"run folder: {trained.folder}\n")


def test_trained_again_from_the_resolved_model(ngcsnn, trained, tmp_path: Path, monkeypatch) -> None:
    """To the bit; without matplotlib, with a note, as quietly as asked."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = ngcsnn("train", trained.folder / "model.yaml", "--out", tmp_path / "again")
    assert said.code == 0 and said.out == trained.said.out
    assert sum("matplotlib is not installed" in line for line in said.err.splitlines()) == 1
    assert not list((tmp_path / "again").glob("*.png"))
    assert timeless(tmp_path / "again") == timeless(trained.folder)
    first, again = arrays(trained.folder), arrays(tmp_path / "again")
    assert first.keys() == again.keys() and all(np.array_equal(first[k], again[k]) for k in first)


def test_a_folder_that_exists_is_left_alone(ngcsnn, model: Path, trained) -> None:
    before = {p: p.read_bytes() for p in trained.folder.rglob("*") if p.is_file()}
    said = ngcsnn("train", model, "--out", trained.folder)
    assert (said.code, said.out) == (2, "")
    assert (
        said.err == f"error: {trained.folder} already exists; nothing was computed or written (choose another folder)\n"
    )
    assert {p: p.read_bytes() for p in trained.folder.rglob("*") if p.is_file()} == before


def test_ctrl_c_keeps_what_was_learned(ngcsnn, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Progress, epoch: int, records: list) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "on_epoch_end", interrupt)
    said = ngcsnn("train", model, "epochs=9")
    (folder,) = (model.parent / "runs").iterdir()
    assert re.fullmatch(r"tiny-\d{4}-\d\d-\d\d-\d{6}", folder.name)
    assert (said.code, said.out) == (130, "")
    assert f"interrupted after 1 of 9 epochs; what they learned is in runs/{folder.name}" in said.err
    assert [r["split"] for r in timeless(folder)] == ["train"]
    assert {"model.yaml", "weights", "learning_curve.png"} <= {p.name for p in folder.iterdir()}
    assert not np.array_equal(arrays(folder)["hid_out.weights"], 0)
    monkeypatch.undo()


def test_mistakes_leave_no_folder(ngcsnn, model: Path) -> None:
    for override, message in (
        ("epoch=3", "<command line>: epoch=3: the model has no 'epoch'; did you mean 'train.epochs'?"),
        ("yin_yang.train=0", "<command line>: yin_yang.train=0: `train` must be an integer >= 1, got 0"),
    ):
        assert ngcsnn("train", model, override) == (2, "", f"error: {message}\n")
    assert [p.name for p in model.parent.iterdir()] == ["model.yaml"]


def test_a_compiler_that_does_not_learn(ngcsnn, model: Path) -> None:
    said = ngcsnn("train", model, "train={compiler: {inference: {example_timesteps: 30, readouts: {output: avg_var}}}}")
    assert said.code == 2 and "this compiler does not learn" in said.err
