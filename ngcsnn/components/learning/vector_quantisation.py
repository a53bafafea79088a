"""Vector quantisation: the nearest prototype moves to the sample, or away from one of another class."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.components.learning.competition import CompetitiveRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import GraphError, hyper, input_


class VectorQuantisationRule(CompetitiveRule):
    """The prototype nearest to a sample learns it.

        dw_ij = rate(t) s_j z_j (pre_i - w_ij),    z_j = 1 for the winner (see CompetitiveRule), else 0

    Without `classes` s = 1: prototypes become centres of the samples (k-means, one sample at a time). With `classes`,
    the class of each prototype, s = 1 where the sample is of the winner's class and -1 where not: learning vector
    quantisation (LVQ1), with the class of the sample in `labels` (one-hot, (batch, number of classes)). Sources:
    MacQueen 1967; Kohonen 1990, Proc. IEEE 78:1464.
    """

    classes = hyper(None, kind=(tuple, type(None)), doc="class of each prototype, 0 and on; none by default")

    def setup(self) -> None:
        super().setup()
        if self.classes is None:
            return
        n_post = self.target.sizes[1]
        whole = all(isinstance(c, int) and not isinstance(c, bool) and c >= 0 for c in self.classes)
        if len(self.classes) != n_post or not whole:
            raise GraphError(
                f"VectorQuantisationRule '{self.name}': `classes` must be one integer >= 0 for each of {n_post} "
                f"prototypes, got {self.classes}"
            )
        doc = "class of the sample, one-hot"
        self.declare("labels", input_(shape=(max(self.classes) + 1,), doc=doc))

    def terms(self) -> Sequence[Term]:
        share = self.rate * self.faded(self.tau_rate) * self.won()
        if self.classes is not None:
            of = jax.nn.one_hot(np.array(self.classes), max(self.classes) + 1, dtype=share.dtype)
            share = share * jnp.where(self.labels.get() @ of.T > 0.5, 1.0, -1.0)
        return [Term(self.pre.get(), share), Term(post=share, factor=lambda w: -w)]
