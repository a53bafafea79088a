"""Plasticity of inhibitory synapses that balances excitation: postsynaptic rates come to a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ngcsnn.components.learning.rule import Term
from ngcsnn.components.learning.spike_rule import SpikeRule, SpikeTrace
from ngcsnn.graph import checks, hyper


class InhibitorySTDP(SpikeRule):
    """Pairs of spikes of either order strengthen inhibition, and every presynaptic spike weakens it a little.

        dx_i/dt = -x_i / tau,  x_i += 1 at a spike of pre i;    dy_j/dt = -y_j / tau,  y_j += 1 at a spike of post j
        at a spike of pre:   dg_ij = rate (y_j - alpha),   alpha = 2 tau target_rate / 1000
        at a spike of post:  dg_ij = rate x_i

    g is the strength of inhibition: the weight, or minus the weight where the synapse allows no positive ones (`signs`
    "inhibitory", or w_max <= 0). Independent spikes leave it alone where the postsynaptic rate is `target_rate`. Exact
    in spike times. Source: Vogels et al. 2011, Science 334:1569.
    """

    rate = hyper(1e-3, kind=float, check=checks.finite, doc="learning rate")
    target_rate = hyper(5.0, kind=float, unit="Hz", check=checks.non_negative, doc="of the postsynaptic units")
    tau = hyper(20.0, kind=float, unit="ms", check=checks.positive, doc="time constant of the traces of both sides")

    def traces(self) -> Mapping[str, SpikeTrace]:
        return {"x": SpikeTrace("pre", self.tau), "y": SpikeTrace("post", self.tau)}

    @property
    def alpha(self) -> float:
        """What a presynaptic spike takes off, in units of `rate`."""
        return 2.0 * self.tau * self.target_rate / 1000.0

    def terms(self) -> Sequence[Term]:
        late, early = (self.rate * self.fired(side, self.tau) for side in ("post", "pre"))
        alone, sign = -self.rate * self.alpha * self.pre.get(), self._sign()
        return [
            Term(self.met("x"), late, sign, events="post"),
            Term(early, self.met("y"), sign, events="pre"),
            Term(alone, None, sign, events="pre"),
        ]

    def _sign(self) -> Callable[[Any], Any] | None:
        """-1 for the weights that may not be positive."""
        signs = np.where(np.asarray(self.target.bounds("weights")[1]) <= 0, -1.0, 1.0)
        return None if np.all(signs > 0) else lambda w: (signs + 0.0 * w).astype(w.dtype)
