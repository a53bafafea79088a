"""Compilers by the names that YAML uses, and their arguments as their classes declare them."""

from __future__ import annotations

import inspect
from typing import Any

from ngcsnn.compilers import (
    EPropCompiler,
    EventPropCompiler,
    InferenceCompiler,
    PlasticityCompiler,
    SurrogateCompiler,
)
from ngcsnn.compilers.plasticity.options import OPTIONS, describe_option
from ngcsnn.credit import resolve_surrogate
from ngcsnn.graph import UnknownNameError, closest
from ngcsnn.optim import describe, from_description

COMPILERS: dict[str, type[Any]] = {  # a new compiler is one line
    "eprop": EPropCompiler,
    "eventprop": EventPropCompiler,
    "inference": InferenceCompiler,
    "plasticity": PlasticityCompiler,
    "surrogate": SurrogateCompiler,
}
_OWN_KEYS = ("optimiser", "seed")  # written as `train.optimiser` and `train.seed`, not among the arguments
# Keys that other compilers take, and why one takes them not.
_MEANINGLESS: dict[str, dict[str, str]] = {
    "plasticity": {
        "losses": "rules learn without a loss; `labels` says whose units are named after classes",
        "readouts": "spikes are counted; `labels` says whose",
        "regularisers": "rules learn without a loss",
        "trainable": "what learns are the synapses that rules are wired to",
        "frozen": "what learns are the synapses that rules are wired to",
        "spike_timing": "it is that of the context: context: {spike_timing: grid}",
        "optimiser": "what a rule proposes is taken by the optimiser of its synapse, `optim`",
        "accumulate": "there are no gradients to gather; `batch_size` samples move the weights by their mean",
        "precision": "rules run in the precision of the context",
        "plateau": "the learning rate stands in the synapse's `optim`, where it may follow a schedule",
    }
}


def why_not(compiler: str, key: str) -> str | None:
    """Why `key` has no meaning for this compiler; None: nothing is known of that."""
    return _MEANINGLESS.get(compiler, {}).get(key)


def find_compiler(name: Any) -> type[Any]:
    """The compiler class called `name`; `UnknownNameError` with the closest name."""
    if name not in COMPILERS:
        raise UnknownNameError(f"unknown compiler '{name}'{closest(str(name), COMPILERS)}")
    return COMPILERS[name]


def trains(compiler: type[Any]) -> bool:
    """Whether what it compiles learns: such compilers have a seed of the order of samples."""
    return "seed" in inspect.signature(compiler).parameters


def has_optimiser(compiler: type[Any]) -> bool:
    """Whether it learns by an optimiser that `train` names."""
    return "optimiser" in inspect.signature(compiler).parameters


def compiler_arguments(compiler: type[Any]) -> dict[str, inspect.Parameter]:
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
    if key in OPTIONS:
        return describe_option(key, value)
    return resolve_surrogate(value).describe() if key == "surrogate" else value
