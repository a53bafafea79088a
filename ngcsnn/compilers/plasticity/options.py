"""The mappings among the arguments of `PlasticityCompiler`, as checked objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, TypeVar

from ngcsnn.compilers.penalties import told
from ngcsnn.compilers.plasticity.again import Again
from ngcsnn.compilers.plasticity.evaluation import Evaluation, Labels
from ngcsnn.graph import Context, GraphError, UnknownNameError, closest

OPTIONS: dict[str, type[Any]] = {"again": Again, "labels": Labels, "evaluation": Evaluation}  # by argument
Kind = TypeVar("Kind")


def read_option(argument: str, kind: type[Kind], given: Any) -> Kind:
    """An object of `kind` from {field: value}; a component may stand for its name.

    Errors: `GraphError` and its kin that name the argument, and the field with the closest valid name.
    """
    if isinstance(given, kind):
        return given
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(given, Mapping):
        raise GraphError(f"`{argument}` must be {{{', '.join(known)}: ...}}, got {given!r}")
    for key in given:
        if key not in known:
            raise UnknownNameError(f"`{argument}` has no '{key}'{closest(str(key), known)}")
    for name, one in known.items():
        if one.default is MISSING and one.default_factory is MISSING and name not in given:
            raise GraphError(f"`{argument}` needs `{name}`, the cells whose spikes are counted")
    plain = {key: getattr(value, "name", value) for key, value in given.items()}
    return told(f"`{argument}`", lambda values: kind(**values), plain)


def describe_option(argument: str, given: Any) -> Any:
    """What was given for an argument as plain data, with every field written out; None: nothing was."""
    return None if given is None else asdict(read_option(argument, OPTIONS[argument], given))


def check_cell(context: Context, argument: str, name: str) -> None:
    """Raise where `name` is no spiking cell."""
    cells = [c.name for c in context.components.values() if hasattr(c, "crossing_terms")]
    if name not in cells:
        raise UnknownNameError(f"`{argument}`: no spiking cell '{name}'{closest(name, cells)}")
