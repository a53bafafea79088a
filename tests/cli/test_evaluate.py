"""`ngcsnn eval`."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers.saved_state import save_context
from ngcsnn.io import load_weights, read_metrics
from ngcsnn.training import Snapshot, best_checkpoint
from ngcsnn.training.checkpoint_files import write_checkpoint


def figures(out: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in out.splitlines())


def test_a_run_gives_its_test_figures_to_the_last_digit(ngcsnn, trained) -> None:
    said = ngcsnn("eval", trained.folder)
    assert (said.code, said.err) == (0, "")
    test = read_metrics(trained.folder / "metrics.jsonl")[-1]
    expected = {k: repr(v) for k, v in test.items() if k not in ("epoch", "split", "seconds")}
    assert figures(said.out) == {**expected, "test accuracy": f"{test['accuracy']:.3f}"}
    assert said.out.splitlines()[-1] == trained.said.out.strip()


def test_the_weights_of_a_run_in_another_model(ngcsnn, trained, model: Path) -> None:
    there = figures(ngcsnn("eval", trained.folder).out)
    model.write_text(model.read_text().replace("epochs: 2", "epochs: 7"))
    assert figures(ngcsnn("eval", model, "--weights", trained.folder).out) == there
    said = ngcsnn("eval", model)
    assert said.code == 0 and "these are the start values" in said.err
    assert figures(said.out)["loss"] != there["loss"]


def test_what_does_not_fit(ngcsnn, trained, model: Path) -> None:
    wider = ["hidden.n_units=21", "in_hid.shape.1=21", "hid_out.shape.0=21"]
    said = ngcsnn("eval", trained.folder, *wider)
    assert (said.code, said.out) == (2, "")
    assert "in_hid.weights has shape (5, 20) there, (5, 21) here" in said.err
    for arguments in ((model.parent,), (model, "--weights", model.parent)):
        said = ngcsnn("eval", *arguments)
        assert said.code == 2 and "holds no weights" in said.err
    assert ngcsnn("eval", trained.folder / "weights").err.endswith("which the model has not\n")


def test_checkpoints_are_weights_too(ngcsnn, trained, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint")
    run = tmp_path / "run"
    shutil.copytree(trained.folder, run)
    said = ngcsnn("eval", run, "--best")
    assert said.code == 2 and "holds no checkpoint with a figure to choose the best by" in said.err
    said = ngcsnn("eval", model, "--best")
    assert said.code == 2 and "--best chooses among the checkpoints of a run" in said.err
    here = ng.Context.from_yaml(model)
    load_weights(here, run)
    ended = np.asarray(here.components["in_hid"].weights.get())
    for epoch, (score, factor) in enumerate([(0.3, 1.0), (0.1, 2.0), (0.2, 3.0), (None, 4.0)]):
        here.components["in_hid"].weights.set(factor * ended)
        facts = {"score": score}
        write_checkpoint(run / "checkpoints", Snapshot(epoch, 0, save_context(here), facts))
    assert best_checkpoint(run).name == "000001-00000000"
    load_weights(here, run / "checkpoints" / "000002-00000000")
    np.testing.assert_array_equal(here.components["in_hid"].weights.get(), 3.0 * ended)
    shutil.rmtree(run / "checkpoints" / "000001-00000000")
    shutil.rmtree(run / "checkpoints" / "000002-00000000")
    assert figures(ngcsnn("eval", run, "--best").out) == figures(ngcsnn("eval", run).out)  # that with factor 1
    wider = ["hidden.n_units=21", "in_hid.shape.1=21", "hid_out.shape.0=21"]
    said = ngcsnn("eval", run, "--best", *wider)
    assert said.code == 2 and "in_hid.weights has shape (5, 20) there, (5, 21) here" in said.err
