"""What is built holds every file, and works from a folder that is not the repository. Needs no network."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("pyproject.toml", "README.md", "LICENSE", "ngcsnn")
NEEDED = {"build": 1, "setuptools": 77}  # package: first version that will do


def run(*command: str, cwd: Path, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=os.environ | env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it, of a copy of the tree."""
    for package, first in NEEDED.items():
        version = importlib.metadata.version(package)
        if int(version.partition(".")[0]) < first:
            pytest.skip(f"needs {package} >= {first}, this environment has {version} (make test installs it)")
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    (tree / "components").symlink_to("ngcsnn/components")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", cwd=tree)
    return tree / "dist"


def files_of_the_package() -> set[str]:
    found = {p for p in (ROOT / "ngcsnn").rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    names = {str(p.relative_to(ROOT)) for p in found}
    assert "ngcsnn/py.typed" in names
    assert sum(name.startswith("ngcsnn/components/") for name in names) > 3
    return names


def test_the_wheel_holds_every_file(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert files_of_the_package() - inside == set()
    assert {name.partition("/")[0] for name in inside if ".dist-info/" not in name} == {"ngcsnn"}


def test_the_sdist_holds_every_file(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert files_of_the_package() | {"LICENSE", "README.md", "pyproject.toml"} <= inside


INSTALLED = """
import pickle, sys
import ngcsnn, ngcsnn.components
from ngcsnn.cli import main

print(ngcsnn.__file__)
classes = [c for c in vars(ngcsnn.components).values() if isinstance(c, type)]
assert classes and all(pickle.loads(pickle.dumps(c)) is c for c in classes)
assert not [m for m in sys.modules if m.partition(".")[0] == "components"]
"""


def test_the_wheel_works_elsewhere(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    zipfile.ZipFile(wheel).extractall(site)
    elsewhere.mkdir()
    out = run(sys.executable, "-c", INSTALLED, cwd=elsewhere, PYTHONPATH=str(site))
    assert Path(out.splitlines()[0]) == site / "ngcsnn" / "__init__.py"
