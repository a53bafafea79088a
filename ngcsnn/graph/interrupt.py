"""Ctrl-C never falls between a run and the storing of what it computed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold a Ctrl-C back until the block has ended; a second one is not held back.

    A run may destroy the arrays it starts from, so an interrupt that lost its result would lose the state for good.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield  # Python delivers signals to the main thread only
        return
    held = 0

    def hold(number: int, frame: Any) -> None:
        nonlocal held
        held += 1
        if held > 1 and callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held == 1:
            signal.raise_signal(signal.SIGINT)
