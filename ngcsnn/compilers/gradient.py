"""What the compilers share that train a network by the gradient of its loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ngcsnn.compilers.compiler import Compiler
from ngcsnn.compilers.learned_delays import LearnedDelays, check_derivatives
from ngcsnn.compilers.loss_options import LossOptions
from ngcsnn.compilers.objective import Objective
from ngcsnn.compilers.parameters import Names, as_patterns, choose
from ngcsnn.compilers.perturbations import perturbations
from ngcsnn.compilers.plan import upstream
from ngcsnn.compilers.rescue import rescues
from ngcsnn.compilers.spike_counts import SpikeCounts
from ngcsnn.compilers.trainable import TrainableNetwork
from ngcsnn.credit import CreditRule
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.optim import from_description


class GradientCompiler(Compiler):
    """Base: checks the arguments, chooses what learns, and makes the trainable network.

    crossing: the credit rule, the one thing in which such compilers differ. truncate: steps after which gradients are
    cut (None: never). spike_counts: the arguments `reg_...`. loss_options, dropout, noise: see `LossOptions` and
    `Perturbations`. A subclass may refuse networks in `check`, and make a `network` of its own. The other arguments are
    those of `EventPropCompiler`.
    """

    network: ClassVar[type[TrainableNetwork]] = TrainableNetwork

    def __init__(
        self,
        example_timesteps: int,
        losses: Any,
        readouts: Any,
        optimiser: Any,
        batch_size: int,
        *,
        crossing: CreditRule,
        trainable: Iterable[Any] | None,
        frozen: Iterable[Any],
        seed: int | None,
        regularisers: Any,
        spike_counts: Mapping[str, Any],
        truncate: int | None = None,
        dropout: Any = None,
        noise: Any = None,
        rescue_silent: Any = None,
        loss_options: Mapping[str, Any] | None = None,
        delay_learn_conns: Iterable[Any] = (),
        delay_optimiser: Any = None,
    ):
        super().__init__(example_timesteps, losses, readouts, batch_size, regularisers)
        if losses is None:
            raise GraphError("`losses` must be {output: loss}, got None")
        self.crossing = crossing
        self.truncate = None if truncate is None else whole("truncate", truncate)
        if self.truncate is not None and self.truncate > self.example_timesteps:
            raise GraphError(
                f"`truncate` must be at most `example_timesteps` ({self.example_timesteps} steps), got {truncate} steps"
            )
        self.optimiser = from_description(optimiser)
        self.trainable = None if trainable is None else as_patterns("trainable", trainable)
        self.frozen = as_patterns("frozen", frozen)
        self.seed = None if seed is None else whole("seed", seed, low=0)
        self.spike_counts = SpikeCounts(**spike_counts)
        self.loss_options = dict(loss_options or {})
        LossOptions(**self.loss_options)  # raises for what is no option
        self.dropout, self.noise, self.rescue_silent = dropout, noise, rescue_silent
        self.delays = LearnedDelays(delay_learn_conns, delay_optimiser)

    def check(self, context: Context, objective: Objective) -> None:
        """Raise, by name, for what this rule finds no gradient of."""

    def adapt(self, context: Context, objective: Objective) -> None:
        """Change losses and readouts as the arguments of this compiler ask for."""

    def options(self, context: Context, objective: Objective) -> dict[str, Any]:
        """Further arguments of the network that is made."""
        return {}

    def chosen(self, context: Context, objective: Objective, reached: set[str]) -> Names:
        """What is trained, of the components that a gradient reaches."""
        delays = self.delays.keys(context)
        names = choose(context, self.trainable, self.frozen, reached, delays)
        for key in delays:
            if "delays" not in names.get(key.removesuffix(".delays"), ()):
                raise GraphError(f"{key} is in `frozen` and in `delay_learn_conns`")
        return names

    def compile(self, context: Context) -> TrainableNetwork:
        """The trainable network; what cannot be trained this way raises here, by name."""
        objective = self.objective(context)
        options = LossOptions(**self.loss_options)
        objective.adapt(context, options)
        options.check_used()
        self.adapt(context, objective)
        self.check(context, objective)
        outputs = [o.name for o in objective.outputs]
        for name in sorted({n for o in outputs for n in (o, *upstream(context, o))}):
            why = context.components[name].untrainable(self.crossing)
            if why:
                raise GraphError(f"'{name}' ({type(context.components[name]).__name__}) {why}")
        objective.penalties.extend(self.spike_counts.penalties(context, outputs))
        names = self.chosen(context, objective, {n for o in outputs for n in (o, *upstream(context, o))})
        check_derivatives(context, names, self.crossing)
        return self.network(
            context,
            n_steps=self.example_timesteps,
            crossing=self.crossing,
            objective=objective,
            batch_size=self.batch_size,
            names=names,
            optimiser=self.delays.of(self.optimiser, names),
            seed=context.seed if self.seed is None else self.seed,
            truncate=self.truncate,
            perturbations=perturbations(context, self.dropout, self.noise),
            rescues=rescues(context, self.rescue_silent, names),
            **self.options(context, objective),
        )
