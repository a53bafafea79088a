"""Showing a sample again, louder, where too few spikes answered it."""

from __future__ import annotations

from dataclasses import dataclass

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole


@dataclass(frozen=True)
class Again:
    """A sample is shown again while `cell` answered with fewer than `spikes` spikes, at most `times` times more.

    louder: what is added to the rates each time, as a share of the first presentation's. The weights learn in every
    presentation. Source: Diehl & Cook 2015 (doi:10.3389/fncom.2015.00099): 5 spikes, 32 Hz more of 63.75 Hz.
    """

    cell: str
    spikes: int = 5
    times: int = 10
    louder: float = 0.5

    def __post_init__(self) -> None:
        for key in ("spikes", "times"):
            whole(key, getattr(self, key))
        if isinstance(self.louder, bool) or not isinstance(self.louder, int | float) or not 0 <= self.louder < 1e6:
            raise GraphError(f"`louder` must be a number >= 0, got {self.louder!r}")

    @property
    def loudest(self) -> float:
        """Rates of the last presentation over those of the first."""
        return 1.0 + self.times * self.louder
