"""Products with a sparse matrix, and their gradients, by gathers from padded tables: memory grows with the synapses.

    out[r, j] = sum over the synapses k that arrive at j of m[r, pre_k] weights_k

XLA's CPU compiler is slow at scattering single numbers, and at gathers that it fuses into sums. What is quick is to add
up rows of the transposed input, one table slot after another, for blocks of samples that stay in the cache.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

BLOCK = 64  # samples whose values are taken through the tables together, on CPU
UNROLL = 2
FURTHER = 32  # entries that a further row of a unit may save and is not worth: its sum is added by a scatter


class Table(NamedTuple):
    """The synapses of each unit, in rows of one length: row i is unit i's, and a unit of many synapses has more rows.

    synapses (slots, rows): their numbers; where none is left, the number of synapses. others (slots, rows): the units
    at their other ends; where none, 0. owners (rows - n_units,): the units of the rows beyond the first n_units.
    """

    synapses: Any
    others: Any
    owners: Any


def make_table(unit: np.ndarray, other: np.ndarray, n_units: int) -> Table:
    """The table of the synapses between unit[k] and other[k]; at most 3 n_synapses + 3 n_units entries of each kind."""
    n = len(unit)
    degree = np.bincount(unit, minlength=n_units)
    slots = _fewest_entries(degree)
    more = _further_rows(degree, slots)
    order = np.argsort(unit, kind="stable")
    place = np.arange(n) - np.repeat(np.cumsum(degree) - degree, degree)  # among the synapses of its unit
    first = np.repeat(n_units + np.cumsum(more) - more, degree) - 1
    row = np.where(place < slots, unit[order], first + place // slots)
    shape = slots, n_units + more.sum()
    synapses, others = np.full(shape, n, np.int32), np.zeros(shape, np.min_scalar_type(int(other.max())))
    synapses[place % slots, row], others[place % slots, row] = order, other[order]
    return Table(synapses, others, np.repeat(np.arange(n_units, dtype=np.int32), more))


def _fewest_entries(degree: np.ndarray) -> int:
    """The length of rows for a small table: a few hubs must not make every row as long as theirs."""
    levels = np.quantile(degree, np.linspace(0.0, 1.0, 33)).astype(int)
    tried = np.unique(np.maximum([*levels, min(degree.max(), 2 * -(-degree.sum() // len(degree)))], 1))
    return int(
        min(tried, key=lambda slots: slots * len(degree) + (slots + FURTHER) * _further_rows(degree, slots).sum())
    )


def _further_rows(degree: np.ndarray, slots: int) -> np.ndarray:
    """How many rows each unit needs beyond its first."""
    return np.maximum(-(-degree // slots) - 1, 0)


def runs_of(synapses: np.ndarray, n_synapses: int) -> np.ndarray | None:
    """(first synapse, number of them) of each row, (2, rows), where every row holds consecutive ones; else None."""
    there = synapses < n_synapses
    count, first = there.sum(axis=0), np.where(there[0], synapses[0], 0)
    runs = np.stack([first, count]).astype(np.int32)
    return runs if np.array_equal(numbered(runs, len(synapses), n_synapses), synapses) else None


def numbered(runs: Any, slots: int, n_synapses: int) -> Any:
    """The numbers (slots, rows) that the runs of the rows stand for."""
    first, count = runs
    slot = np.arange(slots, dtype=np.int32)[:, None]
    return jnp.where(slot < count, first + slot, n_synapses)


@jax.custom_vjp
def sparse_product(m: Any, weights: Any, arriving: Table, leaving: Table) -> Any:
    """(rows, n_post) from m (rows, n_pre), weights (n_synapses,) and the tables of both sides' units."""
    return gathered(m, weights, arriving)


def _forward(m: Any, weights: Any, arriving: Table, leaving: Table) -> Any:
    return gathered(m, weights, arriving), (m, weights, arriving, leaving)


def _backward(saved: Any, cotangent: Any) -> Any:
    m, weights, arriving, leaving = saved
    return gathered(cotangent, weights, leaving), correlated(m, cotangent, weights, arriving), None, None


sparse_product.defvjp(_forward, _backward)


