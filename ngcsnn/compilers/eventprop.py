"""EventProp: the exact gradient of the continuous-time network, through the times of its spikes."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

from ngcsnn.compilers.compiler import Compiler, credit_rule
from ngcsnn.compilers.event_paths import check_event_paths
from ngcsnn.compilers.parameters import as_patterns, choose
from ngcsnn.compilers.plan import upstream
from ngcsnn.compilers.trainable import TrainableNetwork
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.optim import from_description


class EventPropCompiler(Compiler):
    """Compiles a context for training with EventProp.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        losses: {output: "sparse_categorical_crossentropy" | "mean_square_error" | ...}.
        readouts: {output: "avg_var" | "sum_var" | "max_var" | "avg_var_exp_weight" | "var" | ...} (default "avg_var",
            for every output).
        optimiser: a name, {name: hyper-parameters}, an object of `ngcsnn.optim` or of optax (default "adam").
        batch_size: samples per update (default 32). seed: of the order of samples (default: the context's).
        spike_timing: "precise" (inside the step, second order in dt) or "grid" (on the step's end, first order; input
            events are put on their step's end too).
        trainable: parameters to learn, as compartments or patterns such as "hidden.tau_m" (default: every weight and
            bias); frozen: the same, taken off again. Components that feed no output learn nothing.
        reg_lambda_upper, reg_lambda_lower, reg_nu_upper: regularisation of spike counts; only 0.0 (none) so far.
    Errors: `GraphError` and its kin (`TypeError` for what is no optimiser, loss or readout) that name the argument, the
        value got and the closest valid name; here for what stands in the arguments, in `compile` for what does not fit
        the network.

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
        *,
        reg_lambda_upper: float = 0.0,
        reg_lambda_lower: float = 0.0,
        reg_nu_upper: float = 0.0,
    ):
        super().__init__(example_timesteps, losses, readouts, batch_size)
        if losses is None:
            raise GraphError("`losses` must be {output: loss}, got None")
        self.crossing = credit_rule(spike_timing)
        self.optimiser = from_description(optimiser)
        self.trainable = None if trainable is None else as_patterns("trainable", trainable)
        self.frozen = as_patterns("frozen", frozen)
        self.seed = None if seed is None else whole("seed", seed, low=0)
        for name, value in (
            ("reg_lambda_upper", reg_lambda_upper),
            ("reg_lambda_lower", reg_lambda_lower),
            ("reg_nu_upper", reg_nu_upper),
        ):
            if isinstance(value, bool) or not isinstance(value, Real) or value != 0:
                raise GraphError(
                    f"`{name}`: regularisation of spike counts is not available yet; leave it 0.0, got {value!r}"
                )

    def compile(self, context: Context) -> TrainableNetwork:
        """The trainable network; what cannot be trained by EventProp raises here, by name."""
        objective = self.objective(context)
        outputs = [o.name for o in objective.outputs]
        check_event_paths(context, outputs)
        names = choose(context, self.trainable, self.frozen, {n for o in outputs for n in (o, *upstream(context, o))})
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
