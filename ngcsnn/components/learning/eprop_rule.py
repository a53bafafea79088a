"""e-prop's weight update: learning signal times filtered eligibility."""

from __future__ import annotations

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, state


class EPropRule(Component):
    """Learning signal times filtered eligibility, as weights should move.

        ebar_ij(t) = kappa ebar_ij(t-1) + gain e_ij(t),    dweights_ij(t) = - mean of L_j(t) ebar_ij(t - 1)

    The mean is over the batch. kappa is the decay of the readout's filter in a step, exp(-dt / tau). As here, `late`,
    where a spike reaches the readout one step later, as it does in a graph; else ebar_ij(t). Shapes: eligibility
    (batch, n_pre, n_post), signal (batch, n_post), dweights (n_pre, n_post).
    Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
    """

    stage = "rule"

    shape = hyper(kind=tuple, doc="presynaptic and postsynaptic units")
    kappa = hyper(0.97, kind=float, check=checks.at_least(0.0), doc="decay of the filter in a step, below 1")
    gain = hyper(1.0, kind=float, check=checks.positive, doc="of the filter; NEST's update intervals have 1 - kappa")
    late = hyper(True, kind=bool, doc="the signal comes one step after the spikes that it is about")
    eligibility = input_(shape="shape", doc="e, of every synapse")
    signal = input_(shape=lambda self: self.shape[1:], doc="L, of every cell")
    filtered = state(shape="shape", doc="ebar at the end of the step")
    dweights = output(shape="shape", batched=False, doc="the direction in which weights should move, a batch mean")

    def setup(self) -> None:
        if self.kappa >= 1:
            raise GraphError(f"EPropRule '{self.name}': `kappa` must be below 1, got {self.kappa:g}")

    def advance(self) -> None:
        before = self.filtered.get()
        now = self.kappa * before + self.gain * self.eligibility.get()
        self.filtered.set(now)
        heard = before if self.late else now
        self.dweights.set(-(self.signal.get()[:, None] * heard).mean(axis=0))
