"""One trial of a network that learns: reset, all steps, and what is done at its end, as a pure function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import CLOCK, ROOM, Context, Frame, Listed, Process, running
from ngcsnn.kernels import Events

State = dict[str, dict[str, Any]]


class Shown(NamedTuple):
    """What a trial is fed: arrays (T, batch, n) by compartment, and lists of one sample with the start of each step."""

    rows: dict[Leaf, Any]
    lists: dict[Leaf, tuple[Any, Any, Any]]  # units (M,), offsets (M,) or None, starts (T + 1,)


def shown(fed: dict[Leaf, Any], dtype: Any, timed: bool) -> Shown:
    """From what `feed` gives."""
    rows: dict[Leaf, Any] = {}
    lists: dict[Leaf, tuple[Any, Any, Any]] = {}
    for leaf, value in fed.items():
        if not isinstance(value, Events):
            rows[leaf] = value
            continue
        rows[leaf], moments = value.dense(dtype)
        if timed and moments is not None:
            rows[leaf[0], f"{leaf[1]}.offset"] = moments
        if value.batch == 1 and not value.one_each:
            lists[leaf] = _listed(value)
    return Shown(rows, lists)


def _listed(events: Events) -> tuple[Any, Any, Any]:
    step = jnp.where(events.unit[0] < events.n_units, events.step[0], events.n_steps)
    step = jnp.flip(lax.cummin(jnp.flip(step)))  # what is no event may stand between others
    starts = jnp.searchsorted(step, jnp.arange(events.n_steps + 1, dtype=step.dtype)).astype(jnp.int32)
    units = jnp.pad(events.unit[0], (0, ROOM), constant_values=events.n_units)
    return units, None if events.offset is None else jnp.pad(events.offset[0], (0, ROOM)), starts


class Trial:
    """learn: what each step runs. at_end: what runs once after the last (None: nothing). spiking: cells to count."""

    def __init__(self, context: Context, n_steps: int, learn: Process, at_end: Process | None, spiking: list[str]):
        self.context, self.n_steps, self.spiking = context, n_steps, spiking
        self.learn, self.at_end = learn, at_end

    def __call__(self, state: State, given: Shown) -> tuple[State, dict[str, Any]]:
        """(state after it, {cell: spikes of each unit (batch, n)}), from the state that the trial before left."""
        state = self.after(state, self._reset)
        sizes = {name: state[name]["s"] for name in self.spiking}
        starts = {leaf: (s[:-1], s[1:]) for leaf, (_, _, s) in given.lists.items()}

        def step(carry: tuple[State, dict[str, Any], Any], x: Any) -> tuple[Any, None]:
            state, counts, before = carry
            rows, now = x

            def run(frame: Frame) -> None:
                for (name, key), row in rows.items():
                    frame.values[name][key] = row
                frame.listed = self._listed(given, now, before)
                for method in self.learn.methods:
                    method()
                self.context.tick()

            state = self.after(state, run)
            counts = {name: total + state[name]["s"] for name, total in counts.items()}
            return (state, counts, now), None

        counts = {name: jnp.zeros_like(s) for name, s in sizes.items()}
        none = {leaf: (jnp.zeros((), jnp.int32),) * 2 for leaf in starts}
        (state, counts, _), _ = lax.scan(step, (state, counts, none), (given.rows, starts), length=self.n_steps)
        if self.at_end is not None:
            methods = self.at_end.methods
            state = self.after(state, lambda _: [method() for method in methods])
        return state, counts

    def after(self, state: State, action: Callable[[Frame], Any]) -> State:
        """The state after `action`, of the same types."""
        frame = Frame(self.context, {name: dict(part) for name, part in state.items()}, driven=None)
        with running(frame):
            action(frame)
        return {n: {k: _as(frame.values[n][k], v) for k, v in part.items()} for n, part in state.items()}

    def _reset(self, frame: Frame) -> None:
        frame.values[CLOCK]["step"] = jnp.zeros((), jnp.int32)
        for component in self.context.components.values():
            component.reset()

    def _listed(self, given: Shown, now: Any, before: Any) -> dict[Leaf, Listed]:
        """The events fed in this step, and those that sources which pass them on still hold of the step before."""
        out = {}
        for leaf, (units, offsets, _) in given.lists.items():
            out[leaf] = Listed(units, offsets, *now[leaf])
            relays = self.context.components[leaf[0]].relays
            if relays is not None and relays[0] == leaf[1]:
                out[leaf[0], relays[1]] = Listed(units, offsets, *before[leaf])
        return out


def _as(new: Any, old: Any) -> Any:
    keyed = jnp.issubdtype(old.dtype, jax.dtypes.prng_key)
    return new if keyed else jnp.broadcast_to(new, old.shape).astype(old.dtype)


def is_random(value: Any) -> bool:
    """Whether fed data draw their events."""
    return isinstance(value, FedEvents) and getattr(value.trials, "random", False)
