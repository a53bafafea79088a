"""Weights as .npz and .safetensors: out and in again, and what does not fit or is no such file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell
from ngcsnn.io import WeightsError, load_weights, read_weights, save_weights


def network(seed: int = 0, n: int = 3, dtype: str = "float32") -> ng.Context:
    with ng.Context("net", seed=seed, dtype=dtype) as net:
        DenseSynapse("w", shape=(2, n), weights=ng.init.Normal(0.0, 1.0))
        LIFCell("cell", n_units=n, tau_m=ng.init.Uniform(10.0, 20.0))
    return net


def weights(net: ng.Context) -> np.ndarray:
    return np.asarray(net.find("w.weights").get())  # type: ignore[union-attr]


@pytest.fixture(params=["npz", "safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"net.{request.param}"


def test_out_and_in_again(path: Path) -> None:
    first, second = network(0), network(1)
    save_weights(first, path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    found = read_weights(path)
    assert {"w.weights", "cell.tau_m"} <= set(found) and found["w.weights"].dtype == np.float32
    load_weights(second, path)
    assert np.array_equal(weights(second), weights(first))
    assert np.array_equal(read_weights(path)["cell.tau_m"], np.asarray(second.find("cell.tau_m").get()))  # type: ignore[union-attr]
    with pytest.raises(WeightsError, match="already exists; nothing was written"):
        save_weights(second, path)
    save_weights(network(2), path, overwrite=True)
    assert np.array_equal(read_weights(path)["w.weights"], weights(network(2)))


def test_other_numbers(path: Path, x64: None) -> None:
    single, double = network(0), network(1, dtype="float64")
    save_weights(single, path)
    load_weights(double, path)
    assert weights(double).dtype == np.float64 and np.array_equal(weights(double), weights(single))


def test_what_does_not_fit(path: Path) -> None:
    net = network(1)
    before = weights(net)
    save_weights(network(n=4), path)
    with pytest.raises(WeightsError, match=r"net\..* do not fit the model: .* has shape .*4.* there, .*3.* here"):
        load_weights(net, path)
    assert np.array_equal(weights(net), before)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match="holds no readable|is damaged"):
        load_weights(net, path)


def test_what_is_no_file_of_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net.h5: a file of weights ends in .npz or .safetensors"):
        save_weights(network(), tmp_path / "net.h5")
    with pytest.raises(WeightsError, match="holds no readable state"):
        read_weights(tmp_path / "none.npz")
    with pytest.raises(WeightsError, match=r"cannot write .*nowhere.*net.npz: No such file or directory"):
        save_weights(network(), tmp_path / "nowhere" / "net.npz")
    whole: Any = {k: v.astype(int) for k, v in _arrays().items()}
    np.savez(tmp_path / "whole.npz", **whole)
    with pytest.raises(WeightsError, match="is int64 there, float32 here"):
        load_weights(network(), tmp_path / "whole.npz")


def _arrays() -> dict[str, np.ndarray]:
    net = network()
    return {c.key: np.asarray(c.get()) for part in net.components.values() for c in part.owned() if c.role == "param"}
