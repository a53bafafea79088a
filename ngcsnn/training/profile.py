"""Where the time of an epoch goes: a trace of jax's profiler."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.training.callbacks import Callback, Record


class Profile(Callback):
    """Writes a trace of some epochs to `folder`, for TensorBoard, XProf or Perfetto: what ran when, on host and device.

    Args:
        folder: of the traces, made where it is missing; each is in a folder of its own in `plugins/profile`.
        epochs: numbers of the epochs, the first is 0 (default: the second of the run, for the first also compiles; the
        first where there is no other).
    `collected` tells {"profile": the epochs that were traced}.
    Errors: `GraphError` for epochs that this run has not.
    """

    def __init__(self, folder: str | os.PathLike[str], epochs: Sequence[int] | None = None):
        if epochs is not None and (not isinstance(epochs, Sequence) or isinstance(epochs, str) or not epochs):
            raise GraphError(f"`epochs` must be a list of epochs, the first is 0, got {epochs!r}")
        self.folder = Path(folder)
        self.epochs = None if epochs is None else tuple(whole("epochs", e, low=0) for e in epochs)
        self._wanted, self._running, self.traced = (0,), False, list[int]()

    def on_train_begin(self, num_epochs: int) -> None:
        first = 0 if self.run is None else self.run.first
        self._wanted = (first + min(1, num_epochs - 1),) if self.epochs is None else self.epochs
        self.traced = []
        lacking = [e for e in self._wanted if not first <= e < first + num_epochs]
        if num_epochs and lacking:
            raise GraphError(f"Profile: this run has the epochs {first} to {first + num_epochs - 1}, not {lacking[0]}")

    def on_epoch_begin(self, epoch: int) -> None:
        if epoch in self._wanted:
            import jax

            jax.profiler.start_trace(os.fspath(self.folder))
            self._running = True
            self.traced.append(epoch)

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self._stop()

    def on_train_end(self) -> None:
        self._stop()  # of an epoch that was interrupted

    def collected(self) -> dict[str, Any]:
        return {"profile": list(self.traced)}

    def _stop(self) -> None:
        if self._running:
            import jax

            self._running = False
            jax.profiler.stop_trace()
