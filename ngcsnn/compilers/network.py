"""A compiled network: evaluate, predict, simulate. What every compiler returns, trainable or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers.batches import Batches, make_batches
from ngcsnn.compilers.chance import fresh, with_key
from ngcsnn.compilers.chosen_metrics import ChosenMetrics, chosen, measuring
from ngcsnn.compilers.feed import fed_leaves, feed, keeps_offsets
from ngcsnn.compilers.feeding import Data, to_device
from ngcsnn.compilers.figures import figures
from ngcsnn.compilers.jitted import jitted
from ngcsnn.compilers.objective import Objective
from ngcsnn.compilers.parameters import Names, Params, split
from ngcsnn.compilers.plan import Leaf
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.compilers.stepping import step_through
from ngcsnn.compilers.watching import Trials, attach, tell
from ngcsnn.graph import Context, GraphError
from ngcsnn.training import Callback


class CompiledNetwork:
    """A context compiled for trials of `n_steps` steps; made by a compiler's `compile`.

    Parameters live in the context: they are read from it at every call, and training writes them back.
    inputs: {source or input compartment, or its name: EventData or array (n_samples, n_steps, n)}.
    targets: {output cell or its name: labels (n_samples,) or values}; those of the only output may stand alone.
    traces: how often each kind of program was traced so far (one each is what to expect).
    Errors: `GraphError` and its kin for inputs, targets and names that do not fit, before anything is computed; also
    where the context's structure changed after it was compiled.
    """

    def __init__(
        self, context: Context, *, n_steps: int, crossing: Any, objective: Objective, batch_size: int, names: Names
    ):
        self.context, self.n_steps, self.crossing = context, n_steps, crossing
        self.objective, self.batch_size, self.names = objective, batch_size, names
        self.spiking = [c.name for c in context.components.values() if hasattr(c, "crossing_terms")]
        self.kept = [
            c for part in context.components.values() if part.stage != "rule" for c in part.owned()
            if c.role == "state" and c.declared.keep and part.stage != "synapse"
        ]  # fmt: skip
        self.seed = context.seed
        self.traces: dict[str, int] = {}
        self._timed = keeps_offsets(crossing)
        self._version = context.version
        self._programs: dict[Any, Any] = {}
        self._start: Params = {}

    def __enter__(self) -> CompiledNetwork:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    # --- what users call ----------------------------------------------------------------------------------------
    def evaluate(
        self, inputs: Mapping[Any, Any], targets: Any, callbacks: Sequence[Callback] = (), metrics: Any = None
    ) -> dict[str, Any]:
        """Figures over all samples: the mean loss, the loss's metrics, what the spiking cells did.

        callbacks: recorders (`ngcsnn.recording`), which run the samples they want once more. metrics: figures
        beside those of the losses: names, {name: fields} or objects of `ngcsnn.objectives` ("accuracy", "top_k",
        "confusion_matrix", "mean_square_error", "spike_counts").
        Returns: {"loss", "accuracy" (of cross-entropy; "<output>.accuracy" where there are several outputs),
        "<cell>.rate_hz", "<cell>.silent" (units that never spiked), "<cell>.grazing" (spikes whose time was guarded),
        "seconds"}; plain numbers.
        """
        self._check()
        data, n = self.data(inputs)
        checked = self.objective.targets(self.context, targets, n, self.n_steps)
        attach(callbacks, self, data, n)
        with measuring(self.objective, chosen(metrics), checked):
            found = self._evaluate(data, checked, np.arange(n))
        tell(callbacks, found)
        return found

    def predict(self, inputs: Mapping[Any, Any]) -> Any:
        """What the readout says for each sample: (n_samples, n), or (n_samples, n_steps, n) where it keeps the time
        axis; {output: ...} where there are several outputs."""
        self._check()
        data, n = self.data(inputs)
        batches = self._batches(np.arange(n))
        program = self._program(("predict", _kinds(data)), lambda: self._predict_program(data))
        out = program(*self.params(), data, batches.index)
        out = {k: v.reshape(-1, *v.shape[2:])[:n] for k, v in out.items()}
        return next(iter(out.values())) if len(out) == 1 else out

    def simulate(
        self, inputs: Mapping[Any, Any], record: Any = (), callbacks: Sequence[Callback] = ()
    ) -> dict[str, Any]:
        """Recordings at the end of every step: {"hidden.s": (n_steps, n_samples, n), ...}.

        record: states and outputs, or their names ("hidden.s", "hidden.s.offset"); one, or a list. callbacks: recorders
        (`ngcsnn.recording`), which take theirs batch by batch, into a file if they are told so; with them, `record` may
        be left out.
        """
        self._check()
        data, n = self.data(inputs)
        trials = Trials(self, data, np.arange(n))
        watch = () if len(callbacks) and not _given(record) else trials.leaves(record)
        attach(callbacks, self, data, n)
        out: dict[str, Any] = {}
        if watch:
            parts = [recorded for _, recorded in trials.replay(trials.samples, watch)]
            out = {".".join(w): jnp.concatenate([p[w] for p in parts], axis=1) for w in watch}
        tell(callbacks, {})
        return out

    def step_through(self, inputs: Mapping[Any, Any], callbacks: Sequence[Callback]) -> None:
        """Run every sample's trial step by step, with `on_timestep_begin` and `on_timestep_end` around each step.

        In these hooks the compartments of the context (`cell.v.get()`) hold what all samples of the batch have at that
        step, and `set` changes it. This is for looking and trying: each step is a call of its own from the host, and
        goes over every unit, so it takes many times longer than `simulate`, whose trial is one program; nothing is
        learned. Components that draw see other random numbers than in `simulate`. Afterwards the context is as before.
        Errors: `GraphError` where the context's `spike_timing` is not that of this compiled network.
        """
        self._check()
        data, n = self.data(inputs)
        attach(callbacks, self, data, n)
        step_through(self, data, n, callbacks)
        tell(callbacks, {})

    def simulation(self, data: Data, watch: tuple[Leaf, ...]) -> Any:
        """(trained, fixed, data, samples) -> {leaf: (n_steps, batch, ...)}, compiled, once for each `watch`."""
        return self._program(("simulate", watch, _kinds(data)), lambda: self._simulate_program(data, watch))

    def start_from(self, values: Mapping[Any, Any]) -> None:
        """Let every trial from now on start with these values of states, {state or its name: array}; {} for none.

        values: arrays (n,), or (batch, n) for the samples of a batch, as `simulate` records them: a trial then goes on
        where another one ended. States that are not named start as declared, and outputs always do: spikes of the last
        step are not heard across the gap.
        """
        start: Params = {}
        for key, value in values.items():
            c = self.context.find(key)
            if getattr(c, "role", None) != "state":
                raise GraphError(f"`start_from` takes states of cells, got {getattr(c, 'key', key)!r}")
            array = jnp.asarray(value, self.context.dtype)
            if array.shape[-len(c.shape) :] != c.shape or array.ndim > len(c.shape) + 1:
                raise GraphError(f"`start_from`: {c.key} has shape {c.shape} per sample, got an array {array.shape}")
            start.setdefault(c.component.name, {})[c.name] = array
        self._start = start

    def params(self) -> tuple[Params, Params]:
        """(trained, fixed) as they stand in the context, copies; with what trials start from among the fixed.

        Trials start with what the context's first sample keeps from trial to trial. Where components draw, `fixed` has
        the key of this call too.
        """
        trained, fixed = split(self.context, self.names)
        for c in self.kept:
            value = self.context.live[c.component.name][c.name]
            fixed.setdefault(c.component.name, {})[c.name] = jnp.copy(value[0] if c.batched else value)
        for name, part in self._start.items():
            fixed[name] = {**fixed.get(name, {}), **part}
        return trained, with_key(self.context, fixed, self.seed)

    @property
    def answers_with_a_class(self) -> bool:
        """Whether it says one class for each sample, where the data have classes."""
        return len(self.objective.outputs) == 1 and not self.objective.outputs[0].readout.keeps_time

    def asked(self) -> list[str]:
        """What its outputs are asked for, in words."""
        return [f"{o.name}: {o.loss!r} of {o.readout!r}" for o in self.objective.outputs]

    def check(self, inputs: Mapping[Any, Any], targets: Any) -> dict[str, Any]:
        """Raise for data and targets that do not fit, as `evaluate` would; the targets by output."""
        _, n = self.data(inputs)
        return self.objective.targets(self.context, targets, n, self.n_steps)

    def check_metrics(self, metrics: ChosenMetrics, targets: Mapping[str, Any], n_classes: int | None = None) -> None:
        """The same for metrics; targets: checked. n_classes: of the data."""
        with measuring(self.objective, metrics, targets):
            pass

    def data(self, inputs: Mapping[Any, Any]) -> tuple[Data, int]:
        """(checked data on the device, number of samples)."""
        data, n = to_device(self.context, inputs, self.n_steps)
        self.check_times("fed", data)
        return data, n

    def check_times(self, what: str, keys: Iterable[str]) -> None:
        times = [key for key in keys if key.endswith(".offset")]
        if times and not self.crossing.timed:
            raise GraphError(f"{times[0]} cannot be {what}: under {self.crossing!r} events have no times within a step")

    # --- one batch ----------------------------------------------------------------------------------------------
    def batch_sums(
        self, rollout: Rollout, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any
    ) -> tuple[Any, dict[str, Any]]:
        """(sum of losses, {"loss", metrics, "spikes": {cell: (n,)}, "counts": ...}) of the samples in `index`."""
        return self.recorded_sums(rollout, trained, fixed, data, targets, index, weight)[:2]

    def recorded_sums(
        self, rollout: Rollout, trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any,
        watch: Iterable[Leaf] = (), key: Any = None,
    ) -> tuple[Any, dict[str, Any], dict[Leaf, Any]]:  # fmt: skip
        """The same, and the recordings, which hold `watch` as well; key: of the perturbations."""
        watch = [*self.objective.leaves(self.crossing.timed), *((name, "s") for name in self.spiking), *watch]
        fed = feed(self.context, data, index, self.n_steps, self._timed)
        recorded, counts = rollout(trained, fixed, fed, watch, key)
        y = self.objective.read(recorded)
        here = {k: v[index] for k, v in targets.items()}
        loss, metrics = self.objective.sums(y, here, weight)
        spikes = {name: _over_trials(weight, recorded[(name, "s")]) for name in self.spiking}
        return loss, {"loss": loss, **metrics, "spikes": spikes, "counts": counts}, recorded

    # --- programs -----------------------------------------------------------------------------------------------
    def _evaluate(self, data: Data, targets: dict[str, Any], samples: np.ndarray) -> dict[str, Any]:
        start = time.perf_counter()
        program = self._program(("evaluate", _kinds(data)), lambda: self._evaluate_program(data))
        batches = self._batches(samples)
        sums = program(*self.params(), data, targets, batches.index, batches.weight)
        return self.record(sums, len(samples), start)

    def record(self, sums: dict[str, Any], n_samples: int, start: float) -> dict[str, Any]:
        """The figures of these sums, with the seconds since `start`."""
        out = figures(sums, n_samples, self.n_steps * self.context.dt, self.objective.metrics)
        return {**out, "seconds": time.perf_counter() - start}

    def _evaluate_program(self, data: Data) -> Any:
        rollout = self._rollout(data)

        def evaluate(trained: Params, fixed: Params, data: Data, targets: Any, index: Any, weight: Any) -> Any:
            self._traced("evaluate")

            def body(total: Any, numbered: Any) -> Any:
                number, *batch = numbered
                _, sums = self.batch_sums(rollout, trained, fresh(fixed, number), data, targets, *batch)
                return jax.tree.map(jnp.add, total, sums), None

            shapes = jax.eval_shape(
                lambda: self.batch_sums(rollout, trained, fixed, data, targets, index[0], weight[0])[1]
            )
            zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
            return lax.scan(body, zeros, (jnp.arange(len(index)), index, weight))[0]

        return jitted(evaluate)

    def _predict_program(self, data: Data) -> Any:
        return self._reading_program("predict", data, self.objective.leaves(self.crossing.timed), self.objective.read)

    def _reading_program(self, name: str, data: Data, leaves: Iterable[Leaf], read: Callable[[Any], Any]) -> Any:
        """(trained, fixed, data, index (n_batches, batch)) -> what `read` makes of {leaf: (T, batch, n)}, by batch."""
        rollout, leaves = self._rollout(data), list(leaves)

        def program(trained: Params, fixed: Params, data: Data, index: Any) -> Any:
            self._traced(name)

            def one(nothing: Any, numbered: Any) -> Any:
                number, samples = numbered
                fed = feed(self.context, data, samples, self.n_steps, self._timed)
                return nothing, read(rollout(trained, fresh(fixed, number), fed, leaves)[0])

            return lax.scan(one, None, (jnp.arange(len(index)), index))[1]

        return jitted(program)

    def _simulate_program(self, data: Data, watch: tuple[Leaf, ...]) -> Any:
        rollout = self._rollout(data)

        def simulate(trained: Params, fixed: Params, data: Data, samples: Any) -> Any:
            self._traced("simulate")
            fed = feed(self.context, data, samples, self.n_steps, self._timed)
            return rollout(trained, fixed, fed, watch)[0]

        return jitted(simulate)

    def _rollout(self, data: Data, **options: Any) -> Rollout:
        return Rollout(
            self.context, self.crossing, self.n_steps, fed_leaves(self.context, data, self._timed), **options
        )

    def _program(self, key: Any, build: Any) -> Any:
        key = (key, self.objective.metrics) if self.objective.metrics else key
        if key not in self._programs:
            self._programs[key] = build()
        return self._programs[key]

    def _check(self) -> None:
        if self.context.version != self._version:
            raise GraphError(f"context '{self.context.name}' changed after it was compiled; compile it again")

    def _batches(self, samples: np.ndarray) -> Batches:
        return make_batches(samples, min(self.batch_size, len(samples)), self.context.dtype)

    def _traced(self, kind: str) -> None:
        self.traces[kind] = self.traces.get(kind, 0) + 1


def _over_trials(weight: Any, spikes: Any) -> Any:
    """Spikes of each unit (n,) in all trials of a batch (T, batch, n): one product, fast on a CPU."""
    return jnp.tile(weight, len(spikes)) @ spikes.reshape(-1, spikes.shape[-1])


def _given(record: Any) -> bool:
    return not isinstance(record, tuple | list) or len(record) > 0


def _kinds(data: Data) -> tuple[Any, ...]:
    return tuple((k, type(v).__name__) for k, v in data.items())
