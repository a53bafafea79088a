"""`ngcsnn info`."""

from pathlib import Path

import pytest

import ngcsnn as ng
from ngcsnn.cli.info import catalogue
from ngcsnn.components import LIFCell


def test_everything_is_listed(ngcsnn) -> None:
    said = ngcsnn("info")
    assert (said.code, said.err) == (0, "")
    assert ng.__version__ in said.out and "device" in said.out
    for name, line in (
        ("LIFCell", "Leaky integrate-and-fire cells"),
        ("sparse_categorical_crossentropy", "Cross-entropy"),
        ("avg_var", "Mean of"),
        ("adam", "Adam"),
        ("yin_yang", "Yin-Yang"),
        ("eventprop", "Compiles"),
        ("normal", "Gaussian"),
    ):
        assert any(text.split()[:1] == [name] and line in text for text in said.out.splitlines()), name
    assert max(map(len, said.out.splitlines())) <= 118


def test_each_has_documentation() -> None:
    for kind, known in catalogue().items():
        assert known, kind
        for name, thing in known.items():
            assert thing.__doc__, f"{kind}: {name}"


def test_full_help(ngcsnn) -> None:
    said = ngcsnn("info", "LIFCell")
    assert said.code == 0
    assert said.out.startswith("LIFCell(name, *, n_units") and "refract_time" in said.out
    assert (LIFCell.__doc__ or "").splitlines()[-1].strip() in said.out
    for name in ("adam", "yin_yang", "eventprop", "avg_var", "mean_square_error", "uniform"):
        assert ngcsnn("info", name).out.startswith(f"{name}(")


def test_unknown_names(ngcsnn) -> None:
    assert ngcsnn("info", "LIFCel") == (2, "", "error: nothing is called 'LIFCel'; did you mean 'LIFCell'?\n")


def test_a_users_own_class(ngcsnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "info_cells.py").write_text(
        "from ngcsnn.components import LICell\nclass Mine(LICell):\n    'My own.'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    refused = ngcsnn("info", "info_cells:Mine")
    assert refused.code == 2 and "not allowed" in refused.err
    assert "My own." in ngcsnn("info", "info_cells:Mine", "--allow-module", "info_cells").out
