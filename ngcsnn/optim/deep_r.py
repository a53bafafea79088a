"""Deep R: learning where connections are, at a fixed number of them, around any other optimiser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ngcsnn.optim.base import Optimiser
from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.gradient_optimiser import GradientOptimiser
from ngcsnn.optim.hyper import NON_NEGATIVE, POSITIVE, check_number
from ngcsnn.optim.rates import scale_rate
from ngcsnn.optim.sgd import SGD
from ngcsnn.optim.trees import check_matched, map_matched

PyTree = Any
SIGNS = ("connections", "units", "excitatory", "inhibitory")


class DeepRState(NamedTuple):
    """State of a `DeepR`."""

    inner: Any  # of the optimiser around which it stands
    signs: PyTree  # int8, 1 or -1 for every possible connection
    count: PyTree  # int32 each, shape (): connections there are
    key: jax.Array  # data of the random key


@dataclass(frozen=True, kw_only=True)
class DeepR:
    """Rewiring under a sign constraint: connections that learning takes through 0 go, others come at random.

    A weight that is not 0 is a connection; how many each array of weights has at the start, it keeps. In a step, the
    connections move by `optimiser` along the gradient, with `l1` s added (a pull to 0, s the connection's sign), and by
    noise of standard deviation sqrt(2 eta temperature). Those that would change their sign become 0, and as many of the
    possible ones, drawn evenly, start at s `start`. Weights that are 0 are moved by nothing else. So the weights of a
    layer are given with zeros (`ng.init.SparseNormal`); no `mask` is needed, nor allowed for.

    The same object serves compilers and `optim` of a synapse that learns by rules. Where not all parameters are to be
    rewired (biases, a dense readout): `PerParameter({"in_hid.weights": DeepR(...), "*": Adam()})`.

    Arguments, by name: `optimiser` (`SGD()`), that makes a step of every call; `l1` >= 0 (0); `temperature` >= 0 (0),
    only with an optimiser that has an `eta`; `start` > 0 (1e-6); `signs`: of the possible connections, "connections"
    (each its own: that of its start weight, drawn where that is 0), "units" (Dale's law, one for all weights along the
    first axis, a presynaptic unit's: that of their sum, drawn where that is 0), "excitatory" or "inhibitory"; `seed`
    (0).
    Errors: `ValueError` or `TypeError` for values out of range; from `init`, `ValueError` for an array with no 0, with
    nothing else, or with a weight against `signs`.
    Source: Bellec, Kappel, Maass & Legenstein 2018, ICLR (arXiv:1711.05136), algorithm 1.
    """

    optimiser: Any = field(default_factory=SGD)
    l1: float = 0.0
    temperature: float = 0.0
    start: float = 1e-6
    signs: str = "connections"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (("l1", NON_NEGATIVE), ("temperature", NON_NEGATIVE), ("start", POSITIVE)):
            check_number("DeepR", name, getattr(self, name), allowed)
        if self.signs not in SIGNS:
            raise unknown_name("`signs` of DeepR", self.signs, SIGNS)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**32:
            raise ValueError(f"DeepR: `seed` must be a whole number from 0 to 2**32 - 1, got {self.seed!r}")
        if isinstance(self.optimiser, type) or not isinstance(self.optimiser, Optimiser):
            raise TypeError(f"DeepR: `optimiser` must be an optimiser, got {self.optimiser!r}")
        if getattr(self.optimiser, "batch_size", 1) != 1:
            raise ValueError("DeepR rewires in every call: `batch_size` of its optimiser must be 1")
        if self.temperature and not (isinstance(self.optimiser, GradientOptimiser) and hasattr(self.optimiser, "eta")):
            raise ValueError(f"DeepR: `temperature` needs an optimiser with `eta`, got {self.optimiser!r}")

    def init(self, params: PyTree) -> DeepRState:
        """Return the state before the first step: signs, and how many connections there are."""
        check_matched(params, name="params")
        key = jax.random.key(self.seed)
        leaves, treedef = jax.tree.flatten(params)
        signs = [self._signs(w, jax.random.fold_in(key, i)) for i, w in enumerate(leaves)]
        for (path, w), s in zip(jax.tree_util.tree_flatten_with_path(params)[0], signs, strict=True):
            if not isinstance(w, Tracer):
                _check_start(jax.tree_util.keystr(path, simple=True, separator="."), np.asarray(w), np.asarray(s))
        count = [jnp.sum(w != 0, dtype=jnp.int32) for w in leaves]
        data = jax.random.key_data(jax.random.fold_in(key, len(leaves)))
        return DeepRState(self.optimiser.init(params), treedef.unflatten(signs), treedef.unflatten(count), data)

    def step(self, opt_state: DeepRState, params: PyTree, grads: PyTree) -> tuple[DeepRState, PyTree]:
        """Return `(opt_state, params)` after one step; every array has as many weights that are not 0 as before."""
        treedef = jax.tree.structure(params)

        def felt(w: Any, g: Any, s: Any) -> tuple[Any]:
            return (jnp.where(w * s > 0, g + self.l1 * s, 0.0),)

        (pulled,) = map_matched(felt, 1, params, name="params", grads=grads, signs=opt_state.signs)
        noise = self._noise(opt_state.inner)
        inner, moved = self.optimiser.step(opt_state.inner, params, pulled)
        carried, own = jax.random.split(jax.random.wrap_key_data(opt_state.key))
        leaves = (treedef.flatten_up_to(t) for t in (params, moved, opt_state.signs, opt_state.count))
        new = [
            self._rewired(before, after, signs, count, noise, jax.random.fold_in(own, i))
            for i, (before, after, signs, count) in enumerate(zip(*leaves, strict=True))
        ]
        return opt_state._replace(inner=inner, key=jax.random.key_data(carried)), treedef.unflatten(new)

    def set_step(self, opt_state: DeepRState, step: Any) -> DeepRState:
        """Return the state with the schedules of the optimiser standing before update number `step`."""
        return opt_state._replace(inner=self.optimiser.set_step(opt_state.inner, step))

    def scale_rate(self, opt_state: DeepRState, factor: float) -> DeepRState:
        """Return the state with the learning rate of the optimiser inside times `factor`."""
        return opt_state._replace(inner=scale_rate(self.optimiser, opt_state.inner, factor))

    def _noise(self, inner: Any) -> Any:
        """Its standard deviation in this step; plain 0 for none."""
        if not self.temperature:
            return 0.0
        return jnp.sqrt(2.0 * self.optimiser.get_hyper(inner)["eta"] * self.temperature)

    def _rewired(self, before: Any, moved: Any, signs: Any, count: Any, noise: Any, key: Any) -> Any:
        """The weights after a step from `before` to `moved`, with `count` connections again."""
        first, second = jax.random.split(key)
        if self.temperature:
            moved = moved + (noise * jax.random.normal(first, moved.shape, jnp.float32)).astype(moved.dtype)
        stays = (before * signs > 0) & (moved * signs > 0)
        kept = jnp.where(stays, moved, 0.0).astype(before.dtype)
        missing = count - jnp.sum(stays, dtype=jnp.int32)

        def fill(_: Any) -> Any:
            drawn = jnp.where(stays, 2.0, jax.random.uniform(second, stays.shape)).ravel()
            order = jnp.argsort(drawn)
            chosen = jnp.zeros(drawn.shape, bool).at[order].set(jnp.arange(drawn.size) < missing)
            return jnp.where(chosen.reshape(stays.shape), (signs * self.start).astype(kept.dtype), kept)

        return jax.lax.cond(missing > 0, fill, lambda _: kept, None)

    def _signs(self, w: Any, key: Any) -> Any:
        if self.signs in ("excitatory", "inhibitory"):
            return jnp.full(jnp.shape(w), 1 if self.signs == "excitatory" else -1, jnp.int8)
        total = jnp.sign(w) if self.signs == "connections" else jnp.sign(w.reshape(w.shape[0], -1).sum(1))
        drawn = jnp.where(jax.random.bernoulli(key, 0.5, total.shape), 1, -1)
        found = jnp.where(total == 0, drawn, total).astype(jnp.int8)
        shape = (*found.shape, *(1,) * (jnp.ndim(w) - found.ndim))
        return jnp.broadcast_to(found.reshape(shape), jnp.shape(w))


def _check_start(name: str, w: np.ndarray, signs: np.ndarray) -> None:
    there, label = np.count_nonzero(w), f"DeepR: `{name}`" if name else "DeepR: the array"
    if there == w.size:
        raise ValueError(f"{label} has no weight of 0, so nothing could be rewired: give sparse start weights")
    if there == 0:
        raise ValueError(f"{label} has no weight but 0: DeepR keeps the number of connections there are")
    wrong = np.argwhere(w * signs < 0)
    if len(wrong):
        raise ValueError(
            f"{label} starts with the weight {w[tuple(wrong[0])]:g} at {wrong[0].tolist()}, against `signs`"
        )
