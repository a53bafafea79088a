"""Events (and labels) in a `.npz` file: written whole or not at all, checked when read."""

import os
import secrets
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.events import EventData
from ngcsnn.data.labels import check_labels

FORMAT = "ngcsnn-events-1"


def save_events(
    path: str | os.PathLike[str],
    events: EventData,
    labels: ArrayLike | None = None,
    overwrite: bool = False,
    groups: ArrayLike | None = None,
) -> Path:
    """Write events, and labels and groups if given, to one `.npz` file; a crash leaves the old file or none.

    Args:
        path: the file, ending in `.npz`; its folder must exist.
        events: the events.
        labels: one class index >= 0 per sample, (n_samples,).
        overwrite: replace a file that exists already; otherwise it is an error.
        groups: who each sample is from (a speaker, a person), numbers or names, (n_samples,).
    Returns: the path.
    Raises: FileExistsError, FileNotFoundError (no such folder), ValueError (name, labels or groups).
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"`path` must end in .npz, got {str(path)!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} does not exist, nothing was written")
    exists = f"{str(path)!r} exists already and was left as it is; `overwrite=True` replaces it"
    if path.exists() and not overwrite:
        raise FileExistsError(exists)
    arrays = {
        "format": np.array(FORMAT),
        "times": events.times,
        "units": events.units,
        "offsets": events.offsets,
        "n_units": np.array(events.n_units),
        "t_end": np.array(np.nan if events.t_end is None else events.t_end),
    }
    if labels is not None:
        arrays["labels"] = check_labels(labels, n_samples=len(events))
    if groups is not None:
        arrays["groups"] = _checked_groups(groups, len(events))
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(part, path)
        else:
            _publish(part, path, exists)
    finally:
        part.unlink(missing_ok=True)
    return path


def _publish(part: Path, path: Path, exists: str) -> None:
    """Give `part` its name without ever replacing a file, even one that appeared in the meantime."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise FileExistsError(exists) from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(exists) from None
        os.replace(part, path)


def load_events(path: str | os.PathLike[str]) -> tuple[EventData, np.ndarray | None]:
    """Read a file of `save_events` (or `EventData.save`) and check everything in it.

    Returns: events, and labels (n_samples,) int32 or None where the file holds none.
    Raises: FileNotFoundError; ValueError if the file is truncated, corrupt, not one of ours, or holds bad events.
    """
    return load_grouped(path)[:2]


def load_grouped(path: str | os.PathLike[str]) -> tuple[EventData, np.ndarray | None, np.ndarray | None]:
    """As `load_events`, and who each sample is from, (n_samples,), or None where the file does not say."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no event file at {str(path)!r}")
    arrays = _read(path)
    if "format" not in arrays or str(arrays["format"]) != FORMAT:
        found = f"format {str(arrays['format'])!r}" if "format" in arrays else f"arrays {sorted(arrays)}"
        raise ValueError(f"{str(path)!r} is no event file of this library: found {found}, expected format {FORMAT!r}")
    missing = [name for name in ("times", "units", "offsets", "n_units", "t_end") if name not in arrays]
    if missing:
        raise ValueError(f"{str(path)!r} lacks the arrays {missing}")
    try:
        t_end = float(arrays["t_end"])
        events = EventData(
            arrays["times"],
            arrays["units"],
            arrays["offsets"],
            int(arrays["n_units"]),
            None if np.isnan(t_end) else t_end,
        )
        labels = check_labels(arrays["labels"], n_samples=len(events)) if "labels" in arrays else None
        groups = _checked_groups(arrays["groups"], len(events)) if "groups" in arrays else None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{str(path)!r}: {error}") from error
    return events, labels, groups


def _checked_groups(groups: ArrayLike, n_samples: int) -> np.ndarray:
    array = np.asarray(groups)
    if array.dtype.kind not in "iuU" or array.shape != (n_samples,):
        raise ValueError(f"`groups` must be numbers or names, ({n_samples},), got {array.shape} of {array.dtype}")
    return array


# What zipfile and numpy raise on damaged files.
_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays at once: the checksums show damage here, not later."""
    try:
        with open(path, "rb") as file:  # numpy leaves it open if the archive is damaged
            if not zipfile.is_zipfile(file):
                raise ValueError("no zip archive")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
    except _DAMAGE as error:
        raise ValueError(f"{str(path)!r} cannot be read: it is truncated, corrupt or no .npz file ({error})") from error
