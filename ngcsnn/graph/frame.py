"""The frame: where `get` and `set` read and write while a process or a compiler traces component methods."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Values = dict[str, dict[str, Any]]

_current: contextvars.ContextVar[Frame | None] = contextvars.ContextVar("ngcsnn_frame", default=None)


class Frame:
    """Stands in for the live state of one context.

    values: `{component: {compartment: array}}`, read and replaced by the methods that run inside.
    crossing: how an event crosses a spike in this run (see `ngcsnn.credit`); None: the context's `spike_timing`.
    memo: decisions to keep for a later replay (spike detections), or those to replay; None: neither.
    driven: input compartments, as (component, compartment), that this run feeds from outside; None: any may be.
    counts: what `count` added up in this run. lines: {component: what arrives over its delay lines in this step}, for
    those that a run gives it; the others keep lines of their own. listed: {(component, compartment): `Listed` events of
    this step}, for those of which a run has a list beside the array.
    """

    def __init__(self, context: Any, values: Values, crossing: Any = None, driven: frozenset | None = frozenset()):
        self.context = context
        self.values = values
        self.crossing = crossing
        self.driven = driven
        self.memo: Memo | None = None
        self.counts: dict[str, Any] = {}
        self.lines: dict[str, Any] = {}
        self.listed: dict[tuple[str, str], Any] = {}

    def count(self, name: str, where: Any) -> None:
        """Add to a counter of this run, an array of integers: what happened (such as a guard that acted), for each."""
        self.counts[name] = self.counts.get(name, 0) + lax.stop_gradient(where).astype(jnp.int32)


class Memo:
    """Records discrete decisions in order, or replays them, so that a recomputed step decides as the first did."""

    def __init__(self, replay: list[Any] | None = None):
        self.items: list[Any] = list(replay or [])
        self.replaying = replay is not None

    def decide(self, value: Any, move: Callable[[Any], Any] = lambda value: value) -> Any:
        """move: gives the value a derivative and leaves it as it is; what comes out is what is stored."""
        if self.replaying:
            return move(self.items.pop(0))
        self.items.append(move(value))
        return self.items[-1]

    def keep(self, value: Any) -> Any:
        """An array to be kept for the replay, where it stands for the one computed again.

        Its value is then the one kept, its derivative the recomputed one's: what only leads to its value need not be
        computed twice.
        """
        if self.replaying:
            return _in_place_of(self.items.pop(0), value)
        self.items.append(value)
        return value


@jax.custom_jvp
def _in_place_of(kept: Any, value: Any) -> Any:
    return kept


@_in_place_of.defjvp
def _in_place_of_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    return primals[0], tangents[1]


def current_frame() -> Frame | None:
    return _current.get()


@contextmanager
def running(frame: Frame) -> Iterator[Frame]:
    """Make `frame` the current one for the code inside."""
    token = _current.set(frame)
    try:
        yield frame
    finally:
        _current.reset(token)


def decide(value: Any, move: Callable[[Any], Any] = lambda value: value) -> Any:
    """Pass a decision (a boolean array, a time) through the memo of the current frame, if it keeps one, and `move`."""
    frame = _current.get()
    return move(value) if frame is None or frame.memo is None else frame.memo.decide(value, move)


def keep(value: Any) -> Any:
    """Have an array kept for the backward pass, if the current frame keeps any; see `Memo.keep`."""
    frame = _current.get()
    return value if frame is None or frame.memo is None else frame.memo.keep(value)


def line_of(name: str) -> Any:
    """What the current frame says arrives over the delay lines of a component; None where it says nothing."""
    frame = _current.get()
    return None if frame is None else frame.lines.get(name)


def count(name: str, where: Any) -> None:
    """Add to a counter of the current frame, if there is one; see `Frame.count`."""
    frame = _current.get()
    if frame is not None:
        frame.count(name, where)
