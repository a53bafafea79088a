"""The page for those who come from mlGeNN and genn_eventprop: every name of ours on it exists, every model is right."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import ngcsnn.components  # noqa: F401 - its classes are known once it is imported
from ngcsnn.cli import parser
from ngcsnn.data import Augmentation, Splitting, dataset_options
from ngcsnn.graph import init, known_types
from ngcsnn.io import COMPILERS, load_experiment
from ngcsnn.io.compiler_table import compiler_arguments
from ngcsnn.io.loop_section import LOOP_KEYS
from ngcsnn.io.train_section import KEYS
from ngcsnn.objectives import Loss, Metric, Readout, Regulariser
from ngcsnn.optim import lookup
from ngcsnn.training import Checkpoints, Plateau, Profile

PAGE = (Path(__file__).resolve().parents[2] / "museum/coming_from/README.md").read_text()
INITIALISERS = {c.kind: c for c in vars(init).values() if inspect.isclass(c) and issubclass(c, init.Initialiser)}
FAMILIES = {"losses": Loss, "readouts": Readout, "regularisers": Regulariser, "metrics": Metric}
PARTS: dict[str, Any] = {"split": Splitting, "augment": Augmentation}
LOOP: dict[str, Any] = {"plateau": Plateau, "checkpoints": Checkpoints, "profile": Profile}


def tables() -> Iterator[tuple[str, list[str]]]:
    """(their names, our names) of each line of a table with three columns."""
    for line in PAGE.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[1] != "here" and not set(cells[0]) <= {"-"}:
            yield cells[0], re.findall(r"`([^`]+)`", cells[1])


def arguments(thing: Any) -> set[str]:
    return set(inspect.signature(thing).parameters)


def check_python(name: str) -> None:
    """`ngcsnn.module.thing` or `ngcsnn.module.thing(arguments)`."""
    match = re.fullmatch(r"ngcsnn\.([\w.]+?)\.?(?:\(([\w, ]+)\))?", name)
    assert match is not None, name
    found: Any = importlib.import_module("ngcsnn")
    for part in match[1].split("."):
        found = getattr(found, part, None) or importlib.import_module(f"ngcsnn.{part}")
    for argument in (match[2] or "").split(", ") if match[2] else []:
        assert argument in arguments(found), f"{name} takes {sorted(arguments(found))}"


def check_command(name: str) -> None:
    """`ngcsnn command --option`."""
    _, command, *options = name.split()
    known = parser._parser()._subparsers._group_actions[0].choices[command]  # type: ignore[union-attr,index]
    for option in options:
        assert option in known._option_string_actions, name


def check_path(name: str) -> None:
    """A path in a model file."""
    first, *rest = name.split(".")
    if first == "context":
        assert rest[0] in {"name", "dt", "seed"}
    elif first == "components":
        declared = arguments(known_types()[rest[0]])
        assert rest[1:] == [] or rest[1] in declared, f"{name}: {sorted(declared)}"
    elif first == "init":
        assert rest[1] in {f.name for f in dataclasses.fields(INITIALISERS[rest[0]])}, name
    elif first == "data":
        known = arguments(PARTS[rest[0]]) if rest[0] in PARTS else set(dataset_options(rest[0]))
        assert rest[1:] == [] or rest[1] in known, f"{name}: {sorted(known)}"
    else:
        assert first == "train", name
        check_train(*rest)


def check_train(key: str, *rest: str) -> None:
    if key == "compiler":
        assert rest[1] in compiler_arguments(COMPILERS[rest[0]]), rest
    elif key == "optimiser":
        if rest and rest[0] != lookup.PER_PARAMETER:
            assert rest[1:] == () or rest[1] in arguments(lookup.OPTIMISERS[rest[0]]), rest
    elif key in FAMILIES and rest:
        cls = FAMILIES[key].family[rest[0]]
        assert rest[1:] == () or rest[1] in {f.name for f in dataclasses.fields(cls)}, rest
    else:
        assert key in KEYS, key
        if rest:
            assert key in LOOP_KEYS and rest[0] in arguments(LOOP[key]), rest


def test_every_name_of_ours_exists() -> None:
    rows = list(tables())
    assert len(rows) > 90
    for theirs, ours in rows:
        for name in ours:
            try:
                (check_command if " " in name and "(" not in name else
                 check_python if name.startswith("ngcsnn.") else check_path)(name)  # fmt: skip
            except (AttributeError, KeyError, ValueError, ImportError) as error:
                pytest.fail(f"{theirs}: `{name}` does not exist ({error!r})")


def switches(of: Any) -> set[str]:
    return {name for name, p in inspect.signature(of).parameters.items() if p.kind != p.VAR_KEYWORD}


@pytest.fixture(scope="module")
def shd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    h5py = pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("shd")
    for part in ("train", "test"):
        with h5py.File(folder / f"shd_{part}.h5", "w") as file:
            for key, column, kind in (("times", np.linspace(0, 0.9, 5), "f2"), ("units", np.arange(5) * 100, "u2")):
                box = file.create_dataset(f"spikes/{key}", (20,), dtype=h5py.vlen_dtype(np.dtype(kind)))
                for i in range(20):
                    box[i] = column.astype(kind)
            file["labels"], file["extra/speaker"] = np.arange(20, dtype="u2"), np.repeat([4, 5], 10).astype("u2")
    return folder


@pytest.mark.parametrize("number", range(3), ids=["shd", "pattern", "first_spikes"])
def test_every_model_on_the_page_can_be_built(number: int, shd: Path) -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[number]
    name = yaml.safe_load(text)["context"]["name"]
    small = {"shd": [f"data.shd.folder={shd}"], "pattern": [], "first_spikes": ["yin_yang.train=32", "yin_yang.test=8"]}
    experiment = load_experiment(text, small[name])
    assert (
        experiment.train is not None
        and experiment.dataset.n_units == yaml.safe_load(text)["components"]["input"]["n_units"]
    )
