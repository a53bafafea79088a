"""The one error of this room that several files raise: a name that nobody knows."""

from collections.abc import Iterable

from ngcsnn.graph.errors import closest


def unknown_name(kind: str, name: object, allowed: Iterable[str]) -> ValueError:
    """Make the error for a wrong name: it shows the closest allowed name, or all of them if none is close.

    Arguments: `kind`, what was looked for ("optimiser"); `name`, the value got; `allowed`, the valid names.
    Returns a `ValueError` for the caller to raise.
    """
    return ValueError(f"unknown {kind} {name!r}{closest(str(name), allowed)}")
