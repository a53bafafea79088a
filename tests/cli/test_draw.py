"""`ngcsnn draw`."""

from pathlib import Path

import pytest


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("b/a.pdf", b"%PDF")])
def test_pictures(ngcsnn, model: Path, name: str, start: bytes) -> None:
    pytest.importorskip("matplotlib")
    said = ngcsnn("draw", model, "-o", name)
    assert said == (0, "", f"written: {name}\n")
    assert (model.parent / name).read_bytes().startswith(start)


def test_the_default_name_is_not_written_over(ngcsnn, model: Path) -> None:
    (model.parent / "tiny.png").write_text("mine")
    said = ngcsnn("draw", model)
    assert (said.code, said.err) == (2, "error: tiny.png already exists; name the file with -o, which replaces it\n")
    assert (model.parent / "tiny.png").read_text() == "mine"


def test_mermaid(ngcsnn, model: Path) -> None:
    said = ngcsnn("draw", model, "--mermaid", "hidden.n_units=20")
    assert said.code == 0 and said.out.startswith("flowchart LR") and "20 units" in said.out
    assert ngcsnn("draw", "--mermaid", model, "-o", "net.md").code == 0
    assert (model.parent / "net.md").read_text() == said.out
    refused = ngcsnn("draw", model, "--mermaid", "-o", "net.svg")
    assert refused.code == 2 and "--mermaid writes text" in refused.err
    assert not (model.parent / "net.svg").exists()


def test_a_network_alone_and_another_ending(ngcsnn, model: Path) -> None:
    model.write_text(model.read_text().partition("data:")[0])
    assert ngcsnn("draw", model, "--mermaid").code == 0
    said = ngcsnn("draw", model, "-o", "net.jpg")
    assert said.code == 2 and "must end in .png, .svg or .pdf" in said.err


def test_without_matplotlib(ngcsnn, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    said = ngcsnn("draw", model)
    assert said == (2, "", 'error: pictures need matplotlib: pip install "ngcsnn[viz]"\n')
