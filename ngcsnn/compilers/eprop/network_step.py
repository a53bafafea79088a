"""One step of a whole network as a pure function of its state, for what runs a trial step by step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jax.numpy as jnp

from ngcsnn.compilers.parameters import Params
from ngcsnn.compilers.plan import Leaf
from ngcsnn.compilers.rollout import NoClock
from ngcsnn.graph import CLOCK, Context, Frame, in_order, running

State = dict[Leaf, Any]


class NetworkStep:
    """The default process, `net.advance`, under a credit rule that keeps no times.

    late: components that run after all others, in their order among themselves. fed: leaves set before each step.
    """

    def __init__(self, context: Context, crossing: Any, fed: Collection[Leaf], late: Collection[str] = ()):
        self.context, self.crossing, self.fed = context, crossing, frozenset(fed)
        names = [c.name for c in in_order(context)]
        self.order = [n for n in names if n not in late] + [n for n in names if n in late]
        self.leaves = {
            (name, c.name): c for name in names for c in context.components[name].owned()
            if c.role != "param" and c.source is None and not c.name.endswith(".offset")
        }  # fmt: skip

    def frame(self, params: Params, state: State, crossing: Any = None) -> Frame:
        """A frame whose values are the parameters and this state. crossing: another credit rule than the network's."""
        values = {name: dict(params.get(name, {})) for name in self.context.components}
        for (name, key), value in state.items():
            values[name][key] = value
        return Frame(self.context, values, crossing or self.crossing, driven=self.fed)

    def start(self, params: Params, batch: int) -> State:
        """What a trial starts from; a state whose value stands among the parameters, from there."""
        state: State = {}
        with running(self.frame(params, {})):
            for leaf, compartment in self.leaves.items():
                value, given = compartment.start_value(batch), params.get(leaf[0], {}).get(leaf[1])
                state[leaf] = value if given is None else jnp.broadcast_to(given, value.shape)
        return state

    def advance(self, frame: Frame, name: str) -> None:
        """Advance one component within a frame."""
        frame.values[CLOCK] = NoClock(name)
        with running(frame):
            self.context.components[name].advance()
