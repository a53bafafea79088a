"""DVS128 Gesture: recordings, their labelled intervals, and who they are of."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import aedat

from ngcsnn.data import DownloadError, dvs_gesture, load_dataset
from ngcsnn.data.downloads import RemoteFile

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
    monkeypatch.setenv("NGCSNN_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DownloadError, match="put ibmGestureTrain.tar.gz, ibmGestureTest.tar.gz into .*The page of the"):
        load_dataset("dvs_gesture")
    with pytest.raises(FileNotFoundError, match="neither trials_to_train.txt nor DvsGesture.tar.gz"):
        load_dataset("dvs_gesture", {"folder": tmp_path})


def npy(rows: Any) -> bytes:
    box = io.BytesIO()
    np.save(box, np.asarray(rows, np.float64).reshape(-1, 4))
    return box.getvalue()


def cut_out(part: str) -> dict[str, bytes]:
    """Files as tonic's authors published them: x, y, polarity, time in ms, from some time on."""
    rows = [(0, 0, 1, 5000.0), (4, 8, 0, 5001.5), (5, 9, 0, 5001.6), (127, 127, 1, 5003.0)]
    people = ["user02_led", "user01_lab"] if part == "Train" else ["user29_led"]
    return {f"ibmGesture{part}/{name}/{k}.npy": npy(rows) for name in people for k in (10, 0, 3)}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as box:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            box.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("form", ["folders", "archives"])
def test_gestures_that_were_cut_out(tmp_path: Path, form: str) -> None:
    for part in ("Train", "Test"):
        if form == "archives":
            (tmp_path / f"ibmGesture{part}.tar.gz").write_bytes(packed(cut_out(part)))
            continue
        for name, content in cut_out(part).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
    data: Any = load_dataset("dvs_gesture", {"folder": tmp_path, "bin": None})
    assert data.train.labels.tolist() == [0, 3, 10, 0, 3, 10] and data.test.labels.tolist() == [0, 3, 10]
    assert data.train.groups.tolist() == ["user01"] * 3 + ["user02"] * 3
    first = data.train.events[0]
    assert first.times == pytest.approx([0.0, 1.5, 1.6, 3.0])
    assert first.units.tolist() == [1, (2 * 32 + 1) * 2, (2 * 32 + 1) * 2, (31 * 32 + 31) * 2 + 1]
    few: Any = load_dataset("dvs_gesture", {"folder": tmp_path, "train": 1, "classes": 10, "t_end": 2.0})
    assert few.train.groups.tolist() == ["user01"] * 2 and few.train.labels.tolist() == [0, 3]
    assert few.train.events[0].times == pytest.approx([0.0, 1.5])  # of two in one bin, the first
    with pytest.raises(ValueError, match="holds 2 recordings, 3 are asked for"):
        load_dataset("dvs_gesture", {"folder": tmp_path, "train": 3})


def test_they_are_fetched_and_read_as_they_are(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("NGCSNN_DATA", str(cache))
    monkeypatch.delenv("NGCSNN_MIRROR", raising=False)
    bodies = {part: packed(cut_out(part)) for part in ("Train", "Test")}
    server.files = {"/files/1": bodies["Train"], "/mirror/ibmGestureTest.tar.gz": bodies["Test"]}
    files = tuple(
        RemoteFile(f"ibmGesture{part}.tar.gz", md5=hashlib.md5(body).hexdigest(), address=f"{server.address}/files/{k}")
        for k, (part, body) in enumerate(bodies.items(), 1)
    )
    known = replace(dvs_gesture.DVS_GESTURE, files=files, mirrors=(f"{server.address}/mirror/",))
    monkeypatch.setattr(dvs_gesture, "DVS_GESTURE", known)
    assert len(load_dataset("dvs_gesture").test.labels) == 3
    assert [path for path, _ in server.log] == ["/files/1", "/files/2", "/mirror/ibmGestureTest.tar.gz"]
    assert sorted(p.name for p in (cache / "dvs_gesture").iterdir()) == [f.name for f in reversed(files)]
    load_dataset("dvs_gesture")
    assert len(server.log) == 3 and known.lacking() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no numpy", "no .npy file"),
        (npy([(1, 1, 1, 1)])[:-3], "no .npy file"),
        (npy([(1.5, 1, 1, 1)]), "events that are nowhere"),
        (npy([(1, 1, 1, np.nan)]), "events that are nowhere"),
        (npy([(200, 1, 1, 1)]), "user01_lab/0.npy is corrupt: event 0: pixel x = 200"),
    ],
    ids=["text", "short", "between", "nan", "outside"],
)
def test_damaged_gestures(tmp_path: Path, content: bytes, says: str) -> None:
    files = cut_out("Train") | {"ibmGestureTrain/user01_lab/0.npy": content}
    (tmp_path / "ibmGestureTrain.tar.gz").write_bytes(packed(files))
    (tmp_path / "ibmGestureTest.tar.gz").write_bytes(packed(cut_out("Test")))
    with pytest.raises(ValueError, match=says):
        load_dataset("dvs_gesture", {"folder": tmp_path})
    (tmp_path / "ibmGestureTrain.tar.gz").write_bytes(packed(files)[:200])
    with pytest.raises(ValueError, match="ibmGestureTrain.tar.gz' cannot be unpacked"):
        load_dataset("dvs_gesture", {"folder": tmp_path})
