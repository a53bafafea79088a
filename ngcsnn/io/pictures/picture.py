"""A picture that can be drawn, and what is written beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Picture(NamedTuple):
    """name: of its file. title, text: what stands above and below it in a report. draw: gives the axes."""

    name: str
    title: str
    text: str
    draw: Callable[[], Any]


class Chapter(NamedTuple):
    """Pictures of one matter; notes: on those that cannot be drawn, and why."""

    title: str
    pictures: list[Picture]
    notes: list[str]
