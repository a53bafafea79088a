"""The upswing of a spike that runs away: integrated in a variable in which it is slow.

Quadratic and exponential cells reach infinity in finite time; a step of v, and its derivative, fail long before. A
monotone z(v) whose dz/dv falls as fast as dv/dt grows has a bounded, smooth velocity dz/dt = dz/dv dv/dt, as the angle
of the theta neuron has for the quadratic cell (Ermentrout & Kopell 1986, doi:10.1137/0146017). Steps are taken in z,
and spikes found in it. Above a ceiling far over the peak, which v passes only within the step of its spike, velocities
stay as they are at the ceiling: v and z go on along straight lines, and nothing overflows whatever the input.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from ngcsnn.components.integrators import INTEGRATORS, looped_rk4


class Upswing:
    """What a spiking cell with `v` and `v_peak` mixes in, before `SpikingCell`.

    The cell states z by `slowed` and `raised`, and `velocity` with `top(x.v)` in the place of v. It spikes where z
    crosses that of v_peak.
    """

    integration: str
    v_peak: Any
    rate: Any
    reset_map: Any
    after_reset: Any

    def ceiling(self) -> Any:
        """The v above which the velocity is constant; at least v_peak."""
        raise TypeError(f"{type(self).__name__} must define ceiling()")

    def slowed(self, v: Any) -> tuple[Any, Any]:
        """(z, dz/dv) of a v up to the ceiling."""
        raise TypeError(f"{type(self).__name__} must define slowed(v)")

    def raised(self, z: Any) -> Any:
        """The v to which z belongs, up to the ceiling."""
        raise TypeError(f"{type(self).__name__} must define raised(z)")

    def top(self, v: Any) -> Any:
        """v, at most the ceiling."""
        return jnp.minimum(v, self.ceiling())

    @property
    def own_flow(self) -> bool:
        return type(self).flow is not Upswing.flow

    def threshold(self, x: Any) -> Any:
        return self._slow(x.v) - self._slow(self.v_peak.get())

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        """The state `dt` ms later without events, by the cell's integrator in z; `dt` may be an array, and negative."""
        z_top, slope = self.slowed(self.ceiling())

        def rate(y: Any) -> Any:
            v = self.raised(jnp.minimum(y.v, z_top))
            d = self.rate(y._replace(v=v), j)
            return d._replace(v=d.v * self.slowed(v)[1])

        looped = self.integration == "rk4" and isinstance(x.v, Tracer)  # a loop run eagerly is compiled at each call
        end = (looped_rk4 if looped else INTEGRATORS[self.integration])(rate, x._replace(v=self._slow(x.v)), dt)
        # maximum, not z - minimum: its two derivatives of size 1 / slope would have to cancel
        return end._replace(v=self.raised(jnp.minimum(end.v, z_top)) + jnp.maximum(end.v - z_top, 0.0) / slope)

    def before_reset(self, x: Any) -> Any:
        return x._replace(v=jnp.minimum(x.v, self.v_peak.get()))

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """Back to the crossing with v at its peak, as the rest of the state saw it since; reset, and forward."""
        peak = jnp.broadcast_to(self.v_peak.get(), x.v.shape)

        def rate(y: Any) -> Any:
            d = self.rate(y, j)
            return d._replace(v=jnp.zeros_like(d.v))

        crossing = INTEGRATORS["rk2"](rate, x._replace(v=peak), tau)
        return self.after_reset(self.reset_map(crossing), j, -tau)

    def _slow(self, v: Any) -> Any:
        ceiling = self.ceiling()
        return self.slowed(self.top(v))[0] + jnp.maximum(v - ceiling, 0.0) * self.slowed(ceiling)[1]


def bowl(y: Any, steepest: Any) -> Any:
    """y^2, continued by its tangent below y = -steepest, where an explicit step could not follow its fall."""
    kept = jnp.maximum(y, -steepest)
    return kept * (2.0 * y - kept)


@jax.custom_jvp
def folded(y: Any, scale: Any) -> tuple[Any, Any]:
    """(z, dz/dy) for a velocity that grows as y^2.

    With u = y / scale, z = scale (u + 2 u^2) / (1 + 2 u + 2 u^2) above 0, and z = y below. Two derivatives are
    continuous at 0, and dz/dy = 1 / (2 u^2) (1 + O(1 / u^2)) at infinity, where z is `scale`: like the angle atan(u),
    without its price.
    """
    u = jnp.maximum(y, 0.0) / scale
    d = 1.0 / (1.0 + 2.0 * u * (1.0 + u))
    return jnp.minimum(y, 0.0) + scale * (1.0 - (1.0 + u) * d), _fold_slope(u, d)


def _fold_slope(u: Any, d: Any) -> Any:
    return (1.0 + u * (4.0 + 2.0 * u)) * d * d


@folded.defjvp
def _folded_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    y, scale = primals
    u = jnp.maximum(y, 0.0) / scale
    d = 1.0 / (1.0 + 2.0 * u * (1.0 + u))
    z, slope = folded(y, scale)
    bend = -4.0 * u * (3.0 + u * (6.0 + 2.0 * u)) * d * d * d  # d slope / du, 0 at and below 0
    du = (tangents[0] - u * tangents[1]) / scale
    by_scale = jnp.maximum(z, 0.0) / scale - u * slope
    return (z, slope), (slope * tangents[0] + by_scale * tangents[1], bend * du)


@jax.custom_jvp
def unfolded(z: Any, scale: Any) -> Any:
    """The y of `folded`, for z below `scale`."""
    p = jnp.maximum(z, 0.0) / scale
    q = 1.0 - p
    return jnp.minimum(z, 0.0) + scale * (2.0 * p - 1.0 + jnp.sqrt(1.0 + 4.0 * p * q)) / (4.0 * q)


@unfolded.defjvp
def _unfolded_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    z, scale = primals
    y = unfolded(z, scale)
    u = jnp.maximum(y, 0.0) / scale
    slope = _fold_slope(u, 1.0 / (1.0 + 2.0 * u * (1.0 + u)))
    by_scale = jnp.maximum(z, 0.0) / scale - u * slope  # of z, at this y
    return y, (tangents[0] - by_scale * tangents[1]) / slope
