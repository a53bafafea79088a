"""What a recorder kept, read back: from memory or, row by row, from a file."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.recording.stores import Store


class Recording:
    """Base: as many entries as `counted` has rows, each after an epoch (-1: before the first, or outside training).

    A subclass takes what it says of itself from `self._told`, the attributes that its recorder stated.
    """

    counted: ClassVar[str] = "samples"

    def __init__(self, store: Store, key: str):
        self._store, self.key = store, key
        self._told: dict[str, Any] = store.attributes(key)

    def __len__(self) -> int:
        return self._store.lengths(self.key).get(self.counted, 0)

    @property
    def epochs(self) -> np.ndarray:
        """The epoch of each entry, (n_entries,)."""
        return self._numbers("epochs")

    def _numbers(self, name: str) -> np.ndarray:
        return self._store.rows(self.key, name) if len(self) else np.empty(0, np.int64)

    def _place(self, index: int) -> int:
        """`index`, counted from the end where it is negative, as a place from 0."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"the recording '{self.key}' holds {len(self)} entries, got {index}")
        return index % len(self)


class ArrayRecording(Recording):
    """Base of recordings whose entries are arrays of one shape."""

    @property
    def values(self) -> np.ndarray:
        """All entries, (n_entries, ...)."""
        return self._rows(0, None)

    def __getitem__(self, index: int) -> np.ndarray:
        """One entry."""
        place = self._place(index)
        return self._rows(place, place + 1)[0]

    def _rows(self, start: int, stop: int | None) -> np.ndarray:
        if not len(self):
            raise GraphError(f"the recording '{self.key}' is empty")
        return self._store.rows(self.key, "values", start, stop)
