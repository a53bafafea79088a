"""The short form of spike-count regularisation: `reg_lambda_upper`, `reg_lambda_lower`, `reg_nu_upper`."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from ngcsnn.compilers.penalties import Penalty, told
from ngcsnn.graph import Component, Context, GraphError
from ngcsnn.objectives import SpikeCountRegulariser


class SpikeCounts:
    """Each a number, for every spiking cell that is no output, or {cell or its name: number}.

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
        by_cell: dict[str, dict[str, float]] = {}
        for argument, value in self.given.items():
            if not isinstance(value, Mapping):
                numbers = dict.fromkeys(hidden, float(value))
            else:
                numbers = {_spiking(context, argument, key, spiking): float(x) for key, x in value.items()}
            for name, number in numbers.items():
                by_cell.setdefault(name, {})[argument] = number
        out = []
        for name, part in by_cell.items():
            up, low = part.get("reg_lambda_upper", 0.0), part.get("reg_lambda_lower", 0.0)
            target = part.get("reg_nu_upper", 0.0)
            if up or low:
                out.append(Penalty(name, SpikeCountRegulariser(target, up, low, over="batch")))
            elif target:
                raise GraphError(f"`reg_nu_upper` of '{name}' is {target:g} spikes, but no strength is given: set "
                                 "`reg_lambda_upper` or `reg_lambda_lower`")  # fmt: skip
        if not hidden and any(v for v in self.given.values() if not isinstance(v, Mapping)):
            raise GraphError("`reg_lambda_...` regularise spiking cells that are no outputs: there is none here")
        return out


def _spiking(context: Context, argument: str, key: Any, spiking: list[str]) -> str:
    found = told(f"`{argument}`", context.find, key)
    if not isinstance(found, Component) or found.name not in spiking:
        raise GraphError(f"`{argument}` names spiking cells ({', '.join(spiking) or 'there is none'}), got {key!r}")
    return found.name
