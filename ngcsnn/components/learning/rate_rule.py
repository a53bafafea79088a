"""The base of rules of graded activity: a change per step, or one of continuous time."""

from __future__ import annotations

from ngcsnn.components.learning.rule import LearningRule
from ngcsnn.graph import checks, hyper


class RateRule(LearningRule):
    """Base of rules that read values, which may also be events: dw in every step, or dw/dt = (its right side) / tau.

    With `tau` (ms) a step of dt adds dt / tau of the change: an Euler step, so that halving dt changes little; without
    it, what a rule states is the change of one step, however long that is. `share` is that factor.
    """

    tau = hyper(
        None, kind=(float, type(None)), unit="ms", check=checks.positive, doc="time constant; none: change per step"
    )

    @property
    def share(self) -> float:
        """Of the rule's right side, what a step adds."""
        return 1.0 if self.tau is None else self.context.dt / self.tau
