"""Files of data sets: found, unpacked, or a clear word on where to get them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from ngcsnn.data import DownloadError, dataset_names, load_dataset, published_files
from ngcsnn.data.downloads import RemoteFile
from ngcsnn.data.published import Published

BODY = b"what the file holds" * 50


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("NGCSNN_MIRROR", raising=False)
    return tmp_path / "cache"


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_a_file_under_its_own_address_is_checked_by_md5(server, cache, monkeypatch) -> None:
    server.files["/other/place"] = BODY
    file = RemoteFile("a.bin", md5=md5(BODY), address=f"{server.address}/other/place")
    assert Published("set", (file,)).file(None, "a.bin").read_bytes() == BODY
    (cache / "set" / "a.bin").unlink()
    server.files["/other/place"] = BODY + b"x"
    with pytest.raises(DownloadError, match="its md5 is"):
        Published("set", (file,)).file(None, "a.bin")
    assert not (cache / "set" / "a.bin").exists()
    server.files["/set/a.bin"] = BODY
    monkeypatch.setenv("NGCSNN_MIRROR", server.address)
    assert Published("set", (file,)).file(None, "a.bin").read_bytes() == BODY


def test_a_file_without_a_checksum_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a checksum"):
        RemoteFile("a.bin")


@pytest.mark.parametrize("form", ["gz", "zip"])
def test_archives_are_unpacked_beside_themselves(tmp_path: Path, form: str) -> None:
    from small_files import zipped

    packed = gzip.compress(BODY) if form == "gz" else zipped({"folder/a.h5": BODY, "read.me": b""})
    (tmp_path / f"a.h5.{form}").write_bytes(packed)
    assert Published("set").file(tmp_path, "a.h5").read_bytes() == BODY
    (tmp_path / "a.h5").unlink()
    (tmp_path / f"a.h5.{form}").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match=rf"a.h5.{form}' cannot be unpacked"):
        Published("set").file(tmp_path, "a.h5")
    assert [p.name for p in tmp_path.iterdir()] == [f"a.h5.{form}"]


def test_what_lacks_is_told(tmp_path: Path, cache: Path) -> None:
    from small_files import zipped

    with pytest.raises(FileNotFoundError, match=r"lacks a.h5 \(as it is, .gz or .zip\)"):
        Published("set").file(tmp_path, "a.h5")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        Published("set").file(tmp_path / "nowhere", "a.h5")
    with pytest.raises(TypeError, match="`folder` must be the path"):
        Published("set").file(3, "a.h5")  # type: ignore[arg-type]
    with pytest.raises(DownloadError, match="cannot be fetched by this program: ask them") as error:
        Published("set", by_hand="ask them").file(None, "a.h5")
    assert str(cache / "set") in str(error.value) and "NGCSNN_DATA" in str(error.value)
    (tmp_path / "a.h5.zip").write_bytes(zipped({"b": BODY}))
    with pytest.raises(ValueError, match="holds no a.h5, but b"):
        Published("set").file(tmp_path, "a.h5")


def test_all_that_lacks_is_told_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGCSNN_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "*")
    for name, files in (
        ("ssc", "ssc_train.h5.zip, ssc_valid.h5.zip, ssc_test.h5.zip"),
        ("nmnist", "Train.zip, Test.zip"),
    ):
        with pytest.raises(DownloadError, match=f"put {files} into"):
            load_dataset(name)
    with pytest.raises(DownloadError, match="train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz"):
        load_dataset("fashion_mnist")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5.gz").write_bytes(gzip.compress(BODY))
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    with pytest.raises(OSError, match="cannot be unpacked beside itself .*Read-only.*name that folder"):
        Published("set").file(tmp_path, "a.h5")


def test_what_is_known_of_the_published_sets() -> None:
    for name in dataset_names():
        found = published_files(name)
        if found is not None:
            assert found.home.startswith("http")
            assert found.files or found.by_hand
            assert not (found.files and found.by_hand) or found.instead
            assert all(len(f.checksum) == {"md5": 32, "sha256": 64}[f.algorithm] for f in found.files)
            assert found.mirrors or all(f.address for f in found.files)
    assert published_files("yin_yang") is None


def test_lacking_files(cache: Path) -> None:
    found = published_files("shd")
    assert found is not None
    assert found.lacking() == ["shd_train.h5.zip", "shd_test.h5.zip"]
    (cache / "shd").mkdir(parents=True)
    (cache / "shd" / "shd_train.h5").write_bytes(b"")
    assert found.lacking() == ["shd_test.h5.zip"]
