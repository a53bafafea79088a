"""The gallery draws every cell of the library, and its page shows all of them."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn import components
from ngcsnn.components import AdExCell, GaussianErrorCell, LIFCell
from ngcsnn.graph import known_types

GALLERY = Path(__file__).resolve().parents[2] / "museum" / "gallery"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(GALLERY / "run.py"))


def test_every_cell_is_drawn(script):
    offered = {n: c for n, c in known_types().items() if hasattr(components, n)}
    library = {n for n, c in offered.items() if c.stage == "cell"}
    assert set(script["cells"]()) == library - set(script["BASES"])


def test_what_the_page_shows_is_there(script):
    """Drawn anew by museum/gallery/run.py after a cell is added."""
    shown = re.findall(r"!\[(\w+)\]\(pictures/(\w+)\.png\)", (GALLERY / "README.md").read_text())
    assert len(shown) > 10 and {name for name, _ in shown} <= set(script["cells"]())
    assert all(name == file and (GALLERY / "pictures" / f"{file}.png").stat().st_size > 5000 for name, file in shown)


def test_a_spiking_cell_gets_the_smallest_current_that_makes_it_spike(script):
    found = script["answer"](LIFCell)
    assert found.height == 1.5 and len(found.spikes) >= 3
    gaps = np.diff(found.spikes)
    np.testing.assert_allclose(gaps, 20.0 * np.log(1.5 / 0.5), rtol=1e-3)
    assert script["answer"](AdExCell).height > 100  # pA


def test_cells_without_spikes_are_driven_at_their_first_input(script):
    found = script["answer"](GaussianErrorCell, 40.0)
    assert found.spikes is None and np.ptp(found.values["dmu"]) > 0.5


def test_the_script_writes_pictures_and_page(tmp_path):
    command = [sys.executable, str(GALLERY / "run.py"), "--smoke", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=GALLERY.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((tmp_path / "pictures").glob("*.png"))) == (tmp_path / "README.md").read_text().count("![")
