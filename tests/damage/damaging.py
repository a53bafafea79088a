"""Files with something wrong in them, and the two ways in which reading one may end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st

from ngcsnn.graph import GraphError

FEW, MANY = 15, int(os.environ.get("NGCSNN_FUZZ", "10000"))
KINDS = ["cut", "byte", "bit", "insert", "remove", "zeros", "twice", "gone", "folder"]

# (which file, kind, where as a fraction of the file, what)
DAMAGE = st.lists(
    st.tuples(st.integers(0, 99), st.sampled_from(KINDS), st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=3
)


def damage(files: list[Path], changes: list[tuple[int, str, float, int]]) -> set[int]:
    """Do this to the files; the numbers of those that it was done to."""
    touched = set[int]()
    for which, kind, where, what in changes:
        path = files[which % len(files)]
        if not path.is_file():
            continue
        touched.add(which % len(files))
        content = path.read_bytes()
        at = int(where * len(content))
        if kind in ("gone", "folder"):
            path.unlink()
            if kind == "folder":
                path.mkdir()
            continue
        path.write_bytes(
            {
                "cut": content[:at],
                "byte": content[:at] + bytes([what]) + content[at + 1 :],
                "bit": content[:at] + bytes([b ^ 1 << what % 8 for b in content[at : at + 1]]) + content[at + 1 :],
                "insert": content[:at] + bytes([what]) * (1 + what % 7) + content[at:],
                "remove": content[:at] + content[at + 1 + what % 7 :],
                "zeros": content[:at] + bytes(8) + content[at + 8 :],
                "twice": content[:at] + content,
            }[kind]
        )
    return touched


def try_all(
    good: Path, place: Path, read: Callable[[Path], Any], check: Callable[[Any], None], cases: int
) -> dict[str, int]:
    """Damage a copy of the folder `good` at `place`, and read it; how often it was refused, and how often read.

    check: of what was read; raises where it is wrong.
    """
    ended = {"refused": 0, "read": 0}
    shutil.copytree(good, place)
    check(read(place))
    files = sorted(p for p in place.rglob("*") if p.is_file())
    contents = [path.read_bytes() for path in files]

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(DAMAGE)
    def one(changes: list[tuple[int, str, float, int]]) -> None:
        touched = damage(files, changes)
        try:
            found = read(place)
        except (GraphError, OSError) as error:
            ended["refused"] += 1
            assert place.name in str(error), f"the message does not name the file: {error}"
            assert len(str(error)) < 2000 and "\n" not in str(error).strip(), f"more than a line: {error}"
        else:
            ended["read"] += 1
            check(found)
        finally:
            for number in touched:
                if files[number].is_dir():
                    files[number].rmdir()
                files[number].write_bytes(contents[number])

    one()
    return ended
