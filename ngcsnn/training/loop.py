"""The loop over epochs. It knows nothing of networks: a program trains one epoch and may validate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.training.callbacks import Callback
from ngcsnn.training.run import Program, Run
from ngcsnn.training.snapshot import Snapshot

HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end", "collected", "on_attach", "on_test_end")


def fit(
    program: Program,
    num_epochs: int,
    start_epoch: int = 0,
    callbacks: Sequence[Callback] = (),
    resume: Snapshot | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run `num_epochs` epochs.

    Args:
        program: what is trained. start_epoch: number of the first epoch. callbacks: called in their order; those that
            were begun are ended, also after an error or Ctrl-C, which are passed on: the epoch in progress is given up,
            what earlier ones learned is kept by the program.
        resume: go on where this was taken, in a run of the same `start_epoch` and callbacks, as though it had not been
            cut short.
    Returns:
        (metrics, recorded): the figures of the last epoch, those of validation as `validation_<name>`; and
        {"history": [every record]} with what the callbacks collected. Of two that collect under one key, the second
        gets `<key>_1`, and so on.
    Errors: `GraphError` for what is no callback, and for counts that are no whole numbers >= 0; `CheckpointError` for a
        snapshot of another run.
    """
    num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
    callbacks = checked_callbacks(callbacks)
    run = Run(program, start_epoch, start_epoch + num_epochs, callbacks, resumes=resume is not None)
    begun: list[Callback] = []
    for callback in callbacks:
        if isinstance(callback, Callback):
            callback.run = run
        callback.on_attach(program)
    try:
        for callback in callbacks:
            begun.append(callback)
            callback.on_train_begin(num_epochs)
        if resume is not None:
            run.restore(resume)
        while run.epoch < run.last and run.stopped is None:
            run.next_epoch()
        run.finished = True
    except BaseException:
        run.give_up()
        raise
    finally:
        for callback in begun:
            callback.on_train_end()
    last = run.history[-1]["epoch"] if run.history else None
    records = [record for record in run.history if record["epoch"] == last]
    metrics: dict[str, Any] = {}
    for lead, record in zip(("", "validation_"), records, strict=False):
        metrics.update({f"{lead}{k}": v for k, v in record.items() if k not in ("split", "epoch")})
    recorded: dict[str, Any] = {"history": run.history}
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
