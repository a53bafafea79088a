"""Patterns of connections as arguments of a SparseSynapse: `SparseSynapse("w", **ring_pairs(100, 3), weights=0.1)`.

One unit to each needs no pairs (OneToOneSynapse), nor do all but oneself (AllButSelfSynapse) and blocks
(PatchedSynapse): they are stored without any. A profile of weights over the distance is an initialiser,
`ng.init.MexicanHat`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole

Arguments = dict[str, Any]


def block_pairs(shape: tuple[int, int], n_blocks: int) -> Arguments:
    """Blocks along the diagonal: presynaptic units of block k to the postsynaptic units of block k.

    Of n units unit i belongs to block floor(i n_blocks / n), so blocks differ by one unit where they must. Returns
    `shape`, `pre` and `post`.
    """
    n_blocks = whole("n_blocks", n_blocks)
    first, second = (whole("shape", n) for n in shape)
    if n_blocks > min(first, second):
        raise GraphError(f"{n_blocks} blocks need as many units on either side, got {tuple(shape)}")
    of_pre, of_post = (np.arange(n) * n_blocks // n for n in (first, second))
    pre, post = np.nonzero(of_pre[:, None] == of_post[None, :])
    return _arguments((first, second), pre, post)


def ring_pairs(n_units: int, radius: int, self_connections: bool = False) -> Arguments:
    """Units on a ring, each to the `radius` nearest on either side. Returns `shape`, `pre` and `post`."""
    n_units, radius = whole("n_units", n_units), whole("radius", radius, low=0)
    steps = np.unique(np.arange(-radius, radius + 1) % n_units)
    steps = steps if self_connections else steps[steps != 0]
    pre = np.repeat(np.arange(n_units), len(steps))
    return _arguments((n_units, n_units), pre, (pre + np.tile(steps, n_units)) % n_units)


def grid_pairs(shape: tuple[int, int], radius: float, wraps: bool = False, self_connections: bool = False) -> Arguments:
    """Units on a grid of `shape` (rows, columns), each to those at a distance <= radius; wraps: on a torus.

    Unit i is in row i // columns. Returns `shape` (of the synapse), `pre` and `post`.
    """
    rows, columns = (whole("shape", n) for n in shape)
    if not 0 <= radius < np.inf:
        raise GraphError(f"`radius` must be finite and >= 0, got {radius!r}")
    reach = int(min(radius, max(rows, columns)))
    y, x = (part.ravel() for part in np.mgrid[:rows, :columns])
    found = set()
    for dy, dx in np.ndindex(2 * reach + 1, 2 * reach + 1):
        dy, dx = dy - reach, dx - reach
        if dy * dy + dx * dx > radius * radius or (dy == dx == 0 and not self_connections):
            continue
        to_y, to_x = y + dy, x + dx
        there = wraps | ((to_y >= 0) & (to_y < rows) & (to_x >= 0) & (to_x < columns))
        to = (to_y % rows) * columns + to_x % columns
        own = np.flatnonzero(there & (self_connections | (to != np.arange(rows * columns))))
        found.update(zip(own.tolist(), to[own].tolist(), strict=True))
    pairs = np.array(sorted(found), np.int64).reshape(-1, 2)
    return _arguments((rows * columns, rows * columns), pairs[:, 0], pairs[:, 1])


def _arguments(shape: tuple[int, int], pre: np.ndarray, post: np.ndarray) -> Arguments:
    return {"shape": shape, "pre": pre.tolist(), "post": post.tolist()}
