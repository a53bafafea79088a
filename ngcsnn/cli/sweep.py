"""`ngcsnn sweep`."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from ngcsnn.cli.models import opened
from ngcsnn.cli.user_errors import is_users, message
from ngcsnn.graph import GraphError
from ngcsnn.io import read_document, run_training
from ngcsnn.io.sweep import Sweep, drawn_settings, grid, read_axes, table_of, table_text, write_tables
from ngcsnn.io.sweep.runs import Planned
from ngcsnn.io.sweep.settings import Setting, as_overrides, in_words
from ngcsnn.training.progress import duration

INTERRUPTED = 130


def run(arguments: argparse.Namespace) -> int:
    axes, fixed = read_axes(arguments.overrides)
    if arguments.random is not None:
        settings = drawn_settings(axes, arguments.random, arguments.draw_seed)
    else:
        settings = grid(axes)
    if any(_is_seed(text.partition("=")[0]) for text in arguments.overrides):
        raise GraphError("a sweep gives the seeds itself (--seeds N): leave `seed` out")
    sweep = Sweep(arguments.out, read_document(arguments.model, fixed).data, settings, arguments.seeds)
    _check(arguments, fixed, settings)
    sweep.begin()
    planned = list(sweep.runs())
    left = [p for p in planned if sweep.result(p) is None]
    tell = (lambda text: None) if arguments.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    if len(left) < len(planned):
        tell(f"{len(planned) - len(left)} of {len(planned)} runs have ended before")
    interrupted, start = False, time.monotonic()
    try:
        for done, plan in enumerate(left):
            time_left = f", {duration((time.monotonic() - start) / done * (len(left) - done))} left" if done else ""
            tell(f"[{len(planned) - len(left) + done + 1}/{len(planned)}] {_name(plan)}{time_left}")
            if not _train(arguments, fixed, sweep, plan):
                interrupted = True
                break
    except KeyboardInterrupt:
        interrupted = True
    rows = table_of(sweep)
    write_tables(rows, sweep.folder)
    print(table_text(rows))
    if interrupted:
        ended = sum(sweep.result(p) is not None for p in planned)
        tell(f"interrupted: {ended} of {len(planned)} runs have ended; the same command goes on from there")
    return INTERRUPTED if interrupted else 0


def _train(arguments: argparse.Namespace, fixed: list[str], sweep: Sweep, plan: Planned) -> bool:
    """Train one run; whether it ended."""
    partial, begun = sweep.place(plan)
    with opened(arguments.model, _with(arguments, fixed, plan.setting, plan.seed)) as experiment:
        outcome = run_training(experiment, partial, callbacks=[], resume=begun)
    if outcome.interrupted or outcome.test is None:
        return False
    sweep.keep(plan, partial)
    return True


def _check(arguments: argparse.Namespace, fixed: list[str], settings: list[Setting]) -> None:
    """Build every setting before anything is trained: a mistake in the last one is told now."""
    for setting in settings:
        try:
            with opened(arguments.model, _with(arguments, fixed, setting, 0)) as experiment:
                _ = experiment.trainable
        except Exception as error:
            if not is_users(error):
                raise
            told = f" (in the setting {in_words(setting)})" if setting else ""
            raise GraphError(f"{message(error)}{told}") from error


def _with(arguments: argparse.Namespace, fixed: list[str], setting: Setting, seed: int) -> argparse.Namespace:
    """The arguments of one run: its overrides, and its seed, of the network and of the order of samples."""
    document = read_document(arguments.model, fixed)
    train: Any = document.data.get("train")
    seeds = [f"context.seed={seed}", *([f"train.seed={seed}"] if isinstance(train, dict) and "seed" in train else [])]
    overrides = [*fixed, *as_overrides(setting), *seeds]
    return argparse.Namespace(**{**vars(arguments), "overrides": overrides})


def _is_seed(key: str) -> bool:
    return key.strip() in ("seed", "context.seed", "train.seed")


def _name(plan: Planned) -> str:
    return f"{in_words(plan.setting)} seed={plan.seed}".strip()
