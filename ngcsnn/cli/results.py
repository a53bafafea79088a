"""How figures are printed."""

from __future__ import annotations

from typing import Any


def result_lines(test: dict[str, Any]) -> list[str]:
    """The lines that a command ends with: `test accuracy: 0.978`, else the loss, else what the cells did."""
    shown = [k for k in test if k == "accuracy" or k.endswith(".accuracy")]
    if shown:
        return [f"test {key}: {test[key]:.3f}" for key in shown]
    if "loss" in test:
        return [f"test loss: {test['loss']:.4g}"]
    rates = [f"test {key}: {test[key]:.4g}" for key in test if key.endswith(".rate_hz")]
    return rates or ["test: no cell spikes, and nothing has a loss"]


def figure_lines(test: dict[str, Any]) -> list[str]:
    """All figures with every digit, but for the time it took."""
    return [f"{key}: {value!r}" for key, value in test.items() if key != "seconds"]
