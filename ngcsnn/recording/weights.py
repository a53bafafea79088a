"""Recording parameters, weights above all, over the epochs of a run."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ngcsnn.graph import Compartment, Component, GraphError
from ngcsnn.recording.filters import Filter, check_filter, chosen
from ngcsnn.recording.recorder import NO_EPOCH, Recorder
from ngcsnn.recording.recording import ArrayRecording
from ngcsnn.recording.stores import Store


class ConnVarRecording(ArrayRecording):
    """Values of a parameter after epochs, an entry of its shape each: of weights (n_pre, n_post).

    sources, targets: the rows and columns recorded, None for all.
    """

    counted = "epochs"

    def __init__(self, store: Store, key: str):
        super().__init__(store, key)
        told = self._told
        self.compartment = told["compartment"]
        self.sources, self.targets = (None if told[k] is None else np.asarray(told[k]) for k in ("sources", "targets"))


class ConnVarRecorder(Recorder):
    """Records a parameter of a synapse, or of any component, after epochs.

    Args:
        conn: a component or its name. var: the parameter (default "weights"). key: of the recording (default:
        "<conn>.<var>"). epoch_filter: after which epochs (all). src_neuron_filter, trg_neuron_filter: rows and columns
        of a matrix (n_pre, n_post), each an index, list, mask, slice, range or function of the index (default: all).
        start: take the values before the first epoch too, as epoch -1. to, append: as in `Recorder`.
    `recording`, and what `train` returns under the key: a `ConnVarRecording`.
    Errors: `GraphError` naming the parameters there are, and for row or column filters of what is no matrix.
    """

    def __init__(
        self, conn: Component | str, var: str = "weights", key: str | None = None, epoch_filter: Filter = None,
        src_neuron_filter: Filter = None, trg_neuron_filter: Filter = None, start: bool = False,
        to: str | os.PathLike[str] | None = None, append: bool = False,
    ):  # fmt: skip
        self.compartment = f"{getattr(conn, 'name', conn)}.{var}"
        super().__init__(self.compartment if key is None else key, epoch_filter=epoch_filter, to=to, append=append)
        check_filter("src_neuron_filter", src_neuron_filter)
        check_filter("trg_neuron_filter", trg_neuron_filter)
        self.filters = src_neuron_filter, trg_neuron_filter
        self.start = bool(start)

    def prepare(self, program: Any) -> dict[str, Any]:
        context = program.network.context
        found = context.find(self.compartment)
        if not isinstance(found, Compartment) or found.role != "param":
            owner: Any = getattr(found, "component", found)
            own = [c.key for c in owner.compartments.values() if c.role == "param"]
            raise GraphError(f"{self.compartment} is no parameter; '{owner.name}' has {', '.join(own) or 'none'}")
        rows, columns = self.filters
        if (rows is not None or columns is not None) and len(found.shape) != 2:
            raise GraphError(
                f"{self.compartment} has shape {found.shape}: filters of rows and columns need (n_pre, n_post)"
            )
        self._found = found
        self._rows = None if rows is None else chosen("src_neuron_filter", rows, found.shape[0])
        self._columns = None if columns is None else chosen("trg_neuron_filter", columns, found.shape[1])
        return {"compartment": self.compartment, "sources": self._rows, "targets": self._columns}

    def on_train_begin(self, num_epochs: int) -> None:
        super().on_train_begin(num_epochs)
        if self.start and not self._resumes() and not len(self.recording):
            self.record(NO_EPOCH, self.split)

    def record(self, epoch: int, split: str) -> None:
        if self.append and epoch in self.recording.epochs:
            return
        values = np.asarray(self._found.get())
        values = values if self._rows is None else values[self._rows]
        values = values if self._columns is None else values[:, self._columns]
        self.store.grow(self.key, {"epochs": np.array([epoch], np.int64), "values": values[None]})
