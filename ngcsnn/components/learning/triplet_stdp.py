"""Spike-timing dependent plasticity of triplets of spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ngcsnn.components.learning.rule import Term
from ngcsnn.components.learning.spike_rule import SpikeRule, SpikeTrace, pairing
from ngcsnn.components.learning.weight_dependence import check_bounds, exponent, room_above, room_below
from ngcsnn.graph import checks, hyper


def _fit(pairing: str, *values: float) -> dict[str, Any]:
    names = ("A2_plus", "A3_plus", "A2_minus", "A3_minus", "tau_x", "tau_y")
    return {"pairing": pairing, **dict(zip(names, values, strict=True))}


PRESETS: dict[str, dict[str, Any]] = {  # tables 3 and 4 of the source; where A3_minus is 0, tau_x says nothing
    "visual_cortex": _fit("all", 5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
    "visual_cortex_nearest": _fit("nearest", 8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
    "visual_cortex_minimal": _fit("all", 0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
    "visual_cortex_minimal_nearest": _fit("nearest", 0.0, 5e-2, 8e-3, 0.0, 714.0, 40.0),
    "hippocampus": _fit("all", 6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
    "hippocampus_nearest": _fit("nearest", 4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575.0, 47.0),
    "hippocampus_minimal": _fit("all", 5.3e-3, 8e-3, 3.5e-3, 0.0, 946.0, 40.0),
    "hippocampus_minimal_nearest": _fit("nearest", 4.6e-3, 9.1e-3, 3e-3, 0.0, 575.0, 48.0),
}


class TripletSTDP(SpikeRule):
    """Pairs of spikes, and what the spike before one of the two adds.

        dr1/dt = -r1 / tau_plus,  dr2/dt = -r2 / tau_x;    do1/dt = -o1 / tau_minus,  do2/dt = -o2 / tau_y
        at a spike of pre:   dw = -o1 (A2_minus + A3_minus r2) f_minus(w),  then r1 and r2 rise by 1 (nearest: to 1)
        at a spike of post:  dw = r1 (A2_plus + A3_plus o2) f_plus(w),      then o1 and o2 rise by 1 (nearest: to 1)

    f_plus = ((w_max - w) / (w_max - w_min))^mu_plus, f_minus = ((w - w_min) / (w_max - w_min))^mu_minus with the
    synapse's bounds; 1 by default, as in the source. `preset` gives the parameters fitted there to recordings from
    visual cortex and hippocampal cultures (`PRESETS`; changes relative to the weight at the start); what is given
    besides goes before it. By default, those of "visual_cortex". Exact in spike times; for pairs within one step see
    `SpikeRule`. Source: Pfister & Gerstner 2006, J. Neurosci. 26:9673.
    """

    preset = hyper(None, kind=(str, type(None)), check=checks.one_of(*PRESETS), doc="fit whose parameters to take")
    A2_plus = hyper(5e-10, kind=float, check=checks.finite, doc="growth by a pair, post after pre")
    A3_plus = hyper(6.2e-3, kind=float, check=checks.finite, doc="growth by a spike of post before such a pair")
    A2_minus = hyper(7e-3, kind=float, check=checks.finite, doc="loss by a pair, pre after post")
    A3_minus = hyper(2.3e-4, kind=float, check=checks.finite, doc="loss by a spike of pre before such a pair")
    tau_plus = hyper(16.8, kind=float, unit="ms", check=checks.positive, doc="time constant of r1")
    tau_minus = hyper(33.7, kind=float, unit="ms", check=checks.positive, doc="time constant of o1")
    tau_x = hyper(101.0, kind=float, unit="ms", check=checks.positive, doc="time constant of r2")
    tau_y = hyper(125.0, kind=float, unit="ms", check=checks.positive, doc="time constant of o2")
    mu_plus = exponent("growth")
    mu_minus = exponent("loss")
    pairing = pairing()

    def __init__(self, name: str, **values: Any):
        super().__init__(name, **{**PRESETS.get(str(values.get("preset")), {}), **values})

    def setup(self) -> None:
        super().setup()
        check_bounds(self, "mu_plus", "mu_minus")

    def traces(self) -> Mapping[str, SpikeTrace]:
        near = self.pairing == "nearest"
        return {
            "r1": SpikeTrace("pre", self.tau_plus, near),
            "r2": SpikeTrace("pre", self.tau_x, near),
            "o1": SpikeTrace("post", self.tau_minus, near),
            "o2": SpikeTrace("post", self.tau_y, near),
        }

    def terms(self) -> Sequence[Term]:
        by_pair = self.A2_plus * self.fired("post", self.tau_plus)
        by_three = self.A3_plus * self.fired("post", self.tau_plus, self.tau_y) * self.own("o2")
        lost = self.A2_minus * self.fired("pre", self.tau_minus)
        lost_by_three = self.A3_minus * self.fired("pre", self.tau_minus, self.tau_x) * self.own("r2")
        return [
            Term(self.met("r1"), by_pair + by_three, room_above(self, "mu_plus"), events="post"),
            Term(-(lost + lost_by_three), self.met("o1"), room_below(self, "mu_minus"), events="pre"),
        ]
