"""What the README shows runs as written; only its sizes are cut."""

from __future__ import annotations

import re
from pathlib import Path

import ngcsnn as ng
from ngcsnn.io import load_experiment

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    assert len(found) == 1
    return found[0]


def test_the_python_model_trains(capsys):
    code = block("python").replace('"train": 5000, "test": 1000', '"train": 64, "test": 32')
    names: dict[str, object] = {}
    exec(code.replace("num_epochs=60", "num_epochs=1, callbacks=[]"), names)
    assert "accuracy" in capsys.readouterr().out
    assert isinstance(names["net"], ng.Context)


def test_the_yaml_model_is_the_exhibit_and_the_python_one():
    shown = load_experiment(block("yaml"), ["data.yin_yang.train=64", "data.yin_yang.test=32"])
    exhibit = ng.Context.from_yaml(ROOT / "museum/yin_yang/model.yaml")
    assert shown.context.to_yaml() == exhibit.to_yaml()
