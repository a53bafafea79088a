"""Finding component classes by the names that YAML uses: `LIFCell`, or `package.module:Class` for a user's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from typing import Any

from ngcsnn.graph.errors import GraphError, NameClashError, UnknownNameError, closest

_LIBRARY = "ngcsnn."
_short: dict[str, type] = {}


def register(cls: type) -> None:
    """Note a class of this library under its bare name; called when the class is made."""
    if cls.__module__.startswith(_LIBRARY) and not cls.__name__.startswith("_"):
        other = _short.get(cls.__name__, cls)
        if other.__module__ != cls.__module__:
            raise NameClashError(
                f"two components are called {cls.__name__}: in {other.__module__} and {cls.__module__}"
            )
        _short[cls.__name__] = cls


def type_name(cls: type) -> str:
    """The name under which `find` finds the class again."""
    if _short.get(cls.__name__) is cls:
        return cls.__name__
    if "<locals>" in cls.__qualname__:
        raise GraphError(
            f"{cls.__qualname__} is defined inside a function, so no saved model could find it: define it in a module"
        )
    return f"{cls.__module__}:{cls.__qualname__}"


def known_types() -> dict[str, type]:
    """The library's component classes by bare name."""
    return dict(sorted(_short.items()))


def find(name: str, base: type, allow_modules: Iterable[str] = ()) -> type:
    """The component class called `name`.

    A `package.module:Class` is imported only if `package` (or a longer prefix) is in `allow_modules`; one whose module
    this process has already imported needs no permission.
    """
    allow_modules = (allow_modules,) if isinstance(allow_modules, str) else tuple(allow_modules)
    if ":" not in name:
        if name not in _short:
            raise UnknownNameError(f"unknown component type '{name}'{closest(name, _short)}")
        return _short[name]
    module_name, _, qualified = name.partition(":")
    module: Any = sys.modules.get(module_name)
    if module is None:
        if not any(module_name == a or module_name.startswith(a + ".") for a in allow_modules):
            raise GraphError(
                f"type '{name}' needs the module '{module_name}', which is not allowed: name it with "
                f"allow_modules (on the command line --allow-module {module_name.partition('.')[0]})"
            )
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise GraphError(f"type '{name}': the module '{module_name}' cannot be imported: {error}") from error
    found: Any = module
    for part in qualified.split("."):
        found = getattr(found, part, None)
    if not (isinstance(found, type) and issubclass(found, base)):
        options = [n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, base)]
        raise UnknownNameError(f"no component '{qualified}' in module '{module_name}'{closest(qualified, options)}")
    return found
