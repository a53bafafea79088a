"""The short form of spike-count regularisation: `reg_lambda_upper`, `reg_lambda_lower`, `reg_nu_upper`."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from ngcsnn.compilers.penalties import Penalty, told
from ngcsnn.graph import Component, Context, GraphError
from ngcsnn.objectives import SpikeCountRegulariser


class SpikeCounts:
    """Each a number, for every spiking cell that is no output, or {cell or its name: number}; a target that is a number
    holds wherever there is a strength.

    They stand for a `SpikeCountRegulariser(target=reg_nu_upper, strength_upper=reg_lambda_upper,
    strength_lower=reg_lambda_lower, over="batch")` of each cell that has a strength above 0.
    """

    def __init__(self, reg_lambda_upper: Any = 0.0, reg_lambda_lower: Any = 0.0, reg_nu_upper: Any = 0.0):
        self.given = {
            "reg_lambda_upper": reg_lambda_upper, "reg_lambda_lower": reg_lambda_lower, "reg_nu_upper": reg_nu_upper,
        }  # fmt: skip
        for argument, value in self.given.items():
            for number in value.values() if isinstance(value, Mapping) else [value]:
                if isinstance(number, bool) or not isinstance(number, Real) or not 0 <= float(number) < float("inf"):
                    raise GraphError(f"`{argument}` must be a number >= 0, or {{cell: number}}, got {value!r}")

    def penalties(self, context: Context, outputs: list[str]) -> list[Penalty]:
        """The regularisers of these cells. Errors: `GraphError` for what is no spiking cell, and a target alone."""
        spiking = [c.name for c in context.components.values() if "counted" in c.compartments]
        hidden = [name for name in spiking if name not in outputs]
        up, low, target = (self._by_cell(context, argument, spiking, hidden) for argument in self.given)
        strong = [name for name in spiking if up.get(name) or low.get(name)]
        wanted = self.given["reg_nu_upper"]
        if not isinstance(wanted, Mapping):
            target = dict.fromkeys(strong or ["all cells"], float(wanted))
        for name, number in target.items():
            if number and name not in strong:
                raise GraphError(f"`reg_nu_upper` of {name} is {number:g} spikes, but no strength is given: set "
                                 "`reg_lambda_upper` or `reg_lambda_lower`")  # fmt: skip
        found = ((name, target.get(name, 0.0), up.get(name, 0.0), low.get(name, 0.0)) for name in strong)
        return [Penalty(name, SpikeCountRegulariser(*numbers, over="batch")) for name, *numbers in found]

    def _by_cell(self, context: Context, argument: str, spiking: list[str], hidden: list[str]) -> dict[str, float]:
        value = self.given[argument]
        if not isinstance(value, Mapping):
            if value and not hidden and argument != "reg_nu_upper":
                raise GraphError(f"`{argument}` regularises spiking cells that are no outputs: there is none here")
            return dict.fromkeys(hidden, float(value))
        out: dict[str, float] = {}
        for key, number in value.items():
            name = _spiking(context, argument, key, spiking)
            if name in out:
                raise GraphError(f"`{argument}` names '{name}' twice")
            out[name] = float(number)
        return out


def _spiking(context: Context, argument: str, key: Any, spiking: list[str]) -> str:
    found = told(f"`{argument}`", context.find, key)
    if not isinstance(found, Component) or found.name not in spiking:
        raise GraphError(f"`{argument}` names spiking cells ({', '.join(spiking) or 'there is none'}), got {key!r}")
    return found.name
