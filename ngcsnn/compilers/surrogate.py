"""Surrogate gradients: backpropagation through time, with a derivative given to every spike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngcsnn.compilers.gradient import GradientCompiler
from ngcsnn.credit import Surrogate


class SurrogateCompiler(GradientCompiler):
    """Compiles a context for training by surrogate gradients (BPTT).

    Spikes are on the grid, as with spike_timing="grid"; a spike s of a cell with threshold function h has the
    derivative ds = psi(h) dh, and gradients flow through everything that s does: synapses, currents, readouts and,
    unless told otherwise, its cell's reset.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        losses: {output: "sparse_categorical_crossentropy" | "mean_square_error" | ...}.
        readouts: {output: "avg_var" | "sum_var" | "max_var" | "avg_var_exp_weight" | "var" | ...} (default "avg_var",
            for every output).
        optimiser: a name, {name: hyper-parameters}, an object of `ngcsnn.optim` or of optax (default "adam").
        batch_size: samples per update (default 32). seed: of the order of samples (default: the context's).
        surrogate: psi, for every spiking cell: "fast_sigmoid" (default), "arctan", "boxcar", "exponential", "gaussian",
            "leaky", "multi_gaussian", "piecewise_linear", "sigmoid", "straight_through", one of these with its fields
            ({"fast_sigmoid": {"slope": 10.0}}), or an object of `ngcsnn.credit.surrogates`. Widths are in the unit of
            the cells' threshold function: the defaults suit cells with v_thr - v_rest of about 1.
        reset_gradient: whether gradients flow through the spike where it resets its own cell (default True).
        truncate: steps after which gradients are cut (truncated BPTT; default None: never).
        trainable: parameters to learn, as compartments or patterns such as "hidden.tau_m" (default: every weight and
            bias); frozen: the same, taken off again. Components that feed no output learn nothing.
        regularisers: {component: a name, {name: fields}, object of `ngcsnn.objectives` or list of them} added to the
            loss (default: nothing). reg_lambda_upper, reg_lambda_lower, reg_nu_upper: short for "spike_count" over the
            batch (strengths above and below, target in spikes per trial) of every hidden cell, or {cell: number}.
        dropout: {source or spiking cell: probability that an event of it reaches nobody}; noise: {cell: sigma}, white
            noise on `v` (unit of v per sqrt(ms)). Regularisers, dropout and noise are off in evaluation.
        rescue_silent: {cell: "redraw" or {"lift": amount}}: after an epoch, draw anew the incoming weights of those
            units of the cell that were silent throughout it, or add to them (default: nothing).
        delay_learn_conns: synapses whose `delays` are to be learned; raises by name for any, since a delay has no
            derivative here. EventPropCompiler learns them.
        per_timestep_loss: the loss of every step, averaged, instead of that of the trial's mean or sum. ttfs_alpha,
            softmax_temperature: set these fields of the losses that have them (default: as the losses say).
    Errors: `GraphError` and its kin (`TypeError` for what is no optimiser, loss, readout or surrogate function) that
        name the argument, the value got and the closest valid name; here for what stands in the arguments, in `compile`
        for what does not fit the network.

    Source: Neftci, Mostafa & Zenke 2019 (doi:10.1109/MSP.2019.2931595); the functions name theirs.
    """

    def __init__(
        self,
        example_timesteps: int,
        losses: Any,
        readouts: Any = "avg_var",
        optimiser: Any = "adam",
        batch_size: int = 32,
        surrogate: Any = "fast_sigmoid",
        reset_gradient: bool = True,
        truncate: int | None = None,
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
        per_timestep_loss: bool = False,
        ttfs_alpha: float | None = None,
        softmax_temperature: float | None = None,
    ):
        super().__init__(
            example_timesteps, losses, readouts, optimiser, batch_size,
            crossing=Surrogate(surrogate, reset_gradient), truncate=truncate,
            trainable=trainable, frozen=frozen, seed=seed, regularisers=regularisers,
            spike_counts={
                "reg_lambda_upper": reg_lambda_upper,
                "reg_lambda_lower": reg_lambda_lower,
                "reg_nu_upper": reg_nu_upper,
            },
            dropout=dropout, noise=noise,
            rescue_silent=rescue_silent,
            delay_learn_conns=delay_learn_conns,
            loss_options={
                "per_timestep_loss": per_timestep_loss,
                "ttfs_alpha": ttfs_alpha,
                "softmax_temperature": softmax_temperature,
            },
        )  # fmt: skip
