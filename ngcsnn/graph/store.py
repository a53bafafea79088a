"""A context on disk: `model.yaml` (structure) and `state.npz` (every array, the clock and the random key)."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ngcsnn.graph.context import CLOCK, Context
from ngcsnn.graph.description import from_yaml, to_yaml
from ngcsnn.graph.errors import GraphError


def save(context: Context, folder: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write both files to a new folder beside `folder` and move it into place: a broken save leaves the old one."""
    folder = Path(folder)
    if folder.exists() and not overwrite:
        raise GraphError(f"{folder} already exists; nothing was written (overwrite=True replaces it)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (fresh / "model.yaml").write_text(to_yaml(context), encoding="utf-8")
        with open(fresh / "state.npz", "wb") as file:
            np.savez(file, **flatten(context.state), batch_size=context.batch_size)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def load(folder: str | os.PathLike[str], allow_modules: Iterable[str] = ()) -> Context:
    folder = Path(folder)
    context = from_yaml(folder / "model.yaml", allow_modules)
    arrays = read_arrays(folder / "state.npz")
    context.reset(batch_size=int(arrays.pop("batch_size", 1)))
    context.state = unflatten(context, arrays)
    return context


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {k: file[k] for k in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise GraphError(f"{path} holds no readable state: {error}") from None


def flatten(state: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """`{component.compartment: array}`; the random key as its words."""
    out = {}
    for name, part in state.items():
        for key, value in part.items():
            keyed = jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key)
            out[f"{name}.{key}"] = np.asarray(jax.random.key_data(value) if keyed else value)
    return out


def unflatten(context: Context, arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """The inverse of `flatten` for the components of `context`; missing or foreign arrays are errors."""
    expected = set(flatten(context.state))
    if set(arrays) != expected:
        lost, foreign = sorted(expected - set(arrays)), sorted(set(arrays) - expected)
        raise GraphError(f"saved state does not fit context '{context.name}': missing {lost}, not known {foreign}")
    out: dict[str, dict[str, Any]] = {}
    for full, value in arrays.items():
        name, _, key = full.partition(".")
        is_key = name == CLOCK and key == "key"
        out.setdefault(name, {})[key] = jax.random.wrap_key_data(jax.numpy.asarray(value)) if is_key else value
    return out
