"""Weights, saved models, run folders, recordings and checkpoints with something wrong in them.

Reading ends in one clear error or in what was written. The long form is `slow`: NGCSNN_FUZZ says how many cases of each
sort it tries (default 10 000).
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from damaging import FEW, MANY, try_all

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell
from ngcsnn.io import load_experiment, load_weights, read_weights, save_weights
from ngcsnn.io.metrics_file import json_line
from ngcsnn.io.stored_run import read_run
from ngcsnn.io.sweep import Sweep
from ngcsnn.recording import load_recordings
from ngcsnn.recording.stores import open_store
from ngcsnn.training import Snapshot, read_checkpoint
from ngcsnn.training.checkpoint_files import write_checkpoint

VALUES = np.arange(60, dtype=np.float32).reshape(20, 3)


class Sort(NamedTuple):
    """write: good files into a folder. read: the folder; gives arrays, or whatever `same` takes."""

    write: Callable[[Path], Any]
    read: Callable[[Path], Any]
    same: Callable[[Any, Any], bool]


def network(seed: int = 0) -> ng.Context:
    with ng.Context("net", seed=seed) as net:
        DenseSynapse("w", shape=(2, 3), weights=ng.init.Normal(0.0, 1.0))
        LIFCell("cell", n_units=3, tau_m=ng.init.Uniform(10.0, 20.0))
    return net


def same_arrays(a: Any, b: Any) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a)


def _weights(ending: str) -> Sort:
    return Sort(
        lambda f: save_weights(network(), f / f"x{ending}"), lambda f: read_weights(f / f"x{ending}"), same_arrays
    )


def _put(folder: Path) -> dict[str, np.ndarray]:
    net = network(1)
    before = {k: np.asarray(v) for k, v in _parameters(net).items()}
    try:
        load_weights(net, folder / "saved")
    except Exception:
        assert same_arrays(before, _parameters(net)), "half of the values were put into the network"
        raise
    return _parameters(net)


def _parameters(net: ng.Context) -> dict[str, np.ndarray]:
    own = [c for part in net.components.values() for c in part.owned() if c.role == "param"]
    return {c.key: np.array(c.get()) for c in own}


def _record(ending: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        store = open_store(folder / f"x{ending}")
        told = {"compartment": "w.weights", "sources": None, "targets": [0, 1]}
        store.begin("w.weights", {"kind": "ConnVarRecorder", **told})
        told = {"cell": "a", "n_units": 3, "units": [0, 2], "dt": 1.0, "t_end": 9.0, "counts_only": False}
        store.begin("a.s", {"kind": "SpikeRecorder", **told})
        for n in range(2):
            store.grow("w.weights", {"epochs": np.array([n]), "values": VALUES[None] + n})
            store.grow(
                "a.s",
                {
                    "epochs": np.full(2, n), "samples": np.arange(2), "counts": np.ones((2, 2), np.int32),
                    "stops": 4 * n + np.array([2, 4]), "times": np.arange(4.0), "units": np.array([0, 2, 2, 0]),
                },
            )  # fmt: skip

    return write


def _recorded(ending: str) -> Callable[[Path], Any]:
    def read(folder: Path) -> Any:
        out = {}
        for key, found in load_recordings(folder / f"x{ending}").items():
            out[f"{key} epochs"] = found.epochs
            if hasattr(found, "values"):
                out[f"{key} values"] = found.values
            else:
                for i, trial in enumerate(found):
                    out |= {f"{key} {i} times": trial.times, f"{key} {i} units": trial.units}
        return out

    return read


def _recording(ending: str) -> Sort:
    return Sort(_record(ending), _recorded(ending), same_arrays)


RUN = """\
context: {name: tiny, dt: 1.0, seed: 0}
components:
  cell: {type: LIFCell, n_units: 2, tau_m: 20.0}
"""


def _run(folder: Path) -> None:
    (folder / "model.yaml").write_text(RUN)
    (folder / "versions.json").write_text(json.dumps({"ngcsnn": "1", "jax": "2"}))
    records = [{"epoch": n, "split": s, "loss": 1.5, "accuracy": 0.5} for n in range(2) for s in ("train", "test")]
    (folder / "metrics.jsonl").write_text("".join(json_line(r) + "\n" for r in records))
    load_experiment(folder / "model.yaml").context.save(folder / "weights")


def _read_run(folder: Path) -> Any:
    run = read_run(folder, load_experiment(RUN))
    assert all(isinstance(r, dict) for r in run.records) and isinstance(run.versions, dict)
    return _parameters(run.experiment.context) if not run.notes else None


def _sweep(folder: Path) -> None:
    sweep = Sweep(folder / "s", {"train": {"epochs": 2}}, [{"a": 1}, {"a": 2}], 1)
    sweep.begin()
    for run in sweep.runs():
        run.folder.mkdir()
        (run.folder / "metrics.jsonl").write_text(json_line({"epoch": 1, "split": "test", "loss": 1.0}) + "\n")


def _read_sweep(folder: Path) -> Any:
    from ngcsnn.io.sweep import table_of, table_text

    sweep = Sweep(folder / "s", {"train": {"epochs": 2}}, [{"a": 1}, {"a": 2}], 1)
    return table_text(table_of(sweep))


def _checkpoint(folder: Path) -> None:
    pytest.importorskip("orbax.checkpoint")
    arrays = {"x": VALUES, "n": np.array(3), "none": np.zeros((0, 2), np.float32)}
    for n in (1, 2):
        write_checkpoint(folder, Snapshot(n, 0, arrays, {"history": [{"epoch": 0, "loss": 0.5}], "score": None}))


def _read_checkpoint(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = read_checkpoint(folder)
    assert found.epoch in (1, 2) and found.facts["history"][0]["loss"] == 0.5
    return found.arrays


SORTS: dict[str, Sort] = {
    "weights npz": _weights(".npz"),
    "weights safetensors": _weights(".safetensors"),
    "saved model": Sort(lambda f: network().save(f / "saved"), _put, same_arrays),
    "recordings h5": _recording(".h5"),
    "recordings npz": _recording(".npz"),
    "run folder": Sort(_run, _read_run, lambda a, b: a is None or same_arrays(a, b)),
    "sweep": Sort(_sweep, _read_sweep, lambda a, b: isinstance(a, str)),
    "checkpoints": Sort(_checkpoint, _read_checkpoint, same_arrays),
}
NEEDS = {"weights safetensors": "safetensors", "recordings h5": "h5py", "checkpoints": "orbax.checkpoint"}


def tried(name: str, folder: Path, cases: int) -> dict[str, int]:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    sort, good = SORTS[name], folder / "good"
    good.mkdir()
    sort.write(good)
    want = sort.read(good)

    def check(found: Any) -> None:
        assert sort.same(found, want), "what was read is not what was written"

    ended = try_all(good, folder / "tried", sort.read, check, cases)
    shutil.rmtree(folder / "tried")
    return ended


@pytest.mark.parametrize("name", SORTS)
def test_some_damage(name: str, tmp_path: Path) -> None:
    assert tried(name, tmp_path, FEW)["refused"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", SORTS)
def test_much_damage(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = tried(name, tmp_path, MANY)
    with capsys.disabled():
        print(f"\n{name}: {ended}")
    assert sum(ended.values()) >= MANY and ended["refused"] > MANY // 20
