"""From the sums of an epoch to the figures of its record."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ngcsnn.compilers.chosen_metrics import NO_METRICS, ChosenMetrics


def figures(sums: dict[str, Any], n_samples: int, trial: float, metrics: ChosenMetrics = NO_METRICS) -> dict[str, Any]:
    """Means, rates and counts as plain numbers.

    Args:
        sums: {"loss", metrics: sums over the samples, "spikes": {cell: (n,)}, "counts": {name: int}, and of training
        "skipped": batches}. trial: length of a trial in ms. metrics: chosen for this call.
    Returns:
        {"loss", metrics: means over the samples; "<cell>.rate_hz": mean over its units, "<cell>.silent": how many of
        them never spiked; the counts (such as "<cell>.grazing"); "skipped"}.
    """
    sums = dict(jax.device_get(sums))
    further = metrics.figures(sums, n_samples)
    spikes, counts, skipped = sums.pop("spikes"), sums.pop("counts"), sums.pop("skipped", None)
    out: dict[str, Any] = {"loss": 0.0}  # first, then the metrics
    out.update({name: float(value) / n_samples for name, value in sums.items()})
    out.update(further)
    for cell, total in spikes.items():
        out[f"{cell}.rate_hz"] = float(np.mean(total)) / (n_samples * trial) * 1000.0
        out[f"{cell}.silent"] = int(np.sum(total == 0))
    out.update({name: int(value) for name, value in counts.items()})
    if skipped is not None:
        out["skipped"] = int(skipped)
    return out
