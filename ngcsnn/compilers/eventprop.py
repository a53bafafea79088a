"""EventProp: the exact gradient of the continuous-time network, through the times of its spikes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngcsnn.compilers.compiler import credit_rule
from ngcsnn.compilers.event_paths import check_event_paths
from ngcsnn.compilers.gradient import GradientCompiler
from ngcsnn.compilers.objective import Objective
from ngcsnn.graph import Context, GraphError


class EventPropCompiler(GradientCompiler):
    """Compiles a context for training with EventProp.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        losses: {output: "sparse_categorical_crossentropy" | "mean_square_error" | ...}.
        readouts: {output: "avg_var" | "sum_var" | "max_var" | "avg_var_exp_weight" | "var" | ...} (default "avg_var",
            for every output).
        optimiser: a name, {name: hyper-parameters}, an object of `ngcsnn.optim` or of optax (default "adam").
        batch_size: samples per update (default 32). seed: of the order of samples (default: the context's).
        spike_timing: "precise" (inside the step; the loss is second order in dt), "exact" (events of one step are put
            in order as well, where the cell can: gradients without the rare large errors of such coincidences) or
            "grid" (on the step's end, first order; input events are put on their step's end too).
        trainable: parameters to learn, as compartments or patterns such as "hidden.tau_m" (default: every weight and
            bias); frozen: the same, taken off again. Components that feed no output learn nothing.
        regularisers: {component: a name, {name: fields}, object of `ngcsnn.objectives` or list of them} added to the
            loss (default: nothing). reg_lambda_upper, reg_lambda_lower, reg_nu_upper: short for "spike_count" over the
            batch (strengths above and below, target in spikes per trial) of every hidden cell, or {cell: number}.
        dropout: {source or spiking cell: probability that an event of it reaches nobody}; noise: {cell: sigma}, white
            noise on `v` (unit of v per sqrt(ms)). Regularisers, dropout and noise are off in evaluation.
        rescue_silent: {cell: "redraw" or {"lift": amount}}: after an epoch, draw anew the incoming weights of those
            units of the cell that were silent throughout it, or add to them (default: nothing).
        delay_learn_conns: synapses, or their names, whose `delays` are learned too, in ms, kept within [0, max_delay]
            (default: none). delay_optimiser: for all delays that are trained (default: `optimiser`).
        per_timestep_loss: the loss of every step, averaged, instead of that of the trial's mean or sum. ttfs_alpha,
            softmax_temperature: set these fields of the losses that have them (default: as the losses say).
    Errors: `GraphError` and its kin (`TypeError` for what is no optimiser, loss or readout) that name the argument, the
        value got and the closest valid name; here for what stands in the arguments, in `compile` for what does not fit
        the network: spikes whose times do not reach an output, readouts that have no gradient in spike times.

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
        regularisers: Any = None,
        reg_lambda_upper: Any = 0.0,
        reg_lambda_lower: Any = 0.0,
        reg_nu_upper: Any = 0.0,
        dropout: Any = None,
        noise: Any = None,
        rescue_silent: Any = None,
        delay_learn_conns: Iterable[Any] = (),
        delay_optimiser: Any = None,
        per_timestep_loss: bool = False,
        ttfs_alpha: float | None = None,
        softmax_temperature: float | None = None,
    ):
        crossing = credit_rule(spike_timing)
        if not crossing.timed:
            raise GraphError(
                f"`spike_timing`: EventProp's gradient goes through the times of spikes, and {crossing!r} keeps none; "
                "train by it with SurrogateCompiler"
            )
        super().__init__(
            example_timesteps, losses, readouts, optimiser, batch_size,
            crossing=crossing, trainable=trainable, frozen=frozen, seed=seed, regularisers=regularisers,
            spike_counts={
                "reg_lambda_upper": reg_lambda_upper,
                "reg_lambda_lower": reg_lambda_lower,
                "reg_nu_upper": reg_nu_upper,
            },
            dropout=dropout, noise=noise,
            rescue_silent=rescue_silent,
            delay_learn_conns=delay_learn_conns,
            delay_optimiser=delay_optimiser,
            loss_options={
                "per_timestep_loss": per_timestep_loss,
                "ttfs_alpha": ttfs_alpha,
                "softmax_temperature": softmax_temperature,
            },
        )  # fmt: skip

    def check(self, context: Context, objective: Objective) -> None:
        for output in objective.outputs:
            if output.readout.needs_surrogate:
                raise GraphError(
                    f"output '{output.name}': readout '{output.readout.kind}' has no gradient in the times of spikes, "
                    "which is all that EventProp has; train it with SurrogateCompiler"
                )
        check_event_paths(context, [o.name for o in objective.outputs])
