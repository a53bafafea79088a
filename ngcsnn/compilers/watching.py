"""What recorders see of a network: its trials, run forward again with the parameters in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.chance import fresh
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.plan import Leaf
from ngcsnn.compilers.recorded import leaves_to_record
from ngcsnn.training import Callback, Record
from ngcsnn.training.loop import checked_callbacks

if TYPE_CHECKING:
    from ngcsnn.compilers.network import CompiledNetwork


class Trials:
    """Samples of some data. samples: their indices. timed: whether events have times within a step."""

    def __init__(self, network: CompiledNetwork, data: Data, samples: np.ndarray):
        self.network, self.data, self.samples = network, data, samples
        self.timed = bool(network.crossing.timed)

    def leaves(self, record: Any) -> tuple[Leaf, ...]:
        """States and outputs, or their names, as leaves; errors as in `CompiledNetwork.simulate`."""
        leaves = leaves_to_record(self.network.context, record)
        self.network.check_times("recorded", map(".".join, leaves))
        return leaves

    def replay(self, samples: np.ndarray, leaves: Sequence[Leaf]) -> Iterator[tuple[np.ndarray, dict[Leaf, Any]]]:
        """(samples of one batch, {leaf: (n_steps, n_samples, *shape)}), batch by batch.

        Each batch is let go before the next one is computed, if the caller keeps nothing of it.
        """
        network, batches = self.network, self.network._batches(samples)
        program = network.simulation(self.data, tuple(leaves))
        trained, fixed = network.params()
        for number, index in enumerate(batches.index):
            recorded = program(trained, fresh(fixed, number), self.data, index)
            real = index[index != NOBODY]
            yield real, {leaf: recorded[leaf][:, : len(real)] for leaf in leaves}


class Test:
    """What `evaluate` and `simulate` tell callbacks: the network, and one split, "test"."""

    __test__ = False  # no test of pytest's

    def __init__(self, network: CompiledNetwork, data: Data, n: int):
        self.network, self.data, self.n = network, data, n

    def trials(self, split: str) -> Trials | None:
        return Trials(self.network, self.data, np.arange(self.n)) if split == "test" else None


def attach(callbacks: Iterable[Callback], network: CompiledNetwork, data: Data, n: int) -> None:
    """Tell callbacks what is about to be evaluated or simulated."""
    test = Test(network, data, n)
    for callback in checked_callbacks(callbacks):
        callback.on_attach(test)


def tell(callbacks: Iterable[Callback], record: Record) -> None:
    """Tell callbacks that it has been."""
    for callback in callbacks:
        callback.on_test_end(record)
