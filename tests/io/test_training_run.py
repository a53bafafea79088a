"""A run: its folder, its numbers, and what an interrupted one leaves."""

from pathlib import Path

import numpy as np
import pytest

from ngcsnn.graph import Context, YamlError
from ngcsnn.io import Experiment, MetricsFile, Outcome, RunFolderError, load_experiment, read_metrics, run_training
from ngcsnn.training import Callback, Record


def weights(context: Context) -> dict[str, np.ndarray]:
    return {name: np.asarray(context.components[name].weights.get()) for name in ("in_hid", "hid_out")}


def saved(folder: Path) -> dict[str, np.ndarray]:
    return weights(Context.load(folder / "weights"))


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(a[k], b[k]) for k in a)


class Watch(Callback):
    """Keeps the weights of each epoch; stops the run at the start of epoch `stop`."""

    def __init__(self, context: Context, stop: int | None = None):
        self.context, self.stop, self.seen = context, stop, [weights(context)]

    def on_epoch_begin(self, epoch: int) -> None:
        if epoch == self.stop:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self.seen.append(weights(self.context))


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)


def run(e: Experiment, out: Path, stop: int | None = None) -> tuple[Outcome, Watch]:
    watch = Watch(e.context, stop)
    return run_training(e, out, callbacks=[watch]), watch


@pytest.mark.usefixtures("no_pictures")
def test_a_run_with_validation(model_text: str, tmp_path: Path) -> None:
    options = ["yin_yang.validation=16", "train.validation=true"]
    outcome, watch = run(load_experiment(model_text, options), tmp_path / "first")
    assert not outcome.interrupted and outcome.epochs == 2 and outcome.folder == tmp_path / "first"
    assert outcome.note is not None and "matplotlib is not installed" in outcome.note
    assert sorted(p.name for p in outcome.folder.iterdir()) == [
        "metrics.jsonl",
        "model.yaml",
        "versions.json",
        "weights",
    ]
    records = read_metrics(outcome.folder / "metrics.jsonl")
    splits = [(r["epoch"], r["split"]) for r in records]
    assert splits == [(0, "train"), (0, "validation"), (1, "train"), (1, "validation"), (1, "test")]
    assert outcome.test is not None and records[-1]["accuracy"] == outcome.test["accuracy"]
    assert same(saved(outcome.folder), watch.seen[-1]) and not same(watch.seen[0], watch.seen[-1])


@pytest.mark.usefixtures("no_pictures")
def test_ctrl_c_keeps_the_epochs_that_ended(small: Experiment, tmp_path: Path) -> None:
    outcome, watch = run(small, tmp_path / "run", stop=1)
    assert outcome.interrupted and outcome.test is None and outcome.epochs == 1
    assert [r["split"] for r in read_metrics(tmp_path / "run" / "metrics.jsonl")] == ["train"]
    assert same(saved(tmp_path / "run"), watch.seen[1]) and not same(watch.seen[0], watch.seen[1])


@pytest.mark.usefixtures("no_pictures")
def test_an_epoch_that_broke_off_is_given_up(
    small: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it was learned, before it was reported: weights and metrics still agree, and are kept whatever broke."""
    watch, report = Watch(small.context), MetricsFile.on_epoch_end

    def broken(self: MetricsFile, epoch: int, records: list[Record]) -> None:
        if epoch == 1:
            assert not same(weights(small.context), watch.seen[1])
            raise FloatingPointError
        report(self, epoch, records)

    monkeypatch.setattr(MetricsFile, "on_epoch_end", broken)
    with pytest.raises(FloatingPointError):
        run_training(small, tmp_path / "run", callbacks=[watch])
    assert same(saved(tmp_path / "run"), watch.seen[1])
    assert [r["epoch"] for r in read_metrics(tmp_path / "run" / "metrics.jsonl")] == [0]


def test_nothing_is_made_where_something_is_wrong(small: Experiment, model_text: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(RunFolderError, match="already exists"):
        run_training(small, tmp_path / "old", callbacks=[])
    assert "dataset" not in vars(small)  # refused before anything was loaded
    for bad in (["example_timesteps=10"], ["yin_yang.train=-1"]):
        with pytest.raises(YamlError):
            run_training(load_experiment(model_text, bad), tmp_path / "new", callbacks=[])
    assert [p.name for p in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("no_pictures")
def test_a_resumed_run_says_with_what_it_was_begun(small: Experiment, tmp_path: Path) -> None:
    outcome, _ = run(small, tmp_path / "run", stop=1)
    path = outcome.folder / "versions.json"
    path.write_text(path.read_text().replace('"jax": "', '"jax": "9.'))
    with pytest.warns(UserWarning, match=r"begun with other versions \(jax 9\..* -> .*\): its last digits may differ"):
        again = run_training(load_experiment(outcome.folder / "model.yaml"), outcome.folder, callbacks=[], resume=True)
    assert again.epochs == 2 and again.test is not None and not (outcome.folder / ".metrics.jsonl").exists()
    assert [r["split"] for r in read_metrics(outcome.folder / "metrics.jsonl")] == ["train", "train", "test"]
