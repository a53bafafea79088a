"""Sums of gathered rows equal those taken one by one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.kernels import ragged_sums
from ngcsnn.kernels.ragged_sums import SLOTS

SIZES = [0, 1, SLOTS - 1, SLOTS, SLOTS + 1, 3 * SLOTS + 1, 0, 2, 1]
ROWS, WIDTH = 6, 3
RNG = np.random.default_rng(0)
START = np.cumsum([0, *SIZES[:-1]])
INDEX = RNG.integers(0, ROWS, sum(SIZES))
TABLES = RNG.normal(size=(2, ROWS, WIDTH))
FACTORS = RNG.normal(size=(3, len(INDEX)))


def by_hand(tables, factors):
    out = np.zeros((len(factors), len(SIZES), WIDTH))
    for m, of_tables in enumerate(factors):
        for o, (first, n) in enumerate(zip(START, SIZES, strict=True)):
            for e in range(first, first + n):
                for table, factor in zip(tables, of_tables, strict=True):
                    out[m, o] += (1.0 if factor is None else factor[e]) * table[INDEX[e]]
    return out


CASES = {
    "one table": (1, [[None]]),
    "two outputs": (1, [[None], [FACTORS[0]]]),
    "two tables": (2, [[FACTORS[1], FACTORS[2]]]),
    "both": (2, [[None, FACTORS[0]], [FACTORS[1], None]]),
}


@pytest.mark.parametrize("cache", [ragged_sums.CACHE, 2 * SLOTS * WIDTH], ids=["one block", "blocks of two"])
@pytest.mark.parametrize("name", CASES)
def test_equals_sums_one_by_one(name, cache, monkeypatch, x64):
    monkeypatch.setattr(ragged_sums, "CACHE", cache)
    n, factors = CASES[name]
    tables = [jnp.asarray(t) for t in TABLES[:n]]
    start, size = (jnp.asarray(a, jnp.int32) for a in (START, SIZES))
    given = [[None if f is None else jnp.asarray(f) for f in part] for part in factors]
    got = jax.jit(lambda: ragged_sums.ragged_sums(tables, jnp.asarray(INDEX), given, start, size))()
    assert len(got) == len(factors) and got[0].shape == (len(SIZES), WIDTH)
    np.testing.assert_allclose(np.stack(got), by_hand(TABLES[:n], factors), rtol=1e-13, atol=1e-14)


def test_what_lies_beyond_the_sizes_is_not_read(x64):
    """Values that are not numbers there reach no sum."""
    factors = np.where(np.arange(len(INDEX)) < START[-1], FACTORS[0], np.nan)
    start, size = (jnp.asarray(a[:-1], jnp.int32) for a in (START, SIZES))
    given = [jnp.asarray(TABLES[0])], jnp.asarray(INDEX), [[jnp.asarray(factors)]], start, size
    (got,) = ragged_sums.ragged_sums(*given)
    np.testing.assert_allclose(got, by_hand(TABLES[:1], [[np.nan_to_num(factors)]])[0, :-1], rtol=1e-13, atol=1e-14)
