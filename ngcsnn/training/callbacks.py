"""What a training run tells those who watch it."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


class Callback:
    """Base: override what you need. A record is one line of figures: {"epoch", "split", "loss", "accuracy", ...}.

    A callback that collects something returns it from `collected` as {key: data}; `train` hands it back.
    """

    def on_attach(self, program: Any) -> None:
        """Before everything else: what is trained or evaluated; `program.network` is the compiled network."""

    def on_train_begin(self, num_epochs: int) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before epoch number `epoch` (the first is `start_epoch`)."""

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        """After an epoch: its training record, then its validation record if there is one."""

    def on_train_end(self) -> None:
        """After the last epoch, also when the run was interrupted."""

    def on_test_end(self, record: Record) -> None:
        """After `evaluate`, with its figures, and after `simulate`, with none."""

    def collected(self) -> dict[str, Any]:
        """What this callback gathered."""
        return {}
