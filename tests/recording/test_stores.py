"""Growing arrays, in memory and in files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.recording import load_recordings
from ngcsnn.recording.read import recording_of
from ngcsnn.recording.stores import open_store

KINDS = ["memory", "h5", "npz"]


def place(kind: str, folder: Path) -> Path | None:
    if kind == "h5":
        pytest.importorskip("h5py")
    return None if kind == "memory" else folder / f"x.{kind}"


@pytest.mark.parametrize("kind", KINDS)
def test_rows_come_back(kind: str, tmp_path: Path) -> None:
    store = open_store(place(kind, tmp_path))
    store.begin("a.s", {"kind": "X", "units": np.arange(2), "dt": np.float32(0.5)})
    whole = np.arange(30.0, dtype=np.float32).reshape(10, 3)
    assert store.lengths("a.s") == {}
    for start, stop in ((0, 4), (4, 5), (5, 10)):
        store.grow("a.s", {"values": whole[start:stop], "n": np.arange(start, stop)})
    store.grow("a.s", {"values": whole[:0]})
    store.begin("b", {})
    assert store.keys() == ["a.s", "b"] and store.lengths("a.s") == {"values": 10, "n": 10}
    assert store.attributes("a.s")["dt"] == 0.5 and list(store.attributes("a.s")["units"]) == [0, 1]
    for start, stop in ((0, None), (0, 4), (3, 6), (9, 10), (4, 5), (7, None)):
        found = store.rows("a.s", "values", start, stop)
        assert found.dtype == np.float32 and np.array_equal(found, whole[start:stop])
    assert store.rows("a.s", "n").tolist() == list(range(10))


@pytest.mark.parametrize("kind", KINDS[1:])
def test_files_are_never_written_over_and_damage_is_told(kind: str, tmp_path: Path) -> None:
    path = place(kind, tmp_path)
    assert path is not None
    open_store(path).begin("a", {"kind": "X"})
    with pytest.raises(GraphError, match="holds a recording 'a' already"):
        open_store(path).begin("a", {})
    with pytest.raises(GraphError, match="of a kind that is not known here: 'X'"):
        load_recordings(path)
    path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
    with pytest.raises(GraphError, match="or damaged"):
        load_recordings(path)
    with pytest.raises(GraphError, match="there is no file"):
        load_recordings(tmp_path / "other.h5")


def test_numpy_reads_the_pieces(tmp_path: Path) -> None:
    store = open_store(tmp_path / "x.npz")
    store.begin("a", {})
    store.grow("a", {"n": np.arange(3)})
    store.grow("a", {"n": np.arange(2)})
    with np.load(tmp_path / "x.npz") as file:
        assert file["a/n/0-3"].tolist() == [0, 1, 2] and file["a/n/3-5"].tolist() == [0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_trials_one_by_one_and_together(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More trials than are read at once, some without a spike."""
    monkeypatch.setattr("ngcsnn.recording.spikes._AT_ONCE", 4)
    store, sizes = open_store(place(kind, tmp_path)), np.array([2, 0, 1, 3, 0, 0, 2, 1, 0, 0])
    told = {"cell": "a", "n_units": 3, "units": [0, 1, 2], "dt": 1.0, "t_end": 9.0, "counts_only": False}
    store.begin("a.s", {"kind": "SpikeRecorder", **told})
    arrays = {"epochs": np.arange(10) // 5, "samples": np.arange(10) % 5, "counts": np.ones((10, 3), np.int32)}
    spikes = {"times": np.arange(9.0), "units": np.arange(9, dtype=np.int32) % 3}
    store.grow("a.s", {**arrays, "stops": np.cumsum(sizes), **spikes})
    found: Any = recording_of(store, "a.s")
    for i, trial in enumerate(found):
        start, one = sizes[:i].sum(), found[i]
        assert trial.times.tolist() == one.times.tolist() == list(range(start, start + sizes[i]))
        assert trial.units.tolist() == one.units.tolist() == [int(t) % 3 for t in trial.times]
        assert (trial.epoch, trial.sample) == (one.epoch, one.sample) == (i // 5, i % 5)
    assert len(list(found)) == 10 and found[-3].times.tolist() == [8.0]
