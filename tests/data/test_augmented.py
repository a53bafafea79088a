"""Containers whose trials are changed in training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data import EventData, LatencyCode, augment

N, T, DT = 10, 12, 1.0
LABELS = np.arange(24) % 3


def events() -> EventData:
    rng = np.random.default_rng(0)
    lists = [(np.sort(rng.uniform(2, 8, n)), rng.integers(2, 8, n)) for n in rng.integers(4, 9, 24)]
    return EventData.from_lists(lists, N, T * DT)


def take(shown: Any, index: Any) -> Any:
    """Taken with its key, compiled."""
    return jax.jit(lambda source, key, i: source.with_key(key).take(i))(shown.source, shown.key, index)


def counts(padded) -> np.ndarray:
    return np.sum((np.asarray(padded.unit) < N) & (np.asarray(padded.step) < T), axis=1)


def test_without_a_key_nothing_changes() -> None:
    plain = events()
    given = augment(plain, LABELS, channel_shift=3, blend=(0.5, 0.5), channel_jitter=1.0)
    index = jnp.arange(24)
    for a, b in zip(given.to_device(T, DT).take(index), plain.to_device(T, DT).take(index), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(given) == 24
    assert len(given[3:7]) == 4
    assert "channel_shift" in repr(given)


def test_the_key_decides() -> None:
    device = augment(events(), LABELS, channel_shift=3, time_dilation=(0.8, 1.25), dropout=0.2).to_device(T, DT)
    take = jax.jit(lambda k: device.with_key(k).take(jnp.arange(24)))
    one, again, other = (take(jax.random.key(k)) for k in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one.unit, other.unit)
    assert not np.array_equal(one.step, other.step)


def test_every_change_at_once() -> None:
    values = np.random.default_rng(0).uniform(0.2, 1, (24, N))
    trials = LatencyCode(values, t_min=0.0, t_max=10.0)  # one spike of a unit at most, which a blend ends
    given = augment(
        trials, LABELS, blend=(0.6, 0.6), normalise_spikes=6, time_dilation=(0.9, 1.1), channel_shift=1,
        channel_jitter=0.5, image_shift=0.5, image_shape=(2, 5), dropout=0.1,
    )  # fmt: skip
    shown = given.to_device(T, DT).with_key(jax.random.key(0))
    out = take(shown, jnp.arange(24))
    assert not shown.one_each
    n = counts(out)
    assert n.sum() > 0
    assert n.max() <= 6
    step, unit = np.asarray(out.step), np.asarray(out.unit)
    assert np.all(np.diff(np.where(unit == N, T, step), axis=1) >= 0)
    real = unit < N
    fullest = max(np.bincount(s[r], minlength=1).max(initial=0) for s, r in zip(step, real, strict=True))
    assert fullest <= shown.most


def test_the_bound_on_a_step_holds_when_trials_are_squeezed() -> None:
    # 4 spikes in every step; at half the length, 8 or more fall into one
    times = np.repeat(np.arange(1, 11) * 1.0, 4)
    plain = EventData.from_lists([(times, np.arange(40) % N)] * 50, N, T * DT)
    shown = augment(plain, time_dilation=(0.4, 0.6)).to_device(T, DT).with_key(jax.random.key(0))
    step = np.asarray(take(shown, jnp.arange(50)).step)
    fullest = max(np.bincount(s).max() for s in step)
    assert 8 <= fullest <= shown.most


def test_fewest_is_counted_on_the_device() -> None:
    plain = events()
    device = augment(plain, normalise_spikes="fewest").to_device(T, DT)
    assert device.how.normalise_spikes == plain.counts.min()
    assert set(counts(take(device.with_key(jax.random.key(0)), jnp.arange(24)))) == {plain.counts.min()}
    silent = EventData.from_lists([([], []), ([1.0], [0])], N)
    with pytest.raises(ValueError, match="no spike at all"):
        augment(silent, normalise_spikes="fewest").to_device(T, DT)


def test_blends_take_nothing_that_is_held_out() -> None:
    # every sample has a unit of its own, so that a blend tells whom it is made of
    plain = EventData.from_lists([([6.0, 6.0], [i, i]) for i in range(N)], N, T * DT)
    labels = np.zeros(N, int)
    device = augment(plain, labels, blend=(1.0, 1.0), blend_share=1.0).to_device(T, DT)
    show = jax.jit(lambda source, key: source.with_key(key).take(jnp.zeros(200, int)).unit)
    for held, top in ((device, 9), (device.among(np.array([0, 1, 2, 3, 4])), 4)):
        unit = np.asarray(show(held, jax.random.key(0)))
        # two samples meet in the middle between sample 0 and its partner, up to rounding
        assert abs(np.where(unit < N, unit, 0).max() - top / 2) <= 0.5


def test_bad_requests() -> None:
    with pytest.raises(ValueError, match="`blend` needs `labels`"):
        augment(events(), blend=(0.5, 0.5))
    with pytest.raises(ValueError, match="does not make 10 units"):
        augment(events(), image_shift=1.0, image_shape=(3, 3))
    with pytest.raises(TypeError, match="augmented already"):
        augment(augment(events(), dropout=0.1), dropout=0.1)
    with pytest.raises(TypeError, match="container of trials"):
        augment(np.zeros((2, 3, 4)), dropout=0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="24 samples"):
        augment(events(), LABELS[:5], dropout=0.1)


def test_other_numbers_make_another_program_only_where_they_must() -> None:
    device = augment(events(), channel_shift=2).to_device(T, DT)
    traces = []

    @jax.jit
    def take(trials, key):
        traces.append(1)
        return trials.with_key(key).take(jnp.arange(4))

    for k in range(3):
        take(device, jax.random.key(k))
    take(replace(device, how=device.how), jax.random.key(9))
    assert len(traces) == 1
