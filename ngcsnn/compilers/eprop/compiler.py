"""e-prop: learning signals times eligibilities, without a trace for any synapse."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ngcsnn.compilers.eprop.arguments import by_cell, decay, number, scaled, shaped, window
from ngcsnn.compilers.eprop.conventions import resolve_conventions
from ngcsnn.compilers.eprop.feedback import Filter
from ngcsnn.compilers.eprop.firing_rate import FiringRate
from ngcsnn.compilers.eprop.loss_window import LossWindow
from ngcsnn.compilers.eprop.network import FACTORISED, MODES, ONLINE, STREAMING, EPropNetwork
from ngcsnn.compilers.eprop.streaming_plan import receivers
from ngcsnn.compilers.eprop.ways import KINDS, Feedback, decay_of, no_matrix
from ngcsnn.compilers.gradient import GradientCompiler
from ngcsnn.compilers.local_credit import cuts, hidden_cells, reached
from ngcsnn.compilers.objective import Objective
from ngcsnn.compilers.penalties import Penalty
from ngcsnn.credit import EProp, resolve_surrogate
from ngcsnn.graph import Context, GraphError, closest
from ngcsnn.graph.checks import whole
from ngcsnn.objectives import Loss, Readout

DEFAULT_CHUNK = {FACTORISED: 1, STREAMING: 50, ONLINE: 1}
SQUARE = "mean_square_error"


class EPropCompiler(GradientCompiler):
    """Compiles a context for training with e-prop.

        dL/dw_ji = sum_t L_j(t) e_ji(t) + rate terms,     L_j(t) = dL/ds_j(t) through the readout alone
        e_ji(t) = psi_j(t) dh_j/dx_j . eps_ji(t),         eps_ji(t) = (dx_j(t)/dx_j(t-1)) eps_ji(t-1) + dx_j(t)/dw_ji

    x_j the state of cell j, h_j its threshold function, psi the surrogate derivative (0 while refractory). No credit
    passes from a cell into a synapse that leads to a hidden cell, nor through the reset of its own potential; what a
    spike adds to other states (adaptation) counts. This holds for any spiking cell. It is computed as one recursion
    backward in time for each cell and one matrix product for each synapse; eligibilities are never formed.

    Args:
        example_timesteps: steps of a trial (each of the context's dt).
        losses: {output: "sparse_categorical_crossentropy" | "mean_square_error" | ...}.
        readouts: {output: "var" | "avg_var" | ...} (default "var": the loss of every step).
        optimiser: a name, {name: hyper-parameters}, an object of `ngcsnn.optim` or of optax (default "adam").
        batch_size: samples per update (default 32). seed: of the order of samples (default: the context's).
        surrogate: psi, as in `SurrogateCompiler` (default "piecewise_linear"). surrogate_gradient_height,
            surrogate_gradient_width: set its fields of these names (height also known as gamma; the width is in the
            unit of the threshold function).
        feedback: of the errors to hidden cells: "symmetric" (default; the weights to the output, and what stands
            between), "random" (fixed) or "adaptive" (drawn, and then changed by the updates of the weights to the
            output, and by weight decay of strength `feedback_decay`, default 0). With the latter two, cells without a
            synapse to an output get a learning signal too, as though they had one. feedback_weights: {hidden cell:
            array (n_hidden, n_out), or {output: array}} in place of drawn ones (normal, standard deviation
            1 / sqrt(n_hidden)).
        kappa: decay in a step of the filter that eligibilities pass, in place of the readout's own dynamics (default).
        conventions: "ngcsnn" (default: the gradient of what the network does), "nest", "nest_continuous", "mlgenn", or
            an object of `ngcsnn.compilers.eprop.conventions`, which has their equations.
        mode: how the gradient is computed, always the same numbers. "factorised" (default): as above, the trial's
            trajectories in memory. "streaming": in chunks of `chunk_steps` steps (default 50), carrying the eligibility
            (D, batch, n_pre, n) of every synapse between them, D numbers for the state of a cell and of the readout's
            filter; memory does not grow with the trial, see `ngcsnn.compilers.eprop.streaming`. "online": the same, and
            weights move after every chunk (default 1 step); by spikes with `nest_optimiser(optimize_each_step=False)`.
            eprop_isi_trace_cutoff: ms after the last spike of its source when a synapse begins to rest, until the next
            one; a number, or {cell that it leads to: number} (online, step by step; default never).
        c_reg: strength of the rate term, for every hidden cell, or {cell: number or one for each unit} (default 0:
            none). f_target: wanted rate in Hz, the same way (default 10). By default the cost is
            c_reg / 2 (f - f_target dt)^2 for each cell, f its spikes per step over the trial. tau_reg: time constant in
            ms of a running mean f(t) instead, and kappa_reg: its decay in a step, exp(-dt / tau_reg); the cost is then
            c_reg / 2 sum_t (f(t) - f_target dt)^2.
        error_start_timestep: first step with a loss (default 0). learning_window: the same from the end, in ms; or an
            array, the weight of every step's loss (NEST's learning window signal, 0 or 1).
        average_gradient: whether losses of steps are averaged over the window or summed (default: averaged; under
            other conventions summed); rate terms are divided by its number of steps as well.
        train_output_bias: whether the outputs' biases learn (default: where there are any).
        trainable, frozen, regularisers, dropout, noise, rescue_silent, softmax_temperature: as in `EventPropCompiler`.
    Errors: `GraphError` and its kin that name the argument, the value got and the closest valid name; here for what
        stands in the arguments, in `compile` for what does not fit the network: a hidden layer without a synapse to an
        output gets no learning signal and raises.

    Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
    """

    network = EPropNetwork

    def __init__(
        self,
        example_timesteps: int,
        losses: Any,
        readouts: Any = "var",
        optimiser: Any = "adam",
        batch_size: int = 32,
        surrogate: Any = "piecewise_linear",
        trainable: Iterable[Any] | None = None,
        frozen: Iterable[Any] = (),
        seed: int | None = None,
        *,
        surrogate_gradient_height: float | None = None,
        surrogate_gradient_width: float | None = None,
        feedback: str = "symmetric",
        feedback_weights: Any = None,
        feedback_decay: float = 0.0,
        conventions: Any = "ngcsnn",
        kappa: float | None = None,
        mode: str = "factorised",
        chunk_steps: int | None = None,
        eprop_isi_trace_cutoff: Any = None,
        c_reg: Any = 0.0,
        f_target: Any = None,
        tau_reg: float | None = None,
        kappa_reg: float | None = None,
        error_start_timestep: int | None = None,
        learning_window: Any = None,
        average_gradient: bool | None = None,
        train_output_bias: bool | None = None,
        regularisers: Any = None,
        dropout: Any = None,
        noise: Any = None,
        rescue_silent: Any = None,
        softmax_temperature: float | None = None,
    ):
        widths = {"height": surrogate_gradient_height, "width": surrogate_gradient_width}
        super().__init__(
            example_timesteps, losses, readouts, optimiser, batch_size,
            crossing=EProp(shaped(resolve_surrogate(surrogate), widths)), trainable=trainable, frozen=frozen, seed=seed,
            regularisers=regularisers, spike_counts={}, dropout=dropout, noise=noise, rescue_silent=rescue_silent,
            loss_options={"softmax_temperature": softmax_temperature},
        )  # fmt: skip
        for argument, value in (("average_gradient", average_gradient), ("train_output_bias", train_output_bias)):
            if not isinstance(value, bool) and value is not None:
                raise GraphError(f"`{argument}` must be True or False, got {value!r}")
        self.conventions = resolve_conventions(conventions)
        self.average_gradient = self.conventions.average if average_gradient is None else average_gradient
        self.train_output_bias = train_output_bias
        if feedback not in KINDS:
            near = closest(str(feedback), KINDS)
            raise GraphError(f"`feedback` must be one of {', '.join(KINDS)}, got {feedback!r}{near}")
        self.feedback, self.feedback_weights = feedback, feedback_weights
        if self.conventions.output_trace is not None and feedback != "symmetric":
            raise GraphError(f"`feedback` must be 'symmetric' under these conventions, got '{feedback}'")
        self.feedback_decay = number("feedback_decay", feedback_decay, vanishes=True)
        if self.feedback_decay and feedback != "adaptive":
            raise GraphError(f"`feedback_decay` applies to feedback 'adaptive', not to '{feedback}'")
        if mode not in MODES:
            raise GraphError(f"`mode` must be one of {', '.join(MODES)}, got {mode!r}{closest(str(mode), MODES)}")
        if chunk_steps is not None and mode == FACTORISED:
            raise GraphError("`chunk_steps` applies to mode 'streaming' and 'online', not to 'factorised'")
        self.mode = mode
        self.chunk_steps = whole("chunk_steps", DEFAULT_CHUNK[mode] if chunk_steps is None else chunk_steps)
        if eprop_isi_trace_cutoff is not None and (mode != ONLINE or self.chunk_steps != 1):
            raise GraphError("`eprop_isi_trace_cutoff` applies to mode 'online' with `chunk_steps` 1")
        self.eprop_isi_trace_cutoff = eprop_isi_trace_cutoff
        if getattr(self.optimiser, "optimize_each_step", True) is False and (mode != ONLINE or self.chunk_steps != 1):
            raise GraphError("`optimiser` with optimize_each_step=False applies to mode 'online' with `chunk_steps` 1")
        self.kappa = None if kappa is None else decay("kappa", kappa)
        if error_start_timestep is not None and learning_window is not None:
            raise GraphError("give either `error_start_timestep` (steps) or `learning_window` (ms), not both")
        if error_start_timestep is not None:
            whole("error_start_timestep", error_start_timestep, low=0)
            if error_start_timestep >= self.example_timesteps:
                raise GraphError(
                    f"`error_start_timestep` must lie below `example_timesteps` ({self.example_timesteps} steps), got "
                    f"{error_start_timestep}"
                )
        self.error_start_timestep = error_start_timestep
        self.learning_window, self.gate = window(learning_window, self.example_timesteps)
        self.c_reg, self.f_target = c_reg, f_target
        if tau_reg is not None and kappa_reg is not None:
            raise GraphError("give either `tau_reg` (ms) or `kappa_reg` (per step), not both")
        self.tau_reg = None if tau_reg is None else number("tau_reg", tau_reg, "ms")
        self.kappa_reg = None if kappa_reg is None else decay("kappa_reg", kappa_reg)

    # --- what the gradient compiler asks ----------------------------------------------------------------------------
    def adapt(self, context: Context, objective: Objective) -> None:
        start, told, gate = self.window_start(context.dt), self.conventions, self.gate
        n_steps = self.example_timesteps - start if gate is None else sum(gate)
        units = {o.name: o.n_units for o in objective.outputs}

        def windowed(name: str, loss: Loss, readout: Readout) -> tuple[Loss, Readout]:
            factor = 0.5 * units[name] if told.half_square and loss.kind == SQUARE else 1.0
            if start == 0 and gate is None and self.average_gradient and factor == 1.0:
                return loss, readout
            return LossWindow(loss, start, not self.average_gradient, factor, gate), readout

        objective.adapt(context, windowed)
        outputs = [o.name for o in objective.outputs]
        objective.penalties.extend(self.rate_terms(context, outputs, 1.0 / n_steps if self.average_gradient else 1.0))

    def check(self, context: Context, objective: Objective) -> None:
        outputs = [o.name for o in objective.outputs]
        cut = cuts(context, outputs)
        lost = [h for h in hidden_cells(context, outputs) if h not in reached(context, outputs, cut)]
        if lost and self.feedback == "symmetric":
            raise GraphError(
                f"hidden cell '{lost[0]}' has no synapse to an output ({', '.join(outputs)}), so that no symmetric "
                "feedback reaches it: choose feedback 'random' or 'adaptive'"
            )

    def options(self, context: Context, objective: Objective) -> dict[str, Any]:
        outputs = [o.name for o in objective.outputs]
        seed = context.seed if self.seed is None else self.seed
        feedback = Feedback(context, objective, self.feedback, self.feedback_weights, seed)
        filters = self.filters(context, objective)
        needed = filters or self.feedback != "symmetric" or self.mode != FACTORISED
        ways = feedback.ways(filters) if needed else ()
        no_matrix(context, ways)
        cut, apart = cuts(context, outputs), cuts(context, outputs, to_hidden=False)
        return {
            "cuts": apart if ways else cut,
            "ways": ways,
            "weights": feedback.weights(ways),
            "decay": self.feedback_decay,
            "mode": self.mode,
            "n_chunk": self.chunk_steps,
            "cutoffs": {} if self.eprop_isi_trace_cutoff is None else self.cutoffs(context, objective),
            "aligned": self.conventions.aligned,
            "same_step": frozenset(set(apart) - set(cut)) if self.conventions.same_step else frozenset(),
        }

    def chosen(self, context: Context, objective: Objective, reached: set[str]) -> Any:
        biases = [f"{o.name}.bias" for o in objective.outputs if "bias" in context.components[o.name].compartments]
        if self.train_output_bias and not biases:
            raise GraphError(
                f"`train_output_bias`: no output ({', '.join(o.name for o in objective.outputs)}) has a bias; give one "
                "to the cell, bias=0.0"
            )
        frozen = self.frozen
        if self.train_output_bias is False:
            self.frozen = (*frozen, *biases)
        try:
            return super().chosen(context, objective, reached)
        finally:
            self.frozen = frozen

    # --- the parts ----------------------------------------------------------------------------------------------------
    def window_start(self, dt: float) -> int:
        """The first step with a loss."""
        if self.learning_window is None:
            return self.error_start_timestep or 0
        n_steps = round(self.learning_window / dt)
        if not 1 <= n_steps <= self.example_timesteps:
            raise GraphError(
                f"`learning_window` must be from one step ({dt:g} ms) to the trial's {self.example_timesteps * dt:g} "
                f"ms, got {self.learning_window:g} ms"
            )
        return self.example_timesteps - n_steps

    def filters(self, context: Context, objective: Objective) -> dict[str, dict[str, tuple[Filter, Filter | None]]]:
        """{hidden cell: {output: (filter of its errors, that of what the weights between learn from)}}; {}: exact."""
        told, out = self.conventions, {}
        chosen = told.kappa if self.kappa is None else self.kappa
        if chosen == "readout":
            return {}
        for hidden in hidden_cells(context, [o.name for o in objective.outputs]):
            for output in objective.outputs:
                cell = context.components[hidden if chosen == "hidden" else output.name]
                kappa = chosen if isinstance(chosen, float) else decay_of(cell, context.dt, "kappa")
                softmax = hasattr(getattr(output.loss, "inner", output.loss), "temperature")
                lag, gain = told.lag + told.softmax_lag * softmax, 1.0 - kappa if told.normalised else 1.0
                trace = None if told.output_trace is None else Filter(kappa, 1.0, lag + told.output_trace)
                out.setdefault(hidden, {})[output.name] = (Filter(kappa, gain, lag), trace)
        return out

    def cutoffs(self, context: Context, objective: Objective) -> dict[str, int]:
        """{cell that learns: steps without a spike after which a synapse that leads there rests}."""
        outputs = [o.name for o in objective.outputs]
        name, cells = "eprop_isi_trace_cutoff", receivers(context, outputs)
        found = by_cell(context, name, self.eprop_isi_trace_cutoff, cells, "cells that learn")
        return {cell: max(round(number(name, ms, "ms") / context.dt), 1) for cell, ms in found.items()}

    def rate_terms(self, context: Context, outputs: list[str], factor: float) -> list[Penalty]:
        """The rate terms of the hidden cells."""
        hidden = hidden_cells(context, outputs)
        strengths = by_cell(context, "c_reg", self.c_reg, hidden)
        strong = [name for name in hidden if np.any(strengths.get(name, 0.0))]
        if not strong:
            given = {"f_target": self.f_target, "tau_reg": self.tau_reg, "kappa_reg": self.kappa_reg}
            idle = [argument for argument, value in given.items() if value is not None]
            if idle:
                raise GraphError(f"`{idle[0]}` applies to the rate term, which has no strength: set `c_reg`")
            return []
        targets = by_cell(context, "f_target", 10.0 if self.f_target is None else self.f_target, hidden)
        told, per_step = self.conventions, 1e-3 * context.dt
        given = self.tau_reg is not None or self.kappa_reg is not None
        tau, kappa = (self.tau_reg, self.kappa_reg) if given else (told.tau_reg, told.kappa_reg)
        form = told.running if given else told.rate
        kappa = math.exp(-context.dt / tau) if tau is not None else kappa
        return [
            Penalty(n, FiringRate(scaled(targets.get(n, 10.0), per_step), strengths[n], form, kappa or 0.0, factor))
            for n in strong
        ]
