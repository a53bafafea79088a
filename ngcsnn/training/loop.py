"""The loop over epochs. It knows nothing of networks: a program trains one epoch and may validate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ngcsnn.training.callbacks import Callback, Record


class Program(Protocol):
    """What is trained: each call runs one epoch and returns its record."""

    def train_epoch(self, epoch: int) -> Record: ...

    def validate(self, epoch: int) -> Record | None: ...


def fit(
    program: Program, num_epochs: int, start_epoch: int = 0, callbacks: Sequence[Callback] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run `num_epochs` epochs.

    Returns (metrics, recorded): the figures of the last epoch, those of validation as `validation_<name>`; and
    `{"history": [every record]}` with what the callbacks collected. Interrupting (Ctrl-C) ends the run after the
    epoch in progress was given up; what earlier epochs learned is kept.
    """
    history: list[Record] = []
    for callback in callbacks:
        callback.on_train_begin(num_epochs)
    try:
        for epoch in range(start_epoch, start_epoch + num_epochs):
            for callback in callbacks:
                callback.on_epoch_begin(epoch)
            records = [program.train_epoch(epoch)]
            validation = program.validate(epoch)
            records += [validation] if validation is not None else []
            history += records
            for callback in callbacks:
                callback.on_epoch_end(epoch, records)
    finally:
        for callback in callbacks:
            callback.on_train_end()
    metrics = {k: v for k, v in records[0].items() if k not in ("split", "epoch")} if history else {}
    for record in records[1:] if history else ():
        metrics.update({f"validation_{k}": v for k, v in record.items() if k not in ("split", "epoch")})
    recorded: dict[str, Any] = {"history": history}
    for callback in callbacks:
        recorded.update(callback.collected())
    return metrics, recorded
