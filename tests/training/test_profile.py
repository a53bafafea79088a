"""A trace of some epochs: of those alone, and always ended."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.training import Callback, Profile, fit


class Steps:
    """A program of one batch an epoch."""

    n_samples, validates = 1, False

    def begin_epoch(self, epoch: int, batch: int) -> int:
        return 1

    def train_batches(self, first: int, stop: int) -> None:
        jax.block_until_ready(jnp.ones(3) + 1)

    def figures(self) -> dict[str, Any]:
        return {}

    def end_epoch(self) -> dict[str, Any]:
        return {"epoch": 0, "split": "train", "loss": 1.0}

    def give_up(self) -> None: ...

    def validate(self, epoch: int) -> None: ...


class Broken(Callback):
    def on_batch_end(self, epoch: int, batch: int) -> None:
        raise RuntimeError("in the midst of an epoch")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr("jax.profiler.start_trace", lambda folder: told.append("start"))
    monkeypatch.setattr("jax.profiler.stop_trace", lambda: told.append("stop"))
    return told


@pytest.mark.parametrize(
    ("epochs", "n", "traced"),
    [(None, 3, [1]), (None, 1, [0]), ([0, 2], 3, [0, 2])],
    ids=["the second", "the only one", "named"],
)
def test_which_epochs(epochs: Any, n: int, traced: list[int], calls: list[str], tmp_path: Any) -> None:
    program: Any = Steps()
    _, collected = fit(program, n, 0, [Profile(tmp_path, epochs)])
    assert collected["profile"] == traced
    assert calls == ["start", "stop"] * len(traced)


def test_an_epoch_that_breaks_off_ends_the_trace(calls: list[str], tmp_path: Any) -> None:
    program: Any = Steps()
    with pytest.raises(RuntimeError, match="midst"):
        fit(program, 1, 0, [Profile(tmp_path), Broken()])
    assert calls == ["start", "stop"]


def test_what_is_refused(tmp_path: Any) -> None:
    program: Any = Steps()
    with pytest.raises(GraphError, match="this run has the epochs 0 to 1, not 5"):
        fit(program, 2, 0, [Profile(tmp_path, [5])])
    for wrong in (3, [], "1"):
        with pytest.raises(GraphError, match="`epochs` must be a list of epochs"):
            Profile(tmp_path, wrong)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="`epochs`"):
        Profile(tmp_path, [-1])


def test_a_trace_is_written(tmp_path: Any) -> None:
    program: Any = Steps()
    fit(program, 1, 0, [Profile(tmp_path / "traces")])
    assert list((tmp_path / "traces").rglob("*.xplane.pb"))
