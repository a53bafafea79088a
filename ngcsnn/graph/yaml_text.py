"""YAML text to plain data, with the line of every key: so that an error can say where."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ngcsnn.graph.errors import GraphError, closest

Path_ = tuple[Any, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one, where it is installed, is 10 times faster
_TAG = "tag:yaml.org,2002:"


class YamlError(GraphError):
    """A YAML text that does not describe a model; the message is one line that starts with file and line."""

    def __init__(self, message: str):
        super().__init__(message.replace("\n", "\\n"))  # of names that go over lines


class Document:
    """Parsed YAML: `data` (plain), and the line at which each path of keys stands."""

    def __init__(self, text: str, source: str):
        self.source = source
        self.lines: dict[Path_, int] = {}
        self._constructor = yaml.SafeLoader("")
        self._open: list[yaml.Node] = []  # what the node being read lies in
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{source}:{mark.line + 1}" if mark is not None else source
            reason = " ".join(str(getattr(error, "problem", None) or error).split())
            raise YamlError(f"{where}: not valid YAML: {reason}") from None
        self.data = self._plain(node, ()) if node is not None else {}
        if not isinstance(self.data, dict):
            raise YamlError(f"{source}:1: expected a mapping of sections, got {type(self.data).__name__}")

    def where(self, *path: Any) -> str:
        """`file:line` of the nearest enclosing key."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return f"{self.source}:{self.lines[path[:end]]}"
        return self.source

    def error(self, path: Path_, message: str) -> YamlError:
        return YamlError(f"{self.where(*path)}: {message}")

    def check_keys(self, path: Path_, data: Any, allowed: Iterable[str], what: str) -> None:
        """Raise for a section that is no mapping or has an unknown key, naming the closest valid one."""
        if not isinstance(data, dict):
            raise self.error(path, f"{what} must be a mapping, got {data!r}")
        for key in data:
            if key not in set(allowed):
                raise self.error((*path, key), f"{what} has no key '{key}'{closest(str(key), allowed)}")

    def _plain(self, node: yaml.Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if node in self._open:
            raise YamlError(f"{self.source}:{line}: this part contains itself")
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
                return [self._plain(child, (*path, i)) for i, child in enumerate(node.value)]
        finally:
            self._open.pop()
        if node.tag not in {f"{_TAG}{t}" for t in ("str", "int", "float", "bool", "null")}:
            what = repr(node.value) if isinstance(node, yaml.ScalarNode) else "this part"
            raise YamlError(
                f"{self.source}:{line}: {what} has the tag {node.tag.replace(_TAG, '!!')}: no tags are read"
            )
        try:
            value = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise YamlError(f"{self.source}:{line}: {node.value!r} is not what its tag says: {error}") from None
        quoted = getattr(node, "style", None) in ("'", '"', "|", ">")
        return value if quoted else _number(value)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            plain_word = isinstance(key_node, yaml.ScalarNode) and key_node.tag != f"{_TAG}merge"
            key = self._plain(key_node, (*path, "?")) if plain_word else None
            if not isinstance(key, str | int | float | bool):
                what = repr(key_node.value) if isinstance(key_node, yaml.ScalarNode) else f"a {key_node.id}"
                raise YamlError(f"{self.source}:{line}: keys must be plain words, got {what}")
            if key in out:
                raise YamlError(f"{self.source}:{line}: the key '{key}' stands here a second time")
            self.lines[(*path, key)] = line
            out[key] = self._plain(value_node, (*path, key))
        return out


def _number(value: Any) -> Any:
    """`1e-3` is a number to everybody but YAML 1.1."""
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return number if math.isfinite(number) and any(c.isdigit() for c in value) and "_" not in value else value
    return value


def read_yaml(text_or_path: str | os.PathLike[str]) -> Document:
    """A document from YAML text, or from the file of that name (one line that names no file is an error)."""
    if not isinstance(text_or_path, str | os.PathLike):
        raise YamlError(f"a model is given as YAML text or the path of a file, got {type(text_or_path).__name__}")
    text = str(text_or_path)
    named = isinstance(text_or_path, os.PathLike) or os.path.exists(text) or text.endswith((".yaml", ".yml"))
    if not text.strip() or "\n" in text or (":" in text and not named):
        return Document(text, "<text>")
    path = Path(text)
    try:
        return Document(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        near = closest(path.name, [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else [])
        raise YamlError(f"no file {path}{near}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise YamlError(f"{path} cannot be read: {error}") from None
