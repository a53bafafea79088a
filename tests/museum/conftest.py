"""The data sets of the exhibits, where a clean machine has none: files of the published form, in the cache's place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated_fsdd import write_files as write_recordings
from generated_mnist import write_files


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What NGCSNN_DATA may name: a folder with `mnist/`, drawn digits, and `fsdd/`, made-up recordings."""
    folder = tmp_path_factory.mktemp("data")
    write_files(folder / "mnist")
    write_recordings(folder / "fsdd")
    return folder
