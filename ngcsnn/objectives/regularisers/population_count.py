"""A whole population near a number of spikes per trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.objectives.regularisers.count import CountRegulariser


@dataclass(frozen=True)
class PopulationCountRegulariser(CountRegulariser, kind="population_count"):
    """Keeps the number of spikes of a whole population near a target.

        L = 1/2 strength (S - target)^2,  S = sum_i c_i,   strength_upper above the target, strength_lower below

    c_i: spikes of neuron i in the trial, or (over="batch") their mean over the real samples of the batch. Every spike
    of the population gets the same gradient, whoever fired it.

    Args: target, spikes of the population per trial, >= 0. strength_upper, strength_lower, loss per spike^2, >= 0,
    default 0.0: that side is free. over, "sample" (default) or "batch".
    genn_eventprop's GLB_UPPER divides by the number of neurons n: strength = tau_m^2 GLB_UPPER / n, with the tau_m
    as for `spike_count`.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    def cost(self, count: Any) -> Any:
        return self.side(count.sum(axis=-1))
