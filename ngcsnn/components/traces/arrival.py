"""What the events of a step have become by its end, where each decays from its own time on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from ngcsnn.graph import Compartment


def arrived(inputs: Compartment, kernel: Callable[[Any], Any], slope: Any) -> Any:
    """sum over the events of a step of size times kernel(age), age (ms, >= 0) at the step's end.

    Exact for one event per unit and step, and where all have one age; others count with their mean age. A moment
    without an event moves the event of the step before, to first order: by -slope, the derivative of kernel at age 0.
    """
    m0, m1 = inputs.moments()
    if m1 is None:
        return m0 * kernel(jnp.zeros_like(m0))
    some = m0 != 0
    age = -jnp.where(some, m1, 0.0) / jnp.where(some, m0, 1.0)
    return jnp.where(some, m0 * kernel(age), -slope * m1)
