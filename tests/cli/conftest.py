"""A model file that trains in a second, and the command line called as a function."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ngcsnn.cli import main

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
  yin_yang: {train: 64, test: 32}
train:
  compiler:
    eventprop: {example_timesteps: 30, losses: {output: sparse_categorical_crossentropy}, readouts: {output: avg_var}}
  optimiser: {adam: {eta: 0.01}}
  epochs: 2
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Said]


def call(*arguments: object) -> Said:
    """`ngcsnn` with these arguments, in this process."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([str(a) for a in arguments])
    return Said(code, out.getvalue(), err.getvalue())


class Run(NamedTuple):
    folder: Path
    said: Said


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One finished run of the model, shared: do not write into its folder."""
    place = tmp_path_factory.mktemp("trained")
    (place / "model.yaml").write_text(MODEL)
    return Run(place / "runs" / "first", call("train", place / "model.yaml", "--out", place / "runs" / "first"))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model file in an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return path


@pytest.fixture(scope="session")
def ngcsnn() -> Call:
    return call
