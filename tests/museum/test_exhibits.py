"""Every exhibit runs at its smoke size: the script, the YAML check and the notebook."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import ngcsnn as ng

ROOT = Path(__file__).resolve().parents[2]
NO_MODEL = ("coming_from", "gallery", "rules")  # pages, not models
EXHIBITS = sorted(p.parent for p in (ROOT / "museum").glob("*/README.md") if p.parent.name not in NO_MODEL)


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "MPLBACKEND": "Agg", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_there_are_exhibits_and_each_is_complete():
    assert EXHIBITS
    for exhibit in EXHIBITS:
        assert {"README.md", "model.yaml", "run.py", "notebook.py"} <= {p.name for p in exhibit.iterdir()}


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda p: p.name)
def test_script(exhibit, generated):
    printed = run(str(exhibit / "run.py"), "--smoke", NGCSNN_DATA=str(generated))
    assert re.fullmatch(r"test (accuracy: \d|loss: \d+)\.\d{3}", printed.splitlines()[-1])


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda p: p.name)
def test_yaml(exhibit, generated):
    for model in exhibit.glob("*.yaml"):
        run("-m", "ngcsnn", "check", str(model), NGCSNN_DATA=str(generated))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda p: p.name)
def test_notebook(exhibit, generated):
    run(str(exhibit / "notebook.py"), SMOKE="1", NGCSNN_DATA=str(generated))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda p: p.name)
def test_yaml_and_python_are_the_same_model(exhibit):
    script = runpy.run_path(str(exhibit / "run.py"))
    assert ng.Context.from_yaml(exhibit / "model.yaml").to_yaml() == script["build"](seed=0).to_yaml()
