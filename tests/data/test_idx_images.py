"""Images in four idx files: where they are looked for, and what is checked before they are believed."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.data.datasets import load_dataset
from ngcsnn.data.downloads import DownloadError
from ngcsnn.data.idx_images import IdxImages
from ngcsnn.data.latency_code import LatencyCode

N = {"train": 12, "t10k": 5}
LATENCY = {"latency": {"t_min": 0.0, "t_max": 8.0}}


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def contents() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    made = {}
    for stem, n in N.items():
        made[f"{stem}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (n, 2, 3), np.uint8))
        made[f"{stem}-labels-idx1-ubyte"] = idx(rng.integers(0, 4, n, np.uint8))
    return made


FILES = contents()


def images_of(stem: str) -> np.ndarray:
    return np.frombuffer(FILES[f"{stem}-images-idx3-ubyte"], np.uint8, offset=16).reshape(N[stem], 6)


def labels_of(stem: str) -> np.ndarray:
    return np.frombuffer(FILES[f"{stem}-labels-idx1-ubyte"], np.uint8, offset=8)


@pytest.fixture
def small() -> IdxImages:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    return IdxImages("small", ("http://127.0.0.1:9/",), sums, shape=(2, 3), n_classes=4, class_names=tuple("abcd"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The training files packed, those for the test plain."""
    for name, content in FILES.items():
        if name.startswith("train"):
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("NGCSNN_MIRROR", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


@pytest.mark.parametrize(("split", "stem"), [("train", "train"), ("test", "t10k")])
def test_a_folder_of_files_packed_or_plain(small, folder, split, stem):
    images, labels = small.load(folder, split)
    np.testing.assert_array_equal(images, images_of(stem))
    np.testing.assert_array_equal(labels, labels_of(stem))
    assert images.dtype == labels.dtype == np.uint8
    for array in (images, labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_relative_folder_starts_at_the_current_one(small, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    np.testing.assert_array_equal(small.load(folder.name, "test")[0], images_of("t10k"))
    monkeypatch.setenv("HOME", str(folder.parent))
    np.testing.assert_array_equal(small.load(f"~/{folder.name}", "test")[0], images_of("t10k"))


def test_a_folder_that_lacks_files_is_never_made_up_for(small, folder, cache):
    cache.joinpath("small").mkdir(parents=True)
    for name, content in FILES.items():
        (cache / "small" / name).write_bytes(content)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"small: the `folder` '.*' lacks t10k-labels-idx1-ubyte \(as it is"):
        small.load(folder, "test")
    with pytest.raises(FileNotFoundError, match="lacks train-images-idx3-ubyte and train-labels-idx1-ubyte"):
        small.load(folder / "none", "train")
    with pytest.raises(TypeError, match="`folder` must be the path of a folder, got 3"):
        small.load(3, "test")


def test_the_cache_comes_first_then_the_mirrors(small, server, cache, monkeypatch):
    monkeypatch.setenv("NGCSNN_MIRROR", server.address)
    for name, content in FILES.items():
        server.files[f"/small/{name}.gz"] = gzip.compress(content, mtime=3)
    (cache / "small").mkdir(parents=True)
    (cache / "small" / "t10k-labels-idx1-ubyte").write_bytes(FILES["t10k-labels-idx1-ubyte"])
    np.testing.assert_array_equal(small.load(None, "test")[0], images_of("t10k"))
    np.testing.assert_array_equal(small.load(None, "test")[1], labels_of("t10k"))
    assert [path for path, _ in server.log] == ["/small/t10k-images-idx3-ubyte.gz"]
    small.load(None, "train")
    assert len(server.log) == 3


def test_a_mirror_with_other_data_is_refused(small, server, cache, monkeypatch):
    monkeypatch.setenv("NGCSNN_MIRROR", server.address)
    for name, content in FILES.items():
        server.files[f"/small/{name}.gz"] = gzip.compress(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DownloadError, match="its sha256 is"):
        small.load(None, "test")


def test_without_network_and_cache_it_ends_with_what_to_do(small, cache):
    with pytest.raises(DownloadError) as caught:
        small.load(None, "train")
    assert "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz into" in str(caught.value)


WRONG = {
    "size": ("t10k-images-idx3-ubyte", idx(np.zeros((5, 3, 2), np.uint8)), r"must hold images \(n, 2, 3\) of uint8, "),
    "swapped": ("t10k-images-idx3-ubyte", FILES["t10k-labels-idx1-ubyte"], r"must hold images .*got \(5,\) of uint8"),
    "none": ("t10k-images-idx3-ubyte", idx(np.zeros((0, 2, 3), np.uint8)), r"must hold images .*got \(0, 2, 3\)"),
    "type": ("t10k-labels-idx1-ubyte", b"\0\0\x09" + FILES["t10k-labels-idx1-ubyte"][3:], r"\(5,\) of uint8 .* int8"),
    "count": ("t10k-labels-idx1-ubyte", FILES["train-labels-idx1-ubyte"], r"must hold labels \(5,\) .* got \(12,\)"),
    "label": ("t10k-labels-idx1-ubyte", idx(np.array([0, 1, 4, 0, 0], np.uint8)), r"`\[2\] is 4; .* from 0 to 3"),
    "cut": ("t10k-images-idx3-ubyte", FILES["t10k-images-idx3-ubyte"][:-1], "is truncated"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_files_that_hold_something_else_are_named(small, folder, kind):
    name, content, message = WRONG[kind]
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        small.load(folder, "test")
    assert str(folder / name) in str(caught.value)


def test_an_unknown_split(small, folder):
    with pytest.raises(ValueError, match="`split` must be 'train' or 'test', got 'valid'"):
        small.load(folder, "valid")


def test_splits_are_the_start_of_their_files_and_validation_the_end(small, folder):
    data = small.dataset(folder, 8, 3, 4, LATENCY)
    assert (data.name, data.n_classes, data.n_units, data.class_names) == ("small", 4, 6, tuple("abcd"))
    parts = {"train": images_of("train")[:8], "test": images_of("t10k")[:3], "validation": images_of("train")[8:]}
    for part, images in parts.items():
        split = getattr(data, part)
        assert split.events == LatencyCode(images, 0.0, 8.0)
        np.testing.assert_array_equal(data.raw[part], images)
        assert data.encode(images) == split.events
    np.testing.assert_array_equal(data.validation.labels, labels_of("train")[8:])
    np.testing.assert_array_equal(data.train.labels, labels_of("train")[:8])
    assert small.dataset(folder, 12, 5, 0, LATENCY).validation is None


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((13, 5, 0), "`train` asks for 13 samples, the training file of small holds 12"),
        ((12, 6, 0), "`test` asks for 6 samples, the testing file of small holds 5"),
        ((9, 5, 4), r"`train` and `validation` ask for 9 \+ 4 samples, the training file of small holds 12"),
        ((0, 5, 0), "`train` must be an integer >= 1, got 0"),
        ((1, 5, -1), "`validation` must be an integer >= 0, got -1"),
    ],
    ids=["train", "test", "validation", "no_train", "negative"],
)
def test_sizes_that_the_files_do_not_have(small, folder, sizes, message):
    with pytest.raises(ValueError, match=message):
        small.dataset(folder, *sizes, LATENCY)


def test_a_new_data_set_is_a_table_of_constants(small, folder, monkeypatch):
    from ngcsnn.data import datasets

    monkeypatch.setattr(datasets, "_LOADERS", dict(datasets._LOADERS))

    @datasets.register_dataset("small")
    def loader(*, folder: str | None = None, train: int = 12, test: int = 5):
        return small.dataset(folder, train, test, 0, LATENCY)

    assert len(load_dataset("small", {"folder": str(folder), "train": 7}).train.labels) == 7
