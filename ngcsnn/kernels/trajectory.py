"""A compartment's values over a trial, as a reader at step n sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


@jax.tree_util.register_dataclass
@dataclass
class Trajectory:
    """array (T, batch, ...): what was written in each step. A reader at step n sees `array[n - delay]`, and `start[n]`
    while n < delay; the delay is kept as a number, so that no shifted copy is made. start: (delay, batch, ...)."""

    array: Any
    start: Any
    delay: int = field(default=0, metadata={"static": True})

    @staticmethod
    def written(array: Any) -> Trajectory:
        """As a reader in the same step sees it."""
        return Trajectory(array, jnp.zeros((0, *array.shape[1:]), array.dtype), 0)

    def delayed(self, first: Any) -> Trajectory:
        """As a reader one step later sees it; `first` (batch, ...) is what it sees in step 0."""
        return Trajectory(self.array, jnp.concatenate([first[None], self.start]), self.delay + 1)

    def cut(self, every: int | None) -> Trajectory:
        """The same values; what readers see in a multiple of `every` steps, written before it, has lost its derivative.

        For what was just `delayed`, by one step. None: nothing is cut.
        """
        if every is None:
            return self

        def stopped(rows: Any, seen_in: Any) -> Any:
            crosses = (seen_in > 0) & (seen_in % every == 0)
            return jnp.where(crosses.reshape(-1, *(1,) * (rows.ndim - 1)), lax.stop_gradient(rows), rows)

        array = stopped(self.array, jnp.arange(self.array.shape[0]) + self.delay)
        return Trajectory(array, stopped(self.start, jnp.arange(self.delay)), self.delay)

    def at(self, n: Any) -> Any:
        """What a reader at step `n` (traced) sees."""
        if self.delay == 0:
            return self.array[n]
        early = self.start[jnp.minimum(n, self.delay - 1)]
        return jnp.where(n >= self.delay, self.array[jnp.maximum(n - self.delay, 0)], early)

    def seen(self) -> Any:
        """What readers see in steps 0 ... T - 1, as one array (a copy where there is a delay)."""
        return (
            jnp.concatenate([self.start, self.array[: self.array.shape[0] - self.delay]]) if self.delay else self.array
        )

    def cotangent(self, seen: Any) -> Trajectory:
        """From the cotangent of what readers saw, that of what was written."""
        if self.delay == 0:
            return Trajectory(seen, jnp.zeros_like(self.start), 0)
        rest = jnp.concatenate([seen[self.delay :], jnp.zeros_like(seen[: self.delay])])
        return Trajectory(rest, seen[: self.delay], self.delay)


def map_rows(fn: Callable[[dict[Any, Any]], dict[Any, Any]], inputs: dict[Any, Trajectory]) -> dict[Any, Trajectory]:
    """`fn` on rows (rows, n) of all steps at once; inputs of one delay keep it, others are brought to none."""
    delays = {t.delay for t in inputs.values()}
    if len(delays) > 1:
        inputs = {k: Trajectory.written(t.seen()) for k, t in inputs.items()}
    delay = next(iter(delays)) if len(delays) == 1 else 0
    written = _on_rows(fn, {k: t.array for k, t in inputs.items()})
    if delay == 0:
        return {k: Trajectory.written(v) for k, v in written.items()}
    start = _on_rows(fn, {k: t.start for k, t in inputs.items()})
    return {k: Trajectory(written[k], start[k], delay) for k in written}


def _on_rows(fn: Callable[[dict[Any, Any]], dict[Any, Any]], arrays: dict[Any, Any]) -> dict[Any, Any]:
    lead = next(iter(arrays.values())).shape[:2]
    out = fn({k: a.reshape(-1, *a.shape[2:]) for k, a in arrays.items()})
    return {k: a.reshape(*lead, *a.shape[1:]) for k, a in out.items()}


def read(trajectories: dict[Any, Trajectory], n: Any) -> dict[Any, Any]:
    """What readers see at step n."""
    return {k: t.at(n) for k, t in trajectories.items()}
