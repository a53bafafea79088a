"""A run that dies while recorders write, and is resumed, leaves the recordings of a run that nothing disturbed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.recording import ConnVarRecorder, SpikeRecorder, VarRecorder, journal, load_recordings
from ngcsnn.training import Callback, CheckpointError, Snapshot


class Death(BaseException):
    """What `kill -9` is: nothing is done after it."""


class Keep(Callback):
    """A checkpoint after every batch, in memory, as it would come back from the disk."""

    late, every_batches = True, 1

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []

    def keep(self, *_: Any) -> None:
        found: Any = self.run
        snapshot = found.snapshot()
        arrays = {name: np.array(array) for name, array in snapshot.arrays.items()}
        self.snapshots.append(Snapshot(found.epoch, found.batch, arrays, json.loads(json.dumps(snapshot.facts))))

    def on_batch_end(self, epoch: int, batch: int) -> None:
        if self.run is not None and batch < self.run.n_batches:
            self.keep()

    def on_epoch_end(self, epoch: int, records: Any) -> None:
        self.keep()


def recorders(folder: Path) -> list[Any]:
    return [
        SpikeRecorder("hidden", to=folder / "a.h5"),
        VarRecorder("output.v", to=folder / "a.h5", split="validation", example_filter=[0, 3]),
        ConnVarRecorder("hid_out", start=True, to=folder / "b.npz"),
        SpikeRecorder("hidden", key="few", to=folder / "b.npz", epoch_filter=slice(0, None, 2), example_filter=[2, 6]),
        VarRecorder("hidden", "v", key="memory", neuron_filter=[0, 3], example_filter=[5]),
        SpikeRecorder("hidden", key="counts", record_counts=True),
        ConnVarRecorder("in_hid", start=True),
    ]


def content(given: list[Any]) -> dict[str, np.ndarray]:
    found = {}
    for recorder in given:
        store, key = recorder.store, recorder.key
        found |= {f"{key} {name}": store.rows(key, name) for name in store.lengths(key)}
    return found


@pytest.fixture
def train(small: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    pytest.importorskip("h5py")
    start = small.network.context.state, small.network.opt_state

    def run(callbacks: list[Any], resume: Snapshot | None = None) -> Any:
        small.network.context.state, small.network.opt_state = start
        monkeypatch.setattr("ngcsnn.compilers.trainable.read_checkpoint", lambda _: resume)
        validation = {"validation_inputs": {"input": small.inputs["input"][:5]}, "validation_targets": small.labels[:5]}
        return small.network.train(
            small.inputs, small.labels, num_epochs=3, callbacks=callbacks, resume=resume and "x", **validation
        )

    yield run
    small.network.context.state, small.network.opt_state = start


@pytest.fixture
def whole(train: Any, tmp_path: Path) -> dict[str, np.ndarray]:
    (tmp_path / "whole").mkdir()
    given = recorders(tmp_path / "whole")
    _, recorded = train(given)
    assert len(recorded["counts"]) == 21 and len(recorded["memory"]) == 3
    return content(given)


def dies(patch: pytest.MonkeyPatch, at: int) -> None:
    """Nothing is done from the so-manieth fsync on: two belong to each change of a file."""
    count = 0

    def fsync(number: int) -> None:
        nonlocal count
        count += 1
        if count >= at:
            raise Death
        os.fsync(number)

    def nothing(*_: Any) -> None:
        raise Death

    patch.setattr(journal, "_to_disk", lambda file: (file.flush(), fsync(file.fileno())))
    patch.setattr(journal, "_put_back", nothing)


@pytest.mark.parametrize("at", [2, 15, 28, 41])
def test_dead_while_a_file_is_written(at: int, train: Any, whole: dict, tmp_path: Path) -> None:
    keep = Keep()
    with pytest.MonkeyPatch.context() as patch:
        dies(patch, at)
        with pytest.raises(Death):
            train([*recorders(tmp_path), keep])
    if not keep.snapshots:
        for path in tmp_path.glob("?.*"):
            path.unlink()
    given = recorders(tmp_path)
    train([*given, Keep()], keep.snapshots[-1] if keep.snapshots else None)
    found = content(given)
    assert found.keys() == whole.keys()
    for name, array in whole.items():
        assert np.array_equal(found[name], array) and found[name].dtype == array.dtype, name
    assert {p.name for p in tmp_path.iterdir()} == {"a.h5", "b.npz", "whole"}


def test_back_to_an_earlier_checkpoint(train: Any, whole: dict, tmp_path: Path) -> None:
    """What was recorded after it is taken back, also where it is not the last."""
    keep = Keep()
    train([*recorders(tmp_path), keep])
    assert len(keep.snapshots) == 9
    for n in (5, 0):
        given = recorders(tmp_path)
        train([*given, Keep()], keep.snapshots[n])
        found = content(given)
        assert found.keys() == whole.keys() and all(np.array_equal(found[k], whole[k]) for k in whole)
    spikes = load_recordings(tmp_path / "a.h5")["hidden.s"]
    assert [len(trial.times) for trial in spikes] == spikes.counts.sum(axis=1).tolist()


def test_other_recorders_are_refused(train: Any, tmp_path: Path) -> None:
    keep, path = Keep(), tmp_path / "a.npz"
    train([SpikeRecorder("hidden", to=path), VarRecorder("output.v"), keep])
    last = keep.snapshots[-2]

    def refused(*given: Any) -> str:
        with pytest.raises(GraphError) as caught:
            train([*given, Keep()], last)
        return str(caught.value)

    v = VarRecorder("output.v")
    assert "had the callback SpikeRecorder, which this one lacks" in refused(v)
    assert "recorded 'output.v' where this one records 'hidden.v'" in refused(
        SpikeRecorder("hidden", to=path), VarRecorder("hidden.v")
    )
    assert "holds another recording 'hidden.s'" in refused(SpikeRecorder("hidden", neuron_filter=[1], to=path), v)
    said = refused(SpikeRecorder("hidden", to=tmp_path / "other.npz"), VarRecorder("output.v"))
    assert "other.npz holds 0 rows of 'hidden.s' (epochs), and should hold 14: it is not the recording" in said
    assert isinstance(CheckpointError("x"), GraphError)
