"""What Adam, SGD and NAG have in common: schedules, batches, clipping, decay and clamp around one update rule."""

import dataclasses
import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.core import Tracer

from ngcsnn.optim.clipping import clip_by_global_norm, clip_by_value
from ngcsnn.optim.constraints import Bounds, check_bounds, clamp_params
from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.hyper import NON_NEGATIVE, POSITIVE, Hyper, Range, check_hyper, check_number, is_schedule, value_at
from ngcsnn.optim.trees import compute_dtype, map_matched, zeros_for

PyTree = Any

SHARED_RANGES: Mapping[str, Range] = {"weight_decay": NON_NEGATIVE, "clip_norm": POSITIVE, "clip_value": POSITIVE}


ETA_FACTOR = "eta_factor"  # in `OptState.hyper` beside an `eta` that is a schedule: what `scale_rate` has made of it


class Pending(NamedTuple):
    """Gradients that wait for their batch to be full."""

    total: PyTree  # sum of the gradients since the last update, shaped like params
    calls: jax.Array  # shape (), int32: how many they are


class OptState(NamedTuple):
    """State of a `GradientOptimiser`."""

    step: jax.Array  # shape (), int32: updates made; where the schedules stand
    hyper: dict[str, jax.Array]  # shape () each, float: the hyper-parameters that are numbers, and `ETA_FACTOR`
    memory: Any  # the rule's own, for example `AdamParams`
    pending: Pending | None  # None if batch_size is 1


