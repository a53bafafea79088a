"""What the forward pass of a loop keeps for the way back, and where.

Of the state before each step and its memo only what the way back needs is stored: as an output of the loop, where it is
one, else in a buffer, where possible the one that held an input of the loop whose value nothing needs any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.kernels.stacked import place

Tree = Any
UNUSED, OUTPUT, BUFFER = "unused", "output", "buffer"


class Kept(NamedTuple):
    """What may be kept of a step: the state before it, decisions and values of its memo."""

    carry: Tree
    memo: tuple[Any, ...]


@dataclass(frozen=True)
class Layout:
    """Where each leaf of a `Kept` is found: (UNUSED, (shape, type)), (OUTPUT, name) or (BUFFER, number)."""

    places: tuple[tuple[str, Any], ...]
    structure: Any

    @staticmethod
    def of(kept: Kept, outputs: dict[Any, Any]) -> Layout:
        """kept: arrays of one step; those that are among `outputs` are found there, each other one in a buffer."""
        names, numbers = {id(a): k for k, a in outputs.items()}, {}
        leaves, structure = jax.tree.flatten(kept)
        places = [
            (OUTPUT, names[id(a)]) if id(a) in names else (BUFFER, numbers.setdefault(id(a), len(numbers)))
            for a in leaves
        ]
        return Layout(tuple(places), structure)

    def only(self, wanted: Kept, rows: Kept) -> Layout:
        """The same without what is not wanted. rows: the shape and type of each leaf."""
        leaves = zip(self.places, jax.tree.leaves(wanted), jax.tree.leaves(rows), strict=True)
        places = [p if needed else (UNUSED, (row.shape, row.dtype)) for p, needed, row in leaves]
        return Layout(tuple(places), self.structure)

    @property
    def numbers(self) -> list[int]:
        """Of its buffers."""
        return list(dict.fromkeys(where for kind, where in self.places if kind == BUFFER))

    def buffered(self, kept: Kept) -> dict[int, Any]:
        """The leaves that go into buffers, by number."""
        pairs = zip(self.places, jax.tree.leaves(kept), strict=False)  # none for nothing
        return {where: leaf for (kind, where), leaf in pairs if kind == BUFFER}

    def read(self, n: Any, outputs: dict[Any, Any], row: Callable[[int], Any]) -> Kept:
        """What was kept of step n; row: from the number of a buffer to its row of this step."""

        def leaf(kind: str, where: Any) -> Any:
            if kind == OUTPUT:
                return outputs[where][n]
            return row(where) if kind == BUFFER else jnp.zeros(*where)

        return self.structure.unflatten([leaf(*p) for p in self.places])


NOTHING = Layout((), jax.tree.structure(()))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class KeptRows:
    """The buffers of a `Layout`, the row of step n at `place(n)`."""

    buffers: dict[int, Any]
    layout: Layout = field(metadata={"static": True})

    def row(self, number: int, n: Any) -> Any:
        buffer = self.buffers[number]
        return buffer[place(n, buffer.shape[0])]


def matched(rows: dict[Any, Any], buffers: dict[Any, Any]) -> dict[Any, Any]:
    """{key of rows: key of a buffer of such rows}, each buffer once, for as many as there are."""
    left, out = dict(buffers), {}
    for key, row in rows.items():
        fits = (b for b, a in left.items() if a.shape[1:] == row.shape and a.dtype == row.dtype)
        buffer = next(fits, None)
        if buffer is not None:
            out[key] = buffer
            del left[buffer]
    return out
