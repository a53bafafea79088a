"""Which compartments a simulation records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Compartment, Context, GraphError


def leaves_to_record(context: Context, record: Any) -> tuple[Leaf, ...]:
    """`record`, one compartment or its name or a list of such, as (component, compartment); each once.

    Errors: `GraphError` for parameters, wired inputs and whole components, with what the component offers; and for what
    samples share.
    """
    if isinstance(record, str | Compartment) or not isinstance(record, Iterable):
        record = [record]
    leaves = tuple(dict.fromkeys(_leaf(context, key) for key in record))
    if not leaves:
        raise GraphError("nothing to record: give states and outputs, such as [hidden.s]")
    return leaves


def _leaf(context: Context, key: Any) -> Leaf:
    found = context.find(key)
    part = getattr(found, "component", found)
    if isinstance(found, Compartment) and found.role != "param" and found.source is None:
        if not found.batched:
            raise GraphError(
                f"{found.key} is shared by the samples of a batch: watch it in a process, such as net.advance"
            )
        return part.name, found.name
    what = f"'{part.name}' is a component"
    if isinstance(found, Compartment):
        what = f"{found.key} is {'a parameter' if found.source is None else f'wired to {found.source!r}'}"
    choice = [c.key for c in part.compartments.values() if c.role in ("state", "output")]
    raise GraphError(f"record takes states and outputs: {what}; of '{part.name}' it takes {', '.join(choice)}")
