"""Level-crossing encoder: events where a signal has moved by a fixed amount."""

from __future__ import annotations

from jax import lax

from ngcsnn.components.encoders.emission import emit, level_crossings
from ngcsnn.graph import Component, checks, hyper, input_, output, param, state


class LevelCrossingEncoder(Component):
    """Sends `up` when the signal has risen by `delta`, `down` when it has fallen by it: send-on-delta coding.

    mode "level": the signal runs in a straight line from one step's value to the next; each time it is delta above
    (below) the level of the last event, an event is sent and the level follows by delta. Several may fall into a step,
    each at its own time. The level stays within delta of the signal, so events alone restore it to that accuracy.
    mode "difference" (delta modulation): one event, at the step's end, where the signal differs from that of the step
    before by delta or more.

    `start` is the signal's value and level before the first step. Shapes (batch, n_units).
    Miskowicz 2006, Sensors 6:49.
    """

    stage = "source"

    n_units = hyper(kind=int, check=checks.positive, doc="number of signals")
    delta = hyper(0.1, check=checks.positive, doc="distance of the levels, in units of the signal")
    mode = hyper("level", kind=str, check=checks.one_of("level", "difference"), doc="level or difference")
    start = param(0.0, shape="n_units", check=checks.finite, trainable=False, doc="signal before the first step")
    inputs = input_(shape="n_units", doc="signal at the step's end")
    before = state(shape="n_units", init="start", doc="signal at the end of the last step")
    level = state(shape="n_units", init="start", doc="level of the last event; in mode difference the last signal")
    up = output(shape="n_units", timed=True, doc="events of a rising signal (0, 1, 2, ...)")
    down = output(shape="n_units", timed=True, doc="events of a falling signal (0, 1, 2, ...)")

    def advance(self) -> None:
        x, before, level = self.inputs.get(), self.before.get(), self.level.get()
        self.before.set(x)
        if self.mode == "difference":
            moved = lax.stop_gradient((x - before) / self.delta)
            emit(self.up, moved >= 1.0, None)
            emit(self.down, moved <= -1.0, None)
            self.level.set(x)
            return
        low, high = ((v - level) / self.delta for v in (before, x))
        rises, rise_moment = level_crossings(low, high, self.context.dt)
        falls, fall_moment = level_crossings(-low, -high, self.context.dt)
        self.level.set(level + self.delta * (rises - falls))
        emit(self.up, rises, rise_moment)
        emit(self.down, falls, fall_moment)
