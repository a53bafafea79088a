"""Windows that slide over an image: their sizes, strides and padding, and which pixel each tap of one sees.

Images are flat vectors in the order (height, width, channel), the last running fastest.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ngcsnn.graph import GraphError, checks
from ngcsnn.graph.checks import Check

Image = tuple[int, int, int]  # height, width, channels


def _positive(value: Any, n: int) -> bool:
    return len(value) == n and all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in value)


image_shape = Check(lambda v: _positive(v, 3), "three positive integers (height, width, channels)")
one_or_two = Check(
    lambda v: _positive(v if isinstance(v, tuple) else (v,), 2 if isinstance(v, tuple) else 1),
    "a positive integer or two of them (height, width)",
)
paddings = checks.one_of("valid", "same")


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


class Windows(NamedTuple):
    """The windows on one image: `count` of them, each of `size` taps, `stride` apart, the first at -`before`.

    All but `image` are (height, width). image: its shape, without channels.
    """

    image: tuple[int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    count: tuple[int, int]

    @property
    def padding(self) -> list[tuple[int, int]]:
        """(before, after) of each axis: how far windows reach beyond the image; negative where they leave some out."""
        last = [(c - 1) * s + k - b for c, s, k, b in zip(self.count, self.stride, self.size, self.before, strict=True)]
        return [(b, end - n) for b, end, n in zip(self.before, last, self.image, strict=True)]


def windows(label: str, image: tuple[int, int], size: Any, stride: Any, padding: str = "valid") -> Windows:
    """valid: windows lie inside the image, floor((n - size) / stride) + 1 of them; same: ceil(n / stride), centred."""
    size, stride = pair(size), pair(stride)
    axes = list(zip(image, size, stride, strict=True))
    if padding == "same":
        count = tuple(-(-n // s) for n, _, s in axes)
        before = tuple(max((c - 1) * s + k - n, 0) // 2 for c, (n, k, s) in zip(count, axes, strict=True))
    else:
        if any(k > n for n, k, _ in axes):
            raise GraphError(
                f"{label}: a window of {size[0]} x {size[1]} does not fit into {image[0]} x {image[1]} units"
            )
        count, before = tuple((n - k) // s + 1 for n, k, s in axes), (0, 0)
    return Windows(image, size, stride, before, (count[0], count[1]))


def same_unit(w: Windows, channels: int, of: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where unit i of the image (with `channels`) and unit i of the windows (with `of` channels) meet.

    Returns: (taps (2, n), channel in the image (n,), channel of the windows (n,)) for every i, n the smaller number of
    units; taps outside the window are negative.
    """
    n = min(math.prod(w.image) * channels, math.prod(w.count) * of)
    y, x, c = np.unravel_index(np.arange(n), (*w.image, channels))
    row, column, f = np.unravel_index(np.arange(n), (*w.count, of))
    taps = np.stack([y + w.before[0] - row * w.stride[0], x + w.before[1] - column * w.stride[1]])
    outside = np.any((taps < 0) | (taps >= np.array(w.size)[:, None]), axis=0)
    return np.where(outside, -1, taps), c, f
