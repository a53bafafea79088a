"""The real MNIST: the published files, their figures, and the spikes made of them."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

from ngcsnn.data.datasets import dataset_options, load_dataset
from ngcsnn.data.encoding import latency
from ngcsnn.data.events import EventData
from ngcsnn.data.latency_code import LatencyCode
from ngcsnn.data.mnist import MNIST, load_mnist

# md5 of the published files, unpacked.
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    folder = shared / "data" / "mnist"
    if not folder.is_dir():
        pytest.skip(f"needs the files of MNIST; there is no folder {folder}")
    return folder


@pytest.fixture(scope="module")
def test_split(real: Path) -> tuple[np.ndarray, np.ndarray]:
    return load_mnist(real, "test")


@pytest.mark.parametrize("name", MNIST.sha256)
def test_checksums_are_those_of_the_published_content(real, name):
    content = gzip.decompress((real / f"{name}.gz").read_bytes())
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == MD5[name]
    assert hashlib.sha256(content).hexdigest() == MNIST.sha256[name]


def test_the_files_are_those_that_their_list_of_checksums_names(real):
    lines = [line.split() for line in (real / "SHA256SUMS").read_text().splitlines()]
    assert sorted(name for _, name in lines) == sorted(f"{name}.gz" for name in MNIST.sha256)
    for digest, name in lines:
        assert hashlib.sha256((real / name).read_bytes()).hexdigest() == digest


def test_all_images_and_labels(real, test_split):
    images, labels = load_mnist(real)
    assert images.shape == (60000, 784) and images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert images[:6000].mean() / 255 == pytest.approx(0.1307, abs=2e-3)
    images, labels = test_split
    assert images.shape == (10000, 784)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert not images.reshape(-1, 28, 28)[:, 0].any()  # rows, not columns, come first: the margin is empty


def test_the_mirrors_are_fetched_from_and_checked(real, server, tmp_path, monkeypatch):
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path))
    monkeypatch.setenv("NGCSNN_MIRROR", server.address)
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        server.files[f"/mnist/{name}"] = (real / name).read_bytes()
    server.cuts["/mnist/t10k-images-idx3-ubyte.gz"] = [1_000_000]
    images, labels = load_mnist(split="test")
    np.testing.assert_array_equal(images, load_mnist(real, "test")[0])
    assert len(labels) == 10000 and len(server.log) == 3
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == [
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]


def test_a_cache_filled_by_hand_is_used(real, tmp_path, monkeypatch):
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path))
    monkeypatch.setenv("NGCSNN_MIRROR", "http://127.0.0.1:9")
    shutil.copytree(real, tmp_path / "mnist")
    assert load_mnist(split="test")[0].shape == (10000, 784)


def test_mirrors_are_the_official_ones():
    assert MNIST.mirrors == (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )


def test_by_name_with_the_published_sizes_by_default(real):
    options = dataset_options("mnist")
    assert (options["folder"], options["train"], options["test"], options["validation"]) == (None, 60000, 10000, 0)
    given = {"folder": str(real), "train": 300, "test": 200, "validation": 100}
    data = load_dataset("mnist", given)
    assert (data.name, data.n_units, data.n_classes) == ("mnist", 784, 10)
    assert data.class_names == tuple("0123456789") and data.validation is not None
    assert [len(s.labels) for s in (data.train, data.test, data.validation)] == [300, 200, 100]
    images, labels = load_mnist(real, "test")
    assert data.test.events == LatencyCode(images[:200], 2.0, 18.0, t_end=20.0)
    np.testing.assert_array_equal(data.test.labels, labels[:200])
    given |= {"validation": 0, "encoding": {"latency": {"t_min": 1, "t_max": 5, "threshold": 100}}}
    other = load_dataset("mnist", given)
    assert other.test.events == LatencyCode(images[:200], 1.0, 5.0, threshold=100)
    assert other.validation is None


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_spikes_of_real_digits_are_those_of_the_host(test_split, precision):
    with jax.enable_x64(precision == "float64"):
        images = test_split[0][:500]
        code = LatencyCode(images, 2.0, 18.0, t_end=20.0)
        events = latency(images / 255.0, 2.0, 18.0, invert=True, threshold=1 / 255, t_end=20.0)
        assert code.to_events() == events
        taken = jax.jit(lambda device, i: device.take(i))(code.to_device(20, 1.0, precision), np.arange(500))
        unit = np.asarray(taken.unit)
        back = EventData(
            (np.asarray(taken.step) + 1.0 + np.asarray(taken.offset, np.float64))[unit < 784],
            unit[unit < 784],
            np.concatenate(([0], np.cumsum((unit < 784).sum(axis=1)))),
            784,
            20.0,
            sort=True,
        )
        np.testing.assert_array_equal(back.offsets, events.offsets)
        np.testing.assert_array_equal(back.units, events.units)
        np.testing.assert_allclose(back.times, events.times, rtol=0, atol=1e-14 if precision == "float64" else 1e-7)
