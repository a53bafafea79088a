"""Event files: equal when read back, never half written, never replaced by accident, never half read."""

import os

import numpy as np
import pytest

from ngcsnn.data import Splitting, load_dataset
from ngcsnn.data.event_files import load_events, load_grouped, save_events
from ngcsnn.data.events import EventData


@pytest.fixture
def events() -> EventData:
    return EventData.from_lists([([1.0, 2.5], [0, 2]), ([], []), ([0.1, 0.5], [1, 1])], n_units=3, t_end=4.0)


@pytest.mark.parametrize("t_end", [None, 4.0])
def test_round_trip(tmp_path, events, t_end):
    events = EventData(events.times, events.units, events.offsets, 3, t_end)
    path = events.save(tmp_path / "a.npz")
    assert path == tmp_path / "a.npz"
    assert EventData.load(path) == events
    assert load_events(str(path))[1] is None
    assert os.listdir(tmp_path) == ["a.npz"]  # nothing left beside it


def test_labels_come_back(tmp_path, events):
    events.save(tmp_path / "a.npz", labels=[2, 0, 1])
    loaded, labels = load_events(tmp_path / "a.npz")
    assert loaded == events
    np.testing.assert_array_equal(labels, [2, 0, 1])


@pytest.mark.parametrize("groups", [[7, 7, 3], ["theo", "theo", "nicolas"]], ids=["numbers", "names"])
def test_groups_come_back(tmp_path, events, groups):
    path = save_events(tmp_path / "a.npz", events, [0, 1, 0], groups=groups)
    _, labels, found = load_grouped(path)
    assert labels is not None and found is not None
    assert (labels.tolist(), found.tolist()) == ([0, 1, 0], groups)
    data = load_dataset("events", {"train": path, "test": path})
    assert data.train.groups is not None and data.train.groups.tolist() == groups
    held = Splitting(leave_out=groups[0])(data)
    assert held.validation is not None and (len(held.validation.labels), len(held.train.labels)) == (2, 1)
    for wrong in ([1, 2], [0.5, 1, 2], [[1], [2], [3]]):
        with pytest.raises(ValueError, match="`groups` must be numbers or names"):
            save_events(tmp_path / "b.npz", events, groups=wrong)


def test_bad_labels_are_refused_before_anything_is_written(tmp_path, events):
    with pytest.raises(ValueError, match="2 entries for 3 samples"):
        events.save(tmp_path / "a.npz", labels=[0, 1])
    assert os.listdir(tmp_path) == []


def test_a_file_is_replaced_only_on_request(tmp_path, events):
    path = events.save(tmp_path / "a.npz")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="exists already and was left as it is; `overwrite=True`"):
        events[:1].save(path)
    assert path.read_bytes() == before
    events[:1].save(path, overwrite=True)
    assert EventData.load(path) == events[:1]
    assert os.listdir(tmp_path) == ["a.npz"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(tmp_path, events, monkeypatch, links):
    path = tmp_path / "a.npz"
    link = os.link

    def late(source, target):
        path.write_bytes(b"of somebody else")
        if not links:
            raise OSError("this file system has no hard links")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError):
        events.save(path)
    assert path.read_bytes() == b"of somebody else"
    assert os.listdir(tmp_path) == ["a.npz"]


def test_file_systems_without_links_work(tmp_path, events, monkeypatch):
    def no_links(source, target):
        raise OSError("this file system has no hard links")

    monkeypatch.setattr(os, "link", no_links)
    assert EventData.load(events.save(tmp_path / "a.npz")) == events


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, events, monkeypatch):
    path = events.save(tmp_path / "a.npz")
    before = path.read_bytes()

    def crash(file, **arrays):
        file.write(b"half")
        raise RuntimeError("disk full")

    monkeypatch.setattr(np, "savez", crash)
    with pytest.raises(RuntimeError, match="disk full"):
        save_events(path, events[:1], overwrite=True)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]


def test_bad_paths(tmp_path, events):
    with pytest.raises(ValueError, match="must end in .npz"):
        events.save(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="does not exist, nothing was written"):
        events.save(tmp_path / "no" / "a.npz")
    with pytest.raises(FileNotFoundError, match="no event file"):
        EventData.load(tmp_path / "a.npz")


def test_a_truncated_file_is_a_clear_error_at_every_length(tmp_path, events):
    whole = events.save(tmp_path / "a.npz").read_bytes()
    path = tmp_path / "cut.npz"
    for length in (*range(0, len(whole), 17), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cut.npz' cannot be read: it is truncated, corrupt"):
            EventData.load(path)


def test_a_damaged_file_is_an_error_or_harmless(tmp_path, events):
    whole = events.save(tmp_path / "a.npz", labels=[0, 1, 2]).read_bytes()
    path = tmp_path / "damaged.npz"
    refused = 0
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 0x15
        path.write_bytes(damaged)
        try:
            loaded, labels = load_events(path)
        except ValueError as error:
            assert "damaged.npz" in str(error)
            refused += 1
        else:  # bytes that carry no data, such as the date
            assert loaded == events
            assert labels is None or labels.tolist() == [0, 1, 2]
    assert refused > len(whole) / 5 / 2


def test_other_files_are_refused(tmp_path, events):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match=r"no event file of this library: found arrays \['x'\]"):
        EventData.load(path)
    np.savez(path, format=np.array("ngcsnn-events-9"))
    with pytest.raises(ValueError, match="found format 'ngcsnn-events-9', expected format 'ngcsnn-events-1'"):
        EventData.load(path)
    np.savez(path, format=np.array("ngcsnn-events-1"), times=np.zeros(1))
    with pytest.raises(ValueError, match=r"lacks the arrays \['units', 'offsets', 'n_units', 't_end'\]"):
        EventData.load(path)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match="cannot be read"):
        EventData.load(path)


def test_bad_events_in_a_file_name_file_and_place(tmp_path):
    path = tmp_path / "a.npz"
    arrays = {"times": [2.0, 1.0], "units": [0, 0], "offsets": [0, 2], "n_units": 1, "t_end": np.nan}
    np.savez(path, format=np.array("ngcsnn-events-1"), **arrays)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="a.npz': sample 0, event 1: spike time 1 ms comes after 2 ms"):
        EventData.load(path)
