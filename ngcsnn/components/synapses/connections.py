"""Which units a sparse synapse connects: drawn with a probability, or given as pairs of indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.graph.init import generator

Pairs = tuple[np.ndarray, np.ndarray]  # presynaptic and postsynaptic unit of each synapse


def pairs_of(synapse: Any, label: str) -> Pairs:
    """The pairs that a synapse's arguments `probability`, `self_connections`, `pre` and `post` ask for."""
    explicit = synapse.pre is not None or synapse.post is not None
    if explicit == (synapse.probability is not None):
        raise GraphError(f"{label}: give either `probability` or the indices `pre` and `post`")
    if not synapse.self_connections:
        if explicit:
            raise GraphError(f"{label}: `self_connections` applies to drawn synapses; leave such pairs out of `pre`")
        if synapse.shape[0] != synapse.shape[1]:
            raise GraphError(
                f"{label}: `self_connections` applies to a population's synapses to itself, not to {synapse.shape}"
            )
    if explicit:
        return _given(label, synapse.shape, synapse.pre, synapse.post)
    rng = generator(synapse.context.seed, synapse.name, "connections")
    pairs = _drawn(rng, synapse.shape, synapse.probability, synapse.self_connections)
    if len(pairs[0]) == 0:
        raise GraphError(
            f"{label}: `probability` {synapse.probability} gave none of the {synapse.shape[0]} x {synapse.shape[1]} "
            f"possible synapses with seed {synapse.context.seed}"
        )
    return pairs


def _drawn(rng: np.random.Generator, shape: tuple[int, int], probability: float, self_connections: bool) -> Pairs:
    """Each pair on its own with `probability`, in the order of the presynaptic units, row by row of the matrix."""
    posts = []
    for pre in range(shape[0]):
        chosen = rng.random(shape[1]) < probability
        if not self_connections:
            chosen[pre] = False
        posts.append(np.flatnonzero(chosen))
    return np.repeat(np.arange(shape[0]), [len(p) for p in posts]), np.concatenate(posts)


def _given(label: str, shape: tuple[int, int], pre: Any, post: Any) -> Pairs:
    if pre is None or post is None:
        raise GraphError(f"{label}: `{'pre' if pre is None else 'post'}` is missing: synapses need both indices")
    pre, post = (_indices(label, *of) for of in (("pre", pre, shape[0]), ("post", post, shape[1])))
    if len(pre) != len(post):
        raise GraphError(f"{label}: `pre` and `post` must be of one length, got {len(pre)} and {len(post)} indices")
    pair = pre * shape[1] + post
    order = np.argsort(pair, kind="stable")
    again = np.flatnonzero(np.diff(pair[order]) == 0)
    if len(again):
        found = [f"{pre[k]} -> {post[k]} (at {k} and {order[i + 1]})" for i in again[:3] for k in (order[i],)]
        rest = f" and {len(again) - 3} more" if len(again) > 3 else ""
        raise GraphError(f"{label}: `pre` and `post` name a synapse twice: {', '.join(found)}{rest}")
    return pre, post


def _indices(label: str, name: str, given: tuple[Any, ...], n_units: int) -> np.ndarray:
    wanted = f"{label}: `{name}` must be a list of integers from 0 to {n_units - 1}"
    if not given:
        raise GraphError(f"{wanted}, one for each synapse; got none")
    wrong = [k for k, i in enumerate(given) if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < n_units]
    if wrong:
        raise GraphError(f"{wanted}, got {given[wrong[0]]!r} at {wrong[0]}")
    return np.asarray(given, np.int64)
