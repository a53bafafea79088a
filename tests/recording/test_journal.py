"""Files that change all at once: death and full disks at every moment of a change."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.recording import journal
from ngcsnn.recording.journal import PAGE, Pages, changing, standing, undo


class Death(BaseException):
    """What `kill -9` is: nothing is done after it."""


class Disk:
    """Counts what is written, renamed and removed; at number `at` it fails, with the first half of what is written.

    dead: then everything after it fails too; else the disk was full for that moment.
    """

    def __init__(self, patch: pytest.MonkeyPatch, at: int, dead: bool):
        self.at, self.dead, self.count, self.over = at, dead, 0, False
        patch.setattr(journal, "open", lambda path, mode: Torn(self, path, mode), raising=False)
        for name in ("replace", "unlink"):
            patch.setattr(Path, name, self.counted(getattr(Path, name)))

    def due(self) -> bool:
        self.count += 1
        self.over |= self.count == self.at
        return self.count == self.at or (self.dead and self.over)

    def fail(self) -> Any:
        raise Death if self.dead else OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def counted(self, method: Any) -> Any:
        return lambda *a, **k: self.fail() if self.dead and self.due() else method(*a, **k)


class Torn:
    """A file on that disk, open to be written."""

    def __init__(self, disk: Disk, path: Path, mode: str):
        self.disk, self.file = disk, path.open(mode, buffering=0)

    def __enter__(self) -> Torn:
        return self

    def __exit__(self, *_: Any) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: Any) -> int:
        if self.disk.due():
            self.file.write(bytes(data)[: len(data) // 2])
            self.disk.fail()
        return self.file.write(data) or 0


def change(file: Pages) -> None:
    """Over a border of pages, far beyond the end, and a little shorter again."""
    file.seek(PAGE - 3)
    file.write(b"abcdef")
    file.seek(0, os.SEEK_END)
    file.write(b"x" * (2 * PAGE + 5))
    file.truncate(file.size - 2)


def shorten(file: Pages) -> None:
    file.seek(10)
    file.write(b"abc")
    file.truncate(PAGE + 1)


OLD = bytes(np.random.default_rng(0).integers(0, 256, 3 * PAGE + 100, np.uint8))
LONGER = OLD[: PAGE - 3] + b"abcdef" + OLD[PAGE + 3 :] + b"x" * (2 * PAGE + 3)
CASES: dict[str, tuple[bytes | None, Any, bytes]] = {
    "longer": (OLD, change, LONGER),
    "shorter": (OLD, shorten, (OLD[:10] + b"abc" + OLD[13:])[: PAGE + 1]),
    "new": (None, lambda file: file.write(b"new"), b"new"),
}


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def seen(path: Path) -> bytes | None:
    found = standing(path)
    return found.read() or None if isinstance(found, Pages) else content(found)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dead", [True, False], ids=["killed", "full"])
def test_at_every_moment_it_is_the_one_or_the_other(case, dead, tmp_path) -> None:
    old, action, new = CASES[case]
    path, outcomes, at = tmp_path / "x", [], 0
    while True:
        at += 1
        for left in tmp_path.iterdir():
            left.unlink()
        if old is not None:
            path.write_bytes(old)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, at, dead)
            try:
                with changing(path) as file:
                    action(file)
            except (Death, GraphError) as error:
                assert dead or "No space left on device; it holds what it held before" in str(error)
        if not disk.over:
            break
        assert seen(path) in (old, new), at
        if not dead:
            assert content(path) == old and {p.name for p in tmp_path.iterdir()} <= {"x"}
        undo(path)
        outcomes.append(content(path))
        assert outcomes[-1] in (old, new) and {p.name for p in tmp_path.iterdir()} <= {"x"}
    assert content(path) == new and outcomes[0] == old and len(outcomes) > 2
    assert outcomes == sorted(outcomes, key=lambda c: c == new), "once it has changed, it stays so"


def test_an_error_in_the_block_changes_nothing(tmp_path) -> None:
    path = tmp_path / "x"
    path.write_bytes(OLD)
    with pytest.raises(KeyError), changing(path) as file:
        change(file)
        raise KeyError
    assert path.read_bytes() == OLD and [p.name for p in tmp_path.iterdir()] == ["x"]


def test_what_is_written_is_read(tmp_path) -> None:
    """Against a plain file, over random reads, writes and changes of length."""
    rng, path = np.random.default_rng(1), tmp_path / "x"
    path.write_bytes(OLD)
    (tmp_path / "plain").write_bytes(OLD)
    with open(tmp_path / "plain", "r+b") as plain, changing(path) as file:
        for _ in range(300):
            at, n = (int(i) for i in rng.integers(0, 5 * PAGE, 2))
            kind = rng.integers(0, 4)
            for f in (plain, file):
                f.seek(at)
            if kind == 0:
                assert plain.truncate(at) == file.truncate(at)
            elif kind == 1:
                assert plain.write(bytes([n % 256]) * n) == file.write(bytes([n % 256]) * n)
            else:
                assert plain.read(n) == file.read(n)
            assert plain.tell() == file.tell()
        plain.seek(0)
        want = plain.read()
    assert path.read_bytes() == want
    with pytest.raises(OSError, match="Invalid argument"):
        Pages(open(path, "rb")).seek(-1)  # noqa: SIM115


def test_a_damaged_journal_is_told(tmp_path, monkeypatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(OLD)
    monkeypatch.setattr(journal, "_put_back", lambda *_: None)
    with pytest.MonkeyPatch.context() as patch:
        Disk(patch, 8, dead=True)
        with pytest.raises(Death), changing(path) as file:
            change(file)
    left = tmp_path / "x.journal"
    good = left.read_bytes()
    left.write_bytes(good[:-40] + good[-39:])
    for read in (standing, undo):
        with pytest.raises(GraphError, match=r"x\.journal is damaged"):
            read(path)