@dataclass(frozen=True, kw_only=True)
class GradientOptimiser(ABC):
    """One update rule with everything that may stand around it. Descent.

    At every `batch_size`-th call of `step`, in this order: the mean of the gradients of these calls is taken; limited
    by `clip_value` (each entry), then by `clip_norm` (norm over all leaves); then `theta <- theta - eta weight_decay
    theta` (decoupled decay), the rule's step, and `clamp`. The other calls only add up.

    Arguments, by name: `clamp=(w_min, w_max)`, None for an open side (None: no clamp); `batch_size` calls per update
    (1); `weight_decay` >= 0, `clip_norm` > 0 and `clip_value` > 0, each a number or a schedule (None: not done). They
    act on every parameter given to `init`; `PerParameter` gives each its own.

    A schedule is a function of the update count: 0 for the first update. Hyper-parameters that are numbers live in the
    state, so `set_hyper` never compiles again. Time steps of a rule (Adam's t) belong to its memory and are not moved
    by `set_step`.

    A new rule is a frozen dataclass with the fields named in `rule_ranges` (`eta` among them), `rule_init` and
    `rule_step`, and one line in `lookup.OPTIMISERS`.
    """

    clamp: Bounds | None = None
    batch_size: int = 1
    weight_decay: Hyper | None = None
    clip_norm: Hyper | None = None
    clip_value: Hyper | None = None

    rule_ranges: ClassVar[Mapping[str, Range]] = {}

    @abstractmethod
    def rule_init(self, params: PyTree) -> Any:
        """Return the rule's memory before the first step."""

    @abstractmethod
    def rule_step(self, memory: Any, params: PyTree, grads: PyTree, **hyper: Any) -> tuple[Any, PyTree]:
        """Return `(memory, params)` after one step; `hyper` holds the values named in `rule_ranges`."""

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for name, allowed in self._ranges().items():
            check_hyper(owner, name, getattr(self, name), allowed)
        if self.clamp is not None:
            object.__setattr__(self, "clamp", check_bounds(self.clamp, "clamp"))
        try:
            size = 0 if isinstance(self.batch_size, bool) else operator.index(self.batch_size)
        except TypeError:
            size = 0
        if size < 1:
            raise ValueError(f"{owner}: `batch_size` must be a whole number >= 1, got {self.batch_size!r}")
        object.__setattr__(self, "batch_size", size)

    def __repr__(self) -> str:
        changed = [f.name for f in dataclasses.fields(self) if getattr(self, f.name) != f.default]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"

    def init(self, params: PyTree) -> OptState:
        """Return the state before the first step, for the tree `params` of floating point arrays."""
        numbers = {name: getattr(self, name) for name in self._ranges() if not is_schedule(getattr(self, name))}
        if self._scheduled_rate():
            numbers[ETA_FACTOR] = 1.0
        pending = None if self.batch_size == 1 else Pending(zeros_for(params, "params"), jnp.zeros((), jnp.int32))
        return OptState(
            step=jnp.zeros((), jnp.int32),
            hyper={name: jnp.asarray(value, dtype=float) for name, value in numbers.items()},
            memory=self.rule_init(params),
            pending=pending,
        )

    def step(self, opt_state: OptState, params: PyTree, grads: PyTree) -> tuple[OptState, PyTree]:
        """Return `(opt_state, params)` after one call; `grads` has the leaves and shapes of `params`.

        Errors: `ValueError` naming a leaf that differs, or if the state belongs to other settings.
        """
        self._check_state(opt_state)
        # Plain arrays of the same dtype: both ends of a loop carry agree, whatever container of numbers came in.
        (params, grads) = map_matched(_as_arrays, 2, params, name="params", grads=grads)
        if opt_state.pending is None:
            return self._update(opt_state, params, grads)
        (total,) = map_matched(lambda s, g: (s + g,), 1, opt_state.pending.total, name="pending", grads=grads)
        pending = Pending(total, opt_state.pending.calls + 1)

        def update(state: OptState, params: PyTree) -> tuple[OptState, PyTree]:
            mean = jax.tree.map(lambda s: s / self.batch_size, pending.total)
            state = state._replace(pending=jax.tree.map(jnp.zeros_like, pending))
            return self._update(state, params, mean)

        def wait(state: OptState, params: PyTree) -> tuple[OptState, PyTree]:
            return state._replace(pending=pending), params

        full = pending.calls == self.batch_size
        if isinstance(full, Tracer):
            return jax.lax.cond(full, update, wait, opt_state, params)
        return (update if full else wait)(opt_state, params)  # outside jit, `cond` would compile at every call

    def set_step(self, opt_state: OptState, step: Any) -> OptState:
        """Return the state with the schedules standing before update number `step` (0 is the first).

        Only the schedules move: the rule's memory, and gradients that wait for their batch, stay.
        """
        if isinstance(step, int) and step < 0:
            raise ValueError(f"{type(self).__name__}: `step` must be >= 0, got {step}")
        return opt_state._replace(step=jnp.asarray(step, jnp.int32))

    def set_hyper(self, opt_state: OptState, **values: Any) -> OptState:
        """Return the state with new values of hyper-parameters that are numbers; nothing compiles again.

        Arguments: numbers, or arrays of shape (), by name: `set_hyper(opt_state, eta=1e-4)`.
        Errors: `ValueError` for an unknown name, one that is a schedule (`set_step` moves it) or one that is switched
        off (None) in the object, or a number out of range.
        """
        self._check_state(opt_state)
        owner, hyper = type(self).__name__, dict(opt_state.hyper)
        for name, value in values.items():
            if name not in hyper or name == ETA_FACTOR:
                raise self._not_settable(name)
            if not isinstance(value, jax.Array):  # an array may be traced: its value is not known here
                check_number(owner, name, value, self._ranges()[name])
            hyper[name] = jnp.asarray(value, dtype=hyper[name].dtype)
            if hyper[name].shape != ():
                raise ValueError(f"{owner}: `{name}` must be one number, got shape {hyper[name].shape}")
        return opt_state._replace(hyper=hyper)

    def scale_rate(self, opt_state: OptState, factor: float) -> OptState:
        """Return the state with `eta` times `factor`; a schedule goes on, times `factor` from now on."""
        self._check_state(opt_state)
        if not self._scheduled_rate():
            return self.set_hyper(opt_state, eta=opt_state.hyper["eta"] * factor)
        scaled = opt_state.hyper[ETA_FACTOR] * factor
        return opt_state._replace(hyper={**opt_state.hyper, ETA_FACTOR: scaled})

    def get_hyper(self, opt_state: OptState) -> dict[str, jax.Array]:
        """Return the values that the next update will use, numbers and schedules alike, shape () each."""
        self._check_state(opt_state)
        values = dict(opt_state.hyper)
        factor = values.pop(ETA_FACTOR, None)
        for name in self._ranges():
            if name not in values:
                values[name] = value_at(type(self).__name__, name, getattr(self, name), opt_state.step)
        if factor is not None:
            values["eta"] = values["eta"] * factor
        return values

    def _update(self, opt_state: OptState, params: PyTree, grads: PyTree) -> tuple[OptState, PyTree]:
        hyper = self.get_hyper(opt_state)
        if "clip_value" in hyper:
            grads = clip_by_value(grads, hyper["clip_value"])
        if "clip_norm" in hyper:
            grads = clip_by_global_norm(grads, hyper["clip_norm"])
        if "weight_decay" in hyper:
            rate = hyper["eta"] * hyper["weight_decay"]
            params = jax.tree.map(lambda p: p - (rate * p).astype(p.dtype), params)
        rule_hyper = {name: hyper[name] for name in self.rule_ranges}
        memory, params = self.rule_step(opt_state.memory, params, grads, **rule_hyper)
        if self.clamp is not None:
            params = clamp_params(params, self.clamp)
        return opt_state._replace(step=opt_state.step + 1, memory=memory), params

    def _ranges(self) -> dict[str, Range]:
        """Ranges of the hyper-parameters in use: the rule's, and the shared ones that are switched on."""
        shared = {name: allowed for name, allowed in SHARED_RANGES.items() if getattr(self, name) is not None}
        return {**self.rule_ranges, **shared}

    def _scheduled_rate(self) -> bool:
        return "eta" in self._ranges() and is_schedule(getattr(self, "eta", None))

    def _check_state(self, opt_state: OptState) -> None:
        wanted = {name for name in self._ranges() if not is_schedule(getattr(self, name))}
        wanted |= {ETA_FACTOR} if self._scheduled_rate() else set()
        if set(opt_state.hyper) != wanted or (opt_state.pending is None) != (self.batch_size == 1):
            raise ValueError(
                f"{self!r} was given an `opt_state` that an optimiser with other settings made: it holds "
                f"{sorted(opt_state.hyper)} {'without' if opt_state.pending is None else 'with'} a batch in waiting; "
                f"expected {sorted(wanted)}. Call `init` again"
            )

    def _not_settable(self, name: str) -> ValueError:
        owner = type(self).__name__
        value = getattr(self, name, None)
        if name in self._ranges() and is_schedule(value):
            return ValueError(f"{owner}: `{name}` is a schedule ({value!r}); move it with `set_step`")
        if name in SHARED_RANGES:
            return ValueError(f"{owner}: `{name}` is off; switch it on with {owner}({name}=...) and call `init` again")
        if name in {field.name for field in dataclasses.fields(self)}:
            return ValueError(f"{owner}: `{name}` is fixed when the object is made; make another with {name}=...")
        return unknown_name(f"hyper-parameter of {owner}", name, self._ranges())


def _as_arrays(param: Any, grad: Any) -> tuple[jax.Array, jax.Array]:
    return jnp.asarray(param, dtype=jnp.result_type(param)), jnp.asarray(grad, dtype=compute_dtype(param))
