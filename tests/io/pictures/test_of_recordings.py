"""Pictures of recordings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.io.pictures.of_recordings import recordings_chapter
from ngcsnn.recording.stores import open_store

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def written(path: Path) -> None:
    """One recording of each kind, as recorders write them."""
    store = open_store(path)
    spikes: dict[str, Any] = {"cell": "hidden", "n_units": 3, "units": [0, 1, 2], "dt": 1.0, "t_end": 9.0}
    store.begin("hidden.s", {"kind": "SpikeRecorder", **spikes, "counts_only": False})
    store.begin("counts", {"kind": "SpikeRecorder", **spikes, "counts_only": True})
    trials = {"epochs": np.array([0, 4]), "samples": np.array([7, 8])}
    rows = {**trials, "counts": np.array([[1, 0, 0], [0, 1, 1]])}
    store.grow("counts", rows)
    store.grow(
        "hidden.s",
        {**rows, "stops": np.array([1, 3]), "times": np.array([2.0, 1.0, 5.0]), "units": np.array([0, 1, 2])},
    )
    store.begin(
        "out.v", {"kind": "VarRecorder", "compartment": "out.v", "units": [5, 9], "steps": [0, 2, 7], "dt": 1.0}
    )
    store.grow("out.v", {**trials, "values": np.arange(12.0).reshape(2, 3, 2)})
    store.begin("w", {"kind": "ConnVarRecorder", "compartment": "a.weights", "sources": None, "targets": None})
    store.grow("w", {"epochs": np.array([-1, 0, 1]), "values": np.arange(12.0).reshape(3, 2, 2)})
    store.begin("empty", {"kind": "VarRecorder", "compartment": "out.v", "units": None, "steps": [0], "dt": 1.0})


def test_each_kind_has_its_picture(tmp_path: Path) -> None:
    written(tmp_path / "seen.npz")
    (tmp_path / "bad.npz").write_text("no zip")
    chapter = recordings_chapter(tmp_path)
    assert [p.name for p in chapter.pictures] == ["seen_hidden_s", "seen_counts", "seen_out_v", "seen_w"]
    assert len(chapter.notes) == 1 and "bad.npz is no file of recordings, or damaged" in chapter.notes[0]
    raster, counts, values, weights = (p.draw() for p in chapter.pictures)
    assert [ax.get_title(loc="left") for ax in raster] == ["hidden   sample 7, epoch 0", "sample 8, epoch 4"]
    assert [len(ax.get_lines()[0].get_xdata()) for ax in raster] == [1, 2]
    assert "mean 55.6 Hz" in counts.texts[0].get_text()  # 1.5 spikes of 3 units in 9 ms
    assert [t.get_text() for t in values.get_yticklabels()] == ["5", "9"]
    assert values.get_xlim() == (0.0, 8.0)
    assert [list(line.get_xdata()) for line in values.get_lines()].count([1.0, 3.0, 8.0]) == 2  # when they were taken
    assert weights.get_lines()[0].get_xdata().tolist() == [-1, 0, 1]


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text("")
    assert recordings_chapter(tmp_path) == ("Recordings", [], [])
