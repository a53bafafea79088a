"""EventProp: the exact gradient of the continuous-time network, through the times of its spikes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngcsnn.compilers.compiler import Compiler, check_event_paths, positive_int
from ngcsnn.compilers.parameters import choose
from ngcsnn.compilers.trainable import TrainableNetwork
from ngcsnn.credit import resolve
from ngcsnn.graph import Context, GraphError
from ngcsnn.optim import from_description


class EventPropCompiler(Compiler):
    """Compiles a context for training with EventProp.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        losses: {output: "sparse_categorical_crossentropy" | "mean_square_error" | ...}.
        readouts: {output: "avg_var" | "sum_var" | "max_var" | "avg_var_exp_weight" | "var" | ...} (default "avg_var").
        optimiser: a name, {name: hyper-parameters} or an object of `ngcsnn.optim` (default "adam").
        batch_size: samples per update (default 32). seed: of the order of samples (default: the context's).
        spike_timing: "precise" (inside the step, second order in dt) or "grid" (on the step's end, first order).
        trainable: parameters to learn, as compartments or patterns such as "hidden.tau_m" (default: every weight and
        bias); frozen: the same, taken off again.

    Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z).
    """

    def __init__(
        self,
        example_timesteps: int,
        losses: Any,
        readouts: Any = "avg_var",
        optimiser: Any = "adam",
        batch_size: int = 32,
        spike_timing: str = "precise",
        trainable: Iterable[Any] | None = None,
        frozen: Iterable[Any] = (),
        seed: int | None = None,
    ):
        super().__init__(example_timesteps, losses, readouts, batch_size)
        self.crossing = resolve(spike_timing)
        self.optimiser = from_description(optimiser)
        self.trainable, self.frozen = trainable, tuple(frozen)
        self.seed = None if seed is None else positive_int("seed", seed + 1) - 1

    def compile(self, context: Context) -> TrainableNetwork:
        """The trainable network; what cannot be trained by EventProp raises here, by name."""
        objective = self.objective(context)
        check_event_paths(context, objective)
        names = choose(context, self.trainable, self.frozen)
        if not names:
            raise GraphError("nothing to train: no parameter is left after `trainable` and `frozen`")
        return TrainableNetwork(
            context,
            n_steps=self.example_timesteps,
            crossing=self.crossing,
            objective=objective,
            batch_size=self.batch_size,
            names=names,
            optimiser=self.optimiser,
            seed=context.seed if self.seed is None else self.seed,
        )
