"""The section `train` of a model file.

train:
  compiler: {eventprop: {example_timesteps: 30, losses: {output: sparse_categorical_crossentropy}}}
  optimiser: {adam: {eta: 0.005}}
  epochs: 60
  validation: auto    # true, false, or a fraction of the training samples
  shuffle: true
  seed: 0             # of the order of samples; default: the context's
and the keys of the loop, see `loop_section`. By local rules there is no optimiser and no loss:
  compiler: {plasticity: {example_timesteps: 200, labels: {cell: exc}}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.compilers import CompiledNetwork, PlasticNetwork, TrainableNetwork
from ngcsnn.graph import Context, Document, closest
from ngcsnn.graph.yaml_text import Path_
from ngcsnn.io.blame import located
from ngcsnn.io.compiler_table import (
    compiler_arguments,
    find_compiler,
    has_optimiser,
    is_by_output,
    is_many,
    is_required,
    trains,
    why_not,
)
from ngcsnn.io.loop_section import LOOP_KEYS, LoopPlan, read_loop
from ngcsnn.io.sections import boolean, integer, named
from ngcsnn.objectives import Loss, Readout, resolve_loss, resolve_readout
from ngcsnn.optim import Optimiser, from_description

KEYS = ("compiler", "optimiser", "epochs", "validation", "shuffle", "seed", *LOOP_KEYS)
AUTO = "auto"  # the data set's own validation split, if it has one


@dataclass(frozen=True)
class TrainPlan:
    """What `train` says, checked against the network.

    compiler: its name; arguments: as given to it. compiled: the network as it runs when nothing learns; learner: the
    same as it learns, None where it does not. optimiser: None where the compiler takes none; epochs, seed: where it
    does not learn. loop: how the epochs are run.
    """

    compiler: str
    arguments: dict[str, Any]
    compiled: CompiledNetwork
    learner: TrainableNetwork | PlasticNetwork | None
    optimiser: Optimiser | None
    epochs: int | None
    validation: bool | float | str
    shuffle: bool
    seed: int | None
    loop: LoopPlan


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
    without = tuple(key for key in KEYS if why_not(name, key))
    for key in (key for key in section if key in without):
        raise document.error(("train", key), f"`{key}` does not apply: {why_not(name, key)}")
    arguments = _arguments(document, path, cls, given)
    _check_outputs(document, path, context, arguments)
    own: dict[str, Any] = {}
    if learns:
        if "epochs" not in section:
            raise document.error(("train",), "`train` needs `epochs`")
        if has_optimiser(cls):
            with located(document, ("train", "optimiser")):
                own["optimiser"] = from_description(section.get("optimiser", "adam"))
        own["seed"] = integer(document, ("train", "seed"), section.get("seed", context.seed), 0)
    with located(document, path):
        compiler = cls(**arguments, **own)
    with located(document, path, within=("train",)):
        network: CompiledNetwork | PlasticNetwork = compiler.compile(context)
        compiled = network.at_rest if isinstance(network, PlasticNetwork) else network
    loop = read_loop(document, section, without)
    if not has_optimiser(cls) and loop.early_stopping is not None and loop.early_stopping["figure"] is None:
        raise document.error(
            ("train", "early_stopping"), "without a loss `early_stopping` needs `figure`, such as validation_accuracy"
        )
    return TrainPlan(
        name,
        arguments,
        compiled,
        network if isinstance(network, TrainableNetwork | PlasticNetwork) else None,
        own.get("optimiser"),
        integer(document, ("train", "epochs"), section["epochs"], 1) if learns else None,
        _validation(document, section.get("validation", AUTO)),
        boolean(document, ("train", "shuffle"), section.get("shuffle", True)),
        own.get("seed"),
        loop,
    )


def _arguments(document: Document, path: Path_, cls: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are given, none unknown, none missing."""
    allowed = compiler_arguments(cls)
    for key in given:
        if reason := why_not(str(path[-1]), key):
            raise document.error((*path, key), f"`{key}` does not apply: {reason}")
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


def _check_outputs(document: Document, path: Path_, context: Context, arguments: dict[str, Any]) -> None:
    """`losses` and `readouts`: each {output: what} or a single one for every output, and both of the same outputs."""
    named = {
        key: _named_outputs(document, (*path, key), context, given)
        for key, given in arguments.items()
        if is_by_output(key) and given is not None
    }
    losses, readouts = named.get("losses"), named.get("readouts")
    if losses is None or readouts is None:
        return
    for key, here, there, noun in (("readouts", readouts, losses, "loss"), ("losses", losses, readouts, "readout")):
        for output in here:
            if output not in there:
                raise document.error(
                    (*path, key, output), f"the output '{output}' has no {noun}{closest(output, there)}"
                )


def _named_outputs(document: Document, path: Path_, context: Context, given: Any) -> list[str] | None:
    """The outputs that one of the two names, all of it checked; None where it names none, and stands for all."""
    key = path[-1]
    resolve, family = (resolve_loss, Loss.family) if key == "losses" else (resolve_readout, Readout.family)
    if isinstance(given, str) or _is_one(context, given, family):
        with located(document, path):
            resolve(given)
        return None
    if not isinstance(given, dict) or not given:
        raise document.error(path, f"`{key}` must be {{output: name}}, got {given!r}")
    for output, value in given.items():
        with located(document, (*path, output)):
            context.find(str(output))
            resolve(value)
    return list(map(str, given))


def _is_one(context: Context, given: Any, family: dict[str, Any]) -> bool:
    """Whether it is {name: fields}, not {output: ...}."""
    return (
        isinstance(given, dict) and len(given) == 1 and all(k in family and k not in context.components for k in given)
    )


def _validation(document: Document, value: Any) -> bool | float | str:
    if isinstance(value, bool) or value == AUTO:
        return value
    if isinstance(value, int | float) and 0 < value < 1:
        return float(value)
    raise document.error(
        ("train", "validation"),
        f"`validation` must be true or false, a fraction between 0 and 1, or auto, got {value!r}",
    )
