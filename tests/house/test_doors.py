"""The rooms of ngcsnn and their doors: who may import whom. Read from the source, lazy imports included."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

MODEL = {"graph", "credit", "components", "objectives", "optim", "kernels"}
# A room, and what of ours it may import besides itself; "a.b" opens one module of room a.
DOORS: dict[str, set[str]] = {
    "graph": set(),
    "credit": {"graph"},
    "components": {"graph", "credit", "optim"},  # a synapse takes the steps that its rules propose
    "optim": {"graph"},
    "objectives": {"graph"},
    "data": set(),
    "kernels": {"graph", "credit", "components"},
    "training": {"graph"},  # the loop knows nothing of networks; compilers build on it
    "recording": {"graph", "training"},  # recorders are callbacks: compilers hand them trials, and do not know them
    "compilers": MODEL | {"data.events", "data.trial_data", "training"},
    "viz": MODEL | {"compilers", "data", "recording"},
    "io": MODEL | {"compilers", "data", "recording", "training", "viz"},
    "cli": {"*"},
    "__main__": {"*"},
    "__init__": {"*"},
}
LATER = {"kernels", "__main__"}  # rooms of the plan that may be missing
CORE = {
    "ngcsnn",
    "jax",
    "jaxlib",
    "numpy",
    "yaml",
}  # what may be imported when ngcsnn is; extras are imported in functions
PUBLIC = {"ngcsnn"} | {
    f"ngcsnn.{room}"
    for room in ("components", "compilers", "data", "optim", "objectives", "viz", "io", "training", "recording")
}


class Import(NamedTuple):
    where: str  # file:line
    source: str  # the X of `import X` and `from X import y`
    name: str | None  # the y of `from X import y`
    lazy: bool  # in a function, or for type checkers only

    @property
    def target(self) -> str:
        return f"{self.source}.{self.name}" if self.name else self.source


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Every import of a file, absolute names, those in functions and by `import_module("...")` as well."""
    package = path.relative_to(root).with_suffix("").parts[:-1]

    def walk(node: ast.AST, lazy: bool) -> Iterator[Import]:
        where = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Import():
                yield from (Import(where, alias.name, None, lazy) for alias in node.names)
            case ast.ImportFrom():
                up = package[: len(package) - node.level + 1] if node.level else ()
                source = ".".join([*up, *([node.module] if node.module else [])])
                yield from (Import(where, source, alias.name, lazy) for alias in node.names)
            case ast.Call(func=ast.Name(id=call) | ast.Attribute(attr=call), args=[ast.Constant(value=str(name)), *_]):
                if call in ("import_module", "__import__"):
                    yield Import(where, name, None, lazy)
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        lazy = lazy or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for child in ast.iter_child_nodes(node):
            yield from walk(child, lazy)

    yield from walk(ast.parse(path.read_text()), False)


def rooms(root: Path) -> dict[str, list[Path]]:
    """The files of each room: a folder below ngcsnn, or a module beside the folders."""
    found: dict[str, list[Path]] = {}
    for path in sorted((root / "ngcsnn").rglob("*.py")):
        found.setdefault(path.relative_to(root / "ngcsnn").parts[0].removesuffix(".py"), []).append(path)
    return found


def closed_doors(root: Path, room: str) -> list[str]:
    """The imports of a room that its row of DOORS does not allow."""
    open_doors = DOORS[room] | {room}
    wrong = []
    for path in rooms(root)[room]:
        for found in imports_of(path, root):
            top, _, inside = found.target.partition(".")
            if top == "ngcsnn" and not any(d == "*" or f"{inside}.".startswith(f"{d}.") for d in open_doors):
                wrong.append(f"{found.where} imports {found.target}")
    return wrong


def bound_names(init: Path) -> set[str]:
    """The public list of a package: the names its __init__.py binds."""
    names: set[str] = set()
    for node in ast.parse(init.read_text()).body:
        match node:
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
    return names


def not_public(path: Path, root: Path) -> list[str]:
    """The imports of a file that reach below the public packages of ngcsnn."""
    wrong = []
    for found in imports_of(path, root):
        if found.source.partition(".")[0] != "ngcsnn" or found.target in PUBLIC:
            continue
        init = root / Path(*found.source.split(".")) / "__init__.py"
        if found.source not in PUBLIC or found.name not in bound_names(init):
            wrong.append(f"{found.where} imports {found.target}")
    return wrong


