"""Files of published data sets: fetched once, checked, and kept in a folder of the user."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ngcsnn.data.http_transfer import TransferError, transfer

try:
    import fcntl
except ImportError:  # not on Windows: two processes that fetch the same file at once then do the work twice
    fcntl = None

FOLDER_VARIABLE = "NGCSNN_DATA"
MIRROR_VARIABLE = "NGCSNN_MIRROR"


class DownloadError(OSError):
    """A file that could not be fetched; the message says why, and what to put where instead."""


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Args:
        name: its name at every mirror, and in the cache.
        sha256: its checksum, 64 hexadecimal digits; "" where only an `md5` (32 digits) was published.
        of_content: the checksum is that of the file packed in it (a `.gz`): mirrors may pack it differently.
        md5: its checksum where there is no `sha256`.
        address: its whole address, where that is not its name below a mirror; it is tried before the mirrors, and
            NGCSNN_MIRROR takes its place.
    """

    name: str
    sha256: str = ""
    of_content: bool = False
    md5: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        if not (self.sha256 or self.md5):
            raise ValueError(f"file '{self.name}' needs a checksum: nothing is kept that was not checked")

    @property
    def algorithm(self) -> str:
        """What the checksum is computed by."""
        return "sha256" if self.sha256 else "md5"

    @property
    def checksum(self) -> str:
        """The checksum, by `algorithm`."""
        return self.sha256 or self.md5


def data_folder() -> Path:
    """Return the folder that keeps fetched data sets, one folder each.

    The environment variable NGCSNN_DATA names it; else it is `ngcsnn` in the user's cache folder: XDG_CACHE_HOME or
    ~/.cache, on macOS ~/Library/Caches, on Windows LOCALAPPDATA.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ngcsnn"
    variable, usual = ("LOCALAPPDATA", "AppData/Local") if sys.platform == "win32" else ("XDG_CACHE_HOME", ".cache")
    named = os.environ.get(variable)
    return (Path(named) if named else Path.home() / usual) / "ngcsnn"


def mirrors_of(dataset: str, official: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses to try for a data set: `$NGCSNN_MIRROR/<dataset>/` alone where that is set, else `official`.

    Raises: ValueError for one that is neither http nor https.
    """
    base = os.environ.get(MIRROR_VARIABLE)
    if base and not base.startswith(("http://", "https://")):
        raise ValueError(f"{MIRROR_VARIABLE} must be an http or https address, got {base!r}")
    addresses = [f"{base.rstrip('/')}/{dataset}"] if base else official
    return tuple(f"{address.rstrip('/')}/" for address in addresses)


def fetch(dataset: str, files: Sequence[RemoteFile], mirrors: Sequence[str], home: str = "") -> Path:
    """Fetch those of `files` that the cache of a data set lacks.

    A file appears in the cache under its name once it is complete and its checksum is right, never before. What an
    earlier attempt left (`<name>.part`) is taken up again. Mirrors are tried in their order.

    Args:
        dataset: the data set, and its folder in `data_folder()`.
        files: what is wanted.
        mirrors: addresses below which the files lie; NGCSNN_MIRROR takes their place (see `mirrors_of`).
        home: the page that describes the data, for messages.
    Returns: the folder that holds the files.
    Raises: DownloadError (an OSError): no mirror gave the file, or the folder cannot be written; ValueError for a bad
        NGCSNN_MIRROR.
    """
    folder, addresses = data_folder() / dataset, mirrors_of(dataset, mirrors)
    lacking = [file for file in files if not (folder / file.name).is_file()]
    if not lacking:
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in lacking:
            with _alone(folder):
                if not (folder / file.name).is_file():  # another process may have been faster
                    _fetch(file, folder, addresses, dataset)
    except TransferError as error:
        names = ", ".join(file.name for file in lacking if not (folder / file.name).is_file())
        raise DownloadError(
            f"data set '{dataset}' cannot be fetched: {error}. Without a network: put {names} into {str(folder)!r} "
            f"({FOLDER_VARIABLE} names another folder than {str(folder.parent)!r}), or name the `folder` that "
            f"holds them; {MIRROR_VARIABLE} names another server{home and f'. The page of the data: {home}'}"
        ) from error
    except OSError as error:
        raise DownloadError(
            f"data set '{dataset}' cannot be kept in {str(folder)!r}: {error}; {FOLDER_VARIABLE} names another folder"
        ) from error
    return folder


def _fetch(file: RemoteFile, folder: Path, addresses: Sequence[str], dataset: str) -> None:
    part, target = folder / f"{file.name}.part", folder / file.name
    problems = []
    elsewhere = [file.address] if file.address and not os.environ.get(MIRROR_VARIABLE) else []
    for url in elsewhere + [address + file.name for address in addresses]:
        try:
            while transfer(url, part, f"{dataset}: {file.name}") and _checksum(part, file) != file.checksum:
                part.unlink()  # begun by an earlier attempt, perhaps of another file: once more from the start
            found = _checksum(part, file)
            if found != file.checksum:
                part.unlink()
                raise TransferError(f"its {file.algorithm} is {found}, expected {file.checksum}")
        except TransferError as error:
            problems.append(f"{url}: {error}")
            continue
        with open(part, "rb+") as done:
            os.fsync(done.fileno())
        os.replace(part, target)
        return
    raise TransferError("; ".join(problems))


def _checksum(path: Path, file: RemoteFile) -> str:
    """The checksum to compare, or what keeps it from being taken."""
    try:
        with gzip.open(path) if file.of_content else open(path, "rb") as content:
            return hashlib.file_digest(content, file.algorithm).hexdigest()  # pyright: ignore[reportArgumentType]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        return f"that of no gzip file ({error})"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process fetches into the folder."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks; the checksum still holds
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
