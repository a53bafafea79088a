"""Poisson trains drawn on the device: their statistics, and what they are told."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from ngcsnn.data import PoissonCode, augment
from ngcsnn.data.trial_data import TrialData, TrialOnDevice

STEPS, DT, RATE = 100, 0.5, 200.0


def counts(code: PoissonCode, repeats: int = 400, gain: float = 1.0) -> np.ndarray:
    """(repeats, n_units, STEPS) events of the first sample."""
    device = code.to_device(STEPS, DT)
    keys = jax.random.split(jax.random.key(1), repeats)
    taken = jax.jit(jax.vmap(lambda k: device.take(np.zeros(1, int), k, gain)))(keys)
    step, unit, offset = (np.asarray(a)[:, 0] for a in taken)
    there = unit < code.n_units
    time = (step + 1) * DT + offset
    assert np.all(np.diff(np.where(there, time, 1e9), axis=1) >= -1e-6) and there.sum(1).max() < device.room
    assert np.all((offset <= 0) & (offset >= -DT)) and np.all(step[there] < STEPS) and np.all(step[~there] == 0)
    assert np.abs(np.mean(offset[there]) + DT / 2) < 0.01
    out = np.zeros((repeats, code.n_units, STEPS))
    np.add.at(out, (np.nonzero(there)[0], unit[there], step[there]), 1)
    return out


@pytest.mark.parametrize("kind", ["float", "uint8"])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_counts_are_poisson_and_independent(kind: str, gain: float) -> None:
    x = np.array([[0.0, 1.0, 0.4, 0.1]])
    code = PoissonCode(x if kind == "float" else np.round(x * 255).astype(np.uint8), max_rate=RATE)
    seen = counts(code, gain=gain)
    mean = x[0] * RATE * gain * STEPS * DT / 1000.0
    total = seen.sum(2)
    np.testing.assert_allclose(total.mean(0), mean, rtol=0.12, atol=1e-9)
    np.testing.assert_allclose(total[:, 1:].var(0), mean[1:], rtol=0.3)
    assert abs(np.corrcoef(total[:, 1], total[:, 2])[0, 1]) < 0.15
    halves = total[:, 1] - seen[:, 1, : STEPS // 2].sum(1), seen[:, 1, : STEPS // 2].sum(1)
    assert abs(np.corrcoef(*halves)[0, 1]) < 0.15 and abs(halves[0].mean() - halves[1].mean()) < 0.1 * mean[1] + 0.2


def test_duration_seed_and_selection() -> None:
    values = np.random.default_rng(0).random((5, 30))
    code = PoissonCode(values, max_rate=RATE, duration=20.0, seed=3)
    device = code.to_device(STEPS, DT)
    step, unit, _ = map(np.asarray, device.take(np.arange(5)))
    assert step[unit < 30].max() == 39
    again = code.to_device(STEPS, DT).take(np.array([4, 2]))
    np.testing.assert_array_equal(again[1], unit[[4, 2]])
    chosen = code[[4, 2]]
    np.testing.assert_array_equal(chosen.to_device(STEPS, DT).take(np.arange(2))[1][:, :60], unit[[4, 2], :60])
    other = PoissonCode(values, max_rate=RATE, duration=20.0, seed=4).to_device(STEPS, DT).take(np.arange(5))
    assert not np.array_equal(other[1], unit) and len(np.unique(unit, axis=0)) == 5
    silent = PoissonCode(np.zeros((1, 3))).to_device(STEPS, DT).take(np.zeros(1, int))
    assert np.all(silent[1] == 3)
    assert isinstance(code, TrialData) and isinstance(device, TrialOnDevice)
    assert code == PoissonCode(values, RATE, 20.0, 3) != chosen and "5 samples, 30 units" in repr(code)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"values": np.zeros((2, 3, 4))}, "reshape"),
        ({"values": np.full((2, 3), 1.5)}, "sample 0"),
        ({"values": np.zeros((2, 3), int)}, "dtype int64"),
        ({"values": np.zeros((2, 3)), "max_rate": 0.0}, "max_rate"),
        ({"values": np.zeros((2, 3)), "duration": -1.0}, "duration"),
        ({"values": np.zeros((2, 3)), "seed": -1}, "seed"),
    ],
)  # fmt: skip
def test_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        PoissonCode(**arguments)
    with pytest.raises(ValueError, match="`duration` of 60 ms is longer than the trial of 50 ms"):
        PoissonCode(np.zeros((1, 2)), duration=60.0).to_device(STEPS, DT)


def test_fresh_trains_are_for_training_alone() -> None:
    values = np.random.default_rng(0).uniform(0.2, 1.0, (6, 10))
    code = PoissonCode(values, max_rate=200.0, fresh=True)
    device, plain = code.to_device(50, 1.0), PoissonCode(values, max_rate=200.0).to_device(50, 1.0)
    index = np.arange(6)
    assert device.changes and not plain.changes and code[2:].fresh and code != PoissonCode(values, max_rate=200.0)
    take = jax.jit(lambda d: d.take(index))
    same, other = take(device), take(device.with_key(jax.random.key(9)))
    np.testing.assert_array_equal(same.unit, take(plain).unit)
    assert not np.array_equal(same.unit, other.unit)
    both = augment(code, dropout=0.1).to_device(50, 1.0).with_key(jax.random.key(9))
    assert not np.array_equal(jax.jit(lambda: both.take(index).step)(), same.step)
    with pytest.raises(TypeError, match="`fresh` must be True or False"):
        PoissonCode(values, fresh=1)  # type: ignore[arg-type]
