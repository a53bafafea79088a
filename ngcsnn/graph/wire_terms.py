"""A wire as a weighted sum of compartments, where it is one."""

from __future__ import annotations

from ngcsnn.graph.compartment import Compartment
from ngcsnn.graph.wires import Expression, Readable


def weighted(wire: Readable) -> list[tuple[float, Compartment]] | None:
    """[(factor, compartment), ...] whose sum the wire is; None where it is anything else."""
    if isinstance(wire, Compartment):
        return [(1.0, wire)] if wire.source is None else weighted(wire.source)
    if not isinstance(wire, Expression):
        return None
    parts = [weighted(o) if isinstance(o, Readable) else o for o in wire.operands]
    if any(part is None for part in parts):
        return None
    match wire.pattern, parts:
        case "{} + {}", [list() as left, list() as right]:
            return left + right
        case "{} - {}", [list() as left, list() as right]:
            return left + _times(-1.0, right)
        case "{} * {}", [(int() | float()) as factor, list() as terms]:
            return _times(factor, terms)
        case "{} * {}", [list() as terms, (int() | float()) as factor]:
            return _times(factor, terms)
        case "-{}", [list() as terms]:
            return _times(-1.0, terms)
    return None


def _times(factor: float, terms: list[tuple[float, Compartment]]) -> list[tuple[float, Compartment]]:
    return [(factor * own, compartment) for own, compartment in terms]
