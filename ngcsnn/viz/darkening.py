"""The same picture for readers who read on dark ground: colours change place, lightness turns round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ngcsnn.viz.style import BLUE, BROWN, FAINT, GREY, INK, MUTED, PAPER, STAGES, dark_diverging, dark_sequential

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DARK_PAPER = "#16191e"
DARK = {  # what a colour of `style` becomes on dark ground
    INK: "#e6e9ed",
    MUTED: "#a3abb6",
    FAINT: "#2e343d",
    PAPER: DARK_PAPER,
    GREY: "#78818d",
    BLUE: "#4aa8e0",
    BROWN: "#b98a63",
    STAGES["source"].fill: "#12352b",
    STAGES["synapse"].fill: "#3b2f12",
    STAGES["cell"].fill: "#12303f",
    STAGES["trace"].fill: "#262b32",
    STAGES["rule"].fill: "#3a2131",
}
_MAPS = {"sequential": dark_sequential, "diverging": dark_diverging}  # by the gid of an image


def darken(ax: Axes | Sequence[Axes]) -> None:
    """Turn the figure of `ax` into one on dark ground, in place.

    ax: what a function of this room returned. Colours that are not of this room's palette stay as they are.
    """
    from matplotlib.collections import Collection
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    first: Any = ax if hasattr(ax, "transData") else next(iter(ax))  # type: ignore[call-overload]
    figure = first.figure.canvas.figure
    figure.canvas.draw()  # ticks and their labels come into being here
    for artist in figure.findobj():
        if isinstance(artist, Text):
            _change(artist, "color")
            box = artist.get_bbox_patch()
            if box is not None:
                _change(box, "facecolor", "edgecolor")
        elif isinstance(artist, Line2D):
            _change(artist, "color", "markerfacecolor", "markeredgecolor")
        elif isinstance(artist, Patch | Collection):
            _change(artist, "facecolor", "edgecolor")
        elif isinstance(artist, AxesImage) and artist.get_gid() in _MAPS:
            _change_map(artist)
    for axes in figure.axes:
        ticks = {"colors": DARK[MUTED], "grid_color": DARK[FAINT]}
        axes.tick_params(which="both", **ticks)  # also of ticks that are drawn anew
        for side in axes.spines.values():
            _change(side, "edgecolor")


def _change(artist: Any, *properties: str) -> None:
    for name in properties:
        value = getattr(artist, f"get_{name}")()
        if value is None or (isinstance(value, str) and value in ("none", "auto", "inherit")):
            continue
        several = not isinstance(value, str) and getattr(value, "ndim", 1) == 2
        getattr(artist, f"set_{name}")([_dark(v) for v in value] if several else _dark(value))


def _change_map(image: Any) -> None:
    """Other colours for an image; ticks that were put on its scale by hand stay."""
    from matplotlib.ticker import FixedLocator

    bar: Any = image.colorbar
    ticks = None
    if bar is not None and isinstance(bar.locator, FixedLocator):
        ticks = bar.get_ticks(), [t.get_text() for t in bar.ax.get_yticklabels()]
    bad = image.get_cmap().get_bad()
    image.set_cmap(_MAPS[image.get_gid()]().with_extremes(bad=_dark(bad)))
    if bar is not None and ticks is not None:
        bar.set_ticks(ticks[0], labels=ticks[1])


def _dark(colour: Any) -> Any:
    from matplotlib.colors import to_hex, to_rgba

    try:
        rgba = to_rgba(colour)
    except ValueError:
        return colour
    found = DARK.get(to_hex(rgba))
    return colour if found is None else (*to_rgba(found)[:3], rgba[3])
