"""Opening models: a user's own modules, and double precision."""

import sys
from pathlib import Path

import jax
import pytest

PACKAGE = """
from ngcsnn.components import LIFCell

class FastCell(LIFCell):
    \"\"\"A cell of the user's own.\"\"\"
"""


def test_a_users_component(ngcsnn, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the current folder, which is on Python's path for the length of the call."""
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", str(model.parent))])
    (model.parent / "cli_cells").mkdir()
    (model.parent / "cli_cells" / "__init__.py").touch()
    (model.parent / "cli_cells" / "fast.py").write_text(PACKAGE)
    model.write_text(model.read_text().replace("type: LIFCell", "type: 'cli_cells.fast:FastCell'"))
    refused = ngcsnn("check", model)
    assert refused.code == 2
    assert refused.err.startswith(
        f"error: {model}:4: type 'cli_cells.fast:FastCell' needs the module 'cli_cells.fast', which"
    )
    assert "--allow-module cli_cells" in refused.err and "cli_cells" not in sys.modules
    said = ngcsnn("check", model, "--allow-module", "cli_cells")
    assert said.code == 0 and "FastCell" in said.out


def test_double_precision_for_one_call(ngcsnn, model: Path) -> None:
    said = ngcsnn("check", model, "context.dtype=float64")
    assert said.code == 0 and "float64" in said.out
    assert not jax.config.jax_enable_x64  # type: ignore[attr-defined]
    assert "float32" in ngcsnn("check", model).out


def test_a_model_that_is_not_there(ngcsnn, model: Path) -> None:
    assert ngcsnn("check", "modle.yaml") == (2, "", "error: no file modle.yaml; did you mean 'model.yaml'?\n")
    assert ngcsnn("check", model.parent).code == 2
