"""A compiled network that learns by e-prop: where errors reach hidden cells, and through which weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.eprop.feedback import Filter, heard
from ngcsnn.compilers.eprop.streaming_plan import streaming
from ngcsnn.compilers.feed import fed_leaves
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.jitted import jitted
from ngcsnn.compilers.network import _kinds
from ngcsnn.compilers.parameters import Params, merged
from ngcsnn.compilers.plan import Leaf
from ngcsnn.compilers.recorded import leaves_to_record
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.compilers.trainable import TrainableNetwork
from ngcsnn.graph import Compartment, Frame, GraphError, running
from ngcsnn.kernels import Trajectory

FEEDBACK = "feedback"  # the parameter of a `Way`'s own weights
EXACT = Filter()
MODES = FACTORISED, STREAMING, ONLINE = "factorised", "streaming", "online"


@dataclass(frozen=True)
class Way:
    """How errors of `output` come to the cells of `hidden`.

    exact: the filter is that of the output itself. leaf: where the spikes are taken to arrive: what is recorded of the
    output, or a synapse's output that it reads.
    synapses: those whose weights are the feedback weights; none: it has weights of its own, which learn where `adapts`.
    way: the filter in between. trace: the filter through which these synapses learn, None: by the true gradient.
    """

    hidden: str
    output: str
    leaf: Leaf
    way: Filter = EXACT
    synapses: tuple[str, ...] = ()
    adapts: bool = False
    trace: Filter | None = None
    exact: bool = False

    @property
    def name(self) -> str:
        """Under which its own weights stand among the parameters."""
        return f"{self.hidden} -> {self.output}"


class EPropNetwork(TrainableNetwork):
    """A trainable network with ways of feedback.

    ways: none where all errors go back through the network itself (symmetric feedback). weights: {way's name:
    (n_hidden, n_out)} of its own weights, as they stand. decay: of weights that adapt. same_step: synapses that hear a
    spike in its own step. mode, n_chunk, cutoffs (in steps, by cell): how the gradient is computed, see
    `EPropCompiler`; aligned: see `Conventions`.
    """

    def __init__(
        self, *arguments: Any, ways: tuple[Way, ...] = (), weights: Mapping[str, Any] | None = None, decay: float = 0.0,
        same_step: frozenset[str] = frozenset(), mode: str = "factorised", n_chunk: int = 1,
        cutoffs: Mapping[str, int] | None = None, aligned: bool = False, **options: Any,
    ):  # fmt: skip
        self.ways, self.decay, self.same_step, self.aligned = ways, decay, same_step, aligned
        self.mode, self.n_chunk, self.cutoffs = mode, n_chunk, cutoffs or {}
        self.weights = {name: jnp.asarray(w) for name, w in (weights or {}).items()}
        super().__init__(*arguments, **options)
        if mode != FACTORISED:
            streaming(self, (), n_chunk)  # raises, by name, for what has no form in chunks

    # --- parameters -------------------------------------------------------------------------------------------------
    def params(self) -> tuple[Params, Params]:
        trained, fixed = super().params()
        for way in self.ways:
            if way.name in self.weights:
                side = trained if way.adapts else fixed
                side[way.name] = {FEEDBACK: jnp.copy(self.weights[way.name])}
        return trained, fixed

    def keep(self, trained: Params) -> None:
        names = [name for name in trained if name in self.weights]
        self.weights.update({name: jnp.copy(trained[name][FEEDBACK]) for name in names})
        super().keep({name: part for name, part in trained.items() if name not in names})

    @property
    def beside(self) -> dict[str, Any]:
        return {**super().beside, "feedback": dict(self.weights)}

    @beside.setter
    def beside(self, values: dict[str, Any]) -> None:
        self.opt_state, self.weights = values["optimiser"], dict(values["feedback"])

    def no_accumulation(self) -> str | None:
        return "in mode 'online' weights move within a trial" if self.mode == ONLINE else super().no_accumulation()

    def train_recorded(self, inputs: Mapping[Any, Any], targets: Any, record: Any) -> dict[str, Any]:
        """Learn online from one batch of trials, and return what is recorded of them.

        record: states and outputs, and trained parameters, or their names; one, or a list.
        Returns: {"hidden.s": (n_steps, n_samples, n), "in_hid.weights": (n_updates, n_pre, n)}, each at the end of a
        step, or of a chunk of `chunk_steps`.
        Errors: `GraphError` in another mode, for more samples than a batch has, and for what cannot be recorded.
        """
        self._check()
        if self.mode != ONLINE:
            raise GraphError(
                f"`train_recorded` is for mode 'online', in which weights move in a trial; not '{self.mode}'"
            )
        data, n = self.data(inputs)
        if n > self.batch_size:
            raise GraphError(f"`train_recorded` takes one batch, up to {self.batch_size} samples, got {n}")
        checked = self.objective.targets(self.context, targets, n, self.n_steps)
        given = [record] if isinstance(record, str | Compartment) else list(record)
        keys = {self.context.find(key).key: key for key in given}
        follow = tuple((name, k) for name, part in self.names.items() for k in part if f"{name}.{k}" in keys)
        others = [key for name, key in keys.items() if tuple(name.split(".", 1)) not in follow]
        watch = leaves_to_record(self.context, others) if others else ()
        rollout = self._learning_rollout(data)

        def program(*arguments: Any) -> Any:
            return rollout(*arguments, record=watch, follow=follow)

        found = self._program(("recorded", _kinds(data), watch, follow), lambda: jitted(program))
        (index,), (weight,) = self._batches(np.arange(n))
        done = found(*self.params(), data, checked, index, weight, self.opt_state)
        self.keep(done.trained)
        self.opt_state = done.opt_state
        return {".".join(leaf): a for leaf, a in {**done.recorded, **done.moved}.items()}

    # --- one batch --------------------------------------------------------------------------------------------------
    def sums_and_grads(
        self, rollout: Any, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
        key: Any = None,
    ) -> tuple[dict[str, Any], Params]:  # fmt: skip
        if self.mode == FACTORISED:
            return super().sums_and_grads(rollout, trained, fixed, data, targets, index, weight, key)
        done = rollout(trained, fixed, data, targets, index, weight)
        sums = {key: value for key, value in done.sums.items() if key != "skipped"}
        return sums, done.grads

    def learn(
        self, rollout: Any, trained: Params, opt_state: Any, fixed: Params, data: Data, targets: Any, index: Any,
        weight: Any, key: Any = None,
    ) -> tuple[Params, Any, dict[str, Any]]:  # fmt: skip
        if self.mode != ONLINE:
            return super().learn(rollout, trained, opt_state, fixed, data, targets, index, weight, key)
        done = rollout(trained, fixed, data, targets, index, weight, opt_state)
        return done.trained, done.opt_state, done.sums

    def _rollout(self, data: Data, **options: Any) -> Rollout:
        return super()._rollout(data, same_step=self.same_step, **options)

    def _learning_rollout(self, data: Data) -> Any:
        if self.mode != FACTORISED:
            return streaming(self, fed_leaves(self.context, data, timed=False), self.n_chunk)
        rollout = super()._learning_rollout(data)
        rollout.hear = self._hear if self.ways else None
        return rollout

    def learning_sums(
        self, rollout: Rollout, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
        key: Any = None,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        trained, apart = dict(trained), jnp.zeros((), weight.dtype)
        params = merged(trained, fixed)
        matrices = {way.name: self.way_matrix(way, params, rollout.fed) for way in self.ways if way.synapses}
        for way in self.ways:
            if way.trace is not None:
                for name in set(way.synapses) & set(trained):
                    trained[name] = {**trained[name], "weights": lax.stop_gradient(trained[name]["weights"])}
            if way.adapts and self.decay:
                apart += 0.5 * self.decay * jnp.sum(weight) * jnp.sum(jnp.square(trained[way.name][FEEDBACK]))
        trained.update({name: {FEEDBACK: matrix} for name, matrix in matrices.items()})
        loss, sums = super().learning_sums(rollout, trained, fixed, data, targets, index, weight, key)
        return loss + apart - lax.stop_gradient(apart), sums

    def way_matrix(self, way: Way, params: Params, fed: frozenset[Leaf]) -> Any:
        """(n_hidden, n_out): its own weights, or those of the synapses between these two cells."""
        if not way.synapses:
            return params[way.name][FEEDBACK]
        values = {name: params.get(name, {}) for name in self.context.components}
        with running(Frame(self.context, values, self.crossing, driven=fed)):
            parts: list[Any] = [self.context.components[name].matrix() for name in way.synapses]
        return sum(parts[1:], parts[0])

    def _hear(
        self, reader: str | None, leaf: Leaf, y: Trajectory, known: Mapping[Leaf, Trajectory], params: Params
    ) -> Trajectory:
        """`y`, what `reader` (None: who records) is about to read, as though reached by the cells of its ways."""
        for way in self.ways:
            if way.leaf == leaf and reader in (None, way.output):
                y = self._heard(way, y, known[way.hidden, "s"], params[way.name][FEEDBACK])
        return y

    def _heard(self, way: Way, y: Trajectory, s: Trajectory, matrix: Any) -> Trajectory:
        recorded = way.leaf[0] == way.output
        if not recorded and not self.same_step:
            s = s.delayed(jnp.zeros_like(s.array[0]))
        if y.delay != s.delay:
            y, s = Trajectory.written(y.seen()), Trajectory.written(s.seen())
        array = heard(y.array, s.array, lax.stop_gradient(matrix), way.way, True, False)
        if way.adapts or way.trace is not None:
            array = heard(array, s.array, matrix, way.trace or way.way, False, True)
        return Trajectory(array, y.start, y.delay)
