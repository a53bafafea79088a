"""A model file that trains in a second, and what it takes to find lines in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ngcsnn.graph import YamlError
from ngcsnn.io import Experiment, load_experiment

MODEL = """\
context: {name: tiny, dt: 1.0, seed: 0}
components:
  input: {type: SpikeSource, n_units: 5}
  hidden: {type: LIFCell, n_units: 20, tau_m: 20.0}
  output: {type: LICell, n_units: 3}
  in_hid: {type: DenseSynapse, shape: [5, 20], weights: {normal: {mean: 1.5, sd: 0.78}}}
  hid_out: {type: DenseSynapse, shape: [20, 3], weights: {normal: {mean: 0.0, sd: 0.1}}}
wires:
  - input.s >> in_hid.inputs
  - in_hid.outputs >> hidden.syn
  - hidden.s >> hid_out.inputs
  - hid_out.outputs >> output.syn
data:
  yin_yang:
    train: 64
    test: 32
train:
  compiler:
    eventprop:
      example_timesteps: 30
      losses: {output: sparse_categorical_crossentropy}
      readouts:
        output: avg_var
  optimiser:
    adam: {eta: 0.01}
  epochs: 2
"""


@pytest.fixture
def model_text() -> str:
    return MODEL


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return path


@pytest.fixture
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


Edited = Callable[[str, str], Experiment]
Told = Callable[[str, str], str]


@pytest.fixture
def edited(model: Path) -> Edited:
    """The experiment of the model with one piece of its text replaced."""

    def edit(old: str, new: str) -> Experiment:
        assert MODEL.count(old) == 1, old
        model.write_text(MODEL.replace(old, new))
        return load_experiment(model)

    return edit


@pytest.fixture
def told(edited: Edited, model: Path) -> Told:
    """What the error says about an edited model, from the line on: `16: ...`."""

    def tell(old: str, new: str) -> str:
        with pytest.raises(YamlError) as caught:
            _ = edited(old, new).dataset
        start, path = str(caught.value), f"{model}:"
        assert start.startswith(path), start
        return start.removeprefix(path)

    return tell


@pytest.fixture
def small() -> Iterator[Experiment]:
    yield load_experiment(MODEL)
