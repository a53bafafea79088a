"""A picture to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ngcsnn.data.argument_checks import check_number, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

KINDS = ("png", "svg", "pdf")


def save(ax: Axes | Sequence[Axes], path: str | os.PathLike[str], dpi: float = 150.0) -> Path:
    """Write the figure that `ax` lives in, replacing a file of that name.

    Args:
        ax: what a function of this room returned: axes, or several axes of one figure.
        path: the file; its ending (.png, .svg, .pdf) says the kind. Missing folders are made.
        dpi: dots per inch of a .png.
    Returns: the path. Errors: `ValueError` for another ending.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise ValueError(f"`path` must end in .png, .svg or .pdf, got '{path}'{closest(kind, KINDS)}")
    check_number("dpi", dpi, low=0.0, exclusive=True)
    first: Any = ax if hasattr(ax, "transData") else next(iter(ax))  # type: ignore[call-overload]
    figure = first.figure.canvas.figure
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=dpi, facecolor="auto")
    return path
