"""Checkpoints: when they are written, which of them stay, and what becomes of damaged ones and full disks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.training import Callback, CheckpointError, Checkpoints, Snapshot, fit, read_checkpoint
from ngcsnn.training.checkpoint_files import names, write_checkpoint

pytest.importorskip("orbax.checkpoint")


class Sums:
    """A program whose one number depends on every batch of every epoch, in their order; fails where it is told."""

    n_samples = 12

    def __init__(self, losses=(3.0, 1.0, 2.0, 4.0), fail: tuple[int, int] | None = None):
        self.losses, self.fail, self.epoch, self.rate = losses, fail, 0, 1.0
        self.x = self.before = np.float64(0.1)

    def begin_epoch(self, epoch, batch):
        self.epoch, self.before = epoch, self.x
        return 5

    def train_batches(self, first, stop):
        for number in range(first, stop):
            if (self.epoch, number) == self.fail:
                raise KeyboardInterrupt
            self.x = np.float64(3.7 * self.x * (1 - self.x) + 1e-3 * number * self.rate % 1)

    def figures(self):
        return {"loss": 0.0}

    def end_epoch(self):
        return {"epoch": self.epoch, "split": "train", "loss": self.losses[self.epoch % 4], "x": float(self.x)}

    def give_up(self):
        self.x = self.before

    def validate(self, epoch):
        return None

    def save(self):
        return {"x": np.asarray(self.x), "empty": np.zeros((0, 3)), "a -> b/['c']": np.arange(3, dtype=np.uint32)}, {}

    def restore(self, arrays, facts):
        assert arrays["empty"].shape == (0, 3) and arrays["a -> b/['c']"].dtype == np.uint32
        self.x = np.float64(arrays["x"])

    def scale_rate(self, factor):
        self.rate *= factor


class Count(Callback):
    """A callback with a memory."""

    seen = 0

    def on_epoch_end(self, epoch, records):
        self.seen += 1

    def state(self):
        return {"seen": self.seen}

    def restore(self, state):
        self.seen = state["seen"]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return fit(Sums(), 4)[1]


def test_which_stay(tmp_path):
    fit(Sums(), 4, callbacks=[Checkpoints(tmp_path, keep_last=1, keep_best=1, at_end=False)])
    assert names(tmp_path) == ["000002-00000000", "000004-00000000"], "the lowest loss was in the second epoch"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    assert read_checkpoint(tmp_path).epoch == 4 and read_checkpoint(tmp_path / "000002-00000000").epoch == 2


def test_every_so_many(tmp_path):
    fit(Sums(), 2, callbacks=[Checkpoints(tmp_path, every_epochs=2, every_batches=2, keep_last=9, best=None)])
    assert names(tmp_path) == [f"{e:06d}-{b:08d}" for e, b in [(0, 2), (0, 4), (1, 2), (1, 4), (2, 0)]]


@pytest.mark.parametrize("fail", [(0, 3), (1, 0), (2, 4)], ids=["first", "second", "third"])
def test_a_run_cut_short_goes_on_as_though_it_had_not_been(fail, tmp_path, whole):
    count = Count()
    with pytest.raises(KeyboardInterrupt):
        fit(Sums(fail=fail), 4, callbacks=[Checkpoints(tmp_path, every_batches=2, at_end=False), count])
    again = Count()
    metrics, recorded = fit(Sums(), 4, 0, [Checkpoints(tmp_path), again], resume=read_checkpoint(tmp_path))
    assert recorded["history"] == whole["history"] and metrics["x"] == whole["history"][-1]["x"]
    assert again.seen == 4


def test_an_interrupted_run_leaves_a_checkpoint_of_its_last_epoch(tmp_path, whole):
    with pytest.raises(KeyboardInterrupt):
        fit(Sums(fail=(2, 1)), 4, callbacks=[Checkpoints(tmp_path, every_minutes=1000, at_end=False)])
    assert names(tmp_path) == ["000002-00000000"]
    assert fit(Sums(), 4, resume=read_checkpoint(tmp_path))[1] == whole


def test_a_finished_run_can_be_made_longer(tmp_path, whole):
    fit(Sums(), 2, callbacks=[Checkpoints(tmp_path, every_minutes=1000)])
    assert fit(Sums(), 4, callbacks=[], resume=read_checkpoint(tmp_path))[1] == whole


def test_a_damaged_checkpoint_is_passed_over(tmp_path, whole):
    fit(Sums(), 3, callbacks=[Checkpoints(tmp_path, best=None)])
    second, third = (tmp_path / name for name in names(tmp_path))
    data = max((third / "arrays").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    data.write_bytes(data.read_bytes()[:-1] + b"x")
    with pytest.warns(UserWarning, match=rf"{third} is damaged: .* checksum; going on from {second.name}"):
        snapshot = read_checkpoint(tmp_path)
    assert fit(Sums(), 4, resume=snapshot)[1] == whole
    with pytest.raises(CheckpointError, match="does not agree with its checksum"):
        read_checkpoint(third)
    data.unlink()
    with pytest.raises(CheckpointError, match="No such file"):
        read_checkpoint(third)
    (second / "checkpoint.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"000003-.*; .*000002-.* is damaged: checkpoint.json does not agree"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("when", ["room", "arrays", "facts"])
def test_a_full_disk_leaves_the_one_before(when, tmp_path, monkeypatch, whole):
    fit(Sums(), 2, callbacks=[Checkpoints(tmp_path)])
    before = names(tmp_path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if when == "room":
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    elif when == "arrays":
        monkeypatch.setattr("orbax.checkpoint.PyTreeCheckpointer.save", full)
    else:
        monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(CheckpointError, match=rf"cannot write .*: No space left on device; .*{before[-1]}, is intact"):
        fit(Sums(), 4, callbacks=[Checkpoints(tmp_path, at_end=False)], resume=read_checkpoint(tmp_path))
    monkeypatch.undo()
    assert names(tmp_path) == before and {p.name for p in tmp_path.iterdir()} == set(before)
    assert fit(Sums(), 4, resume=read_checkpoint(tmp_path))[1] == whole


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot write the checkpoint .*: Not a directory"):
        write_checkpoint(tmp_path / "file" / "checkpoints", Snapshot(1, 0, {"x": np.ones(1)}, {}))


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".unfinished-1234" / "arrays").mkdir(parents=True)
    fit(Sums(), 1, callbacks=[Checkpoints(tmp_path)])
    assert names(tmp_path) == [p.name for p in tmp_path.iterdir()] == ["000001-00000000"]


CHILD = """
import sys, time
sys.path[:0] = sys.argv[1].split(":")
from test_checkpoints import Sums
from ngcsnn.training import Callback, Checkpoints, fit

