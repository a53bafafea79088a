"""Reading a section of a model file: checked values, with errors that name file and line."""

from __future__ import annotations

from typing import Any

from ngcsnn.graph import Document
from ngcsnn.graph.yaml_text import Path_


def named(document: Document, path: Path_, given: Any, what: str) -> tuple[str, dict[str, Any]]:
    """(name, arguments) of `name` or `{name: {argument: value}}`."""
    if isinstance(given, str):
        return given, {}
    if not isinstance(given, dict) or len(given) != 1:
        raise document.error(path, f"{what} is written {{name: {{argument: value, ...}}}}, got {given!r}")
    ((name, arguments),) = given.items()
    if arguments is not None and not isinstance(arguments, dict):
        raise document.error((*path, name), f"{what} '{name}' takes a mapping of arguments, got {arguments!r}")
    return str(name), arguments or {}


def integer(document: Document, path: Path_, value: Any, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise document.error(path, f"`{path[-1]}` must be an integer >= {low}, got {value!r}")
    return value


def boolean(document: Document, path: Path_, value: Any) -> bool:
    if not isinstance(value, bool):
        raise document.error(path, f"`{path[-1]}` must be true or false, got {value!r}")
    return value
