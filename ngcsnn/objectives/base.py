"""What a readout and a loss are. A new one is a frozen dataclass below one of these two, in a file of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.graph import Compartment, Component, GraphError, ShapeError
from ngcsnn.objectives.described import Described


@dataclass(frozen=True)
class Readout(Described, ABC, abstract=True):
    """Turns what an output cell did during a trial into y, what a loss compares with the target.

    A subclass states `reads` (the compartment to record) and `reduce` (the mathematics).
    keeps_time: y is a trajectory (batch, T, n) instead of one value per trial (batch, n).
    """

    noun: ClassVar[str] = "readout"
    family: ClassVar[dict[str, type[Any]]] = {}
    keeps_time: ClassVar[bool] = False

    @property
    @abstractmethod
    def reads(self) -> str:
        """Name of the output cell's compartment that is recorded at the end of every step."""

    @abstractmethod
    def reduce(self, v: Any, dt: Any) -> Any:
        """y from the recording `v` (T, batch, n) and the step `dt` (ms, in v's dtype); shapes as `__call__`."""

    def __call__(self, recorded: Any, dt: Any) -> Any:
        """y of a batch of trials; pure, for use under `jit` and `grad`.

        Args:
            recorded: the compartment `reads` at the end of every step, floats, (T, batch, n).
            dt: the step in ms.
        Returns: y, (batch, n), or (batch, T, n) where `keeps_time`; the dtype of `recorded`.
        Errors: `ShapeError` for another number of axes or no step at all, `TypeError` for a dtype that is no float.
        """
        v = jnp.asarray(recorded)
        if v.ndim != 3 or v.shape[0] == 0:
            raise ShapeError(f"{self.kind} needs a recording of shape (T, batch, n) with T > 0, got {v.shape}")
        if not jnp.issubdtype(v.dtype, jnp.floating):
            raise TypeError(f"{self.kind} needs a recording of floats, got dtype {v.dtype}")
        return self.reduce(v, jnp.asarray(dt, v.dtype))

    def compartment(self, cell: Component) -> Compartment:
        """The compartment of `cell` to record.

        Errors: `GraphError` where the cell has none that this readout can read; it says what would work.
        """
        label = f"{type(cell).__name__} '{cell.name}'"
        found = cell.compartments.get(self.reads)
        if found is None:
            has = ", ".join(c.name for c in cell.compartments.values() if _recordable(c)) or "none"
            raise GraphError(
                f"readout {self!r} records `{self.reads}`, which {label} does not have (it has: {has}); "
                f"{self.instead(cell)}"
            )
        if not _recordable(found):
            raise GraphError(
                f"readout {self!r} records `{self.reads}`, but {found.key} is of role '{found.role}' with shape "
                f"{found.shape} per sample; it must be a state or an output of shape (n,)"
            )
        return found

    def instead(self, cell: Component) -> str:
        """What would work in place of this readout on this cell, for the message of `compartment`."""
        return f"use an output cell that has `{self.reads}`, such as LICell"


@dataclass(frozen=True)
class Loss(Described, ABC, abstract=True):
    """Compares y with a target, sample by sample; who trains averages over the samples that are real.

    keeps_time: it can compare trajectories (batch, T, n) as well as one value per trial (batch, n).
    """

    noun: ClassVar[str] = "loss"
    family: ClassVar[dict[str, type[Any]]] = {}
    keeps_time: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, y: Any, target: Any) -> Any:
        """The loss of each sample, (batch,), in y's dtype; pure, for use under `jit` and `grad`.

        Args: y, what the readout gives; target, rows of what `check_target` returned, (batch, ...).
        Errors: `ShapeError` where the shapes do not fit.
        """

    @abstractmethod
    def check_target(
        self, target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str
    ) -> np.ndarray:
        """`target` as a new NumPy array that is ready for the device, or raise. Runs on the host, once per data set.

        Args:
            target: what the user gave.
            n_samples, n_units: number of trials, and of units of the output.
            n_steps: steps of a trial where the readout keeps the time axis (`readout.keeps_time`), else None.
            where: the output component's name, for the message.
        Errors: `ValueError` for a wrong shape, length or value, `TypeError` for a wrong kind of entries.
        """

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        """Further figures of each sample, name -> (batch,) in y's dtype; no gradient is taken of them."""
        return {}

    @classmethod
    def takes(cls, readout: Readout | type[Readout]) -> bool:
        """Whether this loss has a meaning for what `readout` gives."""
        return cls.keeps_time or not readout.keeps_time

    def supports(self, readout: Readout) -> None:
        """Raise `GraphError` unless loss and readout go together; it names the readouts and losses that would."""
        if self.takes(readout):
            return
        readouts = ", ".join(sorted(k for k, r in Readout.family.items() if self.takes(r)))
        losses = ", ".join(sorted(k for k, loss in Loss.family.items() if loss.takes(readout))) or "no loss"
        raise GraphError(
            f"loss '{self.kind}' cannot use readout '{readout.kind}': '{self.kind}' goes with {readouts}; "
            f"'{readout.kind}' goes with {losses}"
        )


def _recordable(compartment: Compartment) -> bool:
    return compartment.role in ("state", "output") and compartment.batched and len(compartment.shape) == 1
