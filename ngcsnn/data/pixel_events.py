"""Events of a camera's pixels as events of input units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from ngcsnn.data.argument_checks import check_int, closest

Polarity = Literal["both", "merge", "on", "off"]


@dataclass(frozen=True)
class PixelGrid:
    """Which unit a pixel's event goes to: unit = (row columns + column) channels + channel.

    Args:
        rows, columns: of the camera.
        polarity: "both" has two channels, 0 for darker (off) and 1 for brighter (on); "merge" has one for all events;
            "on" and "off" keep events of that polarity alone.
        crop: (top, left, rows, columns) of the part that is kept, before it is made smaller; None: all.
        downsample: side of the squares of pixels that become one.
    Raises: ValueError or TypeError naming the argument.
    """

    rows: int
    columns: int
    polarity: Polarity = "both"
    crop: Sequence[int] | None = None
    downsample: int = 1

    def __post_init__(self) -> None:
        if self.polarity not in get_args(Polarity):
            known = get_args(Polarity)
            hint = closest(str(self.polarity), known)
            raise ValueError(f"`polarity` must be one of {', '.join(known)}, got {self.polarity!r}{hint}")
        check_int("downsample", self.downsample, 1, max(self.rows, self.columns))
        if self.crop is None:
            return
        if not isinstance(self.crop, Sequence) or isinstance(self.crop, str) or len(self.crop) != 4:
            raise TypeError(f"`crop` must be (top, left, rows, columns), got {repr(self.crop)[:80]}")
        top, left, rows, columns = (check_int("crop", n, 0) for n in self.crop)
        if not (rows and columns and top + rows <= self.rows and left + columns <= self.columns):
            raise ValueError(f"`crop` must lie within {self.rows} x {self.columns} pixels, got {tuple(self.crop)}")

    @property
    def window(self) -> tuple[int, int, int, int]:
        """(top, left, rows, columns) of what is kept."""
        return tuple(self.crop) if self.crop is not None else (0, 0, self.rows, self.columns)  # type: ignore[return-value]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels) of the units, as `augment(image_shape=...)` takes it."""
        _, _, rows, columns = self.window
        return -(-rows // self.downsample), -(-columns // self.downsample), 2 if self.polarity == "both" else 1

    @property
    def n_units(self) -> int:
        """Number of units."""
        rows, columns, channels = self.image_shape
        return rows * columns * channels

    def units(self, x: Any, y: Any, on: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the unit of each event, int32, and which events are kept, bool.

        Args:
            x, y: column and row of each event, (n,) int. on: whether it is of the polarity "on", (n,).
        Raises: ValueError for a pixel that the camera does not have.
        """
        x, y, on = np.asarray(x, np.int64), np.asarray(y, np.int64), np.asarray(on, bool)
        bad = np.flatnonzero((x < 0) | (x >= self.columns) | (y < 0) | (y >= self.rows))
        if bad.size:
            k = bad[0]
            raise ValueError(f"event {k}: pixel x = {x[k]}, y = {y[k]} is outside {self.columns} x {self.rows} pixels")
        top, left, rows, columns = self.window
        y, x = y - top, x - left
        keep = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        if self.polarity in ("on", "off"):
            keep &= on == (self.polarity == "on")
        _, wide, channels = self.image_shape
        unit = (y // self.downsample * wide + x // self.downsample) * channels + (on if channels == 2 else 0)
        return np.where(keep, unit, 0).astype(np.int32), keep
