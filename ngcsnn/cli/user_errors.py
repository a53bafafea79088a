"""Which errors are about what the user gave, and how they are told."""

from __future__ import annotations

from ngcsnn.graph import GraphError


def is_users(error: BaseException) -> bool:
    """Whether one line says it all: errors of models and files, and what this library raised itself on purpose."""
    if isinstance(error, GraphError | OSError):
        return True
    return isinstance(error, ValueError | ImportError) and _raised_here(error)


def message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _raised_here(error: BaseException) -> bool:
    """Whether the innermost frame belongs to this library."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return name.partition(".")[0] == __name__.partition(".")[0]
