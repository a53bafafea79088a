"""Run folders, read back."""

from pathlib import Path

import numpy as np
import pytest

from ngcsnn.io import RunFolderError, load_experiment, model_of, read_run


def test_weights_metrics_and_notes(model_text: str, tmp_path: Path) -> None:
    first = load_experiment(model_text)
    changed = np.full((20, 3), 0.25)
    first.context.find("hid_out.weights").set(changed)
    first.context.save(tmp_path / "weights")
    (tmp_path / "metrics.jsonl").write_text(
        '{"epoch": 0, "split": "train"}\n{"epoch": 0, "split": "test", "loss": 1.0}\n'
    )
    (tmp_path / "versions.json").write_text('{"jax": "1"}')
    run = read_run(tmp_path, load_experiment(model_text))
    assert np.array_equal(run.experiment.context.find("hid_out.weights").get(), changed)
    assert np.array_equal(
        run.start["hid_out.weights"], load_experiment(model_text).context.find("hid_out.weights").get()
    )
    assert [r["split"] for r in run.records] == ["train", "test"] and run.versions == {"jax": "1"} and run.notes == ()


def test_what_lacks_is_noted_and_what_is_damaged_refused(model_text: str, tmp_path: Path) -> None:
    run = read_run(tmp_path, load_experiment(model_text))
    assert len(run.notes) == 2 and run.records == [] and run.versions == {}
    with pytest.raises(RunFolderError, match="is no run folder"):
        model_of(tmp_path)
    (tmp_path / "versions.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"versions\.json is damaged"):
        read_run(tmp_path, load_experiment(model_text))
