"""A context on disk: `model.yaml` (structure) and `state.npz` (every array, the clock and the random key)."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ngcsnn.graph import registry
from ngcsnn.graph.context import CLOCK, Context
from ngcsnn.graph.description import from_yaml, to_yaml
from ngcsnn.graph.errors import GraphError

_MODEL, _STATE = "model.yaml", "state.npz"
_UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, RuntimeError, SyntaxError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip  # what zipfile and numpy raise for damaged files


def save(context: Context, folder: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write both files to a new folder beside `folder` and move it into place: a broken save leaves the old one."""
    folder = Path(folder)
    if folder.is_symlink() or folder.exists():
        if not overwrite:
            raise GraphError(f"{folder} already exists; nothing was written (overwrite=True replaces a saved model)")
        if not folder.is_dir() or {p.name for p in folder.iterdir()} - {_MODEL, _STATE}:
            raise GraphError(f"{folder} is not a saved model, or holds other files too; nothing was written")
    model, arrays = to_yaml(context), flatten(context.state)
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    fresh, old = (folder.with_name(f".{folder.name}-{mark}-{part}") for part in ("new", "old"))
    try:
        fresh.mkdir()
        (fresh / _MODEL).write_text(model, encoding="utf-8")
        with open(fresh / _STATE, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays, batch_size=context.batch_size)
        if folder.exists():
            os.replace(folder, old)
        os.replace(fresh, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def load(folder: str | os.PathLike[str], allow_modules: Iterable[str] = ()) -> Context:
    folder = Path(folder)
    if not (folder / _MODEL).is_file():
        raise GraphError(f"{folder} is no saved model: there is no {_MODEL} in it")
    context = from_yaml(folder / _MODEL, allow_modules)
    arrays = read_arrays(folder / _STATE)
    try:
        restore(context, arrays)
    except (ValueError, TypeError) as error:
        raise GraphError(f"{folder / _STATE}: {error}") from error
    return context


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {k: arrays[k] for k in arrays.files}
            odd = [k for k, array in found.items() if not isinstance(array, np.ndarray)]
            if odd:
                raise ValueError(f"'{odd[0]}' is no array")
            return found
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise GraphError(f"{path} holds no readable state: {reason}") from None


def restore(context: Context, arrays: Mapping[str, np.ndarray]) -> None:
    """Put saved arrays, and their batch size, into a context of the same structure."""
    arrays = dict(arrays)
    batch_size = arrays.pop("batch_size", None)
    if batch_size is None or batch_size.shape != () or batch_size.dtype.kind not in "iu":
        raise GraphError("the saved state lacks its batch size")
    context.reset(batch_size=int(batch_size))
    context.state = unflatten(context, arrays)


def flatten(state: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """`{component.compartment: array}`; the random key as its words."""
    out = {}
    for name, part in state.items():
        for key, value in part.items():
            keyed = jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key)
            out[f"{name}.{key}"] = np.asarray(jax.random.key_data(value) if keyed else value)
    return out


def unflatten(context: Context, arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """The inverse of `flatten` for the components of `context`; missing or foreign arrays are errors."""
    known = flatten(context.state)
    if set(arrays) != set(known):
        lost, foreign = sorted(set(known) - set(arrays)), sorted(set(arrays) - set(known))
        raise GraphError(f"saved state does not fit context '{context.name}': missing {lost}, not known {foreign}")
    out: dict[str, dict[str, Any]] = {}
    for full, value in arrays.items():
        if (value.dtype, value.shape) != (known[full].dtype, known[full].shape):
            wanted = f"{known[full].dtype} {known[full].shape}"
            raise GraphError(f"saved state does not fit: {full} is {wanted} here and {value.dtype} {value.shape} there")
        name, _, key = full.partition(".")
        is_key = name == CLOCK and key == "key"
        out.setdefault(name, {})[key] = jax.random.wrap_key_data(jax.numpy.asarray(value)) if is_key else value
    return out


def pack(context: Context) -> tuple[str, tuple[str, ...], dict[str, np.ndarray]]:
    """A context as text, the modules its own components come from, and arrays: what a copy or a pickle carries."""
    names = (registry.type_name(type(c)) for c in context.components.values())
    modules = sorted({n.partition(":")[0] for n in names if ":" in n})
    return to_yaml(context), tuple(modules), {**flatten(context.state), "batch_size": np.asarray(context.batch_size)}


def unpack(model: str, modules: tuple[str, ...], arrays: dict[str, np.ndarray]) -> Context:
    """The inverse of `pack`: a context of its own, equal to the bit."""
    context = from_yaml(model, modules)
    restore(context, arrays)
    return context
