"""Retinal ganglion filters: on- and off-centre differences of Gaussians."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output

WIDE = 3.0  # standard deviations of the surround that the filter covers on each side


class RetinalGanglionEncoder(Component):
    """Centre minus surround of an image, its two signs on two outputs; wire them to an encoder of spikes.

        r = image * (G(sigma_centre) - surround G(sigma_surround)),    on = gain max(r, 0),    off = gain max(-r, 0)

    G is a Gaussian sampled on the pixels and summing to 1, so with surround 1 a uniform image gives nothing. Beyond its
    edges the image continues with its edge pixels. It has no memory: outputs follow inputs within the step. Shapes
    (batch, height width) to (batch, rows columns), row by row; rows = ceil(height / stride), columns likewise.
    Rodieck 1965, Vision Res. 5:583; Enroth-Cugell & Robson 1966, J. Physiol. 187:517.
    """

    stage = "synapse"  # runs before the encoder that reads it, so that both act in one step

    in_shape = hyper(kind=tuple, check=checks.two_sizes, doc="(height, width) of the image in pixels")
    sigma_centre = hyper(1.0, unit="pixels", check=checks.positive, doc="standard deviation of the centre")
    sigma_surround = hyper(1.6, unit="pixels", check=checks.positive, doc="standard deviation of the surround")
    surround = hyper(1.0, check=checks.non_negative, doc="weight of the surround")
    gain = hyper(1.0, check=checks.positive, doc="output per contrast")
    stride = hyper(1, kind=int, check=checks.positive, doc="pixels from one cell to the next")
    inputs = input_(shape=lambda c: (c.in_shape[0] * c.in_shape[1],), doc="brightness of each pixel, row by row")
    on = output(shape=lambda c: c.n_cells, doc="on-centre cells")
    off = output(shape=lambda c: c.n_cells, doc="off-centre cells")

    def setup(self) -> None:
        if self.sigma_surround <= self.sigma_centre:
            raise GraphError(
                f"RetinalGanglionEncoder '{self.name}': `sigma_surround` must exceed `sigma_centre` "
                f"{self.sigma_centre} pixels, got {self.sigma_surround}"
            )

    @property
    def out_shape(self) -> tuple[int, int]:
        """(rows, columns) of cells."""
        height, width = (-(-size // self.stride) for size in self.in_shape)
        return height, width

    @property
    def n_cells(self) -> tuple[int]:
        rows, columns = self.out_shape
        return (rows * columns,)

    @property
    def filter(self) -> np.ndarray:
        """The centre-surround profile, (size, size), its centre in the middle."""
        reach = int(np.ceil(WIDE * self.sigma_surround))
        at = np.arange(-reach, reach + 1)

        def gaussian(sigma: float) -> np.ndarray:
            line = np.exp(-0.5 * (at / sigma) ** 2)
            return np.outer(line, line) / line.sum() ** 2

        return gaussian(self.sigma_centre) - self.surround * gaussian(self.sigma_surround)

    def advance(self) -> None:
        image = self.inputs.get().reshape(-1, 1, *self.in_shape)
        kernel = jnp.asarray(self.filter, image.dtype)
        reach = kernel.shape[0] // 2
        wide = jnp.pad(image, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
        r = lax.conv_general_dilated(wide, kernel[None, None], (self.stride, self.stride), "VALID")
        r = self.gain * r.reshape(image.shape[0], -1)
        self.on.set(jnp.maximum(r, 0.0))
        self.off.set(jnp.maximum(-r, 0.0))
