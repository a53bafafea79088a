"""Population code: one value over many units with Gaussian receptive fields."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output


class PopulationEncoder(Component):
    """Spreads each value over `n_fields` Gaussian receptive fields; wire `outputs` to an encoder of spikes.

        a_i = exp(-(x - c_i)^2 / (2 sigma^2)),    i = 1 .. n_fields, for each value

    ends "outside": centres c_i = x_min + (2 i - 3) / 2 * (x_max - x_min) / (n_fields - 2), so that one field at each
    end lies outside (Bohte et al. 2002, IEEE Trans. Neural Netw. 13:426); sigma = (x_max - x_min) / (sharpness
    (n_fields - 2)); n_fields >= 3. ends "on": centres from x_min to x_max in n_fields - 1 equal distances, sigma =
    (x_max - x_min) / (sharpness (n_fields - 1)); n_fields >= 2. It has no memory: outputs follow inputs within the
    step. Shapes (batch, n_values) to (batch, n_values n_fields), the fields of a value side by side.
    """

    stage = "synapse"  # runs before the encoder that reads it, so that both act in one step

    n_values = hyper(kind=int, check=checks.positive, doc="number of values")
    n_fields = hyper(kind=int, check=checks.at_least(2), doc="receptive fields for each value")
    x_min = hyper(0.0, check=checks.finite, doc="smallest value")
    x_max = hyper(1.0, check=checks.finite, doc="largest value")
    sharpness = hyper(1.5, check=checks.positive, doc="distance of the centres over sigma")
    ends = hyper("outside", kind=str, check=checks.one_of("outside", "on"), doc="outside or on")
    inputs = input_(shape="n_values", doc="values")
    outputs = output(shape=lambda c: (c.n_values * c.n_fields,), doc="activations, 0 to 1")

    def setup(self) -> None:
        label = f"PopulationEncoder '{self.name}'"
        if self.x_max <= self.x_min:
            raise GraphError(f"{label}: `x_max` must exceed `x_min` {self.x_min}, got {self.x_max}")
        if self.ends == "outside" and self.n_fields < 3:
            raise GraphError(f"{label}: `n_fields` must be >= 3 with ends 'outside', got {self.n_fields}")

    @property
    def centres(self) -> np.ndarray:
        """(n_fields,)."""
        first = -0.5 if self.ends == "outside" else 0.0
        return self.x_min + (first + np.arange(self.n_fields)) * self._distance

    @property
    def sigma(self) -> float:
        """Standard deviation of the fields."""
        return self._distance / self.sharpness

    @property
    def _distance(self) -> float:
        return (self.x_max - self.x_min) / (self.n_fields - (2 if self.ends == "outside" else 1))

    def advance(self) -> None:
        x = self.inputs.get()[..., None]
        away = (x - jnp.asarray(self.centres, x.dtype)) / self.sigma
        self.outputs.set(jnp.exp(-0.5 * away * away).reshape(x.shape[0], -1))
