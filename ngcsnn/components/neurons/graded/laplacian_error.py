"""Laplacian error cell: the mismatch of a prediction and its target under a Laplace distribution."""

from __future__ import annotations

import jax.numpy as jnp

from ngcsnn.graph import Component, checks, hyper, input_, output, param


class LaplacianErrorCell(Component):
    """Log-likelihood of targets around predicted shifts, and its gradients.

        L = -sum over units of mask (|target - shift| / scale + ln scale)     (up to the constant n ln 2)
        dshift = modulator mask sign(target - shift) / scale = -dtarget
        dscale = modulator mask (|target - shift| / scale - 1) / scale

    L in nats, one number for each sample, (batch,); the others (batch, n_units). Gradients ascend L. It has no memory.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    scale = param(1.0, shape="n_units", check=checks.positive, bounds=(1e-6, float("inf")), doc="scale of each unit")
    shift = input_(shape="n_units", doc="predicted shift")
    target = input_(shape="n_units", doc="target")
    modulator = input_(shape="n_units", init=1.0, doc="factor of the gradients")
    mask = input_(shape="n_units", init=1.0, doc="1 where the unit counts, 0 where it does not")
    dshift = output(shape="n_units", doc="gradient of L by the shift")
    dtarget = output(shape="n_units", doc="gradient of L by the target")
    dscale = output(shape="n_units", doc="gradient of L by the scale")
    L = output(shape=(), unit="nats", doc="log-likelihood of each sample")

    def advance(self) -> None:
        scale, mask = self.scale.get(), self.mask.get()
        away = self.target.get() - self.shift.get()
        self.L.set(-jnp.sum(mask * (jnp.abs(away) / scale + jnp.log(scale)), -1))
        factor = self.modulator.get() * mask / scale
        self.dshift.set(factor * jnp.sign(away))
        self.dtarget.set(-factor * jnp.sign(away))
        self.dscale.set(factor * (jnp.abs(away) / scale - 1.0))
