"""Exit codes, and which errors become one line."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ngcsnn.cli import entry, main
from ngcsnn.graph import GraphError

ROOT = Path(__file__).resolve().parents[2]


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(_: object) -> int:
        raise error

    monkeypatch.setattr(entry.importlib, "import_module", lambda _: SimpleNamespace(run=run))


def test_users_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, GraphError("hidden: `tau_m` must be > 0"))
    assert main(["info"]) == 2
    assert capsys.readouterr() == ("", "error: hidden: `tau_m` must be > 0\n")
    raising(monkeypatch, PermissionError(13, "Permission denied", "runs"))
    assert main(["info"]) == 2
    assert capsys.readouterr().err == "error: runs: Permission denied\n"


def test_ours_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (RuntimeError("x"), ValueError("from somewhere else"), KeyError("x")):
        raising(monkeypatch, error)
        with pytest.raises(type(error)):
            main(["info"])


def test_debug_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, GraphError("x"))
    with pytest.raises(GraphError):
        main(["info", "--debug"])


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert main(["info"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, **options)  # type: ignore[call-overload]


def test_as_a_module() -> None:
    done = python("-m", "ngcsnn", "info", "LIFCell")
    assert done.returncode == 0 and done.stdout.startswith("LIFCell(") and not done.stderr
    done = python("-m", "ngcsnn", "check", "no.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: no file no.yaml\n")


def test_a_reader_that_leaves_early() -> None:
    command = f"{sys.executable} -m ngcsnn info LIFCell | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "L", "")


def test_the_parser_needs_nothing_heavy() -> None:
    """Beyond what `import ngcsnn` itself brings."""
    code = (
        "import sys, ngcsnn; before = set(sys.modules)\n"
        "from ngcsnn.cli.parser import parse; import ngcsnn.cli\n"
        "heavy = ('matplotlib', 'ngcsnn.io', 'ngcsnn.viz', 'rich')\n"
        "print([m for m in set(sys.modules) - before if m.startswith(heavy)])"
    )
    assert python("-c", code).stdout == "[]\n"
