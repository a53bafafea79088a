"""Inference: running a network forward, without learning."""

from __future__ import annotations

from typing import Any

from ngcsnn.compilers.compiler import Compiler, credit_rule
from ngcsnn.compilers.network import CompiledNetwork
from ngcsnn.graph import Context


class InferenceCompiler(Compiler):
    """Compiles a context for `evaluate`, `predict` and `simulate`; learning rules in it rest.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        readouts: {output: "avg_var" | {"avg_var_exp_weight": {"rate": 0.05}} | an object of `ngcsnn.objectives`}.
        losses: {output: ...}, what `evaluate` reports (default: cross-entropy, hence accuracy, for every output; mean
            square error where the readout keeps the time axis).
        batch_size: samples simulated side by side (default 32).
        spike_timing: "precise" (inside the step, second order in dt), "exact" (events of one step in order as well) or
            "grid" (on the step's end, first order; there a network trained by surrogate gradients runs as it was
            trained).
    Errors: `GraphError` and its kin that name the argument, the value got and the closest valid name; here for what
        stands in the arguments, in `compile` for what does not fit the network.
    """

    rules_rest = True

    def __init__(
        self,
        example_timesteps: int,
        readouts: Any,
        losses: Any = None,
        batch_size: int = 32,
        spike_timing: str = "precise",
    ):
        super().__init__(example_timesteps, losses, readouts, batch_size)
        self.crossing = credit_rule(spike_timing)

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
