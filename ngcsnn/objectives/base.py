"""What a readout and a loss are. A new one is a frozen dataclass below one of these two, in a file of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.graph import Compartment, Component, GraphError, ShapeError, closest
from ngcsnn.objectives.described import Described


@dataclass(frozen=True)
class Readout(Described, ABC, abstract=True):
    """Turns what an output cell did during a trial into y, what a loss compares with the target.

    A subclass states `reads` (the compartments to record) and `reduce` (the mathematics).
    keeps_time: y is a trajectory (batch, T, n) instead of one value per trial (batch, n).
    gives_times: y are times in ms, of which the earliest counts most.
    needs_surrogate: y changes in jumps as a spike appears, so that only surrogate gradients can train through it.
    optional: those of `reads` that are None where the credit rule of the run, or the cell, keeps no spike times.
    """

    noun: ClassVar[str] = "readout"
    family: ClassVar[dict[str, type[Any]]] = {}
    keeps_time: ClassVar[bool] = False
    gives_times: ClassVar[bool] = False
    needs_surrogate: ClassVar[bool] = False
    optional: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def reads(self) -> str | tuple[str, ...]:
        """What is recorded at the end of every step: compartments of the output cell ("v", "s.offset"), or of another
        component ("gate.v"); one name, or a tuple of names."""

    @abstractmethod
    def reduce(self, v: Any, dt: Any) -> Any:
        """y from the recording `v` (T, batch, n), a tuple of recordings where `reads` is one, and the step `dt` (ms, in
        v's dtype); shapes as `__call__`."""

    def __call__(self, recorded: Any, dt: Any) -> Any:
        """y of a batch of trials; pure, for use under `jit` and `grad`.

        Args:
            recorded: the compartment `reads` at the end of every step, floats, (T, batch, n); a tuple of such in the
                order of `reads` where that is a tuple, with None for what is `optional` and was not kept.
            dt: the step in ms.
        Returns: y, (batch, n), or (batch, T, n) where `keeps_time`; the dtype of the (first) recording.
        Errors: `ShapeError` for another number of axes, of steps or of recordings, `TypeError` for a dtype that is no
            float.
        """
        if isinstance(self.reads, str):
            v = self._array(recorded)
            return self.reduce(v, jnp.asarray(dt, v.dtype))
        if not isinstance(recorded, tuple | list) or len(recorded) != len(self.reads):
            got = f"{len(recorded)} recordings" if isinstance(recorded, tuple | list) else type(recorded).__name__
            raise ShapeError(f"{self.kind} needs a tuple of {len(self.reads)} recordings {self.reads}, got {got}")
        arrays: dict[str, Any] = {
            name: None if array is None and name in self.optional else self._array(array)
            for name, array in zip(self.reads, recorded, strict=True)
        }
        kept = {name: a for name, a in arrays.items() if a is not None}
        if len({a.shape[:2] for a in kept.values()}) > 1:
            shapes = ", ".join(f"{name} {a.shape}" for name, a in kept.items())
            raise ShapeError(f"{self.kind} needs recordings of the same steps and samples, got {shapes}")
        return self.reduce(tuple(arrays.values()), jnp.asarray(dt, arrays[self.reads[0]].dtype))

    def _array(self, recorded: Any) -> Any:
        if recorded is None:
            raise ShapeError(f"{self.kind} needs recordings of shape (T, batch, n), got None among them")
        v = jnp.asarray(recorded)
        if v.ndim != 3 or v.shape[0] == 0:
            raise ShapeError(f"{self.kind} needs a recording of shape (T, batch, n) with T > 0, got {v.shape}")
        if not jnp.issubdtype(v.dtype, jnp.floating):
            raise TypeError(f"{self.kind} needs a recording of floats, got dtype {v.dtype}")
        return v

    def compartments(self, cell: Component) -> tuple[Compartment | None, ...]:
        """What to record, in the order of `reads`; None for what is optional and `cell` does not have.

        Errors: `GraphError` where a compartment is missing or cannot be recorded; it says what would work.
        """
        names = (self.reads,) if isinstance(self.reads, str) else self.reads
        return tuple(self._compartment(cell, name) for name in names)

    def _compartment(self, cell: Component, name: str) -> Compartment | None:
        label = f"{type(cell).__name__} '{cell.name}'"
        found = {c.name: c for c in cell.owned()}.get(name)
        other, _, rest = name.partition(".")
        if found is None and rest and other in cell.context.components:
            part = cell.context.components[other]
            found = {c.name: c for c in part.owned()}.get(rest)
            if found is None:
                has = [c.name for c in part.owned() if recordable(c)]
                raise GraphError(
                    f"readout {self!r} records `{name}`, but {type(part).__name__} '{other}' has no "
                    f"'{rest}'{closest(rest, has)}"
                )
        if found is None and name in self.optional:
            return None
        if found is None:
            has = ", ".join(c.name for c in cell.compartments.values() if recordable(c)) or "none"
            raise GraphError(
                f"readout {self!r} records `{name}`, which {label} does not have (it has: {has}); "
                f"{self.instead(cell, name)}"
            )
        if not recordable(found):
            raise GraphError(
                f"readout {self!r} records `{name}`, but {found.key} is of role '{found.role}' with shape "
                f"{found.shape} per sample; it must be a state or an output of shape (n,)"
            )
        return found

    def instead(self, cell: Component, name: str) -> str:
        """What would work in place of this readout on this cell, for the message about the missing `name`."""
        return f"use an output cell that has `{name}`, such as LICell"

    def fitted(self, cell: Component) -> Readout:
        """This readout with what it takes from the output cell filled in; by default there is nothing to fill in."""
        return self


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

    def counted(self, y: Any, target: Any) -> tuple[Any, Any]:
        """(y, target), or of trajectories the part that this loss looks at; metrics look at the same."""
        return y, target

    def fitted(self, duration: float) -> Loss:
        """This loss for trials of `duration` ms; by default the length of a trial makes no difference."""
        return self

    @classmethod
    def takes(cls, readout: Readout | type[Readout]) -> bool:
        """Whether this loss has a meaning for what `readout` gives; times are not taken unless a loss says so."""
        return (cls.keeps_time or not readout.keeps_time) and not readout.gives_times

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


def recordable(compartment: Compartment) -> bool:
    """Whether a readout can use it: a state or an output of shape (n,) per sample."""
    return compartment.role in ("state", "output") and compartment.batched and len(compartment.shape) == 1
