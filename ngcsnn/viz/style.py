"""The look that all pictures share: calm, on white, with colours that colour-blind readers can tell apart.

Nothing here touches matplotlib's global settings: every colour and size is given to the artist that shows it.
Colours: Okabe and Ito 2008, Color Universal Design.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#2b2f36"  # text and lines that matter
MUTED = "#68707c"  # ticks, notes
FAINT = "#e4e7eb"  # grids, spines
PAPER = "#ffffff"

BLUE, ORANGE, GREEN, PINK = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
RED, SKY, BROWN, GREY = "#d55e00", "#56b4e9", "#7a5230", "#8a929c"
CLASSES = (BLUE, ORANGE, GREEN, PINK, RED, SKY, BROWN, GREY)
SPLITS = {"train": BLUE, "validation": ORANGE, "test": GREEN}

FONT = "DejaVu Sans"  # comes with matplotlib, so text has the same size everywhere
SMALL, MEDIUM, LARGE = 8.0, 9.0, 10.5  # points


class Look(NamedTuple):
    """Fill and edge of the box of a component."""

    fill: str
    edge: str


STAGES = {
    "source": Look("#e3f4ee", GREEN),
    "synapse": Look("#fdf3dc", "#c98a00"),
    "cell": Look("#e1eff8", BLUE),
    "trace": Look("#eef0f3", GREY),
    "rule": Look("#f9eaf2", "#b3588a"),
}


def class_colour(index: int) -> str:
    """The colour of class or series `index`; they repeat after eight."""
    return CLASSES[index % len(CLASSES)]


def need_matplotlib() -> None:
    """Raise an `ImportError` that says how to get matplotlib, where there is none."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError('pictures need matplotlib: pip install "ngcsnn[viz]"') from error


def new_figure(width: float, height: float, arranged: bool = True) -> Any:
    """A figure of its own, in inches, unknown to pyplot: nothing to close, no window.

    arranged: axes make room for their labels by themselves.
    """
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1) if arranged else None
    return Figure(figsize=(width, height), dpi=150, layout=layout, facecolor=PAPER)


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """`ax` itself, or axes of a new figure of that size in inches."""
    need_matplotlib()
    if ax is None:
        return new_figure(width, height).add_subplot()
    if not hasattr(ax, "transData"):
        raise TypeError(f"`ax` must be matplotlib axes or None, got {ax!r} ({type(ax).__name__})")
    return ax


def tidy(ax: Axes, title: str = "", x: str = "", y: str = "", grid: str | None = None) -> None:
    """Give axes the common look; `x` and `y` are axis labels, `grid` is "x", "y", "both" or None."""
    ax.set_facecolor(PAPER)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GREY)
        spine.set_linewidth(0.8)
    ax.tick_params(colors=MUTED, labelsize=SMALL, width=0.8, length=3, labelfontfamily=FONT)
    if grid is not None:
        ax.grid(True, axis=grid, color=FAINT, linewidth=0.8)  # type: ignore[arg-type]
    if title:
        ax.set_title(title, loc="left", pad=8, color=INK, fontsize=LARGE, fontfamily=FONT)
    ax.set_xlabel(x, color=MUTED, fontsize=MEDIUM, fontfamily=FONT)
    ax.set_ylabel(y, color=MUTED, fontsize=MEDIUM, fontfamily=FONT)


def legend(ax: Axes, handles: Sequence[Any] | None = None, **options: Any) -> Any:
    """A legend without frame in the common look; `options` as for `Axes.legend`."""
    if handles is not None:
        options["handles"] = handles
    return ax.legend(frameon=False, labelcolor=INK, prop={"family": FONT, "size": SMALL}, **options)


def colour_bar(ax: Axes, image: Any, label: str) -> Any:
    """The scale of an image, beside its axes, in the common look."""
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, fraction=0.05)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(colors=MUTED, labelsize=SMALL, length=2, labelfontfamily=FONT)
    bar.set_label(label, color=MUTED, fontsize=SMALL, fontfamily=FONT)
    return bar


def sequential() -> Any:
    """Colours from nothing (paper) to much."""
    return _ramp("sequential", [PAPER, "#d6e9f5", "#8ec3e2", BLUE, "#003f63"])


def dark_sequential() -> Any:
    """The same on dark ground."""
    return _ramp("dark_sequential", ["#1d2127", "#173a50", "#1f6790", "#56b4e9", "#d6eefb"])


def diverging() -> Any:
    """Colours for numbers of both signs: purple, paper at zero, orange. Values that are not finite are grey."""
    from matplotlib import colormaps

    return colormaps["PuOr_r"].with_extremes(bad=FAINT)


def dark_diverging() -> Any:
    """The same on dark ground: dark at zero."""
    return _ramp("dark_diverging", ["#d9c9f5", "#a48ad4", "#5a4391", "#1d2127", "#8f4d0b", "#e69138", "#ffdcae"])


def _ramp(name: str, colours: Sequence[str]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, list(colours))
