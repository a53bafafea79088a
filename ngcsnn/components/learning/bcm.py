"""The rule of Bienenstock, Cooper and Munro: a threshold between loss and growth that slides with activity."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import checks, hyper, output, state


class BCMRule(RateRule):
    """Activity above a threshold strengthens what caused it, activity below weakens it; the threshold is its own mean.

        dw_ij = rate pre_i phi_j - decay w_ij,    phi_j = post_j (post_j - theta_j),  or that / theta_j where `scaled`
        tau_theta dtheta_j/dt = <post_j^2> / y0 - theta_j,    the mean <> over the batch; exact per step

    theta is the unit's own, shared by all samples, and lasts from trial to trial as the weights do; a step uses the one
    before it. Of n patterns that are as frequent as each other a unit comes to answer one, with n y0.
    A change per step, or with `tau` of continuous time, see `RateRule`. Sources: Bienenstock, Cooper & Munro 1982,
    J. Neurosci. 2:32; Intrator & Cooper 1992, Neural Netw. 5:3; Law & Cooper 1994, PNAS 91:7797 (scaled).
    """

    rate = hyper(0.01, kind=float, check=checks.finite, doc="learning rate")
    decay = hyper(0.0, kind=float, check=checks.non_negative, doc="share of each weight that is lost")
    tau_theta = hyper(1000.0, kind=float, unit="ms", check=checks.positive, doc="time constant of the threshold")
    theta_start = hyper(1.0, kind=float, check=checks.finite, doc="the threshold at the start")
    y0 = hyper(1.0, kind=float, check=checks.positive, doc="scale of the activity")
    scaled = hyper(False, kind=bool, doc="whether phi is divided by the threshold")
    phi = output(shape=lambda c: c.target.sizes[1:], doc="what the activity of the step means for the weights")

    def setup(self) -> None:
        super().setup()
        doc = "the threshold between loss and growth"
        shape, start = self.target.sizes[1:], self.theta_start
        self.declare("theta", state(shape=shape, init=start, batched=False, keep=True, doc=doc))

    def advance(self) -> None:
        post, theta = self.post.get(), self.theta.get()
        phi = post * (post - theta)
        self.phi.set(phi / theta if self.scaled else phi)
        share = -jnp.expm1(-self.context.dt / self.tau_theta)
        self.theta.set(theta + share * ((post * post).mean(0) / self.y0 - theta))

    def terms(self) -> Sequence[Term]:
        out = [Term(self.pre.get(), self.share * self.rate * self.phi.get())]
        if self.decay:
            out.append(Term(factor=lambda w: -self.share * self.decay * w))
        return out
