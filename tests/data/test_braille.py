"""Letters by touch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.data import load_dataset


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    lengths = [5, 6] * 6
    return {
        "taxel": np.concatenate([255 - np.cumsum(rng.integers(0, 9, (n, 3)), axis=0) for n in lengths]).astype("f4"),
        "offset": np.cumsum([0, *lengths]),
        "label": np.repeat([0, 1, 2], 4),
        "letters": np.array(["A", "B", "Space"]),
        "repetition": np.tile(np.arange(4), 3),
    }


def test_the_data_set(tmp_path: Path) -> None:
    np.savez(tmp_path / "braille.npz", **arrays())
    data: Any = load_dataset("braille", {"folder": tmp_path, "test_takes": 1})
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2] and data.test.labels.tolist() == [0, 1, 2]
    assert (data.n_units, data.n_classes, data.class_names) == (6, 3, ("A", "B", "Space"))
    assert set(data.train.events.units) == {3, 4, 5}  # all of them fall
    assert data.train.events.times.max() > 100.0
    short: Any = load_dataset("braille", {"folder": tmp_path, "test_takes": 1, "t_end": 50.0, "step": 4.0})
    assert short.train.events.times.max() <= 50.0
    assert short.train.events.n_events < data.train.events.n_events
    with pytest.raises(ValueError, match="no recording is left for training"):
        load_dataset("braille", {"folder": tmp_path, "test_takes": 4})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"offset": np.arange(4)}, "`offset` does not divide"),
        ({"taxel": np.full((66, 3), np.nan)}, "`taxel` must hold finite numbers"),
        ({"repetition": np.zeros(3)}, "`repetition` has shape"),
        ({"label": np.repeat([0, 1, 5], 4)}, "label"),
    ],
    ids=["offset", "taxel", "repetition", "label"],
)
def test_damage_names_the_file(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    np.savez(tmp_path / "braille.npz", **{**arrays(), **change})
    with pytest.raises(ValueError, match=f"braille.npz.*{says}"):
        load_dataset("braille", {"folder": tmp_path})


def test_the_real_recordings(shared: Path) -> None:
    path = shared / "data" / "braille"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    data: Any = load_dataset("braille", {"folder": path})
    assert np.bincount(data.train.labels).tolist() == [40] * 27 and np.bincount(data.test.labels).tolist() == [10] * 27
    assert data.train.events.counts.min() > 10
