"""Gaussian error cell: the mismatch of a prediction and its target under a normal distribution."""

from __future__ import annotations

import jax.numpy as jnp

from ngcsnn.graph import Component, checks, hyper, input_, output, param


class GaussianErrorCell(Component):
    """Log-likelihood of targets around predicted means, and its gradients.

        L = -1/2 sum over units of mask ((target - mu)^2 / variance + ln variance)     (up to the constant n/2 ln 2 pi)
        dmu = modulator mask (target - mu) / variance = -dtarget
        dvariance = 1/2 modulator mask ((target - mu)^2 / variance - 1) / variance

    L in nats, one number for each sample, (batch,); the others (batch, n_units). Gradients ascend L. It has no memory.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    variance = param(
        1.0, shape="n_units", check=checks.positive, bounds=(1e-6, float("inf")), doc="variance of each unit"
    )
    mu = input_(shape="n_units", doc="predicted mean")
    target = input_(shape="n_units", doc="target")
    modulator = input_(shape="n_units", init=1.0, doc="factor of the gradients")
    mask = input_(shape="n_units", init=1.0, doc="1 where the unit counts, 0 where it does not")
    dmu = output(shape="n_units", doc="gradient of L by mu")
    dtarget = output(shape="n_units", doc="gradient of L by the target")
    dvariance = output(shape="n_units", doc="gradient of L by the variance")
    L = output(shape=(), unit="nats", doc="log-likelihood of each sample")

    def advance(self) -> None:
        variance, mask = self.variance.get(), self.mask.get()
        away = self.target.get() - self.mu.get()
        error = away / variance
        self.L.set(-0.5 * jnp.sum(mask * (away * error + jnp.log(variance)), -1))
        factor = self.modulator.get() * mask
        self.dmu.set(factor * error)
        self.dtarget.set(-factor * error)
        self.dvariance.set(0.5 * factor * (error * error - 1.0 / variance))
