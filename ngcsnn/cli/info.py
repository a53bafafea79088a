"""`ngcsnn info`."""

from __future__ import annotations

import argparse
import inspect
from typing import Any

import ngcsnn.components  # noqa: F401 - its classes are known once it is imported
from ngcsnn.credit.surrogates import SurrogateFunction
from ngcsnn.data import dataset_names, datasets
from ngcsnn.graph import Component, UnknownNameError, closest, init, known_types, registry
from ngcsnn.io import COMPILERS, versions
from ngcsnn.objectives import Loss, Metric, Readout, Regulariser
from ngcsnn.optim import lookup
from ngcsnn.optim.schedules import SCHEDULES

_WIDTH = 118


def run(arguments: argparse.Namespace) -> int:
    if arguments.name is None:
        print("\n\n".join([_versions(), *(_listing(kind, known) for kind, known in catalogue().items())]))
        return 0
    print("\n\n".join(full_help(arguments.name, arguments.allow_module)))
    return 0


def catalogue() -> dict[str, dict[str, Any]]:
    """All that model files can name: {kind: {name: class or function}}."""
    initialisers = [c for c in vars(init).values() if inspect.isclass(c) and issubclass(c, init.Initialiser) and c.kind]
    return {
        "components": known_types(),
        "initialisers": {c.kind: c for c in initialisers},
        "compilers": dict(COMPILERS),
        "losses": dict(sorted(Loss.family.items())),
        "readouts": dict(sorted(Readout.family.items())),
        "regularisers": dict(sorted(Regulariser.family.items())),
        "metrics": dict(sorted(Metric.family.items())),
        "optimisers": {**lookup.OPTIMISERS, lookup.PER_PARAMETER: lookup.PerParameter},
        "schedules": dict(SCHEDULES),
        "surrogates": dict(sorted(SurrogateFunction.family.items())),
        "data sets": {name: datasets._LOADERS[name] for name in dataset_names()},
    }


def full_help(name: str, allow_modules: list[str]) -> list[str]:
    """The whole documentation of everything called `name`."""
    if ":" in name:
        return [_documentation(name, registry.find(name, Component, allow_modules))]
    known = catalogue()
    found = [_documentation(name, part[name]) for part in known.values() if name in part]
    if not found:
        options = [n for part in known.values() for n in part]
        raise UnknownNameError(f"nothing is called '{name}'{closest(name, options)}")
    return found


def _documentation(name: str, thing: Any) -> str:
    signature = inspect.signature(thing)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    arguments = signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)
    return f"{name}{arguments}\n\n{inspect.getdoc(thing) or '(no documentation)'}"


def _listing(kind: str, known: dict[str, Any]) -> str:
    width = max(map(len, known), default=0)
    lines = [f"  {name:<{width}}  {_first_line(thing)}" for name, thing in known.items()]
    return "\n".join([kind, *(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in lines)])


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def _versions() -> str:
    told = versions()
    width = max(map(len, told))
    return "\n".join(f"{key:<{width}}  {value}" for key, value in told.items())
