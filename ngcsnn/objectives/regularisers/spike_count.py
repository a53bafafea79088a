"""Each neuron of a population near a number of spikes per trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.objectives.regularisers.count import CountRegulariser


@dataclass(frozen=True)
class SpikeCountRegulariser(CountRegulariser, kind="spike_count"):
    """Keeps the spike count of each neuron near a target.

        L = 1/2 sum_i strength (c_i - target)^2,   strength_upper above the target, strength_lower below

    c_i: spikes of neuron i in the trial, or (over="batch") their mean over the real samples of the batch. EventProp
    has no spike to act on in a neuron that is silent in a trial: it gets no gradient from there.

    Args: target, spikes per trial, >= 0. strength_upper, strength_lower, loss per spike^2, >= 0, default 0.0: that side
    is free. over, "sample" (default) or "batch".

    Published strengths. Under EventProp the count's derivative is ds = dh at each spike, so that the adjoint of the
    potential jumps there by strength (c - target) / tau_m. mlGeNN adds lam (c - nu) to its own, which for losses on
    `avg_var`, `avg_var_exp_weight`, `var` is the true one divided by tau_m; genn_eventprop likewise for `sum`,
    `sum_weigh_*`, `avg_xentropy`. At true scale therefore
        strength = tau_m^2 lam    (tau_m of the regularised cells once for the jump, that of the output once for the
                                  loss; for lam: reg_lambda_upper, LBD_UPPER; at every batch size)
        strength = tau_m lam      with first-spike losses, whose gradients there are at true scale
        strength = tau_m lam T    for genn_eventprop's `max` (T in ms), tau_m^2 lam N for mlGeNN's `sum_var`, `max_var`
                                  (N steps)
    mlGeNN counts over="batch", genn_eventprop over="sample" unless AVG_SNSUM is on.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    def cost(self, count: Any) -> Any:
        return self.side(count).sum(axis=-1)
