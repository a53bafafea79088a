"""A network drawn from its graph: boxes for components, arrows for wires."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ngcsnn.data.argument_checks import check_number
from ngcsnn.graph import Context
from ngcsnn.viz.graph_layout import LINE, Placed, Sizes, place
from ngcsnn.viz.graph_reading import Box, Network, read_graph
from ngcsnn.viz.layered_order import Link
from ngcsnn.viz.style import FONT, GREY, INK, LARGE, MUTED, PINK, STAGES, axes_or_new, need_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, TYPE, LABEL = 8.5, 7.0, 6.5  # points
HEAD = 0.13  # room for an arrow's head between its label and the box, in inches
TITLE = 0.36
ROUND = {"source": 0.22, "synapse": 0.05, "cell": 0.13, "trace": 0.05, "rule": 0.05}
_RANKS = {"source": 0, "cell": 1, "synapse": 2, "trace": 3, "rule": 4}


def draw(context: Context, ax: Axes | None = None, max_width: float = 14.0) -> Axes:
    """Draw the network of `context`: a box for every component, an arrow for every wire.

    A box tells name, type and size; its colour the kind of component: source (green), synapse (yellow), cell (blue),
    rule (pink). An arrow is labelled `source compartment → target compartment`, or with the expression that the wire
    carries; the components that take part in an expression share its arrow. Signals run from left to right, layer by
    layer; wires that close a cycle run back below the boxes, in pink.

    Args:
        context: an `ngcsnn.Context`.
        ax: axes to draw in; by default those of a new figure that is as large as the network needs. On given axes
            everything, text too, is scaled to fit.
        max_width: width in inches from which the drawing continues in a further row, like text.
    Returns: the axes. Errors: `ValueError` for a context without components.
    """
    network = read_graph(context)
    check_number("max_width", max_width, "inches", low=0.0, exclusive=True)
    need_matplotlib()
    if ax is not None:
        axes_or_new(ax, 0.0, 0.0)  # only to check it
    labels = [_wrapped(wire.text) for wire in network.wires]
    placed = place(_sizes(network, labels), max_width)
    ax, scale = _canvas(ax, placed)
    title = ax.text(0.12, -TITLE / 2, network.name, va="center", fontsize=LARGE * scale, **_text(INK, weight="bold"))
    title.set_gid("title")
    for wire in range(len(network.wires)):
        links = [pair for pair, link in zip(placed.ways, _links(network), strict=True) if link.wire == wire]
        _draw_wire(ax, network.wires[wire], labels[wire], placed.arrows[wire], links, scale)
    for box in network.boxes:
        _draw_box(ax, box, placed.boxes[box.name], scale)
    return ax


def _links(network: Network) -> list[Link]:
    return [Link(source, wire.target, i) for i, wire in enumerate(network.wires) for source in wire.sources]


def _sizes(network: Network, labels: list[str]) -> Sizes:
    boxes = {}
    for box in network.boxes:
        width = max(_width(box.name, NAME, bold=True), _width(box.type_name, TYPE), _width(box.size, TYPE))
        boxes[box.name] = (max(width + 0.26, 0.9), 0.64 if box.size else 0.5)
    lines = [label.split("\n") for label in labels]
    label_sizes = [(max(_width(line, LABEL) for line in part) + HEAD + 0.06, len(part)) for part in lines]
    return Sizes(boxes, {box.name: _RANKS[box.stage] for box in network.boxes}, label_sizes, _links(network))


def _width(text: str, size: float, bold: bool = False) -> float:
    """Of one line of text, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72 if text else 0.0


def _wrapped(text: str, width: int = 26, lines: int = 4) -> str:
    """A label in lines; long ones lose their middle, never the name of the port at the end."""
    parts = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    if len(parts) > lines:
        parts = [*parts[: lines - 2], "…", parts[-1]]
    return "\n".join(part if len(part) <= 48 else f"{part[:28]}…{part[-18:]}" for part in parts)


def _text(colour: str, **more: Any) -> dict[str, Any]:
    return {"color": colour, "fontfamily": FONT, "parse_math": False, **more}


def _canvas(ax: Axes | None, placed: Placed) -> tuple[Axes, float]:
    """Axes whose unit is an inch of the drawing, and the factor by which they show it."""
    width, height = placed.width, placed.height + TITLE
    on: Axes = new_figure(width, height, arranged=False).add_axes((0.0, 0.0, 1.0, 1.0)) if ax is None else ax
    on.set_axis_off()
    on.set_xlim(0.0, width)
    on.set_ylim(placed.height, -TITLE)
    on.set_aspect("equal")
    shown = on.get_window_extent()
    dpi = on.figure.dpi
    return on, min(shown.width / dpi / width, shown.height / dpi / height)


def _draw_wire(
    ax: Axes, wire: Any, label: str, arrow: tuple[float, float, float], ways: list[Any], scale: float
) -> None:
    from matplotlib.patches import FancyArrowPatch, PathPatch
    from matplotlib.path import Path

    width = 1.1 * scale
    for source, (pen, backwards) in zip(wire.sources, ways, strict=True):
        look = {"edgecolor": PINK if backwards else GREY, "linewidth": width, "capstyle": "round", "zorder": 1}
        path = PathPatch(Path(pen.points, pen.codes), fill=False, **look)  # type: ignore[arg-type]
        path.set_gid(f"way:{source}:{wire.target}.{wire.port}")
        ax.add_patch(path)
    start, end, y = arrow
    colour = PINK if all(backwards for _, backwards in ways) else GREY
    head = FancyArrowPatch(
        (start, y), (end, y), arrowstyle="-|>", mutation_scale=7.5 * scale, color=colour, linewidth=width,
        shrinkA=0.0, shrinkB=0.0, zorder=2,
    )  # fmt: skip
    head.set_gid(f"wire:{wire.target}.{wire.port}")
    ax.add_patch(head)
    spacing = LINE * 72 / LABEL / 1.16  # in units of the font's own line height
    text = ax.text(
        end - HEAD, y - 0.025, label, ha="right", va="bottom", fontsize=LABEL * scale, linespacing=spacing, zorder=4,
        **_text(MUTED),
    )  # fmt: skip
    text.set_gid(f"label:{wire.target}.{wire.port}")


def _draw_box(ax: Axes, box: Box, at: Any, scale: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    look = STAGES[box.stage]
    patch = FancyBboxPatch(
        (at.x, at.y), at.width, at.height, boxstyle=f"round,pad=0,rounding_size={ROUND[box.stage]}",
        facecolor=look.fill, edgecolor=look.edge, linewidth=1.2 * scale, zorder=3,
    )  # fmt: skip
    patch.set_gid(f"component:{box.name}")
    ax.add_patch(patch)
    lines = [(box.name, NAME, INK, "bold"), (box.type_name, TYPE, INK, "normal"), (box.size, TYPE, MUTED, "normal")]
    lines = [line for line in lines if line[0]]
    pitch = 0.165
    y = at.y + at.height / 2 - pitch * (len(lines) - 1) / 2
    for text, size, colour, weight in lines:
        ax.text(
            at.x + at.width / 2, y, text, ha="center", va="center", fontsize=size * scale, zorder=5,
            **_text(colour, weight=weight),
        )  # fmt: skip
        y += pitch
