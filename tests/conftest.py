"""What every test shares. Settings that jax and matplotlib read at import come first."""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")

import jax
import pytest

ROOT = Path(__file__).resolve().parent.parent


SWEEPS = (ROOT / "tests" / "sweeps.txt").read_text().split("\n")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what sweeps.txt lists; a line that names no test of its file is an error."""
    names = {item.nodeid.removeprefix("tests/"): item for item in items}
    files = {name.partition("::")[0] for name in names}
    whole = not any("::" in argument for argument in sys.argv)  # else parts of files were asked for
    for line in filter(None, SWEEPS):
        found = [item for name, item in names.items() if name == line or name.startswith(f"{line}[")]
        if not found and whole and line.partition("::")[0] in files:
            raise pytest.UsageError(f"tests/sweeps.txt: there is no test {line}")
        for item in found:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module", autouse=True)
def modest() -> Iterator[None]:
    """Programs that jax keeps are let go after a file once they fill a fifth of the machine's memory, or most of the
    maps that a process may have (Linux)."""
    yield
    size, maps = Path("/proc/self/statm"), Path("/proc/self/maps")
    if not size.exists():
        return
    pages = os.sysconf("SC_PHYS_PAGES")
    if int(size.read_text().split()[1]) > pages / 5 or maps.read_bytes().count(b"\n") > 40_000:
        jax.clear_caches()
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)  # what was let go counts as used until it is given back


@pytest.fixture
def x64() -> Iterator[None]:
    """Run one test in float64; the setting before it comes back."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the repository with the larger truths and data; the test is skipped where it is absent."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"needs the folder ../shared beside the repository; there is none at {path}")
    return path
