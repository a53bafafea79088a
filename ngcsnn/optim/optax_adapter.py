"""Any optax transformation as an optimiser of this project."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.trees import map_matched

PyTree = Any

# The states of optax whose `count` is the position of a schedule, by class name, so that optax need not be imported.
SCHEDULE_STATES = frozenset(
    {"ScaleByScheduleState", "WrappedScheduleState", "InjectHyperparamsState", "InjectStatefulHyperparamsState"}
)


@dataclass(frozen=True)
class OptaxOptimiser:
    """An optax `GradientTransformation` with the methods of `Optimiser`; made by `from_optax`.

    `set_step` moves the counts of optax's schedules (`scale_by_schedule`, `inject_hyperparams`), not those of Adam's
    bias correction. `set_hyper` works on a transformation made by `optax.inject_hyperparams`.
    """

    transform: Any

    def init(self, params: PyTree) -> PyTree:
        """Return optax's state for `params`."""
        (params,) = map_matched(_as_array, 1, params, name="params")
        return self.transform.init(params)

    def step(self, opt_state: PyTree, params: PyTree, grads: PyTree) -> tuple[PyTree, PyTree]:
        """Return `(opt_state, params)`: `params + update`, in the dtype of `params`.

        Errors: `ValueError` naming a leaf that `grads` lacks or has in another shape.
        """
        (params,) = map_matched(_as_array, 1, params, name="params")
        (grads,) = map_matched(lambda p, g: (jnp.asarray(g, p.dtype),), 1, params, name="params", grads=grads)
        updates, opt_state = self.transform.update(grads, opt_state, params)
        (params,) = map_matched(lambda p, u: ((p + u).astype(p.dtype),), 1, params, name="params", updates=updates)
        return opt_state, params

    def set_step(self, opt_state: PyTree, step: Any) -> PyTree:
        """Return the state with optax's schedules standing before update number `step` (0 is the first)."""

        def move(node: Any) -> Any:
            if not _is_schedule_state(node):
                return node
            # Fields beside the count may hold further schedules (inject_hyperparams does).
            rest = {f: self.set_step(getattr(node, f), step) for f in node._fields if f != "count"}
            return type(node)(**rest, count=jnp.asarray(step, node.count.dtype))

        return jax.tree.map(move, opt_state, is_leaf=_is_schedule_state)

    def set_hyper(self, opt_state: PyTree, **values: Any) -> PyTree:
        """Return the state with new values of injected hyper-parameters, under optax's names (`learning_rate`).

        Errors: `ValueError` if the transformation was not made by `optax.inject_hyperparams`, has no such
        hyper-parameter, or sets it by a schedule.
        """
        hyper = getattr(opt_state, "hyperparams", None)
        if hyper is None:
            raise ValueError(
                "from_optax: only a transformation made by `optax.inject_hyperparams` has hyper-parameters to set, "
                f"for example optax.inject_hyperparams(optax.adam)(learning_rate=1e-3); got {self.transform!r}"
            )
        for name in values:
            if name not in hyper:
                raise unknown_name("injected hyper-parameter", name, hyper)
            if name in getattr(opt_state, "hyperparams_states", {}):
                raise ValueError(f"from_optax: `{name}` is a schedule; move it with `set_step`")
        changed = {name: jnp.asarray(value, hyper[name].dtype) for name, value in values.items()}
        return opt_state._replace(hyperparams={**hyper, **changed})

    def scale_rate(self, opt_state: PyTree, factor: float) -> PyTree:
        """Return the state with the injected `learning_rate` times `factor`; errors as those of `set_hyper`."""
        rate = getattr(opt_state, "hyperparams", {}).get("learning_rate", 1.0)
        return self.set_hyper(opt_state, learning_rate=rate * factor)

    def get_hyper(self, opt_state: PyTree) -> dict[str, jax.Array]:
        """Return the hyper-parameters in the state, under optax's names; none if none were injected."""
        return dict(getattr(opt_state, "hyperparams", {}))


def from_optax(transform: Any) -> OptaxOptimiser:
    """Wrap an optax `GradientTransformation` (a pair of functions `init`, `update`) as an `Optimiser`.

    Arguments: `transform`, for example `optax.adam(1e-3)` or `optax.chain(...)`; the sign is optax's, whose updates
    are added.
    Errors: `TypeError` for anything without callable `init` and `update`.
    """
    if isinstance(transform, type) or not all(callable(getattr(transform, f, None)) for f in ("init", "update")):
        raise TypeError(
            f"from_optax: `transform` must have the functions `init` and `update`, as optax.adam(1e-3) has; "
            f'got {transform!r}. optax comes with: pip install "ngcsnn[optax]"'
        )
    return OptaxOptimiser(transform)


def _as_array(param: Any) -> tuple[jax.Array]:
    return (jnp.asarray(param, dtype=jnp.result_type(param)),)


def _is_schedule_state(node: Any) -> bool:
    return type(node).__name__ in SCHEDULE_STATES and hasattr(node, "_fields") and hasattr(node, "count")
