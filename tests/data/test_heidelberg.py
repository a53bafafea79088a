"""SHD and SSC, from small files of their form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")
from small_files import spiking_hdf5

from ngcsnn.data import load_dataset
from ngcsnn.data.spiking_hdf5 import read_spiking_hdf5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("heidelberg")
    spiking_hdf5(path / "shd_train.h5", 8)
    spiking_hdf5(path / "shd_test.h5", 4, seed=1)
    for k, part in enumerate(("train", "valid", "test")):
        spiking_hdf5(path / f"ssc_{part}.h5", 6, seed=k, extra=False)
    return path


def test_trains_labels_and_speakers(folder: Path, tmp_path: Path) -> None:
    wanted = spiking_hdf5(tmp_path / "a.h5", 6)
    got = read_spiking_hdf5(tmp_path / "a.h5", 700)
    assert got.labels.tolist() == [s[2] for s in wanted]
    assert got.groups is not None and got.groups.tolist() == [s[3] for s in wanted]
    assert got.class_names == ("word 0", "word 1", "word 2")
    for i, (times, units, _, _) in enumerate(wanted):
        np.testing.assert_array_equal(got.events[i].times, times.astype(float) * 1000)
        np.testing.assert_array_equal(got.events[i].units, units)


def test_shd(folder: Path) -> None:
    data: Any = load_dataset("shd", {"folder": folder})
    assert (len(data.train.labels), len(data.test.labels), data.n_units, data.n_classes) == (8, 4, 700, 20)
    assert data.train.groups is not None and data.train.groups.tolist() == [0, 1] * 4
    assert data.validation is None
    small: Any = load_dataset("shd", {"folder": folder, "train": 3, "t_end": 400.0, "rescale_units": 0.1, "bin": 10.0})
    assert (len(small.train.labels), small.n_units) == (3, 70)
    assert small.train.events.times.max() <= 400.0 and small.train.events.t_end == 400.0


def test_large_files_are_shaped_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Any = load_dataset("shd", {"folder": folder, "bin": 100.0, "t_end": 500.0})
    monkeypatch.setattr("ngcsnn.data.spiking_hdf5._TOGETHER", 3)
    assert load_dataset("shd", {"folder": folder, "bin": 100.0, "t_end": 500.0}).train.events == whole.train.events
    with pytest.raises(ValueError, match="`rescale_units` must be at most 1"):
        load_dataset("shd", {"folder": folder / "nowhere", "rescale_units": 2.0})


def test_ssc_has_validation(folder: Path) -> None:
    data: Any = load_dataset("ssc", {"folder": folder, "validation": 5})
    assert data.n_classes == 35 and data.train.groups is None
    assert data.validation is not None and len(data.validation.labels) == 5
    assert load_dataset("ssc", {"folder": folder, "validation": 0}).validation is None


def test_errors_name_the_file(folder: Path, tmp_path: Path) -> None:
    import h5py

    with pytest.raises(ValueError, match="shd_train.h5' holds 8 samples, 9 are asked for"):
        load_dataset("shd", {"folder": folder, "train": 9})
    with h5py.File(tmp_path / "shd_train.h5", "w") as file:
        file["labels"] = np.zeros(3)
    with pytest.raises(ValueError, match="shd_train.h5' holds no spike trains: it lacks spikes/times; it has labels"):
        load_dataset("shd", {"folder": tmp_path})
    spiking_hdf5(tmp_path / "shd_train.h5")
    with h5py.File(tmp_path / "shd_train.h5", "a") as file:
        units: Any = file["spikes/units"]
        units[2] = np.array([3, 900], np.uint16)
    with pytest.raises(ValueError, match="shd_train.h5' holds bad spike trains, in samples 0 to 5: sample 2"):
        load_dataset("shd", {"folder": tmp_path})
