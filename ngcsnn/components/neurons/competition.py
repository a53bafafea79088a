"""One spike for a layer and step: which of the cells that crossed their threshold it is."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.credit import resolve
from ngcsnn.graph import GraphError, checks, decide, hyper

WAYS = ("random", "strongest")
LOSERS = ("wait", "reset")


class OneSpike(SpikingCell):
    """Base of cells of which, if wanted, one alone spikes in a step, in each sample: one that crossed its threshold."""

    one_spike = hyper(
        None, kind=(str, type(None)), check=checks.one_of(*WAYS),
        doc="of the cells that cross in one step, which one may spike: a random one, or the strongest, furthest above "
        "its threshold (winner-take-all); all of them by default",
    )  # fmt: skip
    losers = hyper(
        "wait", kind=str, check=checks.one_of(*LOSERS),
        doc="what becomes of the others: wait (nothing: they stay above threshold and may spike in the next step; on "
        "the grid only) or reset (as though they had spiked, unheard)",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        if self.losers != "wait" and self.one_spike is None:
            raise GraphError(f"'{self.name}': `losers` applies where `one_spike` is given")

    def may_spike(self, x: Any) -> Any:
        able = super().may_spike(x)
        if self.one_spike is None or self.losers != "wait":
            return able
        if resolve(self.context.crossing).within_step:
            raise GraphError(f"'{self.name}': {self._no_times()}; use spike_timing='grid', or losers='reset'")
        return self._winner(x, (self.threshold(x) > 0) & able)

    @property
    def draws(self) -> bool:
        return self.one_spike == "random"

    def sends(self, x: Any, s: Any) -> Any:
        return self._winner(x, s > 0) if self.one_spike is not None and self.losers == "reset" else True

    def untrainable(self, crossing: Any) -> str:
        waits = self.one_spike is not None and self.losers == "wait"
        return self._no_times() if waits and crossing.within_step else super().untrainable(crossing)

    def _no_times(self) -> str:
        return "with `one_spike`, cells that wait for their turn do not spike when they cross their threshold"

    def _winner(self, x: Any, crossed: Any) -> Any:
        """Of `crossed`, one in each sample; none where none did."""
        h = self.threshold(x)
        score = h if self.one_spike == "strongest" else jax.random.uniform(self.context.next_key(), h.shape, h.dtype)
        best = jnp.argmax(jnp.where(crossed, score, -jnp.inf), axis=-1, keepdims=True)
        return decide(crossed & (jnp.arange(h.shape[-1]) == best))
