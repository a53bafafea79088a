"""The running mean of a unit's activity, which homeostatic rules compare with a target."""

from __future__ import annotations

import math
from typing import Any


def running_rate(mean: Any, activity: Any, dt: float, tau: float, spikes: bool) -> Any:
    """The mean a step later: of spikes (batch, n) in Hz, or of values; of all samples together, (n,).

    spikes:  r <- r exp(-dt / tau) + 1000 s / tau         values:  r <- r + (a - r) (1 - exp(-dt / tau))
    """
    now = activity.mean(0)
    if spikes:
        return mean * math.exp(-dt / tau) + now * (1000.0 / tau)
    return mean - (now - mean) * math.expm1(-dt / tau)
