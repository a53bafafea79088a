"""The section `train` of a model file.

train:
  compiler: {eventprop: {example_timesteps: 30, losses: {output: sparse_categorical_crossentropy}}}
  optimiser: {adam: {eta: 0.005}}
  epochs: 60
  validation: auto    # true, false, or a fraction of the training samples
  shuffle: true
  seed: 0             # of the order of samples; default: the context's
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.compilers import CompiledNetwork, Compiler
from ngcsnn.graph import Context, Document
from ngcsnn.graph.yaml_text import Path_
from ngcsnn.io.blame import located
from ngcsnn.io.compiler_table import compiler_arguments, find_compiler, is_by_output, is_many, is_required, trains
from ngcsnn.io.sections import boolean, integer, named
from ngcsnn.objectives import Readout, resolve_loss, resolve_readout
from ngcsnn.optim import Optimiser, from_description

KEYS = ("compiler", "optimiser", "epochs", "validation", "shuffle", "seed")
AUTO = "auto"  # the data set's own validation split, if it has one


@dataclass(frozen=True)
class TrainPlan:
    """What `train` says, checked against the network.

    compiler: its name; arguments: as given to it. compiled: the network that it made. optimiser, epochs, seed: None
    where the compiler does not learn.
    """

    compiler: str
    arguments: dict[str, Any]
    compiled: CompiledNetwork
    optimiser: Optimiser | None
    epochs: int | None
    validation: bool | float | str
    shuffle: bool
    seed: int | None


def read_train(document: Document, context: Context) -> TrainPlan:
    """The plan that the section describes; errors name file, line and the closest valid name."""
    section = document.data["train"]
    document.check_keys(("train",), section, KEYS, "`train`")
    if "compiler" not in section:
        raise document.error(("train",), "`train` needs `compiler: {name: {argument: value, ...}}`")
    name, given = named(document, ("train", "compiler"), section["compiler"], "a compiler")
    path: Path_ = ("train", "compiler", name)
    with located(document, path):
        cls = find_compiler(name)
    learns = trains(cls)
    for key in section if not learns else ():
        if key != "compiler":
            raise document.error(("train", key), f"`{key}` does not apply: the compiler '{name}' does not learn")
    arguments = _arguments(document, path, cls, given)
    for key in arguments:
        if is_by_output(key):
            arguments[key] = _by_output(document, (*path, key), context, arguments)
    own: dict[str, Any] = {}
    if learns:
        if "epochs" not in section:
            raise document.error(("train",), "`train` needs `epochs`")
        with located(document, ("train", "optimiser")):
            own["optimiser"] = from_description(section.get("optimiser", "adam"))
        own["seed"] = integer(document, ("train", "seed"), section.get("seed", context.seed), 0)
    with located(document, path):
        compiler: Compiler = cls(**arguments, **own)
    with located(document, path, within=("train",)):
        compiled: CompiledNetwork = compiler.compile(context)  # type: ignore[attr-defined]
    return TrainPlan(
        name,
        arguments,
        compiled,
        own.get("optimiser"),
        integer(document, ("train", "epochs"), section["epochs"], 1) if learns else None,
        _validation(document, section.get("validation", AUTO)),
        boolean(document, ("train", "shuffle"), section.get("shuffle", True)),
        own.get("seed"),
    )


def _arguments(document: Document, path: Path_, cls: type[Compiler], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are given, none unknown, none missing."""
    allowed = compiler_arguments(cls)
    for key in ("optimiser", "seed"):
        if key in given and key not in allowed:
            raise document.error((*path, key), f"`{key}` stands beside `compiler`, not in it: train: {{{key}: ...}}")
    document.check_keys(path, given, allowed, f"compiler '{path[-1]}'")
    for key, parameter in allowed.items():
        if is_required(parameter) and key not in given:
            raise document.error(path, f"compiler '{path[-1]}' needs `{key}`")
    arguments = dict(given)
    for key, value in given.items():
        if not is_many(allowed[key]) or isinstance(value, list) or (value is None and allowed[key].default is None):
            continue
        if not isinstance(value, str):
            raise document.error((*path, key), f"`{key}` must be a list of names, got {value!r}")
        arguments[key] = [value]
    return arguments


def _by_output(document: Document, path: Path_, context: Context, arguments: dict[str, Any]) -> Any:
    """`losses` or `readouts` as {output: value}; a single readout stands for the only output that has a loss."""
    key, given = path[-1], arguments[path[-1]]
    if given is None:
        return None
    resolve = resolve_loss if key == "losses" else resolve_readout
    losses = arguments.get("losses")
    if key == "readouts" and _is_one_readout(context, given) and isinstance(losses, dict):
        if len(losses) != 1:
            raise document.error(path, f"`readouts` must name the outputs ({', '.join(losses)}), got {given!r}")
        with located(document, path):
            resolve(given)
        return {next(iter(losses)): given}
    if not isinstance(given, dict) or not given:
        raise document.error(path, f"`{key}` must be {{output: name}}, got {given!r}")
    for output, value in given.items():
        with located(document, (*path, output)):
            context.find(str(output))
            resolve(value)
    return given


def _is_one_readout(context: Context, given: Any) -> bool:
    if isinstance(given, dict) and len(given) == 1:
        (key,) = given
        return key in Readout.family and key not in context.components
    return isinstance(given, str)


def _validation(document: Document, value: Any) -> bool | float | str:
    if isinstance(value, bool) or value == AUTO:
        return value
    if isinstance(value, int | float) and 0 < value < 1:
        return float(value)
    raise document.error(
        ("train", "validation"),
        f"`validation` must be true or false, a fraction between 0 and 1, or auto, got {value!r}",
    )
