"""Kohonen's self-organising map: the winner's neighbours on a grid learn with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.learning.competition import CompetitiveRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import GraphError, checks, hyper


class SelfOrganisingMapRule(CompetitiveRule):
    """Units on a grid come to map the samples: near units stand for near samples.

        dw_ij = rate(t) h_j (pre_i - w_ij),    h_j = exp(-d_j^2 / (2 radius(t)^2))    neighbourhood "gaussian"
                                               h_j = 1 if d_j <= radius(t), else 0    neighbourhood "bubble"

    d_j: distance on the grid of unit j from the winner (see CompetitiveRule); unit j is in row j // columns. Rate and
    radius fall exponentially, with `tau_rate` and `tau_radius`. Sources: Kohonen 1982, Biol. Cybern. 43:59; Kohonen
    1990, Proc. IEEE 78:1464.
    """

    grid = hyper(kind=tuple, check=checks.two_sizes, doc="(rows, columns) of the postsynaptic units")
    radius = hyper(
        None, kind=(float, type(None)), check=checks.positive,
        doc="of the neighbourhood at the start; half of the longer side by default",
    )  # fmt: skip
    tau_radius = hyper(
        None, kind=(float, type(None)), unit="ms", check=checks.positive,
        doc="by which the radius falls; never by default",
    )  # fmt: skip
    neighbourhood = hyper("gaussian", kind=str, check=checks.one_of("gaussian", "bubble"), doc="gaussian or bubble")
    wraps = hyper(False, kind=bool, doc="whether the grid is a torus")

    def setup(self) -> None:
        super().setup()
        n_post = self.target.sizes[1]
        if self.grid[0] * self.grid[1] != n_post:
            raise GraphError(
                f"SelfOrganisingMapRule '{self.name}': `grid` {self.grid} has {self.grid[0] * self.grid[1]} units, "
                f"'{self.target.name}' leads to {n_post}"
            )

    def neighbours(self) -> Any:
        """h of each unit (batch, n_post)."""
        at = np.stack(np.unravel_index(np.arange(self.target.sizes[1]), self.grid), 1)
        gap = np.abs(at[:, None] - at[None])
        gap = np.minimum(gap, np.array(self.grid) - gap) if self.wraps else gap
        squares = self.won() @ jnp.asarray((gap**2).sum(2), self.context.dtype)
        radius = (self.radius or max(self.grid) / 2.0) * self.faded(self.tau_radius)
        if self.neighbourhood == "bubble":
            return (squares <= radius**2 * (1.0 + 1e-6)).astype(squares.dtype)
        return jnp.exp(-squares / (2.0 * radius**2))

    def terms(self) -> Sequence[Term]:
        share = self.rate * self.faded(self.tau_rate) * self.neighbours()
        return [Term(self.pre.get(), share), Term(post=share, factor=lambda w: -w)]
