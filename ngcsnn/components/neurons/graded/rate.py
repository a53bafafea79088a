"""Rate cell: a graded state that descends a prior under input, the unit of predictive coding."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.components.integrators import INTEGRATORS
from ngcsnn.components.neurons.graded.nonlinearities import NONLINEARITIES
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state

PRIORS: dict[str, Callable[[Any], Any]] = {  # minus the slope of their log density
    "gaussian": lambda z: z,
    "laplacian": jnp.sign,
    "cauchy": lambda z: 2.0 * z / (1.0 + z * z),
    "exp": lambda z: 2.0 * z * jnp.exp(-z * z),
}
_State = namedtuple("_State", "z")


class RateCell(Component):
    """A graded cell with a prior, a nonlinearity and bottom-up, top-down and lateral input.

        tau_m dz/dt = -leak prior'(z) + gain f'(z) j + j_td + j_lat,    r = scale f(z)

    prior': z (gaussian), sign(z) (laplacian), 2 z / (1 + z^2) (cauchy), 2 z exp(-z^2) (exp).
    threshold: each step ends with a proximal one of size dt / tau_m, which is what iterative shrinkage does:
        soft      z <- sign(z) max(|z| - h, 0),  h = strength dt / tau_m          (Daubechies et al. 2004)
        cauchy    z <- the y that minimises (y - z)^2 / 2 + h log(1 + y^2), for h <= 4
    `instant`: no dynamics, z = j + j_td + j_lat; nothing of the first line applies then. Lateral input comes over any
    synapse from `r` to `j_lat`. Shapes (batch, n_units). Rao & Ballard 1999, Nat. Neurosci. 2:79.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of cells")
    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time constant"
    )
    prior = hyper("gaussian", kind=str, check=checks.one_of(*PRIORS), doc=", ".join(PRIORS))
    leak = param(0.0, shape="n_units", check=checks.non_negative, doc="strength of the prior")
    nonlinearity = hyper("identity", kind=str, check=checks.one_of(*NONLINEARITIES), doc=", ".join(NONLINEARITIES))
    gain = param(1.0, shape="n_units", check=checks.finite, doc="of the bottom-up input")
    scale = param(1.0, shape="n_units", check=checks.finite, doc="of the output")
    threshold = hyper(
        None, kind=(str, type(None)), check=checks.one_of("soft", "cauchy"), doc="soft or cauchy; none by default"
    )
    strength = hyper(None, kind=(float, type(None)), check=checks.positive, doc="of the threshold, needed with one")
    integration = hyper(
        "euler", kind=str, check=checks.one_of(*INTEGRATORS), doc=f"how a step is taken: {', '.join(INTEGRATORS)}"
    )
    instant = hyper(False, kind=bool, doc="whether z follows its input at once")
    j = input_(shape="n_units", doc="bottom-up input, held during the step; comes in through the slope of f")
    j_td = input_(shape="n_units", doc="top-down input, held during the step")
    j_lat = input_(shape="n_units", doc="lateral input, held during the step")
    z = state(shape="n_units", doc="the cell's state")
    r = output(shape="n_units", doc="rate, the state through the nonlinearity")

    def setup(self) -> None:
        label = f"RateCell '{self.name}'"
        if (self.threshold is None) != (self.strength is None):
            raise GraphError(f"{label}: `threshold` and `strength` go together, got {self.threshold}, {self.strength}")
        for key in ("tau_m", "prior", "leak", "gain", "threshold", "integration") if self.instant else ():
            value = self.arguments[key]
            if not np.array_equal(value, self.declarations[key].default):
                raise GraphError(f"{label} is `instant`: `{key}` does not apply, got {value!r}")
        if self.threshold == "cauchy" and self.strength * self.context.dt > 4.0 * float(np.min(self.tau_m.get())):
            raise GraphError(
                f"{label}: the Cauchy threshold needs strength dt <= 4 tau_m, got {self.strength:g} * "
                f"{self.context.dt:g} ms"
            )

    @property
    def memoryless(self) -> bool:
        return self.instant

    def f(self, z: Any) -> Any:
        """The nonlinearity."""
        return NONLINEARITIES[self.nonlinearity](z)

    def velocity(self, z: Any) -> Any:
        """dz/dt under the present input."""
        through = jax.vjp(self.f, z)[1](self.gain.get() * self.j.get())[0]
        pull = self.leak.get() * PRIORS[self.prior](z)
        return (through + self.j_td.get() + self.j_lat.get() - pull) / self.tau_m.get()

    def advance(self) -> None:
        if self.instant:
            z = self.j.get() + self.j_td.get() + self.j_lat.get()
        else:
            step = INTEGRATORS[self.integration]
            z = step(lambda x: _State(self.velocity(x.z)), _State(self.z.get()), self.context.dt).z
            z = self.shrunk(z)
        self.z.set(z)
        self.r.set(self.scale.get() * self.f(z))

    def shrunk(self, z: Any) -> Any:
        """z after the proximal step of the threshold."""
        if self.threshold is None:
            return z
        h = self.strength * self.context.dt / self.tau_m.get()
        if self.threshold == "soft":
            return jnp.where(z > h, z - h, jnp.where(z < -h, z + h, 0.0))
        return _cauchy_prox(z, h)


def _cauchy_prox(z: Any, h: Any) -> Any:
    """The root y of y - z + 2 h y / (1 + y^2), the only one for h <= 4: bisection, then Newton for the derivative."""

    def residual(y: Any, z: Any) -> Any:
        return y - z + 2.0 * h * y / (1.0 + y * y)

    low, high = jnp.minimum(z, 0.0), jnp.maximum(z, 0.0)
    low, high = jax.lax.stop_gradient((low, high))
    held = jax.lax.stop_gradient(z)
    for _ in range(40):
        middle = 0.5 * (low + high)
        above = jax.lax.stop_gradient(residual(middle, held)) > 0
        low, high = jnp.where(above, low, middle), jnp.where(above, middle, high)
    y = 0.5 * (low + high)
    slope = 1.0 + 2.0 * h * (1.0 - y * y) / (1.0 + y * y) ** 2
    return y - residual(y, z) / jax.lax.stop_gradient(jnp.maximum(slope, 1e-3))
