"""Recording spikes: times and units, trial by trial."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ngcsnn.graph import Component, GraphError
from ngcsnn.recording.filters import Filter, check_filter, chosen
from ngcsnn.recording.recorder import Leaf, TrialRecorder, Trials, flat
from ngcsnn.recording.recording import Recording
from ngcsnn.recording.spike_times import recorded_spikes
from ngcsnn.recording.stores import Store

_AT_ONCE = 256  # trials read together


class SpikeTrial(NamedTuple):
    """times in ms, in order, and units (n_spikes,): of one sample after one epoch (-1 outside training)."""

    epoch: int
    sample: int
    times: np.ndarray
    units: np.ndarray


class SpikeRecording(Recording):
    """Spikes of many trials, ragged. cell: whose. units: the units recorded. t_end: length of a trial in ms."""

    def __init__(self, store: Store, key: str):
        super().__init__(store, key)
        told = self._told
        self.cell, self.n_units, self.units = told["cell"], told["n_units"], np.asarray(told["units"])
        self.dt, self.t_end, self.counts_only = told["dt"], told["t_end"], told["counts_only"]

    @property
    def samples(self) -> np.ndarray:
        """The sample of each trial, (n_trials,)."""
        return self._numbers("samples")

    @property
    def counts(self) -> np.ndarray:
        """How often each recorded unit spiked in each trial, (n_trials, n_units_recorded)."""
        if not len(self):
            return np.empty((0, len(self.units)), np.int64)
        return self._store.rows(self.key, "counts")

    def __getitem__(self, index: int) -> SpikeTrial:
        """One trial. All of them are had faster by going through the recording."""
        self._check()
        place = self._place(index)
        return next(self._trials(place, place + 1))

    def __iter__(self) -> Iterator[SpikeTrial]:
        self._check()
        for start in range(0, len(self), _AT_ONCE):
            yield from self._trials(start, min(start + _AT_ONCE, len(self)))

    def _check(self) -> None:
        if self.counts_only:
            raise GraphError(f"the recording '{self.key}' holds counts only (record_counts=True): ask for `counts`")

    def _trials(self, start: int, stop: int) -> Iterator[SpikeTrial]:
        """These trials, read at once."""
        stops = self._store.rows(self.key, "stops", max(start - 1, 0), stop)
        edges = np.concatenate([[0], stops]) if start == 0 else stops
        times, units = (self._rows(name, int(edges[0]), int(edges[-1])) for name in ("times", "units"))
        epochs, samples = (self._store.rows(self.key, name, start, stop) for name in ("epochs", "samples"))
        for i, (a, b) in enumerate(pairwise((edges - edges[0]).tolist())):
            yield SpikeTrial(int(epochs[i]), int(samples[i]), times[a:b], units[a:b])

    def _rows(self, name: str, start: int, stop: int) -> np.ndarray:
        if start == stop:
            return np.empty(0, np.float64 if name == "times" else np.int32)
        return self._store.rows(self.key, name, start, stop)


class SpikeRecorder(TrialRecorder):
    """Records the spikes of a cell: their times, exact within the step where the network keeps them, and units.

    Args:
        pop: a component that emits spikes, or its name. key: of the recording (default: "<pop>.s").
        example_filter, neuron_filter, epoch_filter: what to record, each an index, list, mask, slice, range or function
        of the index (default: all); examples as positions in the data given, in validation among its samples.
        record_counts: keep only how often each unit spiked. split, to, append: as in `Recorder`.
    `recording`, and what `train` returns under the key: a `SpikeRecording`.
    Errors: `GraphError` naming what the network has.
    """

    def __init__(
        self, pop: Component | str, key: str | None = None, example_filter: Filter = None, neuron_filter: Filter = None,
        record_counts: bool = False, epoch_filter: Filter = None, split: str = "train",
        to: str | os.PathLike[str] | None = None, append: bool = False,
    ):  # fmt: skip
        self.pop = getattr(pop, "name", pop)
        name = f"{self.pop}.s" if key is None else key
        super().__init__(name, example_filter, epoch_filter=epoch_filter, split=split, to=to, append=append)
        check_filter("neuron_filter", neuron_filter)
        self.neuron_filter, self.record_counts = neuron_filter, bool(record_counts)

    def prepare(self, program: Any) -> dict[str, Any]:
        context = program.network.context
        cell = context.find(self.pop)
        if "s" not in getattr(cell, "compartments", {}):
            emitting = [name for name, part in context.components.items() if "s" in part.compartments]
            raise GraphError(f"'{self.pop}' emits no spikes; of {context.name} these do: {', '.join(emitting)}")
        n = int(np.prod(cell.compartments["s"].shape))
        self._units = chosen("neuron_filter", self.neuron_filter, n)
        self._dt = context.dt
        return {
            "cell": self.pop, "n_units": n, "units": self._units, "dt": context.dt,
            "t_end": program.network.n_steps * context.dt, "counts_only": self.record_counts,
        }  # fmt: skip

    def leaves(self, trials: Trials) -> tuple[Leaf, ...]:
        timed = trials.timed and not self.record_counts
        return trials.leaves([f"{self.pop}.s", *([f"{self.pop}.s.offset"] if timed else [])])

    def take(self, epoch: int, samples: np.ndarray, recorded: dict[Leaf, np.ndarray]) -> None:
        found = {name: flat(array, 2)[..., self._units] for (_, name), array in recorded.items()}
        spikes, offsets = found["s"], found.get("s.offset")
        arrays = {
            "epochs": np.full(len(samples), epoch, np.int64), "samples": samples.astype(np.int64),
            "counts": np.rint(spikes.sum(axis=0)).astype(np.int32),
        }  # fmt: skip
        if not self.record_counts:
            trials = [
                recorded_spikes(spikes[:, i], None if offsets is None else offsets[:, i], self._dt)
                for i in range(len(samples))
            ]
            before = self.store.lengths(self.key).get("times", 0)
            arrays["stops"] = before + np.cumsum([len(times) for times, _ in trials], dtype=np.int64)
            arrays["times"] = np.concatenate([times for times, _ in trials])
            arrays["units"] = self._units[np.concatenate([units for _, units in trials])].astype(np.int32)
        self.store.grow(self.key, arrays)
