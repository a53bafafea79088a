"""Credit rules by name."""

from __future__ import annotations

from ngcsnn.credit.grid import Grid
from ngcsnn.credit.precise import Precise
from ngcsnn.credit.rule import CreditRule
from ngcsnn.graph import GraphError, closest

_RULES: dict[str, CreditRule] = {"precise": Precise(), "exact": Precise(orders=True), "grid": Grid()}


def resolve(rule: str | CreditRule) -> CreditRule:
    """The rule itself, or the one called `rule` ("precise", "exact", "grid")."""
    if not isinstance(rule, str):
        return rule
    if rule not in _RULES:
        raise GraphError(f"unknown spike timing '{rule}'{closest(rule, _RULES)}")
    return _RULES[rule]
