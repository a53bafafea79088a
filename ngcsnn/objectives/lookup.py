"""Losses, readouts and regularisers by name and from plain data, for compilers and YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ngcsnn.graph import UnknownNameError, closest
from ngcsnn.objectives.base import Loss, Readout
from ngcsnn.objectives.described import Described
from ngcsnn.objectives.metrics.metric import Metric
from ngcsnn.objectives.regularisers.regulariser import Regulariser

Kind = TypeVar("Kind", bound=Described)


def resolve_loss(loss: Any) -> Loss:
    """The loss that a name, plain data or an object stands for.

    Args: loss, a name (`"sparse_categorical_crossentropy"`), one name with its fields
        (`{"sparse_categorical_crossentropy": {"temperature": 0.5}}`), or a `Loss`, which is returned as it is.
    Errors: `UnknownNameError` with the closest name, `ValueError` for values out of range, `TypeError` for the rest.
    """
    return _resolve(Loss, loss)


def resolve_readout(readout: Any) -> Readout:
    """The readout that a name, plain data or an object stands for.

    Args: readout, a name (`"avg_var"`), one name with its fields (`{"avg_var_exp_weight": {"rate": 0.05}}`), or a
        `Readout`, which is returned as it is.
    Errors: `UnknownNameError` with the closest name, `ValueError` for values out of range, `TypeError` for the rest.
    """
    return _resolve(Readout, readout)


def resolve_metric(metric: Any) -> Metric:
    """The metric that a name, plain data or an object stands for.

    Args: metric, a name, one name with its fields (`{"top_k": {"k": 3}}`), or a `Metric`, which is returned as it is.
    Errors: `UnknownNameError` with the closest name, `ValueError` for values out of range, `TypeError` for the rest.
    """
    return _resolve(Metric, metric)


def resolve_regulariser(regulariser: Any) -> Regulariser:
    """The regulariser that a name, plain data or an object stands for.

    Args: regulariser, a name, one name with its fields (`{"l2": {"strength": 1e-4}}`), or a `Regulariser`, which is
        returned as it is.
    Errors: `UnknownNameError` with the closest name, `ValueError` for values out of range, `TypeError` for the rest.
    """
    return _resolve(Regulariser, regulariser)


def _resolve(base: type[Kind], given: Any) -> Kind:
    noun = base.noun
    if isinstance(given, base):
        return given
    if isinstance(given, str):
        given = {given: None}
    if not isinstance(given, Mapping):
        hint = f"; make an object of it: {given.__name__}()" if isinstance(given, type) else ""
        raise TypeError(
            f"a {noun} must be a name, a mapping {{name: {{field: value}}}} or a {base.__name__}, got {given!r}{hint}"
        )
    if len(given) != 1:
        raise ValueError(f"a {noun} is described by one name, got {len(given)}: {dict(given)!r}")
    ((name, values),) = given.items()
    if name not in base.family:
        raise UnknownNameError(f"unknown {noun} {name!r}{closest(name, base.family)}")
    cls = base.family[name]
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise TypeError(f"the fields of {noun} '{name}' must be a mapping {{field: value}}, got {values!r}")
    known = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(cls)}
    for key in values:
        if key not in known:
            raise UnknownNameError(
                f"{noun} '{name}' has no field {key!r}{closest(key, known) if known else '; it has none'}"
            )
    missing = [key for key, required in known.items() if required and key not in values]
    if missing:
        raise ValueError(f"{noun} '{name}' needs `{missing[0]}`")
    return cls(**values)