class Slow(Callback):
    def on_batch_end(self, epoch, batch):
        time.sleep(0.001)

fit(Sums(), 400, callbacks=[Slow(), Checkpoints(sys.argv[2], every_batches=1)])
"""


def test_killed_at_any_moment(tmp_path):
    """`kill -9` while checkpoints are written one after the other; tests/cli/test_resume.py does it to networks."""
    paths = ":".join([str(Path(__file__).parent), *sys.path])
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    process = subprocess.Popen([sys.executable, "-c", CHILD, paths, str(tmp_path)], env=environment)
    try:
        while len(names(tmp_path)) < 2 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(float(np.random.default_rng().uniform(0.0, 0.2)))
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    snapshot = read_checkpoint(tmp_path)
    assert (snapshot.epoch, snapshot.batch) > (0, 0)
    last = snapshot.epoch + 2
    assert fit(Sums(), last, callbacks=[Checkpoints(tmp_path)], resume=snapshot)[1] == fit(Sums(), last)[1]


def test_other_runs_are_refused(tmp_path):
    fit(Sums(), 1, callbacks=[Checkpoints(tmp_path), Count()])
    snapshot = read_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="had the callback Count, which this one lacks"):
        fit(Sums(), 2, resume=snapshot)
    with pytest.raises(CheckpointError, match="this run has the callback Count 2, which the checkpoint's lacked"):
        fit(Sums(), 2, 0, [Count(), Count()], resume=snapshot)
    with pytest.raises(CheckpointError, match="start_epoch=0"):
        fit(Sums(), 2, 1, [Count()], resume=snapshot)
    with pytest.raises(CheckpointError, match="holds no checkpoints"):
        read_checkpoint(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"every_epochs": 0}, "`every_epochs` must be an integer >= 1"),
        ({"every_minutes": -1}, "`every_minutes` must be a number >= 0, got -1"),
        ({"keep_last": 0}, "`keep_last`"),
        ({"best": 3}, "`best` must be the name of a figure"),
    ],
)
def test_arguments(options, text, tmp_path):
    with pytest.raises(GraphError, match=text):
        Checkpoints(tmp_path, **options)


def test_a_best_that_is_no_figure(tmp_path):
    with pytest.raises(GraphError, match="no figure 'accuracy'; valid: loss, x"):
        fit(Sums(), 1, callbacks=[Checkpoints(tmp_path, best="accuracy")])