@jax.jit
def gathered(m: Any, weights: Any, table: Table) -> Any:
    """(rows, n_units): the sum of m[:, other] * weight over each unit's synapses."""
    synapses, others, _ = table
    slots = (others.astype(jnp.int32), by_entry(weights, synapses))

    def block(m: Any) -> Any:
        mt = m.T

        def add(total: Any, slot: Any) -> Any:
            others, weights = slot
            return total + mt.at[others].get(mode="promise_in_bounds") * weights[:, None], None

        zeros = jnp.zeros((others.shape[1], m.shape[0]), jnp.result_type(m, weights))
        return by_unit(lax.scan(add, zeros, slots, unroll=UNROLL)[0], table.owners).T

    def by_blocks(m: Any) -> Any:
        return lax.map(block, _blocks(m)).reshape(-1, n_units)[: m.shape[0]] if m.shape[0] > BLOCK else block(m)

    n_units = others.shape[1] - len(table.owners)
    return lax.platform_dependent(m, cpu=by_blocks, default=block)


@jax.jit
def correlated(m: Any, c: Any, weights: Any, table: Table) -> Any:
    """(n_synapses,), as `weights`: the sum over rows r of m[r, other] c[r, unit], the gradient of `gathered`."""
    synapses, others, _ = table

    def block(total: Any, mc: Any) -> Any:
        m, c = mc
        mt, ct = m.T, c.T
        ct, ones = jnp.concatenate([ct, ct[table.owners]]), jnp.ones(len(m), total.dtype)

        def one(_: Any, others: Any) -> Any:
            products = lax.optimization_barrier(mt.at[others].get(mode="promise_in_bounds") * ct)
            return None, jnp.dot(products, ones, precision="highest")  # as a dot it is vectorised, as a sum it is not

        return total + lax.scan(one, None, others.astype(jnp.int32))[1], None

    def at_once(m: Any, c: Any) -> Any:
        return block(zeros, (m, c))[0]

    def by_blocks(m: Any, c: Any) -> Any:
        return lax.scan(block, zeros, (_blocks(m), _blocks(c)))[0] if m.shape[0] > BLOCK else at_once(m, c)

    zeros = jnp.zeros(others.shape, jnp.result_type(m, c))
    sums = lax.platform_dependent(m, c, cpu=by_blocks, default=at_once)
    return jnp.zeros_like(weights).at[synapses].set(sums.astype(weights.dtype), mode="drop")


@jax.custom_vjp
def summed(m: Any, table: Table) -> Any:
    """(rows, n_units): the sum over each unit's synapses of m (rows, n_synapses)."""
    synapses = table.synapses
    mt = jnp.pad(m.T, ((0, 1), (0, 0)))

    def add(total: Any, synapses: Any) -> Any:
        return total + mt.at[synapses].get(mode="promise_in_bounds"), None

    zeros = jnp.zeros((synapses.shape[1], m.shape[0]), m.dtype)
    return by_unit(lax.scan(add, zeros, synapses, unroll=UNROLL)[0], table.owners).T


def _summed_forward(m: Any, table: Table) -> Any:
    return summed(m, table), ends(table, m.shape[1])


def _summed_backward(units: Any, cotangent: Any) -> Any:
    return cotangent[:, units], None


summed.defvjp(_summed_forward, _summed_backward)


def ends(table: Table, n_synapses: int) -> Any:
    """The unit of each synapse, of those that the rows of the table are made for: int32 (n_synapses,)."""
    synapses = table.synapses
    units = jnp.arange(synapses.shape[1] - len(table.owners), dtype=jnp.int32)
    rows = jnp.broadcast_to(jnp.concatenate([units, table.owners]), synapses.shape)
    return jnp.zeros(n_synapses, jnp.int32).at[synapses].set(rows, mode="drop")


def by_entry(weights: Any, synapses: Any) -> Any:
    """The weight of each entry of a table, 0 where there is no synapse."""
    return jnp.append(weights, jnp.zeros(1, weights.dtype)).at[synapses].get(mode="promise_in_bounds")


def by_unit(rows: Any, owners: Any) -> Any:
    """The rows of a table added up to those of its units."""
    n_units = rows.shape[0] - owners.shape[0]
    return rows[:n_units].at[owners].add(rows[n_units:], indices_are_sorted=True, mode="promise_in_bounds")


def _blocks(m: Any) -> Any:
    """(blocks, at most BLOCK, n): all rows of `m`, and zeros where they do not divide evenly."""
    n_blocks = -(-m.shape[0] // BLOCK)
    size = -(-m.shape[0] // n_blocks)
    return jnp.pad(m, ((0, n_blocks * size - m.shape[0]), (0, 0))).reshape(n_blocks, size, m.shape[1])
