"""What every test shares. Settings that jax and matplotlib read at import come first."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")

import jax
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module", autouse=True)
def modest() -> Iterator[None]:
    """Programs that jax keeps are let go after a file once they have grown to a gigabyte or so (Linux)."""
    yield
    size = Path("/proc/self/statm")
    if size.exists() and int(size.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > 1.5e9:
        jax.clear_caches()
        gc.collect()


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
