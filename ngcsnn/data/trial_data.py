"""What every container of trials offers, whatever it holds: event lists, or numbers that become events on the device.

A compiler knows containers by these two interfaces and by no class.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from numpy.typing import DTypeLike

from ngcsnn.data.event_grid import PaddedEvents


@runtime_checkable
class TrialOnDevice(Protocol):
    """Trials on the device, a pytree.

    `one_each`: every unit has at most one event, and column k of what `take` returns is unit k (or padding); then
    K = n_units, and the steps of a row are in no order. Otherwise the rows are in order of time, padding last.
    """

    @property
    def one_each(self) -> bool: ...

    @property
    def n_units(self) -> int: ...

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples, traceable under `jit`.

        Args:
            index: samples, (batch,) int, from 0 to n_samples - 1.
        Returns: step int32, unit int32 and offset (ms, the floating type asked for), each (batch, K); padding has
            unit == n_units, step 0 and offset 0.
        """
        ...


@runtime_checkable
class TrialData(Protocol):
    """Trials on the host: `EventData`, `LatencyCode`, or a user's own."""

    @property
    def n_units(self) -> int: ...

    def __len__(self) -> int: ...

    def __getitem__(self, samples: Any, /) -> TrialData:
        """Return the given samples: an int, a slice, a vector of ints or a bool mask."""
        ...

    def to_device(self, n_steps: int, dt: float, dtype: DTypeLike = ...) -> TrialOnDevice:
        """Put the trials on the device.

        Args:
            n_steps, dt: length of a trial in steps, and of a step in ms.
            dtype: floating type of the offsets.
        Raises: ValueError if events lie after the trial, with their number.
        """
        ...
