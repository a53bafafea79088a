"""Bernoulli error cell: the mismatch of predicted probabilities and binary targets."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ngcsnn.graph import Component, checks, hyper, input_, output

EPS = 1e-4  # how near to 0 and 1 a given probability may come


class BernoulliErrorCell(Component):
    """Log-likelihood of targets under predicted probabilities, and its gradients.

        L = sum over units of mask (target ln p + (1 - target) ln(1 - p))
        dp = modulator mask (target / p - (1 - target) / (1 - p));    with logits, by the logit: target - p
        dtarget = modulator mask (ln p - ln(1 - p))

    With `logits`, the input `p` holds ln(p / (1 - p)) and nothing is cut; else probabilities are kept 1e-4 away from 0
    and 1. L in nats, one number for each sample, (batch,); the others (batch, n_units). Gradients ascend L. It has no
    memory.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    logits = hyper(False, kind=bool, doc="whether `p` holds logits")
    p = input_(shape="n_units", init=0.5, doc="predicted probability, or logit")
    target = input_(shape="n_units", doc="target, 0 to 1")
    modulator = input_(shape="n_units", init=1.0, doc="factor of the gradients")
    mask = input_(shape="n_units", init=1.0, doc="1 where the unit counts, 0 where it does not")
    dp = output(shape="n_units", doc="gradient of L by the probability, or the logit")
    dtarget = output(shape="n_units", doc="gradient of L by the target")
    L = output(shape=(), unit="nats", doc="log-likelihood of each sample")

    def advance(self) -> None:
        given, target, mask = self.p.get(), self.target.get(), self.mask.get()
        if self.logits:
            log_p, log_q = -jax.nn.softplus(-given), -jax.nn.softplus(given)
            slope = target - jax.nn.sigmoid(given)
        else:
            p = jnp.clip(given, EPS, 1.0 - EPS)
            log_p, log_q = jnp.log(p), jnp.log1p(-p)
            slope = target / p - (1.0 - target) / (1.0 - p)
        self.L.set(jnp.sum(mask * (target * log_p + (1.0 - target) * log_q), -1))
        factor = self.modulator.get() * mask
        self.dp.set(factor * slope)
        self.dtarget.set(factor * (log_p - log_q))
