"""Delay lines inside a time loop: what was sent some steps ago, for every synapse its own number of steps.

The values of a leaf are kept in one buffer over the trial, row r what a reader sees at step r; synapse k reads, at step
n, row n - lags[k] of unit units[k] (nothing before the trial). No state of the length of the delays is carried or kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.kernels.trajectory import Trajectory


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Line:
    """lags (whole steps) and units, int32 of one shape; leaves: what is read (values, and moments where there are)."""

    lags: Any
    units: Any
    leaves: tuple[Any, ...] = field(metadata={"static": True})

    def take(self, buffers: dict[Any, Any], n: Any) -> tuple[Any, ...]:
        """What arrives at step n, one array (batch, *shape) for each leaf."""
        row = n - self.lags
        found = (buffers[leaf][jnp.maximum(row, 0), :, self.units] for leaf in self.leaves)
        return tuple(jnp.moveaxis(jnp.where((row >= 0)[..., None], a, 0), -1, 0) for a in found)

    def put_back(self, buffers: dict[Any, Any], n: Any, cotangents: tuple[Any, ...]) -> dict[Any, Any]:
        """Add the cotangents of what `take` gave to those of the buffers."""
        row = n - self.lags
        out = dict(buffers)
        for leaf, c in zip(self.leaves, cotangents, strict=True):
            part = jnp.where((row >= 0)[..., None], jnp.moveaxis(c, 0, -1), 0)
            out[leaf] = out[leaf].at[jnp.maximum(row, 0), :, self.units].add(part)
        return out


def read_lines(lines: dict[Any, Line], buffers: dict[Any, Any], n: Any) -> dict[Any, tuple[Any, ...]]:
    """What arrives at step n over each line."""
    return {key: line.take(buffers, n) for key, line in lines.items()}


def leaves_of(lines: dict[Any, Line]) -> list[Any]:
    """All leaves that lines read, each once."""
    return list(dict.fromkeys(leaf for line in lines.values() for leaf in line.leaves))


def seen_rows(trajectory: Trajectory) -> Any:
    """(T + 1, batch, n): row r is what a reader sees at step r; the last one is never read."""
    rows = jnp.concatenate([trajectory.start, trajectory.array])
    n_rows = trajectory.array.shape[0] + 1
    return jnp.pad(rows, ((0, max(0, n_rows - rows.shape[0])), (0, 0), (0, 0)))[:n_rows]