def test_the_table_names_every_room() -> None:
    found = rooms(ROOT)
    assert set(found) <= set(DOORS), "give a new room a row in DOORS"
    assert set(DOORS) - LATER <= set(found), "a room of the plan has no file"
    assert all(door == "*" or door.partition(".")[0] in DOORS for doors in DOORS.values() for door in doors)


@pytest.mark.parametrize("room", sorted(rooms(ROOT)))
def test_doors(room: str) -> None:
    assert closed_doors(ROOT, room) == []


def test_extras_are_imported_where_they_are_used() -> None:
    at_import = [i for files in rooms(ROOT).values() for path in files for i in imports_of(path, ROOT) if not i.lazy]
    allowed = CORE | sys.stdlib_module_names
    assert len(at_import) > 10
    assert [f"{i.where} imports {i.source}" for i in at_import if i.source.partition(".")[0] not in allowed] == []


def test_examples_use_only_the_public_packages() -> None:
    files = [*ROOT.glob("museum/**/*.py"), *ROOT.glob("tests/examples/**/*.py"), ROOT / "tests/reference/exact_case.py"]
    assert any(path.is_relative_to(ROOT / "museum") for path in files)
    assert [wrong for path in files for wrong in not_public(path, ROOT)] == []


def plant(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_planted_violations_are_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "ngcsnn/graph/good.py": "import jax\nfrom ngcsnn.graph import x\nfrom . import y\nfrom .errors import Z",
            "ngcsnn/graph/lazy.py": "def f():\n    from ngcsnn.components import LIFCell",
            "ngcsnn/graph/relative.py": "from ..optim import adam",
            "ngcsnn/graph/up.py": "from .. import data",
            "ngcsnn/graph/root.py": "import ngcsnn",
            "ngcsnn/graph/name.py": "import importlib\nimportlib.import_module('ngcsnn.cli')",
            "ngcsnn/compilers/a.py": "from ngcsnn.data.events import Events\nfrom ngcsnn.data import events",
            "ngcsnn/compilers/b.py": "from ngcsnn.data import yin_yang\nimport ngcsnn.data.events_of_others",
        },
    )
    assert [wrong.partition(" imports ")[::2] for wrong in closed_doors(tmp_path, "graph")] == [
        ("ngcsnn/graph/lazy.py:2", "ngcsnn.components.LIFCell"),
        ("ngcsnn/graph/name.py:2", "ngcsnn.cli"),
        ("ngcsnn/graph/relative.py:1", "ngcsnn.optim.adam"),
        ("ngcsnn/graph/root.py:1", "ngcsnn"),
        ("ngcsnn/graph/up.py:1", "ngcsnn.data"),
    ]
    assert [wrong.partition(":")[0] for wrong in closed_doors(tmp_path, "compilers")] == ["ngcsnn/compilers/b.py"] * 2


def test_planted_private_use_is_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "ngcsnn/__init__.py": "from ngcsnn.graph import Context as Context",
            "ngcsnn/components/__init__.py": "from ngcsnn.components.lif import LIFCell as LIFCell",
            "good.py": "import ngcsnn as ng\nfrom ngcsnn import Context, optim\nfrom ngcsnn.components import LIFCell",
            "bad.py": "import ngcsnn.graph\nfrom ngcsnn.components.lif import X\nfrom ngcsnn.components import lif",
        },
    )
    assert not_public(tmp_path / "good.py", tmp_path) == []
    assert [wrong.partition(" ")[0] for wrong in not_public(tmp_path / "bad.py", tmp_path)] == [
        f"bad.py:{n}" for n in (1, 2, 3)
    ]


def test_lazy_imports_are_told_apart(tmp_path: Path) -> None:
    text = "import a\nif TYPE_CHECKING:\n    import b\ndef f():\n    import c\nclass D:\n    import d"
    plant(tmp_path, {"x.py": text})
    assert [i.source for i in imports_of(tmp_path / "x.py", tmp_path) if not i.lazy] == ["a", "d"]
