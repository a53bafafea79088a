"""ART2-A: categories that are made where no known one is near enough."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.components.learning.rule import LearningRule
from ngcsnn.graph import GraphError, checks, hyper, output, state


class ART2ARule(LearningRule):
    """Samples sorted into categories, each a unit whose weights are a vector of length 1.

        x = N(F(N(pre))),   N: to length 1,   F: values <= threshold are set to 0
        the category J with the largest x . w_J of those in use is the sample's where x . w_J >= vigilance:
            w_J <- N(rate N(psi) + (1 - rate) w_J),   psi_i = x_i where w_iJ > threshold, else 0
        else the next unit that is free becomes a category, w_J = x; where none is free, nothing is learned.

    The samples of a batch are taken one after another. `winners` is 1 at the category of each sample (none: all 0).
    Optimisers other than the default (changes added as they are) leave weights that are not of length 1. `modulator`
    and `reduce` do not apply. Source: Carpenter, Grossberg & Rosen 1991, Neural Netw. 4:493.
    """

    unread = ("post", "modulator")

    rate = hyper(0.1, kind=float, check=checks.fraction, doc="share of a sample in the category that it joins")
    vigilance = hyper(0.9, kind=float, check=checks.fraction, doc="least match with a category to join it")
    threshold = hyper(0.0, kind=float, check=checks.fraction, doc="of what is noise, of values of length 1")
    used = state(shape=lambda c: c.target.sizes[1:], batched=False, keep=True, doc="1 for units that are categories")
    moved = state(shape=lambda c: c.target.weights.shape, batched=False, doc="change of the weights in this step")
    winners = output(shape=lambda c: c.target.sizes[1:], doc="1 for the category of the sample, 0 for the others")

    def setup(self) -> None:
        super().setup()
        if self.reduce != "mean":
            raise GraphError(f"ART2ARule '{self.name}' takes samples one after another: `reduce` does not apply")
        self.target.incoming(jnp.ones(self.target.sizes[1], bool))  # raises where weights are shared

    def advance(self) -> None:
        start = self.target.effective_weights()
        (weights, used), winners = lax.scan(self._learn, (start, self.used.get()), self.pre.get())
        self.used.set(used)
        self.winners.set(winners)
        self.moved.set(weights - start)

    def change(self) -> Any:
        return self.moved.get()

    def _learn(self, carry: tuple[Any, Any], sample: Any) -> tuple[tuple[Any, Any], Any]:
        weights, used = carry
        w, n_post = self.target, used.shape[0]
        x = _unit(sample)
        x = _unit(jnp.where(x > self.threshold, x, 0.0))[None]
        match = jnp.where(used > 0, w.transmit(x, weights)[0], -jnp.inf)
        best, free = jnp.argmax(match), jnp.argmax(used <= 0)
        joins, full = match[best] >= self.vigilance, jnp.all(used > 0)
        there = jnp.any(x > 0) & (joins | ~full)
        unit = jax.nn.one_hot(jnp.where(joins, best, free), n_post, dtype=x.dtype) * there
        laid = w.outer(x, unit[None])  # x in the weights that lead to the unit
        psi = jnp.where(weights > self.threshold, laid, 0.0)
        mixed = self.rate * psi / self._length(psi) + (1.0 - self.rate) * weights
        mixed = jnp.where(joins, mixed / self._length(jnp.where(w.incoming(unit > 0), mixed, 0.0)), laid)
        weights = jnp.where(w.incoming(unit > 0), mixed, weights)
        return (weights, jnp.maximum(used, unit)), unit

    def _length(self, weights: Any) -> Any:
        """Of the one unit's weights that are not 0."""
        return _safe(jnp.sqrt(jnp.sum(weights * weights)))


def _unit(x: Any) -> Any:
    return x / _safe(jnp.sqrt(jnp.sum(x * x)))


def _safe(length: Any) -> Any:
    return jnp.where(length > 0, length, 1.0)
