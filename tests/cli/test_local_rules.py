"""A network that learns by local rules from the command line: the same commands as for any other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.compilers import PlasticityCompiler
from ngcsnn.io import load_experiment, read_metrics
from ngcsnn.training import Progress

MODEL = """\
context: {name: rules, dt: 1.0, seed: 3, spike_timing: grid}
components:
  input: {type: SpikeSource, n_units: 5}
  w: {type: DenseSynapse, shape: [5, 6], weights: {uniform: {low: 20.0, high: 60.0}}, total: 200.0, w_min: 0.0}
  cell: {type: DiehlCookCell, n_units: 6, theta_plus: 0.5, tau_m: 20.0}
  rule: {type: HebbianRule, synapse: w, rate: 0.05, decay: 0.002}
wires:
  - input.s >> w.inputs
  - w.outputs >> cell.syn
  - input.s >> rule.pre
  - cell.s >> rule.post
  - rule.dweights >> w.dweights
processes:
  end: {ticks: false, methods: [w.normalise]}
data:
  yin_yang: {train: 40, test: 24}
train:
  compiler:
    plasticity:
      example_timesteps: 30
      at_end: end
      labels: {cell: cell, samples: 20}
      evaluation: {batch_size: 10, values: {cell.theta_plus: 0.0}}
  epochs: 2
  validation: 0.25
  checkpoints: {every_batches: 15, keep_last: 2}
