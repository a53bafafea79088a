"""Recording a long run in pieces: what was watched moves to the host after every chunk of steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def in_chunks(
    part: Callable[[list[Any], int], dict[str, Any]], rows: list[Any], n_steps: int, chunk: int, label: str | None
) -> dict[str, np.ndarray]:
    """`part(rows of one chunk, steps that count)` over all of `n_steps`; its recordings joined, as NumPy arrays.

    Every chunk has the same length, the last one padded with zeros, so that one compiled loop serves them all.
    label: what to call the run in the progress line on stderr; None prints nothing.
    """
    parts: list[dict[str, np.ndarray]] = []
    try:
        for start in range(0, n_steps, chunk):
            size = min(chunk, n_steps - start)
            recorded = part([_padded(np.asarray(r[start : start + size]), chunk) for r in rows], size)
            parts.append({k: np.asarray(v)[:size] for k, v in recorded.items()})
            if label is not None:
                done = start + size
                print(
                    f"\r{label}: {done}/{n_steps} steps ({100 * done // n_steps} %)",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
    finally:
        if label is not None:
            print(file=sys.stderr)
    return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}


def _padded(rows: np.ndarray, length: int) -> np.ndarray:
    missing = length - rows.shape[0]
    return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)]) if missing else rows
