"""A compiled network that learns: gradients of its loss, and whole epochs as one compiled program."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.batches import hold_out, order
from ngcsnn.compilers.chance import TRAINING, fresh
from ngcsnn.compilers.fed_events import augmented, augments, learned_from
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.local_credit import Cuts
from ngcsnn.compilers.network import CompiledNetwork, _kinds
from ngcsnn.compilers.parameters import Params, clip_to_bounds, write_back
from ngcsnn.compilers.perturbations import NONE, Perturbations
from ngcsnn.compilers.rescue import Rescue
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.compilers.watching import Trials
from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.graph.interrupt import uninterrupted
from ngcsnn.optim import Optimiser
from ngcsnn.training import Callback, Progress, Record, fit


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
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Train for `num_epochs` epochs; every sample is learned from once in each, the last batch included.

        Args:
            inputs: {source: EventData or (n_samples, n_steps, n)}. targets: {output: labels or values}.
            start_epoch: number of the first epoch (it seeds the order of samples; the optimiser goes on from where it
            is). shuffle: draw the order anew in each epoch. validation_split: fraction of the samples set aside, drawn
            from the compiler's seed; or give validation_inputs and validation_targets.
            callbacks: those who watch (default: a progress line; [] for silence).
        Returns:
            (metrics, recorded): figures of the last epoch (those of `evaluate`, taken while learning, and "skipped":
            batches left out because their loss, gradients or new parameters were not finite; those of validation as
            "validation_<name>"); {"history": [record of each epoch], ...}.
        Ctrl-C, or an error, gives up the epoch in progress: parameters and optimiser stay as the last one left them.
        """
        self._check()
        num_epochs, start_epoch = whole("num_epochs", num_epochs, low=0), whole("start_epoch", start_epoch, low=0)
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
        program = _Epochs(self, learned_from(data, samples), checked, samples, shuffle, watched)
        return fit(program, num_epochs, start_epoch, [Progress()] if callbacks is None else callbacks)

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
        finite = _all_finite((jnp.asarray(loss), grads, new))
        return *_choose(finite, (new, new_opt), (trained, opt_state)), finite

    def _learning_rollout(self, data: Data) -> Rollout:
        return self._rollout(data, truncate=self.truncate, perturbations=self.perturbations, cuts=self.cuts)

    def _gradient_program(self, data: Data) -> Any:
        rollout = self._learning_rollout(data)

        def gradients(trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any) -> Any:
            self._traced("gradients")
            sums, grads = self.sums_and_grads(rollout, trained, fixed, data, targets, index, weight)
            return sums["loss"], grads

        return jax.jit(gradients)

    def epoch_program(self, data: Data) -> Any:
        """(trained, opt_state, fixed, data, targets, index, weight, key) -> (trained, opt_state, sums), compiled.

        key: of the perturbations and the augmentation of this epoch; None: neither.
        """
        rollout = self._learning_rollout(data)

        def epoch(
            trained: Params, opt_state: Any, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
            key: Any = None,
        ) -> Any:  # fmt: skip
            self._traced("train")

            def learn(trained: Params, opt_state: Any, batch: Any) -> Any:
                number, index, weight = batch
                here = None if key is None else jax.random.fold_in(key, number)
                fixed_here = fresh(fixed, number)
                shown = augmented(data, here)
                return self.learn(rollout, trained, opt_state, fixed_here, shown, targets, index, weight, here)

            def body(state: Any, batch: Any) -> Any:
                trained, opt_state, total = state
                trained, opt_state, sums = learn(trained, opt_state, batch)
                return (trained, opt_state, jax.tree.map(jnp.add, total, sums)), None

            batches = jnp.arange(len(index)), index, weight
            first = jax.tree.map(lambda a: a[0], batches)
            shapes = jax.eval_shape(learn, trained, opt_state, first)[2]
            zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
            return lax.scan(body, (trained, opt_state, zeros), batches)[0]

        return jax.jit(epoch, donate_argnums=(0, 1))


class _Epochs:
    """The program that the training loop runs: the data, and which of them to learn from."""

    def __init__(
        self, network: TrainableNetwork, data: Data, targets: Any, samples: np.ndarray, shuffle: bool, held: Any
    ):
        self.network, self.data, self.targets, self.samples = network, data, targets, samples
        self.shuffle, self.held = shuffle, held

    def trials(self, split: str) -> Trials | None:
        """The samples of a split, for recorders."""
        if split == "train":
            return Trials(self.network, self.data, self.samples)
        return None if self.held is None else Trials(self.network, self.held[0], self.held[2])

    def train_epoch(self, epoch: int) -> Record:
        start, net = time.perf_counter(), self.network
        net._check()
        samples = order(net.seed, epoch, self.samples) if self.shuffle else self.samples
        batches = net._batches(samples)
        program = net._program(("train", _kinds(self.data)), lambda: net.epoch_program(self.data))
        trained, fixed = net.params()
        fixed = fresh(fresh(fixed, TRAINING), epoch)
        before = jax.tree.map(jnp.copy, net.opt_state)
        # the program consumes its first two arguments, copies: after an error in it, what the last epoch left stands
        random = net.perturbations or augments(self.data)
        key = jax.random.fold_in(jax.random.key(net.seed), epoch) if random else None
        done = program(trained, before, fixed, self.data, self.targets, *batches, key)
        trained, opt_state, sums = jax.block_until_ready(done)
        rescued: dict[str, int] = {}
        for rescue in net.rescues:
            trained, number = rescue.apply(net.context, trained, sums["spikes"], net.seed, epoch)
            rescued[f"{rescue.cell}.rescued"] = number
        with uninterrupted():
            net.keep(trained)
            net.opt_state = opt_state
        return {"epoch": epoch, "split": "train", **net.record(sums, len(samples), start), **rescued}

    def validate(self, epoch: int) -> Record | None:
        if self.held is None:
            return None
        return {"epoch": epoch, "split": "validation", **self.network._evaluate(*self.held)}


def _all_finite(tree: Any) -> Any:
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]))


def _choose(condition: Any, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


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
