"""Transmission of copies of the input, each later than the one before."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import GraphError, checks, hyper


class DelayLineSynapse(Synapse):
    """Transmits `copies` copies of its input, copy c delayed by c * spacing, each through weights of its own.

        outputs(t) = sum over c of inputs(t - c spacing) @ weights[c] + bias,   first moments the same without bias

    A network sees the recent past of its input, (copies - 1) * spacing ms of it. The same as a dense synapse from
    copies * n_pre units that are fed the shifted events, in the memory of one copy: only weights and their gradient
    grow with the number of copies. Spacings that are whole steps are a little faster than others.
    Shapes: inputs (batch, n_pre), weights (copies, n_pre, n_post), bias (n_post,), outputs (batch, n_post). The delays
    are fixed. Under spike times on the grid each is rounded to whole steps. Training keeps weights in [w_min, w_max].
    Source: Nowotny, Turner & Knight 2022 (arXiv:2212.01232), who fed the SHD data set so.
    """

    copied: ClassVar[bool] = True

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    copies = hyper(kind=int, check=checks.positive, doc="copies of the input, the undelayed one included")
    spacing = hyper(kind=float, unit="ms", check=checks.positive, doc="by which each copy is later than the one before")
    weights = synaptic_weights(lambda c: (c.copies, *c.shape))
    bias = synaptic_bias(lambda c: c.shape[1:])
    w_min, w_max = weight_bounds()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.shape

    def transmission_delays(self) -> Any:
        return np.arange(self.copies, dtype=self.context.dtype)[:, None] * np.asarray(self.spacing, self.context.dtype)

    def longest_delay(self) -> float:
        return (self.copies - 1) * self.spacing

    def line_units(self) -> Any:
        return jnp.arange(self.shape[0], dtype=jnp.int32)[None, :]

    def collect(self, line: Any, weights: Any) -> Any:
        return jnp.einsum("rci,cij->rj", line, weights)

    def collect_self(self, line: Any, weights: Any) -> Any:
        return jnp.einsum("rci,cii->ri", line, weights)

    def matrix(self) -> Any:
        """The (copies, n_pre, n_post) matrices that lists of events are sent through."""
        return self.effective_weights()

    def incoming(self, units: Any) -> Any:
        return units[None, None, :]

    def transmit(self, m: Any, weights: Any) -> Any:
        """Asked for by local rules alone: it transmits by its lines."""
        raise GraphError(
            f"DelayLineSynapse '{self.name}' cannot learn by local rules: they see what units emit, and each of "
            "its copies gets that at a time of its own; use a DenseSynapse, with `delays`, for each copy"
        )
