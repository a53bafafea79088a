"""A compiled network that learns: gradients of its loss, and whole epochs as one compiled program."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.batches import hold_out
from ngcsnn.compilers.chance import fresh
from ngcsnn.compilers.chosen_metrics import chosen, measuring
from ngcsnn.compilers.epochs import Epochs
from ngcsnn.compilers.fed_events import augmented, augments, learned_from
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.jitted import jitted
from ngcsnn.compilers.local_credit import Cuts
from ngcsnn.compilers.network import CompiledNetwork, _kinds
from ngcsnn.compilers.parameters import Params, clip_to_bounds, write_back
from ngcsnn.compilers.perturbations import NONE, Perturbations
from ngcsnn.compilers.rescue import Rescue
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.compilers.ways_of_learning import PLAIN, Way, all_finite, choose_tree, make_way
from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.optim import Optimiser
from ngcsnn.training import Callback, Progress, fit
from ngcsnn.training.checkpoint_files import read_checkpoint


class TrainableNetwork(CompiledNetwork):
    """A compiled network with an optimiser; made by a gradient compiler's `compile`.

    truncate: steps after which gradients are cut. perturbations: dropout and noise, while training only. rescues: what
    is done after an epoch for units that were silent in it. cuts: where credit stops (see `local_credit`).
    """

    def __init__(
        self, *arguments: Any, optimiser: Optimiser, seed: int, truncate: int | None = None,
        perturbations: Perturbations = NONE, rescues: Sequence[Rescue] = (), cuts: Cuts | None = None, **options: Any,
    ):  # fmt: skip
        super().__init__(*arguments, **options)
        self.optimiser, self.seed = optimiser, seed
        self.truncate, self.perturbations, self.rescues = truncate, perturbations, rescues
        self.cuts: Cuts = cuts or {}
        self.opt_state: Any = optimiser.init(self.params()[0])

    def loss_and_grads(self, inputs: Mapping[Any, Any], targets: Any) -> tuple[Any, Params]:
        """(loss, {component: {parameter: gradient}}): means over the samples, taken in batches of `batch_size`.

        The loss that training descends, regularisers included, without dropout and noise. The gradients have the shapes
        of the trained parameters, and there are no others. Nothing changes.
        """
        self._check()
        data, n = self.data(inputs)
        checked = self.objective.targets(self.context, targets, n, self.n_steps)
        program = self._program(("gradients", _kinds(data)), lambda: self._gradient_program(data))
        trained, fixed = self.params()
        total: Any = None
        for number, batch in enumerate(zip(*self._batches(np.arange(n)), strict=True)):
            part = program(trained, fresh(fixed, number), data, checked, *batch)
            total = part if total is None else jax.tree.map(jnp.add, total, part)
        return jax.tree.map(lambda p: p / n, total)

    def train(
        self,
        inputs: Mapping[Any, Any],
        targets: Any,
        num_epochs: int = 1,
        *,
        start_epoch: int = 0,
        shuffle: bool = True,
        validation_split: float = 0.0,
        validation_inputs: Mapping[Any, Any] | None = None,
        validation_targets: Any = None,
        callbacks: Sequence[Callback] | None = None,
        accumulate: int = 1,
        precision: str | None = None,
        metrics: Any = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Train for `num_epochs` epochs; every sample is learned from once in each, the last batch included.

        Args:
            inputs: {source: EventData or (n_samples, n_steps, n)}. targets: {output: labels or values}.
            start_epoch: number of the first epoch (it seeds the order of samples; the optimiser goes on from where it
            is). shuffle: draw the order anew in each epoch. validation_split: fraction of the samples set aside, drawn
            from the compiler's seed; or give validation_inputs and validation_targets.
            callbacks: those who watch (default: a progress line; [] for silence).
            accumulate: batches whose gradients make one update, by their exact mean over the samples (1); the last
            batches of an epoch make an update of their own. What a loss or regulariser takes over a batch, it still
            takes over each of them.
            precision: "bfloat16": operands of matrix products in training are rounded to it, sums are not (GPU only;
            default: the context's own). Evaluation is in full precision always.
            metrics: further figures, as in `evaluate`.
            resume: a folder of checkpoints, or one of them: go on from the last one, with the same arguments as the run
            that wrote it; what comes out is what that run would have given, to the bit on a CPU.
        Returns:
            (metrics, recorded): figures of the last epoch (those of `evaluate`, taken while learning, and "skipped":
            batches left out because their loss, gradients or new parameters were not finite; those of validation as
            "validation_<name>"); {"history": [record of each epoch], ...}.
        Ctrl-C, or an error, gives up the epoch in progress: parameters and optimiser stay as the last one left them.
        """
        self._check()
        num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
        way, further = make_way(self, accumulate, precision), chosen(metrics)
        _check_options(shuffle, validation_split)
        _check_validation(validation_split, validation_inputs, validation_targets)
        data, n = self.data(inputs)
        checked = self.objective.targets(self.context, targets, n, self.n_steps)
        samples, held = hold_out(self.seed, n, validation_split) if validation_split else (np.arange(n), None)
        if held is not None and (len(samples) == 0 or len(held) == 0):
            raise GraphError(f"`validation_split` {validation_split} of {n} samples leaves a part empty")
        watched = None if held is None else (data, checked, held)
        if validation_inputs is not None:
            other, m = self.data(validation_inputs)
            watched = (other, self.objective.targets(self.context, validation_targets, m, self.n_steps), np.arange(m))
        program = Epochs(self, learned_from(data, samples), checked, samples, shuffle, watched, way)
        found = None if resume is None else read_checkpoint(resume)
        with measuring(self.objective, further, checked):
            return fit(program, num_epochs, start_epoch, [Progress()] if callbacks is None else callbacks, found)

    @property
    def beside(self) -> dict[str, Any]:
        """What learns or is drawn beside the parameters of the context: the optimiser's state."""
        return {"optimiser": self.opt_state}

    @beside.setter
    def beside(self, values: dict[str, Any]) -> None:
        self.opt_state = values["optimiser"]

    def no_accumulation(self) -> str | None:
        """Why gradients of several batches cannot make one update; None: they can."""
        gathered = getattr(self.optimiser, "batch_size", 1)
        return None if gathered == 1 else f"the optimiser's own `batch_size` gathers {gathered} batches already"

    def keep(self, trained: Params) -> None:
        """Take these values of what is trained for the ones in force."""
        write_back(self.context, trained)

    # --- programs -----------------------------------------------------------------------------------------------
    def learning_sums(
        self, rollout: Rollout, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
        key: Any = None,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """As `batch_sums`, with regularisers, and where there is a key with what perturbs a trial in training."""
        batch = data, targets, index, weight
        watch = self.objective.penalty_leaves()
        loss, sums, recorded = self.recorded_sums(rollout, trained, fixed, *batch, watch=watch, key=key)
        if not self.objective.penalties:
            return loss, sums
        params = {name: {**fixed.get(name, {}), **trained.get(name, {})} for name in self.context.components}
        penalty = self.objective.penalty(recorded, params, weight)
        return loss + penalty, {**sums, "loss": loss + penalty, "penalty": penalty}

    def sums_and_grads(
        self, rollout: Rollout, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
        key: Any = None,
    ) -> tuple[dict[str, Any], Params]:  # fmt: skip
        """(the sums of `learning_sums`, the gradient of the sum of the losses in them)."""

        def loss(p: Params) -> tuple[Any, dict[str, Any]]:
            return self.learning_sums(rollout, p, fixed, data, targets, index, weight, key)

        grads, sums = jax.grad(loss, has_aux=True)(trained)
        return sums, grads

    def learn(
        self, rollout: Rollout, trained: Params, opt_state: Any, fixed: Params, data: Data, targets: Any, index: Any,
        weight: Any, key: Any = None,
    ) -> tuple[Params, Any, dict[str, Any]]:  # fmt: skip
        """(trained, opt_state, sums) after one batch; "skipped" is 1 where it was left out."""
        sums, grads = self.sums_and_grads(rollout, trained, fixed, data, targets, index, weight, key)
        n = jnp.sum(weight)
        trained, opt_state, finite = self.update(trained, opt_state, grads, n, sums["loss"])
        return trained, opt_state, {**sums, "skipped": (~finite).astype(jnp.int32)}

    def update(
        self, trained: Params, opt_state: Any, grads: Params, n: Any, loss: Any = 0.0, **where: Any
    ) -> tuple[Params, Any, Any]:
        """(trained, opt_state, whether all is finite) after a step with grads / n; where it is not, as they were.

        where: further arguments of the optimiser's `step_where`, which is called then.
        """
        grads = jax.tree.map(lambda g: g / n.astype(g.dtype), grads)
        step: Any = getattr(self.optimiser, "step_where") if where else self.optimiser.step  # noqa: B009
        new_opt, new = step(opt_state, trained, grads, **where)
        new = clip_to_bounds(self.context, new, trained)
        finite = all_finite((jnp.asarray(loss), grads, new))
        return *choose_tree(finite, (new, new_opt), (trained, opt_state)), finite

    def _learning_rollout(self, data: Data) -> Rollout:
        return self._rollout(data, truncate=self.truncate, perturbations=self.perturbations, cuts=self.cuts)

    def _gradient_program(self, data: Data) -> Any:
        rollout = self._learning_rollout(data)

        def gradients(trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any) -> Any:
            self._traced("gradients")
            sums, grads = self.sums_and_grads(rollout, trained, fixed, data, targets, index, weight)
            return sums["loss"], grads

        return jitted(gradients)

    def epoch_program(self, data: Data, way: Way = PLAIN) -> Any:
        """(trained, opt_state, fixed, data, targets, index, weight, key, carried, span) -> (trained, opt_state,
        carried), compiled, for the batches first <= number < stop of `span`.

        way: how batches are learned from. key: of the perturbations and the augmentation of this epoch; None: neither.
        carried: what earlier pieces of this epoch gave; None: nothing yet. span None: the whole epoch. One program
        serves every span, so that an epoch in pieces computes what it computes in one. The first two arguments and
        `carried` are consumed.
        """
        rollout = self._learning_rollout(data)

        def epoch(
            trained: Params, opt_state: Any, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
            key: Any = None, carried: Any = None, span: Any = None,
        ) -> Any:  # fmt: skip
            self._traced("train")

            def one(number: Any, state: Any) -> Any:
                batch = index[number], weight[number]
                here = None if key is None else jax.random.fold_in(key, number)
                given = rollout, fresh(fixed, number), augmented(data, here), targets, *batch, here
                return way.learn(self, number, len(index), state, given)

            def body(number: Any, state: Any) -> Any:
                with way.products():
                    trained, opt_state, pending, sums = one(number, state)
                sums = jax.tree.map(lambda total, new: total + new.astype(total.dtype), state[2]["sums"], sums)
                return trained, opt_state, {**pending, "sums": sums}

            first, stop = (0, len(index)) if span is None else span
            if carried is None:
                carried = self._nothing(way, one, trained, opt_state)
            return lax.fori_loop(first, stop, body, (trained, opt_state, carried))

        return jitted(epoch, donate=(0, 1, 8))

    def nothing_yet(self, data: Data, targets: Any, way: Way = PLAIN) -> Any:
        """What an epoch carries before its first batch: sums of 0."""

        def shapes() -> Any:
            rollout, (trained, fixed) = self._learning_rollout(data), self.params()
            batch = jnp.zeros(self.batch_size, jnp.int32), jnp.zeros(self.batch_size, self.context.dtype)
            noise = jax.random.key(0) if self.perturbations or augments(data) else None

            def one(number: Any, state: Any) -> Any:
                given = rollout, fresh(fixed, number), augmented(data, noise), targets, *batch, noise
                return way.learn(self, number, 1, state, given)

            return jax.eval_shape(lambda: self._nothing(way, one, trained, self.opt_state))

        key = "nothing yet", _kinds(data), way, self.objective.metrics
        if key not in self._programs:
            self._programs[key] = shapes()
        return jax.tree.map(_zeros, self._programs[key])

    def _nothing(self, way: Way, one: Any, trained: Params, opt_state: Any) -> Any:
        pending = way.pending(trained)
        sums = jax.eval_shape(lambda: one(0, (trained, opt_state, pending)))[3]
        return {**pending, "sums": jax.tree.map(_zeros, sums)}


def _zeros(like: Any) -> Any:
    """Of this shape and type, as jax has it at its present precision."""
    return jnp.zeros(like.shape, jax.dtypes.canonicalize_dtype(like.dtype))


def _check_options(shuffle: Any, fraction: Any) -> None:
    if not isinstance(shuffle, bool):
        raise GraphError(f"`shuffle` must be True or False, got {shuffle!r}")
    if isinstance(fraction, bool) or not isinstance(fraction, Real) or not 0 <= float(fraction) < 1:
        raise GraphError(f"`validation_split` must be a number in [0, 1), got {fraction!r}")


def _check_validation(fraction: float, inputs: Any, targets: Any) -> None:
    if (inputs is None) != (targets is None):
        raise GraphError("give both `validation_inputs` and `validation_targets`, or neither")
    if fraction and inputs is not None:
        raise GraphError("give either `validation_split` or `validation_inputs`, not both")
