"""Data sets by name: the registry, its errors, and the two data sets in it."""

import inspect

import numpy as np
import pytest

from ngcsnn.data import datasets
from ngcsnn.data.datasets import (
    Dataset,
    DatasetOptionError,
    Split,
    dataset_names,
    dataset_options,
    load_dataset,
    register_dataset,
)
from ngcsnn.data.encoding import latency
from ngcsnn.data.events import EventData
from ngcsnn.data.yin_yang import encode_yin_yang, yin_yang


def test_yin_yang_has_the_published_seeds_by_default():
    data = load_dataset("yin_yang", {"train": 30, "test": 20, "validation": 10})
    assert (data.name, data.n_classes, data.n_units, data.class_names) == ("yin_yang", 3, 5, ("yin", "yang", "dot"))
    assert data.raw is not None and data.validation is not None
    for part, split, size, seed in (
        ("train", data.train, 30, 42),
        ("test", data.test, 20, 40),
        ("validation", data.validation, 10, 41),
    ):
        points = yin_yang(size, seed)
        assert split.events == encode_yin_yang(points.samples)
        np.testing.assert_array_equal(split.labels, points.labels)
        assert split.labels.dtype == np.int32
        np.testing.assert_array_equal(data.raw[part], points.samples)


def test_yin_yang_sizes_are_published_by_default():
    defaults = dataset_options("yin_yang")
    assert (defaults["train"], defaults["test"], defaults["validation"]) == (5000, 1000, 0)
    assert load_dataset("yin_yang", {"train": 3, "test": 3}).validation is None


def test_every_option_of_yin_yang_acts():
    base = {"train": 12, "test": 6, "validation": 6}
    data = load_dataset("yin_yang", base)
    other = {
        "train": 13,
        "test": 7,
        "validation": 7,
        "seed": 1,
        "test_seed": 2,
        "validation_seed": 3,
        "r_small": 0.2,
        "r_big": 0.4,
        "t_early": 1.0,
        "t_late": 20.0,
        "t_end": 31.0,
    }
    assert set(other) == set(dataset_options("yin_yang"))
    for option, value in other.items():
        changed = load_dataset("yin_yang", {**base, option: value})
        same = [getattr(changed, part).events == getattr(data, part).events for part in ("train", "test", "validation")]
        expected = {"train": [0, 1, 1], "seed": [0, 1, 1], "test": [1, 0, 1], "test_seed": [1, 0, 1]}
        expected |= {"validation": [1, 1, 0], "validation_seed": [1, 1, 0]}
        assert same == expected.get(option, [0, 0, 0]), option


def test_yin_yang_encode_is_that_of_the_data_set():
    data = load_dataset("yin_yang", {"train": 8, "test": 4, "t_early": 3.0, "t_late": 9.0, "t_end": 12.0})
    assert data.encode is not None and data.raw is not None
    assert data.encode(data.raw["train"]) == data.train.events
    assert isinstance(data.train.events, EventData)
    assert (data.train.events.times.min(), data.train.events.t_end) == (3.0, 12.0)


def test_equal_seeds_would_leak_samples_and_are_refused():
    with pytest.raises(ValueError, match="`seed` and `test_seed` are both 40: the two splits would share"):
        load_dataset("yin_yang", {"train": 5, "test": 5, "seed": 40})
    with pytest.raises(ValueError, match="`test_seed` and `validation_seed` are both 40"):
        load_dataset("yin_yang", {"train": 5, "test": 5, "validation": 5, "validation_seed": 40})
    load_dataset("yin_yang", {"train": 5, "test": 5, "seed": 41})  # 41 is free without validation


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"train": 0}, ValueError, "`train` must be an integer >= 1, got 0"),
        ({"train": "many"}, TypeError, "`train` must be an integer >= 1, got 'many'"),
        ({"test": True}, TypeError, "`test` must be an integer"),
        ({"validation": -1}, ValueError, "`validation` must be an integer >= 0, got -1"),
        ({"seed": [1]}, TypeError, "`seed` must be an integer"),
    ],
)
def test_bad_values_name_the_option(options, error, message):
    with pytest.raises(error, match=message):
        load_dataset("yin_yang", {"train": 5, "test": 5, **options})


