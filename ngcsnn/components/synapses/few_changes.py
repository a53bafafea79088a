"""Which changes of weights can be made row by row, where units spike, in place of a pass over all weights."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.rows import Part, change_few
from ngcsnn.graph import listed, weighted

MANY = 2**12  # weights; fewer are as quickly changed all at once


def few_changes(synapse: Any, learner: Any) -> Any:
    """The weights after this step, where its rules change few of them; None where they must be taken all at once.

    So for one sample, a matrix, plain gradient descent, the same bounds for all weights, and a wire that is a weighted
    sum of rules whose terms are all made of events.
    """
    weights = synapse.weights.get()
    if not synapse.by_rows or synapse.context.batch_size != 1 or weights.size < MANY:
        return None
    if any(np.ndim(bound) for bound in synapse.bounds("weights")):
        return None
    rules = weighted(synapse.dweights)
    if not rules or any(not getattr(c.component, "by_terms", False) or c.declared.of != "change" for _, c in rules):
        return None
    found = [(factor, c.component, c.component.terms()) for factor, c in rules]
    if any(term.events not in ("pre", "post") for _, _, terms in found for term in terms):
        return None
    eta = learner.step_size
    if eta is None:
        return None
    parts, pre, post, sizes = [], np.zeros((), bool), np.zeros((), bool), synapse.sizes
    for factor, rule, terms in found:
        for term in terms:
            scale = eta.astype(weights.dtype) * factor * rule.modulator.get()[0, 0]
            one, other = (_of_sample(side, n, weights) for side, n in zip(term[:2], sizes, strict=True))
            parts.append(Part(scale, one, other, term.factor, term.events))
        if any(term.events == "pre" for term in terms):
            pre = pre | (rule.pre.get()[0] != 0)
        if any(term.events == "post" for term in terms):
            post = post | (rule.post.get()[0] != 0)
    pre, post = (jnp.broadcast_to(spiked, (n,)) for spiked, n in zip((pre, post), sizes, strict=True))
    low, high = synapse.bounds("weights")
    bounded = bool(np.isfinite(low) or np.isfinite(high))
    heard = {id(rule.pre if rule.pre.source is None else rule.pre.source): listed(rule.pre) for _, rule, _ in found}
    events = next(iter(heard.values())) if len(heard) == 1 else None
    return change_few(weights, parts, pre, post, lambda w: jnp.clip(w, low, high) if bounded else w, events)


def _of_sample(side: Any, n: int, weights: Any) -> Any:
    """A side of a term, (1, n) or None for ones, of the only sample."""
    return jnp.ones(n, weights.dtype) if side is None else side[0]
