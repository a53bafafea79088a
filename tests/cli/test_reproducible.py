"""Two processes give the same numbers: speakers left out in turn by a sweep, augmentation, schedules and plateaus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

RUN = "import sys; from ngcsnn.cli import main; sys.exit(main(sys.argv[1:]))"
SPEAKERS = ("ann", "bob", "cy")
MODEL = """\
context: {name: spoken, dt: 5.0, seed: 3}
components:
  input: {type: SpikeSource, n_units: 16}
  hidden: {type: LIFCell, n_units: 6, tau_m: 20.0}
  output: {type: LICell, n_units: 2}
  in_hid: {type: DenseSynapse, shape: [16, 6], weights: {normal: {mean: 1.0, sd: 0.5}}}
  hid_out: {type: DenseSynapse, shape: [6, 2], weights: {normal: {mean: 0.0, sd: 0.5}}}
wires:
  - input.s >> in_hid.inputs
  - in_hid.outputs >> hidden.syn
  - hidden.s >> hid_out.inputs
  - hid_out.outputs >> output.syn
data:
  fsdd: {folder: spoken, test_takes: 1, n_bands: 8, t_end: 200.0}
  split: {classes: [0, 1], leave_out: ann}
  augment: {channel_shift: 1, channel_jitter: 0.5, time_dilation: [0.9, 1.1], dropout: 0.1, blend: [0.8, 0.4]}
train:
  compiler:
    eventprop:
      example_timesteps: 40
      batch_size: 4
      losses: {output: sparse_categorical_crossentropy}
      readouts: {output: avg_var}
  optimiser: {adam: {eta: 0.01}}
  epochs: 4
  plateau: {patience: 0, fast: 0.1, slow: 0.5}
  early_stopping: {patience: 9}
  checkpoints: false
"""
SCHEDULE = [
    "train.plateau=false",
    "train.optimiser={adam: {eta: {cosine: {peak: 0.02, decay_steps: 10, warmup_steps: 2}}}}",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings in the format of FSDD: two words by three speakers, four times each."""
    place, rng = tmp_path_factory.mktemp("two"), np.random.default_rng(0)
    (place / "spoken").mkdir()
    (place / "model.yaml").write_text(MODEL)
    for word in (0, 1):
        for number, speaker in enumerate(SPEAKERS):
            for take in range(4):
                time = np.arange(1600) / 8000
                sound = np.sin(2 * np.pi * (300 + 900 * word + 60 * number) * time) * np.hanning(1600)
                sound = 8000 * sound + rng.normal(0, 50, 1600)
                with wave.open(str(place / "spoken" / f"{word}_{speaker}_{take}.wav"), "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", ""))
                    file.writeframes(sound.astype("<i2").tobytes())
    return place


def elsewhere(place: Path, *arguments: object) -> str:
    """`ngcsnn` in a process of its own."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "JAX_PLATFORMS": "cpu"}
    env["PYTHONHASHSEED"] = "17"
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines(folder: Path) -> list[dict]:
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in record.items() if k != "seconds"} for record in found]


def weights(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "weights" / "state.npz") as file:
        return {k: file[k] for k in file.files}


def agree(a: Path, b: Path) -> bool:
    x, y = weights(a), weights(b)
    return lines(a) == lines(b) and x.keys() == y.keys() and all(np.array_equal(x[k], y[k]) for k in x)


@pytest.mark.slow
def test_speakers_left_out_in_turn(place: Path, ngcsnn, monkeypatch: pytest.MonkeyPatch) -> None:
    table = elsewhere(place, "sweep", "model.yaml", "data.split.leave_out=ann,cy", "--out", "sweep")
    rows = {line.split("|")[1].strip(): line for line in table.splitlines()[2:]}
    assert rows.keys() == {"ann", "cy", "all"}
    monkeypatch.chdir(place)
    assert ngcsnn("train", "model.yaml", "leave_out=cy", "context.seed=0", "--out", "here", "--quiet").code == 0
    assert agree(place / "here", place / "sweep" / "001-seed0")
    first = [lines(place / "sweep" / f"00{i}-seed0") for i in range(2)]
    assert len({json.dumps(f) for f in first}) == 2 and all(f[1]["split"] == "validation" for f in first)
    assert lines(place / "here")[0]["loss"] > lines(place / "here")[-3]["loss"], "it learns"


@pytest.mark.slow
def test_schedules(place: Path, ngcsnn, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(place, "train", "model.yaml", *SCHEDULE, "--out", "there")
    monkeypatch.chdir(place)
    assert ngcsnn("train", "model.yaml", *SCHEDULE, "--out", "again", "--quiet").code == 0
    assert agree(place / "again", place / "there")
