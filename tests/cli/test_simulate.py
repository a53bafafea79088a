"""`ngcsnn simulate`."""

from pathlib import Path

import numpy as np
import pytest

from ngcsnn.io import load_experiment, load_weights
from ngcsnn.recording import load_recordings

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def test_a_run_is_simulated_into_a_file(ngcsnn, trained, tmp_path: Path) -> None:
    out = tmp_path / "x.npz"
    said = ngcsnn("simulate", trained.folder, "--record", "hidden.s,output.v", "--samples", "4:7", "--out", out)
    assert said.code == 0 and said.err == f"written: {out}\n"
    found = load_recordings(out)
    spikes, v = found["hidden.s"], found["output.v"]
    lines = said.out.splitlines()
    assert lines[0].startswith(f"hidden.s: {spikes.counts.sum()} spikes in 3 samples, ")
    assert lines[1].startswith("output.v: mean ") and lines[1].endswith("shape (3, 30, 3)")
    experiment = load_experiment(trained.folder / "model.yaml")
    load_weights(experiment.context, trained.folder)
    events = {"input": experiment.dataset.test.events[4:7]}
    seen = experiment.compiled.simulate(events, "output.v")["output.v"]
    assert np.array_equal(v.values, np.moveaxis(np.asarray(seen), 1, 0))
    assert [trial.times.size for trial in spikes] == spikes.counts.sum(axis=1).tolist()
    assert ngcsnn("simulate", trained.folder, "--out", out).err.startswith(f"error: {out} already exists")


def test_a_picture_and_start_values(ngcsnn, model: Path) -> None:
    said = ngcsnn("simulate", model, "--samples", "1", "--out", "raster.svg", "--split", "train")
    assert said.code == 0 and "these are the start values" in said.err
    assert said.out.startswith("hidden.s: ") and "in 1 samples" in said.out
    assert "<svg" in Path("raster.svg").read_text()


def test_mistakes_leave_nothing(ngcsnn, model: Path) -> None:
    for arguments, message in (
        (("--record", "hiden.s"), "did you mean 'hidden'?"),
        (("--record", "hidden"), "name compartments, such as hidden.s"),
        (("--samples", "5:2"), "write a range such as 0:5"),
        (("--split", "tset"), "did you mean 'test'?"),
        (("--split", "validation"), "has no such split"),
        (("--out", "x.csv"), "must end in .h5"),
        (("--out", "none/x.npz"), "there is no folder none"),
        (("--weights", "nowhere"), "nowhere holds no weights"),
    ):
        said = ngcsnn("simulate", model, "--out", "new.npz", *arguments)
        assert said.code == 2 and said.out == "" and message in said.err, (arguments, said)
    assert [p.name for p in model.parent.iterdir()] == ["model.yaml"]
