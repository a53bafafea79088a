"""Errors of the graph, and the hint that names the closest valid word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GraphError(ValueError):
    """A model that cannot be built or run as described: the message names component, compartment and shapes."""


class WireError(GraphError):
    """A wire whose ends do not fit, or a value written through one."""


class NameClashError(GraphError):
    """Two components, or two processes, of one context share a name."""


class ShapeError(GraphError):
    """An array whose shape is not the declared one."""


class UnknownNameError(GraphError, KeyError):
    """A name that nothing answers to."""

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


def closest(name: str, options: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `options`, else the list of them."""
    options = sorted(str(o) for o in options)
    lowered = {o.lower(): o for o in options}
    near = difflib.get_close_matches(str(name).lower(), list(lowered), n=1, cutoff=0.5)
    if near:
        return f"; did you mean '{lowered[near[0]]}'?"
    return f"; valid: {', '.join(options)}" if options else ""
