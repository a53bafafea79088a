"""The shape of the source: small files, topic names, errors for users, no test on a component's class."""

import ast
import importlib
import inspect
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ngcsnn"
FILES = sorted(PACKAGE.rglob("*.py"))

LONG: dict[str, str] = {}  # file below ngcsnn/ of more than 400 lines: why it is still one idea
BASES: set[str] = set()  # classes in components/ that are an interface, so may be asked for


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def test_files_are_small() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in FILES}
    assert len(lines) > 10
    assert {name: n for name, n in lines.items() if n > 800} == {}
    assert {name: n for name, n in lines.items() if n > 400 and name not in LONG} == {}
    assert [name for name in LONG if lines.get(name, 0) <= 400] == [], "no longer long: take it off the list"


def test_no_drawer_for_everything() -> None:
    names = {part for path in FILES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert [name for name in names if re.match(r"_?(utils?|helpers?|misc|common)($|_)", name)] == []


def test_components_is_a_relative_link() -> None:
    link = ROOT / "components"
    if not link.is_symlink():
        pytest.skip("this checkout has no symbolic links, or is not a checkout")
    assert link.readlink() == Path("ngcsnn/components")


def test_components_are_only_known_below_ngcsnn() -> None:
    code = "import sys, ngcsnn.components; print([m for m in sys.modules if m.partition('.')[0] == 'components'])"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"

    public = importlib.import_module("ngcsnn.components")
    classes = {name: cls for name, cls in vars(public).items() if inspect.isclass(cls) and not name.startswith("_")}
    assert classes
    assert [n for n, cls in classes.items() if not cls.__module__.startswith("ngcsnn.components.")] == []


def component_classes(package: Path) -> set[str]:
    """The names of the classes in components/ that descend from `Component`, without the interfaces among them."""
    bases: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(ast.unparse(base).split(".")[-1] for base in node.bases)

    def descends(name: str) -> bool:
        above = bases.get(name, set()) - {name}
        return "Component" in above or any(descends(base) for base in above)

    inside = [n.name for p in (package / "components").rglob("*.py") for n in nodes(p) if isinstance(n, ast.ClassDef)]
    return {name for name in inside if descends(name)} - BASES


def class_tests(package: Path) -> list[str]:
    """Where code outside kernels/ asks whether something is of one component's class."""
    concrete = component_classes(package)
    wrong = []
    for path in sorted(package.rglob("*.py")):
        if path.is_relative_to(package / "kernels"):
            continue
        for node in nodes(path):
            match node:
                case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, asked]):
                    pass
                case ast.MatchClass(cls=asked):
                    pass
                case ast.Compare(left=ast.Call(func=ast.Name(id="type")), comparators=[asked]):
                    pass
                case _:
                    continue
            if found := concrete.intersection(re.findall(r"\w+", ast.unparse(asked))):
                wrong.append(f"{path.relative_to(package)}:{getattr(node, 'lineno', 0)} asks for {', '.join(found)}")
    return wrong


def test_nobody_asks_for_a_component_class() -> None:
    assert {"LIFCell", "DenseSynapse"} <= component_classes(PACKAGE)
    assert class_tests(PACKAGE) == []


def test_a_planted_class_test_is_found(tmp_path: Path) -> None:
    for room, text in {
        "components": "class Cell(Component): pass\nclass Deep(Cell): pass\nclass State(NamedTuple): pass",
        "compilers": "isinstance(x, State)\nisinstance(x, (int, c.Deep))\nif type(x) is Cell: pass",
        "kernels": "isinstance(x, Cell)",
    }.items():
        (tmp_path / room).mkdir()
        (tmp_path / room / "a.py").write_text(text)
    assert class_tests(tmp_path) == ["compilers/a.py:2 asks for Deep", "compilers/a.py:3 asks for Cell"]


def test_users_get_errors_not_asserts() -> None:
    wrong = [f"{name_of(p)}:{node.lineno}" for p in FILES for node in nodes(p) if isinstance(node, ast.Assert)]
    assert wrong == []


def test_no_stubs() -> None:
    wrong = []
    for path in FILES:
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            left = token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string)
            if left or (token.type == tokenize.NAME and token.string == "NotImplementedError"):
                wrong.append(f"{name_of(path)}:{token.start[0]} {token.string}")
    assert wrong == []
