"""Compilers by the names that YAML uses, and their arguments as their classes declare them."""

from __future__ import annotations

import inspect
from typing import Any

from ngcsnn.compilers import Compiler, EPropCompiler, EventPropCompiler, InferenceCompiler, SurrogateCompiler
from ngcsnn.credit import resolve_surrogate
from ngcsnn.graph import UnknownNameError, closest
from ngcsnn.optim import describe, from_description

COMPILERS: dict[str, type[Compiler]] = {  # a new compiler is one line
    "eprop": EPropCompiler,
    "eventprop": EventPropCompiler,
    "inference": InferenceCompiler,
    "surrogate": SurrogateCompiler,
}
_OWN_KEYS = ("optimiser", "seed")  # written as `train.optimiser` and `train.seed`, not among the arguments


def find_compiler(name: Any) -> type[Compiler]:
    """The compiler class called `name`; `UnknownNameError` with the closest name."""
    if name not in COMPILERS:
        raise UnknownNameError(f"unknown compiler '{name}'{closest(str(name), COMPILERS)}")
    return COMPILERS[name]


def trains(compiler: type[Compiler]) -> bool:
    """Whether what it compiles learns: such compilers take an optimiser."""
    return "optimiser" in inspect.signature(compiler).parameters


def compiler_arguments(compiler: type[Compiler]) -> dict[str, inspect.Parameter]:
    """What may stand below the compiler's name in YAML."""
    return {k: p for k, p in inspect.signature(compiler).parameters.items() if k not in _OWN_KEYS}


def is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty


def is_many(parameter: inspect.Parameter) -> bool:
    """Whether the argument is a list, of which YAML may write a single entry without brackets."""
    return str(parameter.annotation).startswith("Iterable")


def is_by_output(key: str) -> bool:
    """Whether the argument names something for each output cell."""
    return key in ("losses", "readouts")


def in_full(key: str, value: Any) -> Any:
    """What YAML gave for an argument, with every field of it written out."""
    if key == "delay_optimiser" and value is not None:
        return describe(from_description(value), full=True)
    return resolve_surrogate(value).describe() if key == "surrogate" else value
