"""The loop over epochs. It knows nothing of networks: a program trains one epoch and may validate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.training.callbacks import Callback, Record

HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end", "collected", "on_attach", "on_test_end")


class Program(Protocol):
    """What is trained: each call runs one epoch and returns its record."""

    def train_epoch(self, epoch: int) -> Record: ...

    def validate(self, epoch: int) -> Record | None: ...


def fit(
    program: Program, num_epochs: int, start_epoch: int = 0, callbacks: Sequence[Callback] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run `num_epochs` epochs.

    Args:
        program: what is trained. start_epoch: number of the first epoch. callbacks: called in their order; those that
            were begun are ended, also after an error or Ctrl-C, which are passed on: the epoch in progress is given up,
            what earlier ones learned is kept by the program.
    Returns:
        (metrics, recorded): the figures of the last epoch, those of validation as `validation_<name>`; and
        {"history": [every record]} with what the callbacks collected. Of two that collect under one key, the second
        gets `<key>_1`, and so on.
    Errors: `GraphError` for what is no callback, and for counts that are no whole numbers >= 0.
    """
    num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
    callbacks = checked_callbacks(callbacks)
    history: list[Record] = []
    records: list[Record] = []
    begun: list[Callback] = []
    for callback in callbacks:
        callback.on_attach(program)
    try:
        for callback in callbacks:
            begun.append(callback)
            callback.on_train_begin(num_epochs)
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
        for callback in begun:
            callback.on_train_end()
    metrics: dict[str, Any] = {}
    for lead, record in zip(("", "validation_"), records, strict=False):
        metrics.update({f"{lead}{k}": v for k, v in record.items() if k not in ("split", "epoch")})
    recorded: dict[str, Any] = {"history": history}
    for callback in callbacks:
        for key, data in callback.collected().items():
            recorded[_free(key, recorded)] = data
    return metrics, recorded


def checked_callbacks(callbacks: Any) -> tuple[Callback, ...]:
    """The callbacks as a tuple, once each of them is known to be one."""
    if not isinstance(callbacks, Sequence) or isinstance(callbacks, str):
        raise GraphError(f"`callbacks` must be a list of callbacks ([] for none), got {callbacks!r}")
    for callback in callbacks:
        if isinstance(callback, type) or not all(callable(getattr(callback, hook, None)) for hook in HOOKS):
            hint = "; make an object of it" if isinstance(callback, type) else f"; it needs {', '.join(HOOKS)}"
            raise GraphError(f"`callbacks` takes objects such as ngcsnn.training.Callback, got {callback!r}{hint}")
    return tuple(callbacks)


def _free(key: str, taken: dict[str, Any]) -> str:
    number, free = 0, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free
