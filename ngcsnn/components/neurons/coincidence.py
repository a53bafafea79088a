"""Arrivals and spikes that fall into one step, put in order after the fact.

A spike in step n is placed without the events that reach its cell in the same step: those are received at the start of
step n + 1. If they came before the spike, they would have moved it. Their moments tell by how much, to first order:
    lead = m0 tau - m1                      sum of w (tau - tau_a) over the arrivals at tau_a before the spike at tau
    v'   = dv/dt before the crossing, with the arrivals' current:  (u + i_c + m0 - v_thr) / tau_m
    shift = -lead / (tau_m v'),  and v at the step's end changes by  -(v_thr - v_reset) / tau_m * shift.
The shift travels to the spike's receivers as a first moment without size, one step later. Such coincidences are as
rare as the step is short, but each one's effect on a gradient is of order 1, so that without this the gradient is first
order in dt on average; with it second. Arrivals of one port and step count as one event at their mean offset.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

SMALLEST = 0.2  # of the slope without arrivals: where they leave less, the spike might have failed, and it stays


def leaky_shift(cell: Any, x: Any, j: Any, s: Any, tau: Any) -> tuple[Any, Any]:
    """(x with v corrected, shift of the last step's spikes in ms), for a leaky membrane with threshold and reset.

    x: state at the start of the step, before its arrivals. s, tau: spikes of the step before, and their offsets.
    """
    spiked, dt = s > 0, cell.context.dt
    lead: Any = 0.0
    size: Any = 0.0
    current: Any = 0.0
    for port in cell.ports:
        i = getattr(x, f"i_{port}")
        current = current + i - tau * i / cell.tau_of(port)  # at the crossing
        if not cell.compartments[port].is_driven:
            continue
        m0, m1 = cell.compartments[port].moments()
        if m1 is None:
            continue
        gap = m0 * tau - m1
        before = spiked & (gap * m0 > 0) & (jnp.abs(gap) <= jnp.abs(m0) * dt)
        lead = lead + jnp.where(before, gap, 0.0)
        size = size + jnp.where(before, m0, 0.0)
    thr, rate = cell.v_thr.get(), 1.0 / cell.tau_m.get()
    alone = (cell.v_rest.get() + j + current - thr) * rate
    slope = alone + size * rate
    firm = spiked & (alone > 0) & (slope > SMALLEST * alone)
    shift = jnp.where(firm, -lead * rate / jnp.where(firm, slope, 1.0), 0.0)
    shift = jnp.clip(shift, -dt, dt)
    return x._replace(v=x.v - (thr - cell.v_reset.get()) * rate * cell.free_part(shift)), shift
