"""Files that change all at once: whoever is killed while writing one leaves what it held before.

x.h5            the file
x.h5.journal    there while x.h5 changes: its size before, and what stood in the pages that are written over
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ngcsnn.graph import GraphError
from ngcsnn.graph.interrupt import uninterrupted

PAGE = 4096  # bytes
_DIGEST = hashlib.sha256().digest_size


class Before(NamedTuple):
    """A file before a change. size: None where it was not there. pages: by number, those that change."""

    size: int | None
    pages: dict[int, bytes]


class Pages(io.RawIOBase):
    """A file whose changes stay in memory. base: what it is read from. before: pages to see instead, and the size.

    changed: pages by number. size: in bytes. whole: from here on nothing of the base is left.
    """

    def __init__(self, base: Any, before: Before | None = None):
        self._base, self._at = base, 0
        self.size = base.seek(0, os.SEEK_END) if before is None else before.size or 0
        self.whole = self.size
        pages = {} if before is None else before.pages
        self.changed = {n: bytearray(content.ljust(PAGE, b"\0")) for n, content in pages.items()}

    def page(self, number: int) -> bytes | bytearray:
        """A page, filled up with zeros."""
        if number in self.changed:
            return self.changed[number]
        self._base.seek(number * PAGE)
        return self._base.read(max(min(PAGE, self.whole - number * PAGE), 0)).ljust(PAGE, b"\0")

    def close(self) -> None:
        self._base.close()
        super().close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence] + offset
        if at < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        stop, done = max(self._at, min(self.size, self._at + len(target))), 0
        for number, start, end in _parts(self._at, stop):
            target[done : done + end - start] = self.page(number)[start:end]
            done += end - start
        self._at += done
        return done

    def write(self, data: Any) -> int:
        source, done = memoryview(data).cast("B"), 0
        for number, start, end in _parts(self._at, self._at + len(source)):
            if number not in self.changed:
                self.changed[number] = bytearray(self.page(number))
            self.changed[number][start:end] = source[done : done + end - start]
            done += end - start
        self._at += done
        self.size = max(self.size, self._at)
        return done

    def truncate(self, size: int | None = None) -> int:
        self.size = self._at if size is None else size
        self.whole = min(self.whole, self.size)
        last, rest = divmod(self.size, PAGE)
        for number in [n for n in self.changed if n > last]:
            del self.changed[number]
        if last in self.changed:
            self.changed[last][rest:] = bytes(PAGE - rest)
        return self.size


@contextmanager
def changing(path: Path) -> Iterator[Pages]:
    """The file, to be read and written. At the end of the block all of it is written, after an error nothing.

    Errors: `GraphError` where it cannot be; it holds what it held before, and a full disk is told.
    """
    undo(path)
    with uninterrupted(), _base(path) as base:
        pages = Pages(base)
        yield pages
        try:
            _write(path, base, pages)
        except OSError as error:
            raise GraphError(f"cannot write {path}: {error.strerror}; it holds what it held before") from error


def standing(path: Path) -> Path | Pages:
    """What to read: the file, or, while it changes or where a change was cut short, the file as it was before that."""
    before = _read_journal(path)
    return path if before is None else Pages(_base(path), before)


def is_there(path: Path) -> bool:
    """Whether there is a file, but for one that was being made."""
    before = _read_journal(path)
    return path.exists() if before is None else before.size is not None


def undo(path: Path) -> None:
    """Take a change back that was cut short."""
    before = _read_journal(path)
    try:
        if _unfinished(path).exists():
            _unfinished(path).unlink()
        if before is not None:
            _put_back(path, before)
    except OSError as error:
        raise GraphError(f"cannot put {path} back to what it held before: {error.strerror}") from error


def _base(path: Path) -> Any:
    """The file, to be read; an empty one where there is none."""
    try:
        return path.open("rb") if path.exists() else io.BytesIO()
    except OSError as error:
        raise GraphError(f"cannot read {path}: {error.strerror}") from error


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal.new")


def _write(path: Path, base: Any, pages: Pages) -> None:
    """Write what has changed, once what it replaces is safe in the journal."""
    before = _changes(path, base, pages)
    _write_journal(path, before)
    try:
        with open(path, "r+b" if before.size is not None else "w+b") as file:
            file.truncate(min(pages.whole, pages.size))
            for number in sorted(pages.changed):
                file.seek(number * PAGE)
                file.write(memoryview(pages.changed[number])[: pages.size - number * PAGE])
            file.truncate(pages.size)
            _to_disk(file)
    except BaseException:
        _put_back(path, before)
        raise
    _journal(path).unlink()


def _changes(path: Path, base: Any, pages: Pages) -> Before:
    size = base.seek(0, os.SEEK_END)
    numbers = {n for n in pages.changed if n * PAGE < size} | set(range(pages.whole // PAGE, -(-size // PAGE)))
    held = {}
    for number in sorted(numbers):
        base.seek(number * PAGE)
        held[number] = base.read(PAGE)
    return Before(size if path.exists() else None, held)


def _put_back(path: Path, before: Before) -> None:
    if before.size is None or not path.exists():  # the file is gone, and with it what the journal belonged to
        path.unlink(missing_ok=True)
    else:
        with open(path, "r+b") as file:
            for number, content in before.pages.items():
                file.seek(number * PAGE)
                file.write(content)
            file.truncate(before.size)
            _to_disk(file)
    _journal(path).unlink()


def _write_journal(path: Path, before: Before) -> None:
    fresh, digest = _unfinished(path), hashlib.sha256()
    try:
        with open(fresh, "wb") as file:
            head = json.dumps({"size": before.size, "pages": list(before.pages)}).encode() + b"\n"
            for part in (head, *before.pages.values()):
                digest.update(part)
                file.write(part)
            file.write(digest.digest())
            _to_disk(file)
        fresh.replace(_journal(path))
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _read_journal(path: Path) -> Before | None:
    journal = _journal(path)
    try:
        content = journal.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GraphError(f"cannot read {journal}, which belongs to {path.name}: {error.strerror}") from error
    told, check = content[:-_DIGEST], content[-_DIGEST:]
    if hashlib.sha256(told).digest() != check:
        raise GraphError(f"{journal} is damaged: what {path.name} held before a change that was cut short is lost")
    line, _, rest = told.partition(b"\n")
    head = json.loads(line)
    return Before(head["size"], {n: rest[i * PAGE : (i + 1) * PAGE] for i, n in enumerate(head["pages"])})


def _parts(start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """(page, first byte in it, end in it) of the bytes start <= at < stop."""
    for number in range(start // PAGE, -(-stop // PAGE)):
        yield number, max(start - number * PAGE, 0), min(stop - number * PAGE, PAGE)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
