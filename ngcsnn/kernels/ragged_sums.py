"""Sums of gathered rows, of which every sum has its own number.

    out[m][o] = sum over t and k < size[o] of factor[m][t][e] tables[t][index[e]],    e = start[o] + k
Some owners o at a time, as many slots of each as the longest of them needs. Slots are added one by one, so that XLA's
CPU compiler makes one loop of the gather and the sum; a product over gathered rows took 2.5 times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

SLOTS = 4  # added before the next look at how many there are
CACHE = 2**15  # numbers that are gathered in that time


def ragged_sums(
    tables: Sequence[Any], index: Any, factors: Sequence[Sequence[Any]], start: Any, size: Any
) -> tuple[Any, ...]:
    """One array (owners, n) for each of `factors`; tables: arrays (rows, n).

    index (events,) int; start, size (owners,) int; factors: of each output for each table, (events,) or None for 1.
    """
    n_owners, n = start.shape[0], tables[0].shape[1]
    block = max(1, min(n_owners, CACHE // (SLOTS * n)))
    starts, sizes = (_blocks(a, block) for a in (start, size))
    outputs, dtype = len(factors), tables[0].dtype

    def some(part: Any) -> tuple[Any, ...]:
        first, number = part

        def slots(k: Any, sums: Any) -> Any:
            slot = k * SLOTS + jnp.arange(SLOTS, dtype=number.dtype)[:, None]
            held = slot < number
            event = jnp.where(held, first + slot, 0)
            rows = jnp.broadcast_to(index[event][:, None], (SLOTS, outputs, block))
            for t, table in enumerate(tables):
                factor = jnp.stack([_factor(of_tables[t], event, held, dtype) for of_tables in factors], 1)
                for s in range(SLOTS):
                    sums = sums + table[rows[s]] * factor[s][..., None]
            return sums

        trips = -(-jnp.max(number) // SLOTS)
        return tuple(lax.fori_loop(0, trips, slots, jnp.zeros((outputs, block, n), dtype)))

    return tuple(sums.reshape(-1, n)[:n_owners] for sums in lax.map(some, (starts, sizes)))


def _factor(values: Any, event: Any, held: Any, dtype: Any) -> Any:
    return held.astype(dtype) if values is None else jnp.where(held, values[event].astype(dtype), 0)


def _blocks(a: Any, block: int) -> Any:
    """a (rows,) in blocks, the last one filled up with zeros."""
    return jnp.pad(a, (0, -a.shape[0] % block)).reshape(-1, block)
