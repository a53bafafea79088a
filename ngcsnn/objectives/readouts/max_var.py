"""Largest membrane potential of a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.objectives.base import Readout


@dataclass(frozen=True)
class MaxVar(Readout):
    """Largest membrane potential of the trial, at the steps' ends.

        y = max_n v(n),    dy/dv(n) = [n is the first step of the maximum]

    Always `v`, so there is no choice of integral. Under ties the whole gradient goes to the first maximum (a plain
    `max` would share it out). An output that stays below zero has its true, negative maximum (mlGeNN: 0).
    Shapes: recorded (T, batch, n) -> y (batch, n), in the unit of v.
    """

    @property
    def reads(self) -> str:
        return "v"

    def reduce(self, v: Any, dt: Any) -> Any:
        first = lax.stop_gradient(v).argmax(axis=0, keepdims=True)
        return jnp.take_along_axis(v, first, axis=0, mode="promise_in_bounds")[0]
