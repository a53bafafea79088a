"""A context as plain data and back: the network part of a YAML model.

context: {name: net, dt: 1.0, seed: 0}
components:
  hidden: {type: LIFCell, n_units: 200, tau_m: 20.0}
wires:
  - input.s >> in_hid.inputs
processes:
  step: [in_hid.advance, hidden.advance]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import yaml

from ngcsnn.graph import registry
from ngcsnn.graph.component import Component
from ngcsnn.graph.context import Context
from ngcsnn.graph.errors import GraphError, UnknownNameError, closest
from ngcsnn.graph.expression_text import parse_wire, wire_text
from ngcsnn.graph.init import Initialiser
from ngcsnn.graph.parameter import brief
from ngcsnn.graph.yaml_text import Document, YamlError, read_yaml

NETWORK = ("context", "components", "wires", "processes")
EXPERIMENT = ("data", "train")  # read by `ngcsnn.io`, not here
_DUMPER = getattr(
    yaml, "CSafeDumper", yaml.SafeDumper
)  # the C one, where it is installed, writes arrays 10 times faster
_CONTEXT_KEYS = ("name", "dt", "seed", "dtype", "spike_timing")


def describe(context: Context) -> dict[str, Any]:
    """The whole structure as plain data: every argument of every component, defaults included."""
    components = {}
    for component in context.components.values():
        declared = component.declarations
        given = {k: v for k, v in component.arguments.items() if v is not None or declared[k].default is not None}
        arguments = {k: _plain(v) for k, v in given.items()}
        components[component.name] = {"type": registry.type_name(type(component)), **arguments}
    out: dict[str, Any] = {
        "context": {
            "name": context.name,
            "dt": context.dt,
            "seed": context.seed,
            "dtype": str(np.dtype(context.dtype)),
            "spike_timing": context.spike_timing,
        },
        "components": components,
        "wires": [wire_text(t) for c in context.components.values() for t in c.wired()],
    }
    if context.processes:
        out["processes"] = {
            p.name: {"ticks": p.ticks, "methods": [f"{m.__self__.name}.{m.__name__}" for m in p.methods]}  # type: ignore[attr-defined]
            for p in context.processes.values()
        }
    return out


def to_yaml(context: Context) -> str:
    return yaml.dump(describe(context), Dumper=_DUMPER, sort_keys=False, default_flow_style=None, width=120)


def from_yaml(text_or_path: Any, allow_modules: Iterable[str] = ()) -> Context:
    return build(read_yaml(text_or_path), allow_modules)


def build(document: Document, allow_modules: Iterable[str] = ()) -> Context:
    """The context that a document describes; every error names file and line."""
    data = document.data
    document.check_keys((), data, (*NETWORK, *EXPERIMENT), "a model")
    head = {} if data.get("context") is None else data["context"]
    document.check_keys(("context",), head, _CONTEXT_KEYS, "`context`")
    context = _at(document, ("context",), lambda: Context(head.get("name", "net"), **_without(head, "name")))
    with context:
        _build_components(document, context, allow_modules)
        _build_wires(document, context)
        _build_processes(document, context)
    return context


def _build_components(document: Document, context: Context, allow_modules: Iterable[str]) -> None:
    components = document.data.get("components")
    if not isinstance(components, dict):
        raise document.error(("components",), "a model needs `components: {name: {type: ..., ...}}`")
    for name, entry in components.items():
        path = ("components", name)
        if not isinstance(entry, dict) or "type" not in entry:
            raise document.error(path, f"component '{name}' needs a mapping with `type`, got {entry!r}")
        cls = _at(document, (*path, "type"), lambda e=entry: registry.find(str(e["type"]), Component, allow_modules))
        arguments = _without(entry, "type")
        allowed = [k for k in cls.__signature__.parameters if k != "name"]
        document.check_keys(path, arguments, allowed, f"component '{name}' ({cls.__name__})")
        try:
            cls(str(name), **arguments)
        except (ValueError, TypeError) as error:
            blamed = next((k for k in arguments if f"`{k}`" in str(error)), None)
            raise document.error((*path, blamed) if blamed else path, str(error)) from error


def _build_wires(document: Document, context: Context) -> None:
    wires = [] if document.data.get("wires") is None else document.data["wires"]
    if not isinstance(wires, list):
        raise document.error(("wires",), f"`wires` must be a list, got {wires!r}")
    for i, text in enumerate(wires):

        def connect(text: Any = text) -> None:
            source, target = parse_wire(text, context.find)
            target.connect(source)

        _at(document, ("wires", i), connect)


def _build_processes(document: Document, context: Context) -> None:
    processes = {} if document.data.get("processes") is None else document.data["processes"]
    if not isinstance(processes, dict):
        raise document.error(("processes",), f"`processes` must be a mapping, got {processes!r}")
    for name, entry in processes.items():
        path: tuple[Any, ...] = ("processes", name)
        at = path if isinstance(entry, list) else (*path, "methods")
        entry = {"methods": entry} if isinstance(entry, list) else entry
        document.check_keys(path, entry, ("ticks", "methods"), f"process '{name}'")
        ticks, methods = entry.get("ticks", True), entry.get("methods", [])
        if not isinstance(ticks, bool):
            raise document.error((*path, "ticks"), f"`ticks` of process '{name}' must be true or false, got {ticks!r}")
        if not isinstance(methods, list):
            raise document.error(at, f"`methods` of process '{name}' must be a list, got {methods!r}")
        process = _at(document, path, lambda n=name, t=ticks: context.process(n, ticks=t))
        for i, text in enumerate(methods):
            _at(document, (*at, i), lambda t=text, p=process: p >> _method(context, t))


def _method(context: Context, text: Any) -> Any:
    name, _, method = str(text).partition(".")
    component = context.find(name)
    if method.startswith("_") or not callable(getattr(type(component), method, None)):
        options = [m for m in dir(type(component)) if not m.startswith("_") and callable(getattr(type(component), m))]
        raise UnknownNameError(f"component '{name}' has no method '{method}'{closest(method, options)}")
    return getattr(component, method)


def _at(document: Document, path: tuple[Any, ...], action: Any) -> Any:
    """Run `action`; an error of the graph becomes one that names file and line."""
    try:
        return action()
    except YamlError:
        raise
    except (ValueError, TypeError) as error:
        raise document.error(path, str(error)) from error


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k != key}


def _plain(value: Any) -> Any:
    if isinstance(value, Initialiser):
        return value.describe()
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise GraphError(f"{brief(value)} cannot be written as YAML")
