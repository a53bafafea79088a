"""`ngcsnn sweep`: what is run, what is not run again, and what is told; training itself stands aside."""

import json
from pathlib import Path
from typing import Any

import pytest

from ngcsnn.cli import sweep
from ngcsnn.io import Outcome

SIZES = "hidden.n_units,in_hid.shape.1,hid_out.shape.0=4,8"


class Stage:
    """Stands in for `run_training`: accuracy is made of the settings; it may be interrupted, or fail."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, float, int]] = []
        self.resumed: list[bool] = []
        self.interrupt_at = self.fail_at = -1

    def __call__(self, experiment: Any, out: Path, callbacks: Any, resume: bool) -> Outcome:
        assert callbacks == []
        n, eta = len(self.runs), experiment.train.optimiser.eta
        size, seed = experiment.context.components["hidden"].n_units, experiment.context.seed
        assert experiment.train.seed == seed
        out.mkdir(exist_ok=resume)
        self.resumed.append(resume)
        (out / "model.yaml").write_text("")
        self.runs.append((size, eta, seed))
        if n == self.fail_at:
            raise OSError(28, "No space left on device", str(out))
        if n == self.interrupt_at:
            return Outcome(out, [], None, 1, interrupted=True)
        record = {
            "epoch": 1,
            "split": "test",
            "loss": 2.0 - size / 8,
            "accuracy": size / 16 + seed / 100,
            "seconds": 1.0,
        }
        (out / "metrics.jsonl").write_text(
            json.dumps({"epoch": 0, "split": "train"}) + "\n" + json.dumps(record) + "\n"
        )
        return Outcome(out, [], record, 2)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = Stage()
    monkeypatch.setattr(sweep, "run_training", found)
    return found


def test_grid_seeds_and_table(ngcsnn, model: Path, stage: Stage) -> None:
    said = ngcsnn("sweep", model, "adam.eta=0.1", SIZES, "--seeds", 2, "--out", "s")
    assert said.code == 0, said.err
    assert stage.runs == [(4, 0.1, 0), (8, 0.1, 0), (4, 0.1, 1), (8, 0.1, 1)]
    head, _, first, second = said.out.splitlines()
    assert head.split("|")[1].strip() == "hidden.n_units"
    assert [c.strip() for c in first.split("|")[1:-1]] == ["8", "50.50 ± 0.71 %", "1 ± 0", "2"]
    assert second.split("|")[1].strip() == "4"
    assert "[4/4] hidden.n_units=8 seed=1" in said.err
    assert sorted(p.name for p in Path("s").iterdir()) == [
        "000-seed0", "000-seed1", "001-seed0", "001-seed1", "sweep.json", "table.csv", "table.md",
    ]  # fmt: skip
    assert Path("s/table.csv").read_text().splitlines()[1].startswith("8,2,1.0,0.0,0.505,0.00707")


def test_it_goes_on_where_it_stopped_and_grows(ngcsnn, model: Path, stage: Stage) -> None:
    stage.interrupt_at = 1
    said = ngcsnn("sweep", model, "adam.eta=0.1,0.2", "--out", "s")
    assert said.code == 130 and "1 of 2 runs have ended; the same command goes on" in said.err
    assert len(said.out.splitlines()) == 3  # the table of what there is
    assert Path("s/001-seed0.partial").is_dir()
    said = ngcsnn("sweep", model, "adam.eta=0.1,0.2", "--out", "s")
    assert said.code == 0 and "1 of 2 runs have ended before" in said.err
    assert [eta for _, eta, _ in stage.runs] == [0.1, 0.2, 0.2] and stage.resumed == [False, False, True]
    assert not list(Path("s").glob("*.partial"))
    said = ngcsnn("sweep", model, "adam.eta=0.2,0.3", "--seeds", 2, "--out", "s", "--quiet")
    assert said.code == 0 and said.err == ""
    assert stage.runs[3:] == [(20, 0.3, 0), (20, 0.2, 1), (20, 0.3, 1)]


def test_ctrl_c_and_errors_keep_what_has_ended(ngcsnn, model: Path, stage: Stage, monkeypatch) -> None:
    stage.fail_at = 1
    said = ngcsnn("sweep", model, "adam.eta=0.1,0.2,0.3", "--out", "s")
    assert said.code == 2 and said.err.endswith("s/001-seed0.partial: No space left on device\n")

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "run_training", interrupt)
    assert ngcsnn("sweep", model, "adam.eta=0.1,0.2,0.3", "--out", "s").code == 130
    monkeypatch.setattr(sweep, "run_training", stage)
    assert ngcsnn("sweep", model, "adam.eta=0.1,0.2,0.3", "--out", "s").code == 0
    assert [eta for _, eta, _ in stage.runs] == [0.1, 0.2, 0.2, 0.3]


def test_random_settings(ngcsnn, model: Path, stage: Stage) -> None:
    assert ngcsnn("sweep", model, "adam.eta=0.001:0.1:log", "--random", 3, "--out", "s").code == 0
    etas = [eta for _, eta, _ in stage.runs]
    assert len(set(etas)) == 3 and all(0.001 <= eta <= 0.1 for eta in etas)
    assert ngcsnn("sweep", model, "adam.eta=0.001:0.1:log", "--random", 4, "--out", "s").code == 0
    assert len(stage.runs) == 4


def test_mistakes_are_told_before_anything_is_run(ngcsnn, model: Path, stage: Stage) -> None:
    (model.parent / "other").mkdir()
    (model.parent / "other" / "file").write_text("")
    for arguments, message in (
        (("hidden.n_unit=4,8",), "did you mean 'n_units'? (in the setting hidden.n_unit=4)"),
        (("adam.eta=0.1,fast",), "(in the setting adam.eta=fast)"),
        (("adam.eta=0.1:1",), "say how many values (adam.eta=0.1:1:5)"),
        (("seed=1,2",), "leave `seed` out"),
        (("--seeds", "0"), "there must be at least one"),
        (("--out", "other"), "exists and holds no sweep"),
    ):
        said = ngcsnn("sweep", model, "--out", "new", *arguments)
        assert said.code == 2 and message in said.err, (arguments, said)
    assert not stage.runs and not Path("new").exists()
    assert ngcsnn("sweep", model, "adam.eta=0.1,0.2", "--out", "s").code == 0
    said = ngcsnn("sweep", model, "epochs=3", "adam.eta=0.1,0.2", "--out", "s")
    assert said.code == 2 and "another model, which differs in `train.epochs` (2 there, 3 here)" in said.err
    said = ngcsnn("sweep", model, "batch_size=1,2", "--out", "s")
    assert said.code == 2 and "over other keys (adam.eta and batch_size)" in said.err


@pytest.mark.slow
def test_a_real_sweep(ngcsnn, model: Path) -> None:
    said = ngcsnn("sweep", model, "adam.eta=0.01,0.02", "epochs=1", "--out", "s")
    assert said.code == 0 and len(said.out.splitlines()) == 4
    assert (Path("s/000-seed0") / "weights" / "state.npz").is_file()
    again = ngcsnn("train", "s/001-seed0/model.yaml", "--out", "again", "--quiet")
    accuracy = float(again.out.split()[-1])
    assert any(f"{100 * accuracy:.2f}"[:4] in line for line in said.out.splitlines() if "| 0.02 " in line)
