"""Checkpoints on disk: a folder each, whole or not there at all.

RUN/checkpoints/000012-00000340/   epoch 12, of which 340 batches are done
    arrays/                        written by orbax
    checkpoint.json                plain data, and the SHA-256 of every file
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.graph.interrupt import uninterrupted
from ngcsnn.training.snapshot import Arrays, CheckpointError, Snapshot

FORMAT = 1
_ARRAYS, _FACTS = "arrays", "checkpoint.json"
_NAME, _UNFINISHED = re.compile(r"\d{6,}-\d{8,}"), ".unfinished-"


def write_checkpoint(folder: Path, snapshot: Snapshot) -> Path:
    """Write a new checkpoint into `folder`; under its name it appears only when all of it is on the disk.

    Errors: `CheckpointError` for a full disk or a folder that cannot be written; earlier checkpoints are untouched.
    """
    path = folder / f"{snapshot.epoch:06d}-{snapshot.batch:08d}"
    fresh = folder / f"{_UNFINISHED}{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        _check_room(folder, snapshot.arrays)
        empty = {name: [str(a.dtype), list(a.shape)] for name, a in snapshot.arrays.items() if a.size == 0}
        full = {name: np.asarray(a) for name, a in snapshot.arrays.items() if a.size}
        # of one dimension at least: a single number would come back as one of Python's
        with _orbax() as checkpointer:
            checkpointer.save(fresh.resolve() / _ARRAYS, {name: np.atleast_1d(a) for name, a in full.items()})
        told = {
            "format": FORMAT, "epoch": snapshot.epoch, "batch": snapshot.batch, "facts": snapshot.facts, "empty": empty,
            "scalars": [name for name, a in full.items() if a.ndim == 0],
            "files": {str(p.relative_to(fresh)): _sha256(p) for p in _files(fresh / _ARRAYS)},
        }  # fmt: skip
        text = json.dumps(told)
        (fresh / _FACTS).write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n", encoding="utf-8")
        for file in [*_files(fresh), *(p for p in fresh.rglob("*") if p.is_dir()), fresh]:
            _to_disk(file)
        if path.exists():  # written before a resume from an earlier one
            shutil.rmtree(path)
        os.replace(fresh, path)
        _to_disk(folder)
    except (OSError, ValueError, RuntimeError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        before = names(folder)
        kept = f"; the one before it, {folder / before[-1]}, is intact" if before else ""
        raise CheckpointError(f"cannot write the checkpoint {path}: {_reason(error)}{kept}") from error
    return path


def read_checkpoint(where: str | os.PathLike[str]) -> Snapshot:
    """The newest whole checkpoint of a folder of them (or of a run folder), or the one that `where` is.

    A damaged one in a folder is passed over with a warning, for the one before it leads to the same numbers.
    Errors: `CheckpointError` where there is none, or none that is whole.
    """
    path = Path(where)
    if _NAME.fullmatch(path.name):
        return _read(path)
    folder = path / "checkpoints" if (path / "checkpoints").is_dir() else path
    damaged: list[str] = []
    for name in reversed(names(folder)):
        try:
            snapshot = _read(folder / name)
        except CheckpointError as error:
            damaged.append(str(error))
            continue
        for text in damaged:
            warnings.warn(f"{text}; going on from {name}", UserWarning, stacklevel=2)
        return snapshot
    raise CheckpointError("; ".join(damaged) or f"{folder} holds no checkpoints")


def best_checkpoint(where: str | os.PathLike[str]) -> Path:
    """Of a folder of checkpoints (or of a run folder) the one with the best figure, the newest among equals.

    Which figure that is, the run said (`Checkpoints`: `best`). Errors: `CheckpointError` where none has one.
    """
    path = Path(where)
    folder = path / "checkpoints" if (path / "checkpoints").is_dir() else path
    scores: list[tuple[float, str]] = []
    for name in names(folder):
        try:
            score = read_facts(folder / name)["facts"].get("score")
        except CheckpointError as error:
            warnings.warn(f"{error}; it is passed over", UserWarning, stacklevel=2)
            continue
        if score is not None:
            scores.append((score, name))
    if not scores:
        raise CheckpointError(f"{folder} holds no checkpoint with a figure to choose the best by")
    least = min(score for score, _ in scores)
    return folder / max(name for score, name in scores if score == least)


def is_checkpoint(path: Path) -> bool:
    """Whether a folder is one of them, by its name."""
    return _NAME.fullmatch(path.name) is not None and path.is_dir()


def names(folder: Path) -> list[str]:
    """The checkpoints of a folder, oldest first."""
    return sorted(p.name for p in folder.iterdir() if _NAME.fullmatch(p.name)) if folder.is_dir() else []


def has_checkpoints(run: Path) -> bool:
    """Whether a run folder holds any, whole or damaged."""
    return bool(names(run / "checkpoints"))


def clear_unfinished(folder: Path) -> None:
    """Remove what a process that was killed has left half written."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def read_facts(path: Path) -> dict[str, Any]:
    """What stands in a checkpoint beside its arrays. Errors: `CheckpointError` where it is damaged."""
    try:
        check, _, text = (path / _FACTS).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"checkpoint {path} is damaged: {_FACTS}: {_reason(error)}") from error
    text = text.removesuffix("\n")
    if hashlib.sha256(text.encode()).hexdigest() != check:
        raise CheckpointError(f"checkpoint {path} is damaged: {_FACTS} does not agree with its checksum")
    facts = json.loads(text)
    if facts["format"] != FORMAT:
        raise CheckpointError(f"checkpoint {path} has format {facts['format']}; this version reads {FORMAT}")
    return facts


def _read(path: Path) -> Snapshot:
    told = read_facts(path)
    for name, digest in told["files"].items():
        try:
            found = _sha256(path / name)
        except OSError as error:
            raise CheckpointError(f"checkpoint {path} is damaged: {name}: {_reason(error)}") from error
        if found != digest:
            raise CheckpointError(f"checkpoint {path} is damaged: {name} does not agree with its checksum")
    try:
        with _orbax() as checkpointer:
            arrays: Arrays = {n: np.asarray(a) for n, a in checkpointer.restore(path.resolve() / _ARRAYS).items()}
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {_reason(error)}") from error
    arrays |= {name: arrays[name][0] for name in told["scalars"]}
    arrays |= {name: np.zeros(shape, dtype) for name, (dtype, shape) in told["empty"].items()}
    return Snapshot(told["epoch"], told["batch"], {n: np.asarray(a) for n, a in arrays.items()}, told["facts"])


@contextmanager
def _orbax() -> Iterator[Any]:
    with uninterrupted():  # Ctrl-C while it is imported or works made the process crash at its end
        try:
            import orbax.checkpoint as orbax
        except ImportError as error:
            raise CheckpointError('checkpoints need orbax-checkpoint: pip install "ngcsnn[train]"') from error
        with orbax.PyTreeCheckpointer() as checkpointer:
            yield checkpointer


def _check_room(folder: Path, arrays: Arrays) -> None:
    """Raise where the disk is too full; orbax would find out half-way, with a page of its own reports."""
    needed = sum(a.nbytes for a in arrays.values()) + 4096 * (len(arrays) + 16)
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    full = os.strerror(errno.ENOSPC)
    if full in text:  # at the end of a long report of orbax
        return full
    return text.splitlines()[0][:200] if text else type(error).__name__
