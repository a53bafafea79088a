"""`ngcsnn train --resume`: a run that was cut short, or killed at any moment, ends with the numbers of a whole one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.io import read_metrics
from ngcsnn.training import Progress
from ngcsnn.training.checkpoint_files import names

pytest.importorskip("orbax.checkpoint")
OFTEN = "train.checkpoints={every_batches: 1, keep_last: 2}"
WHOLE = ["train.validation=0.25"]
RUN = """
import sys
from ngcsnn.cli import main
sys.exit(main(sys.argv[1:]))
"""


def timeless(folder: Path) -> list[dict]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in read_metrics(folder / "metrics.jsonl")]


def arrays(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "weights" / "state.npz") as file:
        return {k: file[k] for k in file.files}


def agree(a: Path, b: Path) -> bool:
    x, y = arrays(a), arrays(b)
    return timeless(a) == timeless(b) and x.keys() == y.keys() and all(np.array_equal(x[k], y[k]) for k in x)


def test_after_ctrl_c_and_for_longer(ngcsnn, trained, model: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    def interrupt(self: Progress, epoch: int) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    before = Progress.on_epoch_begin
    monkeypatch.setattr(Progress, "on_epoch_begin", interrupt)
    assert ngcsnn("train", model, OFTEN, "--out", "run").code == 130
    monkeypatch.setattr(Progress, "on_epoch_begin", before)
    said = ngcsnn("train", "--resume", "run", "--quiet", "epochs=1")
    assert said.code == 0 and [r["epoch"] for r in timeless(Path("run"))] == [0, 0]
    said = ngcsnn("train", "--resume", "run", "epochs=2")
    assert (said.code, said.out) == (0, trained.said.out) and "epoch 1:" not in said.err and "epoch 2:" in said.err
    assert agree(Path("run"), trained.folder)
    said = ngcsnn("train", "--resume", "run", "epochs=1")
    assert said.code == 2 and "run has learned for 2 epochs already: nothing is left of epochs=1" in said.err
    assert agree(Path("run"), trained.folder)
    said = ngcsnn("train", "--resume", "run", "--quiet")
    assert (said.code, said.out) == (0, trained.said.out) and agree(Path("run"), trained.folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "nothing"], "nothing is no run folder: it has no model.yaml"),
        (["--resume", "run", "eta=0.1"], "only epochs=N may change: eta=0.1"),
        (["--resume", "run", "--out", "x"], "only epochs=N may change: --out x"),
        ([], "name a model file, or a run to go on with: --resume RUN"),
    ],
    ids=["nothing", "override", "out", "no model"],
)
def test_mistakes(ngcsnn, model: Path, arguments, message) -> None:
    said = ngcsnn("train", *arguments)
    assert said.code == 2 and message in said.err and not Path("runs").exists()


def start(*arguments: object) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", RUN, *map(str, arguments), "--quiet"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed(folder: Path, after: float, *arguments: object) -> bool:
    """Run `ngcsnn train`, and kill -9 it `after` seconds after it has begun to learn; whether it was still running."""
    process, end = start(*arguments), time.monotonic() + 300
    try:
        before = names(folder / "checkpoints")
        while process.poll() is None and names(folder / "checkpoints") == before and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(after)
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGKILL)
        process.wait()
        return alive
    finally:
        process.kill()
        process.wait()


def cut_often(place: Path, model: Path, kills: int, epochs: int, seed: int) -> int:
    """Train once undisturbed and once killed at random moments; how often it was hit. Raises where they differ."""
    options = [OFTEN, *WHOLE, f"train.epochs={epochs}", "train.compiler.eventprop.batch_size=8"]
    process = start("train", model, *options, "--out", place / "whole")
    assert process.wait() == 0
    rng, hits = np.random.default_rng(seed), 0
    first = ["train", model, *options, "--out", place / "cut"]
    for n in range(kills):
        again = first if n == 0 else ["train", "--resume", place / "cut"]
        hits += killed(place / "cut", float(rng.uniform(0.0, 0.5)), *again)
    assert start("train", "--resume", place / "cut").wait() == 0
    assert agree(place / "cut", place / "whole"), "a run that was killed ended with other numbers"
    return hits


@pytest.mark.slow
def test_killed_twenty_times(model: Path) -> None:
    assert cut_often(model.parent, model, kills=20, epochs=60, seed=1) >= 15
