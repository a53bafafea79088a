"""Where the files of a published data set come from, and where they are looked for."""

from __future__ import annotations

import errno
import gzip
import os
import secrets
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ngcsnn.data.downloads import FOLDER_VARIABLE, DownloadError, RemoteFile, data_folder, fetch


@dataclass(frozen=True)
class Published:
    """The files of a data set.

    Args:
        name: of its folder in the cache.
        files: what can be fetched. mirrors: addresses below which they lie.
        home: the page that describes the data. by_hand: where files cannot be fetched (there is no address that a
            program may ask, or no published checksum): what to put into the folder.
        instead: names of files or folders by hand, any of which serves in place of all that could be fetched.
    """

    name: str
    files: tuple[RemoteFile, ...] = ()
    mirrors: tuple[str, ...] = ()
    home: str = ""
    by_hand: str = ""
    instead: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return data_folder() / self.name

    def lacking(self) -> list[str]:
        """The names of the files that can be fetched and are not there, packed or unpacked."""
        if any((self.folder / name).exists() for name in self.instead):
            return []
        return [f.name for f in self.files if find(self.folder, unpacked_name(f.name)) is None]

    def fetch(self, *names: str) -> Path:
        """Fetch those of the files that lack (all, or those named without .gz or .zip); returns the folder.

        Raises: DownloadError, which says what to put where.
        """
        wanted = [f for f in self.files if not names or unpacked_name(f.name) in names]
        lacking = self.lacking()
        wanted = [f for f in wanted if f.name in lacking]
        if not self.files and not (self.folder.is_dir() and any(self.folder.iterdir())):
            raise DownloadError(
                f"data set '{self.name}' cannot be fetched by this program: {self.by_hand}. Put that into "
                f"{str(self.folder)!r} ({FOLDER_VARIABLE} names another folder than {str(data_folder())!r}), or name "
                f"the `folder` that holds it"
            )
        return fetch(self.name, wanted, self.mirrors, self.home)

    def base(self, folder: str | os.PathLike[str] | None, *names: str) -> Path:
        """The folder to read: `folder` as it is, or the cache, into which what lacks of `names` is fetched."""
        if folder is None:
            return self.fetch(*names)
        if not isinstance(folder, str | os.PathLike):
            raise TypeError(f"`folder` must be the path of a folder, got {folder!r}")
        base = Path(folder).expanduser()
        if not base.is_dir():
            raise FileNotFoundError(f"{self.name}: there is no folder {str(base)!r}")
        return base

    def file(self, folder: str | os.PathLike[str] | None, name: str) -> Path:
        """A file of this name, unpacked beside its .gz or .zip if need be.

        Raises: FileNotFoundError; ValueError for an archive that is damaged; DownloadError.
        """
        base = self.base(folder, name)
        found = find(base, name)
        if found is None:
            raise FileNotFoundError(f"{self.name}: the folder {str(base)!r} lacks {name} (as it is, .gz or .zip)")
        return found if found.name == name else _unpacked(found, name)


def unpacked_name(name: str) -> str:
    """The name without .gz, .zip or .tar.gz."""
    return name.removesuffix(".gz").removesuffix(".zip").removesuffix(".tar")


def find(folder: Path, name: str) -> Path | None:
    """The file or folder of this name, or its archive; None where there is neither."""
    return next((path for form in ("", ".gz", ".zip", ".tar.gz") if (path := folder / f"{name}{form}").exists()), None)


# What gzip, zipfile and tarfile raise on damaged archives; of OSError only what no disk says.
DAMAGE = (
    zipfile.BadZipFile, gzip.BadGzipFile, tarfile.TarError, EOFError, zlib.error, struct.error, RuntimeError,
    ValueError, KeyError, OverflowError, MemoryError,
)  # fmt: skip


@contextmanager
def unpacking(archive: Path) -> Iterator[None]:
    """Turn what is raised on a damaged archive into a ValueError that names it."""
    message = f"{str(archive)!r} cannot be unpacked: it is truncated or corrupt"
    try:
        yield
    except DAMAGE as error:
        raise ValueError(f"{message} ({error})") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the beginning of the file, which a damaged table gave
            raise
        raise ValueError(f"{message} ({error})") from error


def _unpacked(archive: Path, name: str) -> Path:
    """`name` beside its archive: whole or not at all."""
    target = archive.with_name(name)
    part = archive.with_name(f".{name}.{secrets.token_hex(4)}.part")
    try:
        with unpacking(archive):
            if archive.suffix == ".gz":
                with gzip.open(archive) as packed, open(part, "xb") as out:
                    shutil.copyfileobj(cast(IO[bytes], packed), out)
            else:
                with zipfile.ZipFile(archive) as box:
                    inside = [m for m in box.namelist() if Path(m).name == name]
                    if len(inside) != 1:
                        raise ValueError(f"it holds no {name}, but {', '.join(box.namelist()[:5])}")
                    with box.open(inside[0]) as packed, open(part, "xb") as out:
                        shutil.copyfileobj(packed, out)
        os.replace(part, target)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{str(archive)!r} cannot be unpacked beside itself ({error}); unpack it elsewhere, and name that folder",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target
