"""Transmission that takes time: what is on its way from the inputs of a synapse to its outputs.

Every delay reads the line of past inputs at its own place; a class states which presynaptic unit that is, and what
becomes of all that arrives. See `ngcsnn.components.synapses.delays` for how a delay falls on the grid of steps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.delays import Waits, arrive, line_length, longest, waits, within
from ngcsnn.credit import resolve
from ngcsnn.graph import Component, GraphError, line_of, state

LINE = ("on_the_way", "on_the_way_moments")  # the states of a synapse that keeps a line of its own


class DelayedTransmission(Component):
    """Base of what transmits events, at once or after delays; see `Synapse`."""

    # --- what a class with delays states --------------------------------------------------------------------------
    def transmission_delays(self) -> Any:
        """The delays (ms) of its events, traced, in any shape; None where they are sent at once. By default `delays`.

        A class whose delays are others states this, `longest_delay` and what follows.
        """
        return self.delays.get() if "delays" in self.compartments else None

    def longest_delay(self) -> float:
        """The longest delay (ms) that there may ever be."""
        most = longest(self)
        self.delays.declared = replace(self.delays.declared, check=within(most))  # also of what is set later
        return most

    def line_units(self) -> Any:
        """The presynaptic unit of each delay, int32 of their shape."""
        raise TypeError(f"{type(self).__name__} must define line_units() for its delays")

    def collect(self, line: Any, weights: Any) -> Any:
        """What reaches the postsynaptic units (rows, n_post) of what arrives after each delay (rows, *shape)."""
        raise TypeError(f"{type(self).__name__} must define collect(line, weights) for its delays")

    def collect_self(self, line: Any, weights: Any) -> Any:
        """What of `collect` came from the unit itself (rows, n); for classes that define `self_weights`."""
        raise TypeError(f"{type(self).__name__} must define collect_self(line, weights) for its delays")

    # --- what holds for all ---------------------------------------------------------------------------------------
    def setup(self) -> None:
        super().setup()
        self.delayed = self.transmission_delays() is not None
        if self.delayed:
            self.longest = self.longest_delay()
            self.line_length = line_length(self.longest, self.context.dt)
            doc = "{} of the last steps, newest first: what is still on its way"
            shape = (self.line_length, *self.inputs.shape)
            self.declare(LINE[0], state(shape=shape, doc=doc.format("inputs")))
            self.declare(LINE[1], state(shape=shape, unit="ms", doc=doc.format("first moments")))
        elif getattr(self, "max_delay", None) is not None:
            raise GraphError(f"{type(self).__name__} '{self.name}': `max_delay` without `delays` says nothing")

    def bounds(self, name: str) -> tuple[float, float]:
        return (0.0, self.longest) if name == "delays" else super().bounds(name)

    def underivable(self, crossing: Any) -> dict[str, str]:
        if "delays" not in self.compartments:
            return {}
        if not crossing.timed:
            why = f"under {type(crossing).__name__} spikes have no times, and delays are whole steps; EventPropCompiler"
            return {"delays": f"{why} learns them"}
        if not self.inputs.carries_events:
            return {"delays": f"{self.inputs.key} takes values, which have no times"}
        return {}

    def waits(self) -> Waits:
        """Its delays on the grid of steps, as this run's credit rule has it."""
        return waits(self.transmission_delays(), self.context.dt, self._arrives_within_steps())

    def _arrives_within_steps(self) -> bool:
        return resolve(self.context.crossing).within_step and self.inputs.carries_events

    def line_places(self) -> tuple[Any, Any]:
        """(lags, units) of the places of the line that each delay reads, int32 of one shape."""
        steps, units = jnp.broadcast_arrays(self.waits().steps, self.line_units())
        if not self._arrives_within_steps():
            return steps, units
        return jnp.stack([steps, steps + 1]), jnp.stack([units, units])

    def arrived(self, weights: Any) -> tuple[Any, Any, tuple[Any, Any] | None]:
        """(value, moment) of what arrives in this step, of all that was sent; and of what of it came back to its own
        sender within the step of the spike itself, where `returns` asks for it."""
        line = line_of(self.name)
        value, moment = self._own_line() if line is None else line
        if moment is None:
            return self.collect(value, weights), None, None
        found = self.waits()
        if not self._arrives_within_steps():
            return self.collect(value, weights), self.collect(moment + value * found.rest, weights), None
        value, moment, now = arrive(value, moment, found, self.context.dt)
        own = None
        if self.returns():
            at_once = now & (found.steps == 0)
            own = tuple(self.collect_self(jnp.where(at_once, part, 0), weights) for part in (value, moment))
        return self.collect(value, weights), self.collect(moment, weights), own

    def returns(self) -> bool:
        """Whether somebody asks what each unit sends to itself."""
        return False

    def _own_line(self) -> tuple[Any, Any]:
        """Take from the line what arrives now, put in what is sent now."""
        lags, units = self.line_places()
        out = []
        for name, now in zip(LINE, self.inputs.moments(), strict=True):
            if now is None:
                out.append(None)
                continue
            held = self.compartments[name]
            line = jnp.concatenate([now[:, None], held.get()], axis=1)
            out.append(line[:, lags, units])
            held.set(line[:, :-1])
        return out[0], out[1]
