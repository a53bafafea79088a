"""A network as Mermaid text, the diagrams that README pages show."""

from __future__ import annotations

from ngcsnn.graph import Context
from ngcsnn.viz.graph_reading import Box, read_graph
from ngcsnn.viz.style import INK, STAGES

_ENDS = {
    "source": ("([", "])"), "synapse": ("[", "]"), "cell": ("(", ")"), "trace": ("[/", "/]"), "rule": ("{{", "}}"),
}  # fmt: skip
_RESERVED = {  # words of Mermaid's own, in lower case, that cannot name a box
    "call", "class", "classdef", "click", "default", "direction", "end", "flowchart", "graph", "href", "interpolate",
    "linkstyle", "style", "subgraph", "_self", "_blank", "_parent", "_top",
}  # fmt: skip


def mermaid(context: Context) -> str:
    """The network of `context` as a Mermaid flow chart, to be put between ```mermaid fences.

    Boxes tell name, type and size; their shape and colour the kind of component (source, synapse, cell, trace, rule).
    Arrows are labelled `source compartment → target compartment`, or with the expression that the wire carries (once,
    where several components take part in it). Needs no matplotlib.

    Args:
        context: an `ngcsnn.Context`.
    Returns: text that ends in a newline. Errors: `ValueError` for a context without components.
    """
    network = read_graph(context)
    ids = _identifiers([box.name for box in network.boxes])
    lines = ["flowchart LR"]
    for box in network.boxes:
        left, right = _ENDS[box.stage]
        lines.append(f'    {ids[box.name]}{left}"{_inside(box)}"{right}:::{box.stage}')
    for wire in network.wires:
        for i, source in enumerate(wire.sources):
            text = wire.text if i == 0 else f"→ {wire.port}"
            lines.append(f'    {ids[source]} -->|"{_escaped(text)}"| {ids[wire.target]}')
    for stage in dict.fromkeys(box.stage for box in network.boxes):
        look = STAGES[stage]
        lines.append(f"    classDef {stage} fill:{look.fill},stroke:{look.edge},color:{INK}")
    return "\n".join(lines) + "\n"


def _inside(box: Box) -> str:
    return "<br/>".join([f"<b>{box.name}</b>", box.type_name, *([box.size] if box.size else [])])


def _identifiers(names: list[str]) -> dict[str, str]:
    """Names as Mermaid takes them: its own words get an underscore, or as many as make them new."""
    taken = set(names)
    ids = {}
    for name in names:
        ids[name] = name
        while ids[name].lower() in _RESERVED or (ids[name] != name and ids[name] in taken):
            ids[name] += "_"
        taken.add(ids[name])
    return ids


def _escaped(text: str) -> str:
    for sign, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, code)
    return text