def test_unknown_names_get_the_closest_one():
    with pytest.raises(DatasetOptionError, match=r"unknown data set `yinyang` \(did you mean `yin_yang`\?\)") as error:
        load_dataset("yinyang")
    assert error.value.option == "yinyang"
    with pytest.raises(DatasetOptionError, match=r"unknown option `trian` \(did you mean `train`\?\). Known: train"):
        load_dataset("yin_yang", {"trian": 5})
    with pytest.raises(DatasetOptionError, match="unknown option `3`. Known"):
        load_dataset("yin_yang", {3: 5})  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="options must be a mapping"):
        load_dataset("yin_yang", [5])  # pyright: ignore[reportArgumentType]
    assert {"events", "evidence_accumulation", "mnist", "pattern_generation", "yin_yang"} < set(dataset_names())
    assert {"braille", "dvs_gesture", "fashion_mnist", "fsdd", "nmnist", "shd", "ssc"} < set(dataset_names())
    assert list(dataset_names()) == sorted(dataset_names())


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(datasets, "_LOADERS", dict(datasets._LOADERS))


def make(labels=(0, 1), n_units=2) -> Dataset:
    split = Split(latency([[0.1, 0.2], [0.3, 0.4]], 0.0, 1.0), np.array(labels))
    return Dataset("mine", split, split, n_classes=2, n_units=n_units)


def test_a_new_data_set_is_one_function(registry):
    @register_dataset("mine")
    def mine(*, path: str, size: int = 2) -> Dataset:
        return make()

    assert "mine" in dataset_names()
    assert dataset_options("mine") == {"path": inspect.Parameter.empty, "size": 2}
    with pytest.raises(DatasetOptionError, match="data set `mine`: option `path` is missing") as error:
        load_dataset("mine", {"size": 3})
    assert error.value.option == "path"
    assert load_dataset("mine", {"path": "x"}).train.labels.dtype == np.int32
    assert register_dataset("mine")(mine) is mine  # the same function again, as after a reload
    with pytest.raises(ValueError, match="`mine` is registered already"):
        register_dataset("mine")(make)
    with pytest.raises(TypeError, match=r"must name every option, got `\*\*options`"):

        @register_dataset("loose")
        def loose(**options) -> Dataset:
            return make()


def test_what_a_loader_returns_is_checked(registry):
    def bad_labels() -> Dataset:
        return make(labels=(0, 2))

    def bad_units() -> Dataset:
        return make(n_units=3)

    register_dataset("bad_labels")(bad_labels)
    register_dataset("bad_units")(bad_units)
    with pytest.raises(ValueError, match=r"`mine.train.labels`\[1\] is 2; labels must be from 0 to 1"):
        load_dataset("bad_labels")
    with pytest.raises(ValueError, match="train has n_units = 2, expected 3"):
        load_dataset("bad_units")


@pytest.fixture
def files(tmp_path):
    for name, labels in (("train", [0, 2]), ("test", [1, 0]), ("validation", [3, 0])):
        latency([[0.1, 0.2], [0.3, 0.4]], 0.0, len(name)).save(tmp_path / f"{name}.npz", labels=labels)
    return tmp_path


def test_event_files_are_a_data_set(files):
    data = load_dataset("events", {"train": "train.npz", "test": str(files / "test.npz"), "folder": files})
    assert (data.name, data.n_classes, data.n_units, data.validation) == ("events", 3, 2, None)
    assert data.train.events == EventData.load(files / "train.npz")
    assert data.test.events == EventData.load(files / "test.npz")
    np.testing.assert_array_equal(data.train.labels, [0, 2])
    options = {"train": "train.npz", "test": "test.npz", "validation": "validation.npz", "folder": str(files)}
    data = load_dataset("events", options)
    assert data.n_classes == 4 and data.validation is not None
    np.testing.assert_array_equal(data.validation.labels, [3, 0])
    assert load_dataset("events", {**options, "n_classes": 9}).n_classes == 9


def test_bad_event_files_are_refused(files):
    good = {"train": "train.npz", "test": "test.npz", "folder": files}
    with pytest.raises(ValueError, match=r"`events.train.labels`\[1\] is 2; labels must be from 0 to 1"):
        load_dataset("events", {**good, "n_classes": 2})
    with pytest.raises(FileNotFoundError, match="no event file at"):
        load_dataset("events", {**good, "test": "none.npz"})
    with pytest.raises(TypeError, match="`test` must be the path of an event file, got 3"):
        load_dataset("events", {**good, "test": 3})
    one = latency([[0.1, 0.2]], 0.0, 1.0)
    one.save(files / "bare.npz")
    with pytest.raises(ValueError, match=r"`test`: 'bare.npz' holds no labels; write them with"):
        load_dataset("events", {**good, "test": "bare.npz"})
    one[:0].save(files / "empty.npz", labels=[])
    with pytest.raises(ValueError, match="holds no samples"):
        load_dataset("events", {**good, "test": "empty.npz"})
    latency([[0.1, 0.2, 0.3]], 0.0, 1.0).save(files / "wide.npz", labels=[0])
    with pytest.raises(ValueError, match="test has n_units = 3, expected 2"):
        load_dataset("events", {**good, "test": "wide.npz"})
