"""Inference: running a network forward, without learning."""

from __future__ import annotations

from typing import Any

from ngcsnn.compilers.compiler import Compiler
from ngcsnn.compilers.network import CompiledNetwork
from ngcsnn.credit import resolve
from ngcsnn.graph import Context


class InferenceCompiler(Compiler):
    """Compiles a context for `evaluate`, `predict` and `simulate`.

    Args:
        example_timesteps: steps of a trial. readouts: {output: name, {name: fields} or object}.
        losses: {output: ...}, what `evaluate` reports (default: cross-entropy, hence accuracy, for every output).
        batch_size: samples simulated side by side (default 32). spike_timing: "precise" or "grid".
    """

    def __init__(
        self,
        example_timesteps: int,
        readouts: Any,
        losses: Any = None,
        batch_size: int = 32,
        spike_timing: str = "precise",
    ):
        if losses is None and isinstance(readouts, dict):
            losses = {output: "sparse_categorical_crossentropy" for output in readouts}
        super().__init__(example_timesteps, losses, readouts, batch_size)
        self.crossing = resolve(spike_timing)

    def compile(self, context: Context) -> CompiledNetwork:
        """The network, ready to run; parameters are read from the context at every call."""
        return CompiledNetwork(
            context,
            n_steps=self.example_timesteps,
            crossing=self.crossing,
            objective=self.objective(context),
            batch_size=self.batch_size,
            names={},
        )
