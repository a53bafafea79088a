"""Transmission through a product of two thin matrices."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ngcsnn.components.synapses.drawing import redraw
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights
from ngcsnn.graph import GraphError, checks, hyper


def low_rank_factors(matrix: Any, rank: int) -> np.ndarray:
    """The `weights` (rank, n_pre + n_post) of the LowRankSynapse nearest to a matrix (n_pre, n_post), by least squares.

    Both factors take half of each singular value. Source: Eckart & Young 1936, Psychometrika 1:211.
    """
    left, values, right = np.linalg.svd(np.asarray(matrix, float), full_matrices=False)
    if not 1 <= rank <= len(values):
        raise GraphError(f"`rank` must be from 1 to {len(values)} for a matrix {np.shape(matrix)}, got {rank!r}")
    root = np.sqrt(values[:rank, None])
    return np.concatenate([root * left.T[:rank], root * right[:rank]], axis=1)


class LowRankSynapse(Synapse):
    """Transmits events, or graded values, through a weight matrix of low rank, stored as its two factors.

        outputs = (inputs @ left) @ right + bias,   and for the first moments of events the same without bias

    left (n_pre, rank), right (rank, n_post); both lie in `weights` (rank, n_pre + n_post), left transposed and first
    (`factors()` gives them back, `low_rank_factors(matrix, rank)` makes them). Memory and work grow with
    rank (n_pre + n_post) instead of n_pre n_post. A learning rule's change of the matrix moves each factor along its
    own derivative. An initialiser draws left with n_pre inputs to each unit and right with `rank` of them. Shapes:
    inputs (batch, n_pre), bias (n_post,), outputs (batch, n_post). Signs and bounds of factors say nothing of their
    product, so there are none.
    """

    own_weights: ClassVar[bool] = False

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    rank = hyper(kind=int, check=checks.positive, doc="of the matrix")
    weights = synaptic_weights(lambda c: (c.rank, sum(c.shape)))
    bias = synaptic_bias(lambda c: c.shape[1:])

    @property
    def sizes(self) -> tuple[int, int]:
        return self.shape

    def setup(self) -> None:
        label = f"LowRankSynapse '{self.name}'"
        if self.signs is not None:
            raise GraphError(f"{label}: `signs` of two factors are not those of their product; use a DenseSynapse")
        if self.rank > min(self.shape):
            raise GraphError(f"{label}: `rank` {self.rank} exceeds that of any matrix {self.shape}")
        (n_pre, n_post), rank = self.shape, self.rank
        redraw(self, lambda draw: np.concatenate([draw(n_pre, rank).T, draw(rank, n_post)], axis=1))
        super().setup()

    def factors(self) -> tuple[Any, Any]:
        """(left, right)."""
        return self._parts(self.weights.get())

    def _parts(self, weights: Any) -> tuple[Any, Any]:
        return weights[:, : self.shape[0]].T, weights[:, self.shape[0] :]

    def transmit(self, m: Any, weights: Any) -> Any:
        left, right = self._parts(weights)
        return (m @ left) @ right

    def self_weights(self, weights: Any) -> Any:
        left, right = self._parts(weights)
        return (left * right.T).sum(axis=1)

    def in_one_call(self, rows: int) -> bool:
        return self.rank * sum(self.shape) >= 2**20 and rows <= 128
