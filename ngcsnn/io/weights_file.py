"""What a network has learned as one file that other programs read: .npz of NumPy, or .safetensors (an extra)."""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.graph import Context, GraphError, closest
from ngcsnn.graph.store import read_arrays

KINDS = (".npz", ".safetensors")
_CHECK = "sha256"  # of what stands in a .safetensors file, among what it says of itself


class WeightsError(GraphError):
    """A file of weights that cannot be written or read, or that does not fit the network."""


def save_weights(context: Context, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write every parameter of `context` to `path`, under the names "in_hid.weights", "hidden.tau_m", ...; and what
    cells keep from trial to trial, such as "exc.theta".

    Args: path, ending in .npz or .safetensors; overwrite: whether a file that is there is replaced (False).
    The file is there in full or not at all. Structure is not in it: `Context.save` and `to_yaml` write that.
    Errors: `WeightsError` for another ending, a file that exists, or one that cannot be written; `ImportError` where
        safetensors is not installed.
    """
    path = Path(path)
    kind = kind_of(path)
    if path.exists() and not overwrite:
        raise WeightsError(f"{path} already exists; nothing was written (overwrite=True replaces it)")
    arrays = {key: np.array(value, order="C") for key, value in parameters(context).items()}
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        if kind == ".npz":
            with open(fresh, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            with zipfile.ZipFile(fresh, "a") as file:
                file.comment = _digest(arrays).encode()  # the index of the members has no checksum
        else:
            told = {"format": "ngcsnn", "context": context.name, _CHECK: _digest(arrays)}
            _safetensors().numpy.save_file(arrays, fresh, metadata=told)
        os.replace(fresh, path)
    except OSError as error:
        raise WeightsError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if fresh.exists():
            fresh.unlink()


def read_weights(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """{"component.parameter": array} of a file of weights. Errors: `WeightsError` for a damaged one."""
    path = Path(path)
    if kind_of(path) == ".npz":
        try:
            arrays = read_arrays(path)
            with zipfile.ZipFile(path) as file:
                check = file.comment.decode("latin-1")
        except GraphError as error:
            raise WeightsError(str(error)) from error
        return _checked(path, arrays, check)
    library = _safetensors()
    if not path.is_file():
        raise WeightsError(f"there is no file {path}")
    try:
        with library.safe_open(path, "numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # it is no mapping
            check = (file.metadata() or {}).get(_CHECK, "")
    except Exception as error:  # of the library, in Rust: it has no common class
        raise WeightsError(f"{path} holds no readable weights: {' '.join(str(error).split())}") from error
    return _checked(path, arrays, check)


def put_weights(context: Context, arrays: dict[str, np.ndarray], where: object) -> None:
    """Put what `parameters` names into `context`, floats rounded to its dtype; all of it is checked before.

    where: what they come from, for messages. Errors: `WeightsError` naming a parameter that is missing, foreign, of
        another shape, or of numbers of another sort.
    """
    wanted = parameters(context)
    for key in [*wanted, *arrays]:
        if key not in arrays or key not in wanted:
            here = f"in context '{context.name}'{closest(key, wanted)}" if key not in wanted else f"in {where}"
            raise WeightsError(f"the weights in {where} do not fit the model: there is no '{key}' {here}")
        given, own = arrays[key], wanted[key]
        if given.shape != own.shape:
            raise WeightsError(
                f"the weights in {where} do not fit the model: {key} has shape {given.shape} there, {own.shape} here"
            )
        if given.dtype != own.dtype and not (given.dtype.kind == "f" and own.dtype.kind == "f"):
            raise WeightsError(
                f"the weights in {where} do not fit the model: {key} is {given.dtype} there, {own.dtype} here"
            )
    for key, value in arrays.items():
        compartment: Any = context.find(key)
        compartment.set(value.astype(wanted[key].dtype))


def parameters(context: Context) -> dict[str, np.ndarray]:
    """{"component.parameter": array} of a network as it stands, and {"cell.state": array} of what cells keep from trial
    to trial, of the first sample where each has its own."""
    own = [c for part in context.components.values() for c in part.owned() if c.role == "param" or _stays(c)]
    return {c.key: np.asarray(c.get())[0] if c.batched else np.asarray(c.get()) for c in own}


def _stays(compartment: Any) -> bool:
    stage = compartment.component.stage
    return compartment.role == "state" and compartment.declared.keep and stage not in ("rule", "synapse")


def kind_of(path: Path) -> str:
    """The ending of a file of weights."""
    if path.suffix not in KINDS:
        raise WeightsError(f"{path}: a file of weights ends in {' or '.join(KINDS)}")
    return path.suffix


def _checked(path: Path, arrays: dict[str, np.ndarray], check: str) -> dict[str, np.ndarray]:
    """The arrays, once they agree with their checksum; files of other programs have none."""
    if check and check != _digest(arrays):
        raise WeightsError(f"{path} is damaged: its values do not agree with their checksum")
    return arrays


def _digest(arrays: dict[str, np.ndarray]) -> str:
    """Of names, types, shapes and values."""
    digest = hashlib.sha256()
    for key, array in sorted(arrays.items()):
        digest.update(f"{key} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError('files .safetensors need safetensors: pip install "ngcsnn[safetensors]"') from error
    return safetensors
