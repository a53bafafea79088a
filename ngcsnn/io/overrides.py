"""Values from the command line in place of those of a model file: `train.epochs=5`."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from ngcsnn.graph import Document, YamlError
from ngcsnn.graph.description import EXPERIMENT, NETWORK
from ngcsnn.graph.yaml_text import Path_

COMMAND_LINE = "<command line>"


class Overridden(Document):
    """A document with other values in it.

    Each override reads `path=value`. The path is dotted (`components.in_hid.shape.1=100` reaches into a list), or the
    end of a path if exactly one path of the document ends so (`epochs=5`, `hidden.tau_m=10`). The value is YAML.
    A path whose last key is new adds it; whether such a key exists is checked where the section is read.
    Errors about an overridden value name the override instead of the line.

    Errors: `YamlError` for text that is no override, a path that leads nowhere or is not unique, a path given twice.
    """

    def __init__(self, document: Document, overrides: Iterable[str]):
        self.source, self.lines, self.data = document.source, dict(document.lines), copy.deepcopy(document.data)
        self.given: dict[Path_, str] = {}
        for text in overrides:
            self._apply(text)

    def where(self, *path: Any) -> str:
        """`file:line`, or the override, of the nearest enclosing key."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.given:
                return f"{COMMAND_LINE}: {self.given[path[:end]]}"
            if path[:end] in self.lines:
                return f"{self.source}:{self.lines[path[:end]]}"
        return self.source

    def error(self, path: Path_, message: str) -> YamlError:
        """An error that also tells of the overrides where it blames the file, for they may be its cause."""
        where = self.where(*path)
        if self.given and not where.startswith(COMMAND_LINE):
            message = f"{message} (with {' '.join(self.given.values())} from the command line)"
        return YamlError(f"{where}: {message}")

    def _apply(self, text: str) -> None:
        key, equals, value_text = text.partition("=")
        segments = key.strip().split(".")
        if not equals or not all(segments):
            raise YamlError(f"{COMMAND_LINE}: {text}: an override reads key=value, such as train.epochs=5")
        value = _parse(value_text, text)
        path = self._locate(segments, text)
        if path in self.given:
            raise YamlError(f"{COMMAND_LINE}: {text}: {_dotted(path)} is given a second time, after {self.given[path]}")
        parent: Any = self.data
        for part in path[:-1]:
            parent = parent[part]
        parent[path[-1]] = value
        for known in (self.lines, self.given):
            for inside in [p for p in known if p[: len(path)] == path]:
                del known[inside]
        self.given[path] = text

    def _locate(self, segments: list[str], text: str) -> Path_:
        """The one path meant: in full, then by its end, then as a new key in a mapping found in the same way."""
        sections = (*NETWORK, *EXPERIMENT)
        if segments[0] in sections and self.data.get(segments[0]) is None:
            if len(segments) == 1:
                return (segments[0],)
            self.data[segments[0]] = {}
        found = list(_paths_to(self.data, segments)) or self._ending_in(segments)
        if not found and len(segments) > 1:
            parents = list(_paths_to(self.data, segments[:-1])) or self._ending_in(segments[:-1])
            found = [(*p, segments[-1]) for p in parents if isinstance(_at(self.data, p), dict)]
        if len(found) > 1:
            options = ", ".join(sorted(_dotted(p) for p in found))
            raise YamlError(f"{COMMAND_LINE}: {text}: '{'.'.join(segments)}' may be {options}; write the path in full")
        if not found:
            raise YamlError(f"{COMMAND_LINE}: {text}: the model has no '{'.'.join(segments)}'{self._nearest(segments)}")
        return found[0]

    def _ending_in(self, segments: list[str]) -> list[Path_]:
        inside = [(*start, *p) for start, node in _nodes(self.data, ()) for p in _paths_to(node, segments)]
        return list(dict.fromkeys(inside))

    def _nearest(self, segments: list[str]) -> str:
        """The path that is closest, whole or by its end."""
        options: dict[str, str] = {}
        for path, _ in _nodes(self.data, ()):
            for start in range(len(path)):
                options.setdefault(_dotted(path[start:]), _dotted(path))
        near = difflib.get_close_matches(".".join(segments), options, n=1, cutoff=0.6)
        return f"; did you mean '{options[near[0]]}'?" if near else ""


def _parse(value_text: str, text: str) -> Any:
    try:
        data = Document(f"value: {value_text}", COMMAND_LINE).data
    except YamlError as error:
        reason = str(error).partition(": ")[2]
        raise YamlError(f"{COMMAND_LINE}: {text}: cannot read the value {value_text!r}: {reason}") from None
    if len(data) != 1 or (data["value"] is None and value_text.strip() not in ("", "~", "null")):
        raise YamlError(f"{COMMAND_LINE}: {text}: cannot read the value {value_text!r} as one YAML value")
    return data["value"]


def _paths_to(node: Any, segments: list[str]) -> Iterator[Path_]:
    """The paths from `node` that the segments spell; keys may have dots in them."""
    if not segments:
        yield ()
    elif isinstance(node, list):
        if segments[0].isdigit() and int(segments[0]) < len(node):
            index = int(segments[0])
            yield from ((index, *rest) for rest in _paths_to(node[index], segments[1:]))
    elif isinstance(node, dict):
        for n in range(1, len(segments) + 1):
            for key in (k for k in node if str(k) == ".".join(segments[:n])):
                yield from ((key, *rest) for rest in _paths_to(node[key], segments[n:]))


def _nodes(node: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    """`node` and everything below it."""
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _nodes(child, (*path, key))


def _at(data: Any, path: Path_) -> Any:
    for part in path:
        data = data[part]
    return data


def _dotted(path: Path_) -> str:
    return ".".join(str(part) for part in path)
