"""Lowering the learning rate where validation no longer gets better, by two moving averages."""

from __future__ import annotations

from numbers import Real
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.training.callbacks import Callback, Record
from ngcsnn.training.figure import figure_of, is_low_good, known_figure


class Plateau(Callback):
    """Multiplies the learning rate by `factor` where the fast average of a figure is no better than the slow one.

        fast <- a_fast fast + (1 - a_fast) x,    slow <- a_slow slow + (1 - a_slow) x

    after each epoch, x the figure; both start at its first value. Then, if more than `patience` epochs have passed
    since the start or the last change, and fast is not above slow (not below, where the figure should fall), the rate
    is multiplied.

    Args:
        factor: in (0, 1) (0.5). fast, slow: the shares that the averages keep (0.8, 0.85), 0 <= fast < slow < 1.
        patience: epochs with the same rate (50).
        figure: of validation, "validation_accuracy" or "validation_loss" (default: the first of these that there is).
            The training or the test split is refused: the one overfits, the other must not be learned from.
    A schedule of `eta` goes on, multiplied. Several rates (of parameters, or parts) are all multiplied.
    `collected` tells {"plateau": the epochs after which the rate was multiplied}.
    Source: the schedule of Nowotny, Turner & Knight 2025 (doi:10.1088/2634-4386/ada852), there started at 0.
    """

    def __init__(
        self,
        factor: float = 0.5,
        fast: float = 0.8,
        slow: float = 0.85,
        patience: int = 50,
        figure: str | None = None,
    ):
        for name, value in (("factor", factor), ("fast", fast), ("slow", slow)):
            if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
                raise GraphError(f"`{name}` must be a number in [0, 1), got {value!r}")
        if factor == 0:
            raise GraphError("`factor` must be > 0, got 0")
        if not fast < slow:
            raise GraphError(f"`fast` must be below `slow` (it keeps less of the past), got {fast} and {slow}")
        self.factor, self.fast, self.slow = float(factor), float(fast), float(slow)
        self.patience = whole("patience", patience, low=0)
        self.figure = None if figure is None else known_figure(figure)
        if self.figure is not None and not self.figure.startswith("validation_"):
            raise GraphError(f"`figure` must be one of validation, such as 'validation_loss', got {figure!r}")
        self._averages: list[float] = []
        self._since, self.epochs = 0, list[int]()

    def on_train_begin(self, num_epochs: int) -> None:
        self._averages, self._since, self.epochs = [], 0, []
        if self.run is not None:
            if not getattr(self.run.program, "validates", True):
                raise GraphError("Plateau goes by validation, and this run has none: give `validation_split`")
            self.run.program.scale_rate(1.0)  # raises where the rate cannot be changed

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        names = ("validation_accuracy", "validation_loss")
        name, value = figure_of(records, self.figure, names, "Plateau")
        value = -value if is_low_good(name) else value
        if not self._averages:
            self._averages = [value, value]
        self._averages = [a * e + (1 - a) * value for a, e in zip((self.fast, self.slow), self._averages, strict=True)]
        self._since += 1
        fast, slow = self._averages
        if self._since > self.patience and fast <= slow and self.run is not None:
            self.run.program.scale_rate(self.factor)
            self._since = 0
            self.epochs.append(epoch)

    def collected(self) -> dict[str, Any]:
        return {"plateau": list(self.epochs)}

    def state(self) -> Any:
        return {"averages": self._averages, "since": self._since, "epochs": self.epochs}

    def restore(self, state: Any) -> None:
        self._averages, self._since, self.epochs = list(state["averages"]), state["since"], list(state["epochs"])
