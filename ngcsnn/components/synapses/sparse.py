"""Transmission through some of the possible synapses."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.connections import Pairs, pairs_of
from ngcsnn.components.synapses.delays import longest_delay, synaptic_delays
from ngcsnn.components.synapses.drawing import redraw
from ngcsnn.components.synapses.sparse_product import (
    BLOCK,
    Table,
    by_entry,
    by_unit,
    ends,
    make_table,
    numbered,
    runs_of,
    sparse_product,
    summed,
)
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import checks, hyper, param

TABLES = {"arriving": "postsynaptic", "leaving": "presynaptic"}


class SparseSynapse(Synapse):
    """Transmits events, or graded values, through some of the possible synapses; memory grows with their number.

        outputs[j] = sum over the synapses k with post[k] = j of inputs[pre[k]] * weights[k], + bias[j]
        and for the first moments of events the same without bias

    The pairs are given as `pre` and `post` (each pair once), or each of the n_pre x n_post is drawn with `probability`,
    from the context's seed and the synapse's name. `connections()` tells them in the order of the weights.
    With `delays` (n_synapses,) an event sent at t through synapse k arrives at t + delays[k].
    Shapes: inputs (batch, n_pre), weights (n_synapses,), bias (n_post,), outputs (batch, n_post). Initialisers that
    depend on the inputs of a unit take the mean number of synapses. Training keeps weights within [w_min, w_max].
    On CPUs as fast as a masked DenseSynapse where a tenth of the pairs is connected, several times faster at 1 %.
    """

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    probability = hyper(
        None,
        kind=(float, type(None)),
        check=checks.fraction,
        doc="of each pair to be connected, unless pairs are given",
    )
    self_connections = hyper(True, kind=bool, doc="whether unit i may be drawn to connect to unit i")
    pre = hyper(None, kind=(tuple, type(None)), doc="presynaptic unit of each synapse, 0 to n_pre - 1")
    post = hyper(None, kind=(tuple, type(None)), doc="postsynaptic unit of each synapse, 0 to n_post - 1")
    weights = synaptic_weights(lambda c: c._pairs[0].shape)
    bias = synaptic_bias(lambda c: c.shape[1:])
    w_min, w_max = weight_bounds()
    delays = synaptic_delays(lambda c: c._pairs[0].shape)
    max_delay = longest_delay()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.shape

    @cached_property
    def _pairs(self) -> Pairs:
        return pairs_of(self, f"SparseSynapse '{self.name}'")

    def setup(self) -> None:
        pre, post = self._pairs
        n_pre, n_post = self.shape
        for name, table in zip(TABLES, (make_table(post, pre, n_post), make_table(pre, post, n_pre)), strict=True):
            self._keep(name, table, len(pre))
        n = len(pre)
        n_in = max(1, round(n / n_post))  # that reach a unit on the mean
        redraw(self, lambda draw: draw(n_in, -(-n // n_in)).ravel()[:n])
        super().setup()
        del self._pairs  # from here on the tables tell, which are saved and loaded with the weights

    def _keep(self, name: str, table: Table, n_synapses: int) -> None:
        """Make a table parameters: in few bytes, for they are most of what a sparse synapse takes."""
        runs = runs_of(np.asarray(table.synapses), n_synapses)
        whose = f"{TABLES[name]} unit"
        if runs is None:
            self._declare_indices(f"{name}_synapses", table.synapses, f"numbers of the synapses of each {whose}")
        else:
            self._declare_indices(f"{name}_runs", runs, f"first synapse of each {whose}, and their number")
        self._declare_indices(f"{name}_others", table.others, f"other ends of the synapses of each {whose}")
        self._declare_indices(f"{name}_owners", table.owners, f"{whose} that each row beyond the first belongs to")

    def _declare_indices(self, name: str, values: np.ndarray, doc: str) -> None:
        declared: Any = param(0, shape=values.shape, trainable=False, fill=True, doc=doc)
        self.declare(name, replace(declared, dtype=str(values.dtype)))
        self.context.live[self.name][name] = jnp.asarray(values)

    def _table(self, name: str) -> Table:
        own, n_synapses = self.compartments, self.weights.shape[0]
        others, owners = own[f"{name}_others"].get(), own[f"{name}_owners"].get()
        if f"{name}_synapses" in own:
            return Table(own[f"{name}_synapses"].get(), others, owners)
        return Table(numbered(own[f"{name}_runs"].get(), len(others), n_synapses), others, owners)

    def connections(self) -> Pairs:
        """(pre, post): the units that each synapse connects, (n_synapses,) both, in the order of the weights."""
        out = [np.zeros(self.weights.shape, np.int64) for _ in TABLES]
        for name, found in zip(TABLES, out, strict=True):
            synapses, others = np.asarray(self._table(name).synapses), np.asarray(self._table(name).others)
            there = synapses < len(found)
            found[synapses[there]] = others[there]
        return out[0], out[1]

    def transmit(self, m: Any, weights: Any) -> Any:
        return sparse_product(m, weights, *(self._table(name) for name in TABLES))

    def self_weights(self, weights: Any) -> Any:
        table = self._table("arriving")
        synapses, others, _ = table
        units = jnp.concatenate([jnp.arange(self.shape[1]), table.owners])
        return by_unit(jnp.sum(jnp.where(others == units, by_entry(weights, synapses), 0.0), 0), table.owners)

    def incoming(self, units: Any) -> Any:
        return jnp.asarray(units)[ends(self._table("arriving"), self.weights.shape[0])]

    def line_units(self) -> Any:
        return ends(self._table("leaving"), self.weights.shape[0])

    def collect(self, line: Any, weights: Any) -> Any:
        return summed(line * weights, self._table("arriving"))

    def collect_self(self, line: Any, weights: Any) -> Any:
        pre, post = (ends(self._table(name), self.weights.shape[0]) for name in ("leaving", "arriving"))
        return self.collect(jnp.where(pre == post, line, 0), weights)

    def in_one_call(self, rows: int) -> bool:
        return 2 * rows <= BLOCK
