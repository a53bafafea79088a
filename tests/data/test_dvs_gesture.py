"""DVS128 Gesture: recordings, their labelled intervals, and who they are of."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from small_files import aedat

from ngcsnn.data import DownloadError, load_dataset

LABELS = "class,startTime_usec,endTime_usec\n1,1000,3000\n11,4000,9000\n"
EVENTS = [(0, 0, 1, 500, 1), (4, 8, 0, 1500, 1), (5, 9, 0, 1600, 1), (127, 127, 1, 3000, 1), (8, 8, 1, 8000, 1)]


def contents() -> dict[str, bytes]:
    out = {
        "trials_to_train.txt": b"user01_lab.aedat\nuser02_led.aedat\n\n",
        "trials_to_test.txt": b"user03_lab.aedat\n",
    }
    for name in ("user01_lab", "user02_led", "user03_lab"):
        out[f"{name}.aedat"] = aedat([(1, 0, EVENTS)])
        out[f"{name}_labels.csv"] = LABELS.encode()
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in contents().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_each_interval_is_a_sample_from_its_start(folder: Path) -> None:
    data: Any = load_dataset("dvs_gesture", {"folder": folder, "bin": None})
    assert data.train.labels.tolist() == [0, 10, 0, 10] and data.test.labels.tolist() == [0, 10]
    assert data.train.groups is not None and data.train.groups.tolist() == ["user01"] * 2 + ["user02"] * 2
    assert data.n_units == 32 * 32 * 2
    first, second = data.train.events[0], data.train.events[1]
    assert first.times.tolist() == [0.5, 0.6, 2.0]
    assert first.units.tolist() == [(2 * 32 + 1) * 2, (2 * 32 + 1) * 2, (31 * 32 + 31) * 2 + 1]
    assert (second.times.tolist(), second.units.tolist()) == ([4.0], [(2 * 32 + 2) * 2 + 1])


def test_options(folder: Path) -> None:
    data: Any = load_dataset("dvs_gesture", {"folder": folder, "classes": 10, "train": 1, "t_end": 1.0})
    assert data.train.labels.tolist() == [0] and data.n_classes == 10
    assert data.train.events.times.tolist() == [0.5]  # of two in one bin, the first


def test_the_archive_is_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "DvsGesture.tar.gz", "w:gz") as box:
        for name, content in contents().items():
            member = tarfile.TarInfo(f"DvsGesture/{name}")
            member.size = len(content)
            box.addfile(member, io.BytesIO(content))
    assert len(load_dataset("dvs_gesture", {"folder": tmp_path}).test.labels) == 2
    assert (tmp_path / "DvsGesture" / "user01_lab.aedat").is_file()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("user01_lab_labels.csv", "class,start\n1,2\n", "holds no lines class,startTime_usec,endTime_usec"),
        ("user01_lab_labels.csv", "class,startTime_usec,endTime_usec\n1,2\n", "of whole numbers"),
        ("user01_lab_labels.csv", "class,startTime_usec,endTime_usec\n12,2,3\n", "corrupt: class 12 from 2 to 3 us"),
        ("user01_lab_labels.csv", None, "no file of labels"),
        ("trials_to_train.txt", "../secret.aedat\n", "is no name of a recording"),
        ("trials_to_train.txt", "user09_lab.aedat\n", "no file of labels"),
        ("trials_to_test.txt", None, "there is no list"),
        ("trials_to_test.txt", "", "hold no gesture"),
    ],
    ids=["columns", "short", "class", "labels", "path", "recording", "list", "empty"],
)
def test_damage_names_the_file(folder: Path, name: str, content: str | None, says: str) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises((ValueError, FileNotFoundError), match=says):
        load_dataset("dvs_gesture", {"folder": folder})


def test_what_to_do_without_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path / "cache"))
    with pytest.raises(DownloadError, match="IBM gives DvsGesture.tar.gz"):
        load_dataset("dvs_gesture")
    with pytest.raises(FileNotFoundError, match="neither trials_to_train.txt nor DvsGesture.tar.gz"):
        load_dataset("dvs_gesture", {"folder": tmp_path})
