"""How e-prop is computed elsewhere, where that is not the gradient of what the network does.

With err(t) = dL/dy(t) the error of an output in step t, B the feedback weights and e(t) the eligibilities of step t,

    L_j(t) = sum_k B_jk err_k(t),    ebar(t) = kappa ebar(t - 1) + gain e(t),    dw = sum_t L_j(t + lag) ebar(t)

            kappa                  gain        lag                        a spike reaches y      rate term
ngcsnn      the readout's own dynamics take the place of kappa, gain      one step later         trial
nest        exp(-dt / tau_m out)   1 - kappa   0                          in its own step        trial
nest_continuous    0.97            1           1                          one step later         running, 0.97
mlgenn      exp(-dt / tau_m hid)   1           -1 (softmax: -2)           one step later         signal, 500 ms

nest: `eprop_*_bsshslm_2020`, one trial for each update interval. nest_continuous: `eprop_iaf` and others of the family
with additional biological features. The output weights take the true gradient, error times filtered spikes, but for
mlgenn, where Z(t) = kappa Z(t - 1) + s(t) meets err(t) (softmax: err(t - 1)). Square errors are half the squares,
summed over units, and losses and rate terms are summed over steps, but for ngcsnn (see `MeanSquareError`).
mlGeNN's presynaptic traces are moreover one step ahead of the potentials: they hold a spike in its own step. That is
not done here; a synapse of weight 0 that is sent the same spikes a step early has its gradient.
Sources: nest-simulator 3.10 and ml_genn 2.3, as coded; Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ngcsnn.graph import GraphError, closest


@dataclass(frozen=True)
class Conventions:
    """One line of the table in `ngcsnn.compilers.eprop.conventions`; make one of your own with other fields.

    kappa: "readout" (exact: no kappa), "output" or "hidden" (exp(-dt / tau_m) of these cells), or a number, where the
    compiler's `kappa` is None. normalised: gain 1 - kappa instead of 1. lag: steps by which the error is later than the
    eligibilities that it meets; softmax_lag: added to it for cross-entropy. same_step: a spike reaches the outputs in
    its own step. output_trace: the output weights learn from spikes filtered by kappa, with a lag greater by this many
    steps, and not by the true gradient (None).
    half_square: of square errors. average: the default of `average_gradient`. rate: form of the rate term where neither
    `tau_reg` nor `kappa_reg` is given, "trial", "running" or "signal"; running: that of a running mean.
    tau_reg (ms), kappa_reg: their defaults. aligned: where weights move in every step, rate terms and the errors that
    output weights learn from wait for one step, so that all of an update is about one step of the hidden cells; the
    last step of a trial is not learned from, for its signals would come after it.
    """

    kappa: Literal["readout", "output", "hidden"] | float = "readout"
    normalised: bool = False
    lag: int = 1
    softmax_lag: int = 0
    same_step: bool = False
    output_trace: int | None = None
    half_square: bool = False
    average: bool = True
    rate: Literal["trial", "running", "signal"] = "trial"
    running: Literal["running", "signal"] = "running"
    tau_reg: float | None = None
    kappa_reg: float | None = None
    aligned: bool = False


CONVENTIONS = {
    "ngcsnn": Conventions(),
    "nest": Conventions("output", normalised=True, lag=0, same_step=True, half_square=True, average=False),
    "nest_continuous": Conventions(
        0.97, half_square=True, average=False, rate="running", kappa_reg=0.97, aligned=True
    ),
    "mlgenn": Conventions(
        "hidden", lag=-1, softmax_lag=-1, output_trace=1, half_square=True, average=False,
        rate="signal", running="signal", tau_reg=500.0,
    ),
}  # fmt: skip


def resolve_conventions(given: Any) -> Conventions:
    """The conventions that a name, or an object, stands for."""
    if isinstance(given, Conventions):
        return given
    if given not in CONVENTIONS:
        raise GraphError(
            f"`conventions` must be one of {', '.join(CONVENTIONS)} or a Conventions, got {given!r}"
            f"{closest(str(given), CONVENTIONS)}"
        )
    return CONVENTIONS[given]
