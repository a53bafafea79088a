"""Which line of a model file an error is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ngcsnn.graph import Document, YamlError
from ngcsnn.graph.yaml_text import Path_


@contextmanager
def located(document: Document, path: Path_, within: Path_ | None = None) -> Iterator[None]:
    """Turn the errors of the block into `YamlError`s that begin with the place they are about.

    That is the deepest key below `within` (default: `path`) that the message quotes, else `path`.
    """
    try:
        yield
    except YamlError:
        raise
    except (ValueError, TypeError, OSError) as error:
        blamed = quoted_path(document.data, path if within is None else within, str(error))
        raise document.error(blamed or path, str(error)) from error


def quoted_path(data: Any, path: Path_, message: str) -> Path_ | None:
    """The deepest path below `path` whose last key, or plain text value, stands quoted in `message`."""
    node = data
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return None
    best: Path_ | None = None
    for found, value in _entries(node, path):
        names = [v for v in (found[-1], value) if isinstance(v, str)]
        if any(f"{q}{n}{q}" in message for n in names for q in "'`\"") and len(found) > len(best or ()):
            best = found
    return best


def _entries(node: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield (*path, key), value
        yield from _entries(value, (*path, key))
