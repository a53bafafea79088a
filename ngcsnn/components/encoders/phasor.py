"""Phasor encoder: regular spiking at a rate that the input tells."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ngcsnn.components.encoders.emission import emit, level_crossings
from ngcsnn.graph import Component, checks, hyper, input_, output, param, state


class PhasorEncoder(Component):
    """Spikes whenever a phase that turns with the input completes a cycle.

        d(phase)/dt = x frequency + jitter sqrt(x frequency) noise(t)    (in cycles; unit white noise)

    At constant input, intervals have mean 1 / (x frequency) and coefficient of variation `jitter` (inverse Gaussian:
    first passage of a drifting Brownian motion), whatever dt, as long as few spikes fall into one step. Without jitter
    nothing is drawn and spike times are exact, with gradients. Negative inputs count as 0. Shapes (batch, n_units).
    """

    stage = "source"

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    frequency = param(63.75, shape="n_units", unit="Hz", check=checks.non_negative, doc="spike rate at input 1")
    jitter = hyper(0.0, check=checks.non_negative, doc="coefficient of variation of intervals at constant input")
    phase_start = param(
        0.0,
        shape="n_units",
        check=checks.fraction,
        trainable=False,
        doc="phase at the trial's start, in cycles, 0 to 1",
    )
    inputs = input_(shape="n_units", doc="intensities: rate over `frequency`")
    phase = state(shape="n_units", init="phase_start", doc="phase since the last spike, in cycles")
    s = output(shape="n_units", timed=True, doc="spikes emitted during the step (0, 1, 2, ...)")

    @property
    def draws(self) -> bool:
        return self.jitter > 0

    def advance(self) -> None:
        dt, phase = self.context.dt, self.phase.get()
        turn = jnp.maximum(self.inputs.get(), 0.0) * (self.frequency.get() * (dt / 1000.0))
        if self.jitter:
            noise = jax.random.normal(self.context.next_key(), phase.shape, phase.dtype)
            safe = jnp.where(turn > 0, turn, 1.0)
            turn = turn + jnp.where(turn > 0, self.jitter * jnp.sqrt(safe), 0.0) * noise
        n, moment = level_crossings(phase, phase + turn, dt)
        self.phase.set(phase + turn - n)
        emit(self.s, n, moment)
