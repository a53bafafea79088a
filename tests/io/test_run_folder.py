"""Run folders: new ones only; weights out of them."""

from pathlib import Path

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse
from ngcsnn.io import RunFolderError, create_run_folder, load_weights, weights_folder
from ngcsnn.io.run_folder import model_of, refuse_existing, write_whole


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert create_run_folder("net", out) == out and out.is_dir()
    (out / "x").write_text("kept")
    with pytest.raises(RunFolderError, match="already exists; nothing was computed or written"):
        create_run_folder("net", out)
    assert (out / "x").read_text() == "kept"


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_whatever_is_there_is_refused(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    {"file": out.touch, "folder": out.mkdir, "dangling link": lambda: out.symlink_to(tmp_path / "nowhere")}[kind]()
    for refuse in (refuse_existing, lambda path: create_run_folder("net", path)):
        with pytest.raises(RunFolderError, match="already exists"):
            refuse(out)
    refuse_existing(None)
    refuse_existing(tmp_path / "other")


def test_default_names_never_meet(in_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ngcsnn.io.run_folder as room

    class Clock:
        @staticmethod
        def now() -> "Clock":
            return Clock()

        def __format__(self, spec: str) -> str:
            return "2030-01-02-030405"

    monkeypatch.setattr(room, "datetime", Clock)
    made = [create_run_folder("net") for _ in range(3)]
    assert [str(p) for p in made] == [f"runs/net-2030-01-02-030405{end}" for end in ("", "-2", "-3")]
    assert all((in_tmp / p).is_dir() for p in made)


def test_files_are_written_whole(tmp_path: Path) -> None:
    for text in ("1", "2"):
        write_whole(tmp_path / "model.yaml", text)
        assert [p.name for p in tmp_path.iterdir()] == ["model.yaml"] and model_of(tmp_path).read_text() == text
    with pytest.raises(RunFolderError, match="is no run folder: it has no model.yaml"):
        model_of(tmp_path / "other")


def network(seed: int = 0, shape: tuple[int, int] = (2, 3), name: str = "w", **more: object) -> ng.Context:
    with ng.Context("net", seed=seed) as net:
        DenseSynapse(name, shape=shape, weights=ng.init.Normal(0.0, 1.0), **more)
    return net


def test_weights_come_back(tmp_path: Path) -> None:
    first, second = network(0), network(1)
    first.save(tmp_path / "run" / "weights")
    for folder in (tmp_path / "run", tmp_path / "run" / "weights"):
        second = network(1)
        load_weights(second, folder)
        np.testing.assert_array_equal(second.components["w"].weights.get(), first.components["w"].weights.get())
    assert weights_folder(tmp_path / "run") == tmp_path / "run" / "weights"


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    network().save(tmp_path / "saved")
    with pytest.raises(RunFolderError, match=r"w.weights has shape \(2, 3\) there, \(2, 4\) here"):
        load_weights(network(shape=(2, 4)), tmp_path / "saved")
    with pytest.raises(RunFolderError, match="there is no 'other.weights' in "):
        load_weights(network(name="other"), tmp_path / "saved")
    with pytest.raises(RunFolderError, match="there is no 'w.bias' in "):
        load_weights(network(bias=0.0), tmp_path / "saved")
    biased = network(bias=0.0)
    biased.save(tmp_path / "biased")
    plain = network(1)
    before = np.asarray(plain.components["w"].weights.get())
    with pytest.raises(RunFolderError, match="there is no 'w.bias' in context 'net'"):
        load_weights(plain, tmp_path / "biased")
    np.testing.assert_array_equal(plain.components["w"].weights.get(), before)  # nothing was changed on the way


def test_a_folder_without_weights(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RunFolderError, match="holds no weights"):
            weights_folder(folder)
