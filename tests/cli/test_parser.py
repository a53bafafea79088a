"""The arguments of the command line."""

import pytest

import ngcsnn
from ngcsnn.cli.parser import parse


def test_overrides_may_stand_anywhere() -> None:
    for argv in (
        ["train", "m.yaml", "a=1", "b=2", "--out", "x", "--quiet"],
        ["train", "m.yaml", "a=1", "--out", "x", "b=2", "--quiet"],
        ["train", "--out", "x", "m.yaml", "--quiet", "a=1", "b=2"],
    ):
        found = parse(argv)
        assert (found.model, found.overrides, found.out, found.quiet) == ("m.yaml", ["a=1", "b=2"], "x", True)


def test_modules_add_up() -> None:
    assert parse(["check", "m", "--allow-module", "a", "--allow-module", "b"]).allow_module == ["a", "b"]
    assert parse(["check", "m"]).allow_module == parse(["info"]).allow_module == []


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_what_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unrecognized arguments: --ou=3" in refused(capsys, "train", "m.yaml", "--ou=3", "a=1")
    assert "unrecognized arguments: --fast" in refused(capsys, "train", "m.yaml", "--fast")
    assert "unrecognized arguments: LICell" in refused(capsys, "info", "LIFCell", "LICell")
    assert "invalid choice: 'trian'" in refused(capsys, "trian", "m.yaml")
    assert "required" in refused(capsys)
    assert "required" in refused(capsys, "check")


@pytest.mark.parametrize(
    "command", ["", "train", "eval", "simulate", "plot", "report", "sweep", "check", "draw", "info", "data"]
)
def test_help_has_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([*command.split(), "--help"])
    out = capsys.readouterr().out
    assert caught.value.code == 0 and "examples:" in out and "ngcsnn" in out
    assert max(map(len, out.splitlines())) <= 120
    assert ("train.epochs=5" in out) == (command not in ("", "info", "data"))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"ngcsnn {ngcsnn.__version__}\n")
