"""Spike-timing dependent plasticity of pairs of spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ngcsnn.components.learning.rule import Term
from ngcsnn.components.learning.spike_rule import SpikeRule, SpikeTrace, pairing
from ngcsnn.components.learning.weight_dependence import check_bounds, exponent, room_above, room_below
from ngcsnn.graph import checks, hyper


class PairSTDP(SpikeRule):
    """Every pair of a presynaptic and a postsynaptic spike moves the weight by what their distance in time says.

        t_post > t_pre:  dw = A_plus ((w_max - w) / (w_max - w_min))^mu_plus exp(-(t_post - t_pre) / tau_plus)
        t_post < t_pre:  dw = -A_minus ((w - w_min) / (w_max - w_min))^mu_minus exp(-(t_pre - t_post) / tau_minus)

    pairing "all": all pairs; "nearest": each spike with the last one of the other side. mu 0 is the additive rule, mu 1
    the multiplicative one, in between the power law of Guetig et al. 2003; w_min and w_max are the synapse's bounds.
    Exact in spike times; for pairs within one step see `SpikeRule`. Source: Bi & Poo 1998, J. Neurosci. 18:10464;
    Song, Miller & Abbott 2000, Nat. Neurosci. 3:919; Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98:459.
    """

    A_plus = hyper(0.01, kind=float, check=checks.finite, doc="growth by a pair of no distance, post after pre")
    A_minus = hyper(0.0105, kind=float, check=checks.finite, doc="loss by a pair of no distance, pre after post")
    tau_plus = hyper(20.0, kind=float, unit="ms", check=checks.positive, doc="time constant of growth")
    tau_minus = hyper(20.0, kind=float, unit="ms", check=checks.positive, doc="time constant of loss")
    mu_plus = exponent("growth")
    mu_minus = exponent("loss")
    pairing = pairing()

    def setup(self) -> None:
        super().setup()
        check_bounds(self, "mu_plus", "mu_minus")

    def traces(self) -> Mapping[str, SpikeTrace]:
        near = self.pairing == "nearest"
        return {"x": SpikeTrace("pre", self.tau_plus, near), "y": SpikeTrace("post", self.tau_minus, near)}

    def terms(self) -> Sequence[Term]:
        grown, lost = self.fired("post", self.tau_plus), self.fired("pre", self.tau_minus)
        return [
            Term(self.met("x"), self.A_plus * grown, room_above(self, "mu_plus"), events="post"),
            Term(-self.A_minus * lost, self.met("y"), room_below(self, "mu_minus"), events="pre"),
        ]
