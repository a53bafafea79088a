"""Images read pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data import EventData, SequentialCode, load_dataset

VALUES = np.random.default_rng(0).integers(0, 256, (9, 30)).astype(np.uint8)
VALUES[0] = 0
VALUES[1, 3:6] = 255


def taken(code: SequentialCode, n_steps: int, dt: float) -> Any:
    device = code.to_device(n_steps, dt)
    return device, jax.jit(lambda d: d.take(jnp.arange(len(code))))(device)


def test_crossings_by_hand() -> None:
    code = SequentialCode(np.array([[100, 255, 255, 0]], np.uint8), n_units=7, pixel=2.0)  # 63.75, 127.5, 191.25
    events = code.to_events()
    assert list(zip(events.times.tolist(), events.units.tolist(), strict=True)) == [
        (2.0, 0), (4.0, 1), (4.0, 2), (4.0, 6), (6.0, 6), (8.0, 3), (8.0, 4), (8.0, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(("pixel", "dt"), [(1.0, 1.0), (1.0, 2.0), (0.5, 0.4)], ids=["one", "coarse", "fine"])
def test_the_device_makes_the_events_of_the_host(pixel: float, dt: float) -> None:
    code = SequentialCode(VALUES, n_units=9, pixel=pixel)
    n_steps = int(np.ceil(30 * pixel / dt))
    device, got = taken(code, n_steps, dt)
    wanted = code.to_events().to_padded(n_steps, dt)
    step, unit, offset = (np.asarray(a) for a in got)
    real = unit < 9
    np.testing.assert_array_equal(real.sum(axis=1), code.counts())
    for row in range(9):
        mine, theirs = (
            sorted(zip(s[row], u[row], o[row].round(5), strict=True))
            for s, u, o in ((step, unit, offset), wanted)
        )  # fmt: skip
        keep = [e for e in mine if e[1] < 9], [e for e in theirs if e[1] < 9]
        assert keep[0] == keep[1]
    assert np.all(np.diff(np.where(real, step, n_steps), axis=1) >= 0)
    assert max(np.bincount(s[r]).max(initial=0) for s, r in zip(step, real, strict=True)) <= device.most


def test_selection_and_errors() -> None:
    code = SequentialCode(VALUES, n_units=9)
    assert len(code[2:5]) == 3 and np.array_equal(code[[4, 1]].values, VALUES[[4, 1]])
    assert isinstance(code.to_events(), EventData) and not code.counts()[0]
    with pytest.raises(ValueError, match="`n_units` must be odd"):
        SequentialCode(VALUES, n_units=8)
    with pytest.raises(TypeError, match="`values` must be uint8"):
        SequentialCode(VALUES.astype(float))
    with pytest.raises(ValueError, match="30 pixels of 1 ms do not fit into a trial of 20 ms"):
        code.to_device(20, 1.0)


def test_sequential_mnist(shared: Path) -> None:
    path = shared / "data" / "mnist"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    data: Any = load_dataset("sequential_mnist", {"folder": path, "train": 20, "test": 5})
    assert (data.n_units, len(data.train.events), len(data.test.events)) == (99, 20, 5)
    other: Any = load_dataset("sequential_mnist", {"folder": path, "train": 20, "test": 5, "permute": True})
    assert np.array_equal(np.sort(other.raw["test"], axis=1), np.sort(data.raw["test"], axis=1))
    assert other.train.events.counts().sum() > 2 * data.train.events.counts().sum()