"""


def timeless(folder: Path) -> list[dict]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in read_metrics(folder / "metrics.jsonl")]


def arrays(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "weights" / "state.npz") as file:
        return {k: file[k] for k in file.files}


@pytest.fixture(scope="module")
def run(tmp_path_factory, ngcsnn) -> Path:
    """One finished run, shared: do not write into its folder."""
    place = tmp_path_factory.mktemp("rules")
    (place / "model.yaml").write_text(MODEL)
    said = ngcsnn("train", place / "model.yaml", "--out", place / "run")
    assert said.code == 0, said.err
    (place / "said").write_text(said.out)
    return place / "run"


def test_the_folder_holds_everything(run: Path) -> None:
    assert {"model.yaml", "metrics.jsonl", "weights", "versions.json", "checkpoints"} <= {p.name for p in run.iterdir()}
    records = timeless(run)
    splits = ["train", "validation", "train", "validation", "test"]
    assert [r["split"] for r in records] == splits and [r["epoch"] for r in records] == [0, 0, 1, 1, 1]
    assert all("accuracy" in r for r in records if r["split"] != "train") and not any("loss" in r for r in records)
    assert records[0]["presentations"] == 1.0 and records[0]["cell.rate_hz"] > 5
    assert re.fullmatch(r"test accuracy: [01]\.\d{3}\n", (run.parent / "said").read_text())
    start = np.asarray(load_experiment(run / "model.yaml").context.components["w"].weights.get())  # type: ignore[attr-defined]
    assert np.abs(arrays(run)["w.weights"] - start).max() > 0.1 and arrays(run)["cell.theta"].max() > 1.0


@pytest.fixture(scope="module")
def python() -> dict:
    """The same in Python: weights after each epoch, and the figures of the test."""
    experiment = load_experiment(MODEL)
    net, data = experiment.context, experiment.dataset
    compiled = PlasticityCompiler(
        30, at_end="end", labels={"cell": net.components["cell"], "samples": 20},
        evaluation={"batch_size": 10, "values": {"cell.theta_plus": 0.0}},
    ).compile(net)  # fmt: skip
    given, weights = {"input": data.train.events}, []
    for epoch in range(2):
        options = {"start_epoch": epoch, "validation_split": 0.25, "callbacks": []}
        compiled.train(given, data.train.labels, 1, **options)
        weights.append(np.asarray(net.components["w"].weights.get()))  # type: ignore[attr-defined]
    compiled.at_rest.name_units(given, data.train.labels)
    return {"weights": weights, "test": compiled.at_rest.evaluate({"input": data.test.events}, data.test.labels)}


def test_it_is_what_python_does(run: Path, python) -> None:
    np.testing.assert_array_equal(python["weights"][1], arrays(run)["w.weights"])
    assert {k: v for k, v in python["test"].items() if k != "seconds"}.items() <= timeless(run)[-1].items()


def test_eval_simulate_plot_and_report_of_the_run(run: Path, ngcsnn, tmp_path: Path) -> None:
    said = ngcsnn("eval", run)
    assert said.code == 0 and said.out.endswith((run.parent / "said").read_text())
    last = timeless(run)[-1]
    assert all(f"{k}: {last[k]!r}\n" in said.out for k in ("accuracy", "cell.rate_hz", "cell.silent"))
    said = ngcsnn("simulate", run, "--samples", "0:3", "--out", tmp_path / "spikes.npz")
    assert said.code == 0 and "cell.s: " in said.out
    pytest.importorskip("matplotlib")
    names = {line.split()[0] for line in ngcsnn("plot", run, "--list").out.splitlines()}
    assert {"learning_curve", "confusion", "raster", "weights_w", "network"} <= names
    said = ngcsnn("plot", run, "--only", "confusion", "--out", tmp_path / "pictures")
    assert said.code == 0 and [p.stem for p in (tmp_path / "pictures").iterdir()] == ["confusion"]
    said = ngcsnn("report", run, "--no-data", "--out", tmp_path / "report.html")
    assert said.code == 0 and "trained by plasticity" in (tmp_path / "report.html").read_text()


def test_cut_short_and_gone_on_with(run: Path, python, ngcsnn, tmp_path: Path, monkeypatch) -> None:
    """Ctrl-C within the second epoch: the weights of the first are kept, and --resume ends with the same bits."""
    pytest.importorskip("orbax.checkpoint")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_text(MODEL)

    def interrupt(self: Progress, epoch: int, batch: int) -> None:
        if (epoch, batch) == (1, 20):
            raise KeyboardInterrupt

    before = Progress.on_batch_end
    monkeypatch.setattr(Progress, "on_batch_end", interrupt)
    said = ngcsnn("train", "model.yaml", "train.progress_every=10", "--out", "cut")
    assert said.code == 130 and "interrupted after 1 of 2 epochs" in said.err
    np.testing.assert_array_equal(arrays(Path("cut"))["w.weights"], python["weights"][0])
    monkeypatch.setattr(Progress, "on_batch_end", before)
    said = ngcsnn("train", "--resume", "cut", "--quiet")
    assert said.code == 0 and said.out == (run.parent / "said").read_text()
    assert timeless(Path("cut")) == timeless(run)
    assert all(np.array_equal(arrays(Path("cut"))[k], v) for k, v in arrays(run).items())


def test_without_labels(ngcsnn, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL.replace("      labels: {cell: cell, samples: 20}\n", ""))
    options = ["epochs=1", "train.validation=false", "train.checkpoints=false"]
    said = ngcsnn("train", tmp_path / "model.yaml", *options, "--out", tmp_path / "run")
    assert said.code == 0 and re.fullmatch(r"test cell.rate_hz: [\d.]+\n", said.out)
    assert not any("accuracy" in r for r in timeless(tmp_path / "run"))
    said = ngcsnn("eval", tmp_path / "run")
    assert f"cell.silent: {timeless(tmp_path / 'run')[-1]['cell.silent']}\n" in said.out
    assert "no labels: rates of the cells alone" in ngcsnn("check", tmp_path / "model.yaml").out


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.optimiser={adam: {}}", "`optimiser` does not apply: what a rule proposes is taken by the optimiser of"),
        ("plasticity.losses={cell: first_spike}", "`losses` does not apply: rules learn without a loss"),
        ("train.accumulate=2", "`accumulate` does not apply: there are no gradients"),
        ("train.plateau=true", "`plateau` does not apply: the learning rate stands in the synapse's `optim`"),
        ("train.early_stopping=true", "`early_stopping` needs `figure`, such as validation_accuracy"),
        ("plasticity.lern=null", "compiler 'plasticity' has no key 'lern'; did you mean 'learn'?"),
        ("plasticity.at_end=edn", "context 'rules' has no process 'edn'; did you mean 'end'?"),
        ("plasticity.labels.cell=cel", "`labels`: no spiking cell 'cel'; did you mean 'cell'?"),
        ("labels.by=averge", "`by` must be one of average, proportion, got 'averge'; did you mean 'average'?"),
        ("evaluation.values={cell.thet_plus: 0}", "there is no 'cell.thet_plus'; did you mean 'cell.theta_plus'?"),
        ("labels.samples=2", "`labels`: there is no sample of class"),
        ("plasticity.again={cell: cell}", "`again` shows samples again with other events; input.inputs is fed what"),
        ("train.metrics=[top_k: {k: 3}]", "metric 'top_k': `k` must be below the 3 classes of 'cell'"),
    ],
    ids=[
        "optimiser", "losses", "accumulate", "plateau", "early stopping", "typo", "process", "cell", "way", "parameter",
        "class without sample", "fixed events", "metric",
    ],
)  # fmt: skip
def test_mistakes_are_told_by_name(ngcsnn, tmp_path: Path, override: str, message: str) -> None:
    (tmp_path / "model.yaml").write_text(MODEL)
    said = ngcsnn("check", tmp_path / "model.yaml", override)
    assert said.code == 2 and message in said.err and "error: " in said.err
