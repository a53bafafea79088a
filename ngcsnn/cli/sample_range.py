"""Which samples a command is about: `0:5`, `7`, `:100`, `10:`."""

from __future__ import annotations

from ngcsnn.graph import GraphError


def sample_range(text: str, n: int) -> range:
    """The samples from 0 to n - 1 that `text` names. Errors: `GraphError` for what is no range, or beyond the data."""
    first, colon, last = text.strip().partition(":")
    try:
        start = int(first) if first else 0
        stop = (int(last) if last else n) if colon else start + 1
    except ValueError:
        start = stop = -1
    if start < 0 or stop <= start or not (first or colon):
        raise GraphError(f"--samples {text}: write a range such as 0:5 (samples 0 to 4), or one number")
    if start >= n:
        raise GraphError(f"--samples {text}: there are only {n} samples, 0 to {n - 1}")
    return range(start, min(stop, n))
