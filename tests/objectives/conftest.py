"""A membrane potential known at every time, for the orders of readouts and losses in dt."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / "reference" / "oracles"), str(Path(__file__).parent)]


class SmoothMembrane:
    """v(t) = sum over terms of a exp(-t / p), for two trials of three units and times (ms) from 0 to t_end."""

    t_end = 12.0
    terms = (
        (np.array([[1.0, 2.0, -0.5], [0.7, -1.0, 0.0]]), 8.0),
        (np.array([[-1.0, -1.5, 0.9], [0.2, 1.1, 0.4]]), 2.5),
    )

    def integral(self, start: Any = 0.0, end: Any = t_end, rate: float = 0.0) -> np.ndarray:
        """int exp(-rate t) v dt from `start` to `end`, (2, 3), or (T, 2, 3) for times (T, 1, 1)."""
        decays = [(a, 1 / p + rate) for a, p in self.terms]
        return sum((a * (np.exp(-k * start) - np.exp(-k * end)) / k for a, k in decays), np.zeros(1))

    def recorded(self, reads: str, n_steps: int) -> tuple[np.ndarray, float]:
        """`v_mean` or `v` of every step, (T, 2, 3), and dt in ms."""
        dt = self.t_end / n_steps
        ends = dt * np.arange(1, n_steps + 1)[:, None, None]
        if reads == "v_mean":
            return self.integral(ends - dt, ends) / dt, dt
        return sum((a * np.exp(-ends / p) for a, p in self.terms), np.zeros(1)), dt


@pytest.fixture(scope="session")
def membrane() -> SmoothMembrane:
    return SmoothMembrane()
