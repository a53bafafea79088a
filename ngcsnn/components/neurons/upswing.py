"""The upswing of a spike that runs away: integrated in a variable in which it is slow.

Quadratic and exponential cells reach infinity in finite time, and a step of v fails long before. A monotone z(v) whose
dz/dv falls as fast as dv/dt grows has a bounded, smooth velocity dz/dt = dz/dv dv/dt; for the quadratic cell z is the
angle of the theta neuron (Ermentrout & Kopell 1986, doi:10.1137/0146017). Steps are taken in z. Above a ceiling, v_peak,
where the spike has happened already, the velocity keeps its value at the ceiling: v and z go on along straight lines,
nothing overflows whatever the input, and the spike's time is read off the line.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.integrators import INTEGRATORS


class Upswing:
    """What a spiking cell with `v` and `v_peak` mixes in, before `SpikingCell`.

    The cell states `velocity` with `self.top(x.v)` in the place of v, and z by `slowed` and `raised`.
    """

    integration: str
    v_peak: Any
    rate: Any

    def slowed(self, v: Any) -> tuple[Any, Any]:
        """(z, dz/dv) of a v up to the ceiling."""
        raise TypeError(f"{type(self).__name__} must define slowed(v)")

    def raised(self, z: Any) -> Any:
        """The v to which z belongs, up to the ceiling."""
        raise TypeError(f"{type(self).__name__} must define raised(z)")

    def ceiling(self) -> Any:
        """The v above which the velocity is constant."""
        return self.v_peak.get()

    def top(self, v: Any) -> Any:
        """v, at most the ceiling."""
        return jnp.minimum(v, self.ceiling())

    @property
    def own_flow(self) -> bool:
        return type(self).flow is not Upswing.flow

    def threshold(self, x: Any) -> Any:
        """How far z is above that of v_peak."""
        return self._slow(x.v) - self._slow(self.v_peak.get())

    def _slow(self, v: Any) -> Any:
        ceiling = self.ceiling()
        return self.slowed(jnp.minimum(v, ceiling))[0] + jnp.maximum(v - ceiling, 0.0) * self.slowed(ceiling)[1]

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        """The state `dt` ms later without events, by the cell's integrator in z; `dt` may be an array, and negative."""
        ceiling = self.ceiling()
        z_top, slope = self.slowed(ceiling)

        def fast(z: Any) -> Any:
            return self.raised(jnp.minimum(z, z_top)) + jnp.maximum(z - z_top, 0.0) / slope

        def rate(y: Any) -> Any:
            v = fast(y.v)
            d = self.rate(y._replace(v=v), j)
            return d._replace(v=d.v * self.slowed(jnp.minimum(v, ceiling))[1])

        end = INTEGRATORS[self.integration](rate, x._replace(v=self._slow(x.v)), dt)
        return end._replace(v=fast(end.v))


def bowl(y: Any, steepest: Any) -> Any:
    """y^2, continued by its tangent below y = -steepest, where an explicit step could not follow its fall."""
    kept = jnp.maximum(y, -steepest)
    return kept * (2.0 * y - kept)


def angle(y: Any, scale: Any) -> tuple[Any, Any]:
    """(z, dz/dy) for a velocity that grows as y^2: z = y below 0, scale atan(y / scale) above."""
    above = jnp.maximum(y, 0.0) / scale
    return jnp.minimum(y, 0.0) + scale * jnp.arctan(above), 1.0 / (1.0 + above * above)


def from_angle(z: Any, scale: Any) -> Any:
    """The y of `angle`."""
    return jnp.minimum(z, 0.0) + scale * jnp.tan(jnp.maximum(z, 0.0) / scale)
