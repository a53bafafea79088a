"""MNIST by spike latency: one model in YAML and Python, two rules, and never any data but those that were named."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ngcsnn.io import load_experiment

ROOT = Path(__file__).resolve().parents[2]
EXHIBIT = ROOT / "museum" / "mnist_latency"
YAML = yaml.safe_load((EXHIBIT / "model.yaml").read_text())
SCRIPT = runpy.run_path(str(EXHIBIT / "run.py"))


def smoke(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXHIBIT / "run.py"), "--smoke", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment})


def accuracy(done: subprocess.CompletedProcess[str]) -> float:
    assert done.returncode == 0, done.stderr[-2000:]
    return float(done.stdout.splitlines()[-1].removeprefix("test accuracy: "))


def train(model: Path, *overrides: str) -> dict[str, Any]:
    """Figures over the test data of a model trained as it says."""
    experiment = load_experiment(model, overrides)
    data, plan = experiment.dataset.train, experiment.train
    assert plan is not None and plan.epochs is not None
    experiment.trainable.train(experiment.inputs(data), experiment.targets(data), plan.epochs, callbacks=[])
    return experiment.evaluate()


def test_eventprop_and_surrogate_differ_in_one_line():
    lines = [(EXHIBIT / name).read_text().splitlines() for name in ("model.yaml", "surrogate.yaml")]
    differing = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert differing == [("    eventprop:", "    surrogate:")]


def test_the_script_tells_the_compiler_what_the_yaml_tells_it():
    assert YAML["train"]["compiler"] == {"eventprop": SCRIPT["TRIAL"]}
    assert YAML["train"]["optimiser"] == SCRIPT["optimiser"](YAML["data"]["mnist"]["train"], YAML["train"]["epochs"])
    assert YAML["data"]["mnist"]["encoding"] == SCRIPT["ENCODING"]


@pytest.mark.parametrize("rule", ["eventprop", "surrogate"])
def test_the_script_learns_from_the_folder_it_is_given(rule, generated):
    nowhere = str(generated / "nothing")
    assert accuracy(smoke("--rule", rule, "--folder", str(generated / "mnist"), NGCSNN_DATA=nowhere)) > 0.7


def test_without_files_and_network_it_says_so(tmp_path):
    done = smoke(NGCSNN_DATA=str(tmp_path), NGCSNN_MIRROR="http://127.0.0.1:9", no_proxy="*")
    assert done.returncode != 0
    assert "train-images-idx3-ubyte" in done.stderr and str(tmp_path / "mnist") in done.stderr
    assert "test accuracy" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("model", ["model.yaml", "surrogate.yaml"])
def test_a_tenth_of_the_real_digits_teaches_it_in_one_epoch(model, shared):
    folder = shared / "data" / "mnist"
    if not folder.is_dir():
        pytest.skip(f"needs the files of MNIST; there is no folder {folder}")
    sizes = ["mnist.train=6000", "mnist.test=2000", "epochs=1", "decay_steps=188"]
    assert train(EXHIBIT / model, f"data.mnist.folder={folder}", *sizes)["accuracy"] > 0.75
