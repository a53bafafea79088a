"""The learning signal of hidden cells: the errors of the outputs through feedback weights."""

from __future__ import annotations

from typing import Any

import jax

from ngcsnn.graph import Component, checks, hyper, input_, output


class LearningSignal(Component):
    """L_j = gate sum_k B_jk (y_k - target_k).

    loss: "mean_square_error", y the inputs, for half the square error summed over outputs; "cross_entropy", y their
    softmax. Wire B to the transposed output weights for symmetric feedback, or to nothing and set it (random feedback).
    Shapes: inputs, targets, error (batch, n_outputs); signal (batch, n_units); feedback (n_units, n_outputs).
    Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
    """

    stage = "rule"

    n_units = hyper(kind=int, check=checks.positive, doc="hidden cells")
    n_outputs = hyper(kind=int, check=checks.positive, doc="outputs")
    loss = hyper(
        "mean_square_error", kind=str, check=checks.one_of("mean_square_error", "cross_entropy"),
        doc="mean_square_error or cross_entropy",
    )  # fmt: skip
    inputs = input_(shape="n_outputs", doc="what the outputs say in this step")
    targets = input_(shape="n_outputs", doc="what they should, or the probabilities of the classes")
    gate = input_(shape=(1,), init=1.0, doc="1 in the learning window, else 0")
    feedback = input_(shape=("n_units", "n_outputs"), batched=False, doc="weights from errors to cells")
    error = output(shape="n_outputs", doc="derivative of the loss by the inputs")
    signal = output(shape="n_units", doc="the learning signal of each cell")

    def advance(self) -> None:
        y: Any = self.inputs.get()
        if self.loss == "cross_entropy":
            y = jax.nn.softmax(y, axis=-1)
        error = self.gate.get() * (y - self.targets.get())
        self.error.set(error)
        self.signal.set(error @ self.feedback.get().T)
