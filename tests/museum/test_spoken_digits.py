"""Spoken digits: one model in YAML and Python, and a held-out speaker is not learned from."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ngcsnn.data import load_dataset
from ngcsnn.graph import YamlError
from ngcsnn.io import load_experiment

ROOT = Path(__file__).resolve().parents[2]
EXHIBIT = ROOT / "museum" / "spoken_digits"
YAML = yaml.safe_load((EXHIBIT / "model.yaml").read_text())
SCRIPT = runpy.run_path(str(EXHIBIT / "run.py"))


def test_the_script_tells_the_compiler_what_the_yaml_tells_it():
    assert YAML["train"]["compiler"] == {"eventprop": SCRIPT["TRIAL"]}
    samples, batch = 2700, SCRIPT["TRIAL"]["batch_size"]
    assert YAML["train"]["optimiser"] == SCRIPT["optimiser"](YAML["train"]["epochs"] * -(-samples // batch))
    assert (YAML["data"].get("augment") or {}) == SCRIPT["AUGMENT"]


def test_a_speaker_is_left_out(generated):
    folder = f"data.fsdd.folder={generated / 'fsdd'}"
    data = load_experiment(EXHIBIT / "model.yaml", [folder, "data.split.leave_out=theo"]).dataset
    assert data.validation is not None and data.train.groups is not None
    assert set(np.asarray(data.validation.groups)) == {"theo"} and set(data.train.groups) == {"george", "jackson"}


def test_without_recordings_it_says_what_to_do(tmp_path):
    with pytest.raises(YamlError, match=r"holds no file {digit}_{speaker}_{index}.wav"):
        _ = load_experiment(EXHIBIT / "model.yaml", [f"data.fsdd.folder={tmp_path}"]).dataset


@pytest.mark.slow
def test_most_events_come_within_the_trial(shared):
    """The README says how many."""
    events: Any = load_dataset("fsdd", {"folder": str(shared / "data" / "fsdd")}).train.events
    assert 0.96 < np.mean(events.times < YAML["data"]["fsdd"]["t_end"]) < 0.98
