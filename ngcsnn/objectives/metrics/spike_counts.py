"""How often every unit of every spiking cell spiked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ngcsnn.objectives.metrics.metric import Metric


@dataclass(frozen=True)
class SpikeCounts(Metric):
    """Spikes of each unit over all samples: "<cell>.spike_counts", a list. (How many units were silent is in every
    record, as "<cell>.silent".)"""

    of_spikes: ClassVar[bool] = True

    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        return np.rint(total).astype(int).tolist()
