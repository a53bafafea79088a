"""What a credit rule is: how an event leaves a cell, and what a spike does to a tangent."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Crossing(NamedTuple):
    """What a cell's step ends with.

    x: state at the step's end. s: spikes (0 or 1), shape (batch, n). moment: s times the offset of the spike from the
    step's end (ms, <= 0), or None where the rule keeps no times. guarded: where a grazing guard acted (bool).
    counted: s as regularisers count it: the same numbers, with the surrogate derivative where the rule has one, else
    with that of `ngcsnn.credit.counted`.
    """

    x: Any
    s: Any
    moment: Any
    guarded: Any
    counted: Any


class CreditRule(Protocol):
    """The one thing in which the credit rules differ."""

    @property
    def timed(self) -> bool:
        """Whether events carry offsets under this rule."""
        ...

    @property
    def within_step(self) -> bool:
        """Whether these offsets may lie inside a step, and not only on its end."""
        ...

    @property
    def orders(self) -> bool:
        """Whether spikes move for arrivals of their own step."""
        ...

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        """Detect spikes in the state `x` that a step without events ended in, and restart the cells that spiked."""
        ...


class SpikingDynamics(Protocol):
    """What a rule asks of a cell; every method acts on whole arrays (batch, n)."""

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        """(h, dh/dt, d2h/dt2) of the threshold function h along the flow."""
        ...

    def threshold(self, x: Any) -> Any:
        """h alone."""
        ...

    def reset_map(self, x: Any) -> Any:
        """The state right after a spike, from the state right before it."""
        ...

    def before_reset(self, x: Any) -> Any:
        """`x`, without what ran away since the threshold."""
        ...

    def may_spike(self, x: Any) -> Any:
        """Boolean array (or True): False while refractory."""
        ...

    def rate(self, x: Any, j: Any) -> Any:
        """dx/dt of the whole state."""
        ...

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        """The state `dt` ms later without events; `dt` may be an array, and negative."""
        ...

    def after_reset(self, x: Any, j: Any, rest: Any) -> Any:
        """The state `rest` ms after a reset: refractory first, then free."""
        ...

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """The state at the step's end of a cell whose state would be `x` there, had it not spiked at offset tau."""
        ...

    def restart_on_grid(self, x: Any, j: Any, tau: Any) -> Any:
        """The same for a spike on the step's end: `tau` has value 0 and only its tangent counts."""
        ...
