"""Recording any state or output over the steps of trials."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ngcsnn.graph import Compartment, Component, GraphError
from ngcsnn.recording.filters import Filter, check_filter, chosen
from ngcsnn.recording.recorder import Leaf, TrialRecorder, Trials, flat
from ngcsnn.recording.recording import ArrayRecording
from ngcsnn.recording.stores import Store


class VarRecording(ArrayRecording):
    """Values of a compartment at the ends of steps, an entry (n_steps, n_units) for each trial.

    units: those recorded, None for all in their own shape. times: of the steps, in ms.
    """

    def __init__(self, store: Store, key: str):
        super().__init__(store, key)
        told = self._told
        self.compartment, self.dt = told["compartment"], told["dt"]
        self.units = None if told["units"] is None else np.asarray(told["units"])
        self.times = (np.asarray(told["steps"]) + 1) * self.dt

    @property
    def samples(self) -> np.ndarray:
        """The sample of each trial, (n_trials,)."""
        return self._numbers("samples")


class VarRecorder(TrialRecorder):
    """Records a state or output at the end of every step.

    Args:
        pop: a component or its name; or a compartment, or its name ("output.v"), and then no `var`.
        var: the compartment, such as "v". key: of the recording (default: "<pop>.<var>").
        example_filter, neuron_filter, epoch_filter: what to record, each an index, list, mask, slice, range or function
        of the index (default: all). step_filter: the steps (all). split, to, append: as in `Recorder`.
    `recording`, and what `train` returns under the key: a `VarRecording`.
    Errors: `GraphError` naming what the component offers.
    """

    def __init__(
        self, pop: Component | Compartment | str, var: str | None = None, key: str | None = None,
        example_filter: Filter = None, neuron_filter: Filter = None, step_filter: Filter = None,
        epoch_filter: Filter = None, split: str = "train", to: str | os.PathLike[str] | None = None,
        append: bool = False,
    ):  # fmt: skip
        name = pop.key if isinstance(pop, Compartment) else str(getattr(pop, "name", pop))
        if (var is None) == ("." not in name):
            raise GraphError(f"give a component and `var` (such as 'v'), or a compartment alone; got {name!r}, {var!r}")
        self.compartment = name if var is None else f"{name}.{var}"
        super().__init__(
            self.compartment if key is None else key,
            example_filter,
            epoch_filter=epoch_filter,
            split=split,
            to=to,
            append=append,
        )
        check_filter("neuron_filter", neuron_filter)
        check_filter("step_filter", step_filter)
        self.neuron_filter, self.step_filter = neuron_filter, step_filter

    def prepare(self, program: Any) -> dict[str, Any]:
        context = program.network.context
        found = context.find(self.compartment)
        every = self.neuron_filter is None
        self._units = None if every else chosen("neuron_filter", self.neuron_filter, int(np.prod(found.shape)))
        self._steps = chosen("step_filter", self.step_filter, program.network.n_steps)
        return {"compartment": self.compartment, "units": self._units, "steps": self._steps, "dt": context.dt}

    def leaves(self, trials: Trials) -> tuple[Leaf, ...]:
        return trials.leaves(self.compartment)

    def take(self, epoch: int, samples: np.ndarray, recorded: dict[Leaf, np.ndarray]) -> None:
        values = np.moveaxis(next(iter(recorded.values()))[self._steps], 1, 0)
        if self._units is not None:
            values = flat(values, 2)[..., self._units]
        epochs = np.full(len(samples), epoch, np.int64)
        self.store.grow(self.key, {"epochs": epochs, "samples": samples.astype(np.int64), "values": values})
