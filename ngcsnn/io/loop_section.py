"""The keys of `train` that are about the loop. A new one is a function here and a line in LOOP_KEYS.

train:
  accumulate: 4                                     # batches for one update
  precision: bfloat16                               # of products in training, on a GPU
  metrics: [top_k: {k: 3}, confusion_matrix]        # beside those of the losses
  checkpoints: {every_batches: 100, keep_last: 2}   # true, false; auto: at most one a minute
  early_stopping: {patience: 10}
  plateau: {factor: 0.5, patience: 20}
  progress_every: 100                               # batches between two lines of progress within an epoch
  profile: {epochs: [1]}                            # a trace of jax's profiler; true: of the second epoch
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngcsnn.compilers.chosen_metrics import chosen
from ngcsnn.compilers.ways_of_learning import PRODUCTS
from ngcsnn.graph import Document, closest
from ngcsnn.graph.yaml_text import Path_
from ngcsnn.io.blame import located
from ngcsnn.io.sections import integer
from ngcsnn.training import Callback, Checkpoints, EarlyStopping, Plateau, Profile

AUTO = "auto"
AUTO_MINUTES = 1.0
FOLDER = "checkpoints"  # within a run folder
TRACES = "profile"  # the same


@dataclass(frozen=True)
class LoopPlan:
    """What `train` says of the loop, checked. Mappings hold every argument, defaults too; None: not done."""

    accumulate: int = 1
    precision: str | None = None
    metrics: tuple[dict[str, Any], ...] = ()
    checkpoints: dict[str, Any] | str | None = AUTO
    early_stopping: dict[str, Any] | None = None
    plateau: dict[str, Any] | None = None
    progress_every: int | None = None
    profile: dict[str, Any] | None = None
    without: tuple[str, ...] = ()  # keys that have no meaning for this compiler

    def arguments(self) -> dict[str, Any]:
        """Of the network's `train`."""
        told = {"accumulate": self.accumulate, "precision": self.precision, "metrics": list(self.metrics)}
        return {key: value for key, value in told.items() if key not in self.without}

    def callbacks(self, folder: Path) -> list[Callback]:
        """Those that decide and keep, for a run in `folder`."""
        out: list[Callback] = []
        if self.plateau is not None:
            out.append(Plateau(**self.plateau))
        if self.early_stopping is not None:
            out.append(EarlyStopping(**self.early_stopping))
        if isinstance(self.checkpoints, dict):
            out.append(Checkpoints(folder / FOLDER, **self.checkpoints))
        elif self.checkpoints == AUTO and importlib.util.find_spec("orbax") is not None:
            out.append(Checkpoints(folder / FOLDER, every_minutes=AUTO_MINUTES, at_end=False))
        if self.profile is not None:
            out.append(Profile(folder / TRACES, **self.profile))
        return out

    def describe(self) -> dict[str, Any]:
        """The keys as they stand in a model file."""
        told = {key: getattr(self, key) for key in LOOP_KEYS}
        told["checkpoints"] = False if told["checkpoints"] is None else told["checkpoints"]
        told = {**told, "metrics": list(self.metrics)}
        return {key: value for key, value in told.items() if key not in self.without}


def read_loop(document: Document, section: dict[str, Any], without: tuple[str, ...] = ()) -> LoopPlan:
    """The plan that the keys describe; errors name file, line and the closest valid name. without: keys that have no
    meaning here, none of which is given."""
    given = {key: read(document, ("train", key), section[key]) for key, read in LOOP_KEYS.items() if key in section}
    plan = LoopPlan(**given, without=without)
    if plan.plateau is not None and section.get("validation") is False:
        raise document.error(("train", "plateau"), "`plateau` goes by validation, which `validation` switches off")
    return plan


def _accumulate(document: Document, path: Path_, value: Any) -> int:
    return integer(document, path, value, 1)


def _every(document: Document, path: Path_, value: Any) -> int | None:
    return None if value is None else integer(document, path, value, 1)


def _precision(document: Document, path: Path_, value: Any) -> str | None:
    if value is not None and value not in PRODUCTS:
        near = closest(str(value), PRODUCTS)
        raise document.error(path, f"`precision` must be {' or '.join(PRODUCTS)}, got {value!r}{near}")
    return value


def _metrics(document: Document, path: Path_, value: Any) -> tuple[dict[str, Any], ...]:
    """Each with all its fields."""
    with located(document, path):
        return tuple(metric.describe() for metric in chosen([] if value is None else value))


def _options(cls: type[Any], skip: tuple[str, ...] = ()) -> Callable[[Document, Path_, Any], Any]:
    """A reader of {argument: value} for a callback, all of it checked by making one."""
    known = {k: p.default for k, p in inspect.signature(cls).parameters.items() if k not in skip}

    def read(document: Document, path: Path_, value: Any) -> dict[str, Any] | None:
        if value is None or value is False:
            return None
        given = {} if value is True else value
        if not isinstance(given, dict):
            raise document.error(path, f"`{path[-1]}` must be true, false or {{argument: value}}, got {value!r}")
        document.check_keys(path, given, known, f"`{path[-1]}`")
        full = {**known, **given}
        with located(document, path):
            cls(**dict.fromkeys(skip, ""), **full)
        return full

    return read


def _checkpoints(document: Document, path: Path_, value: Any) -> Any:
    return AUTO if value == AUTO else _options(Checkpoints, skip=("folder",))(document, path, value)


LOOP_KEYS: dict[str, Callable[[Document, Path_, Any], Any]] = {
    "accumulate": _accumulate,
    "precision": _precision,
    "metrics": _metrics,
    "checkpoints": _checkpoints,
    "early_stopping": _options(EarlyStopping),
    "plateau": _options(Plateau),
    "progress_every": _every,
    "profile": _options(Profile, skip=("folder",)),
}
