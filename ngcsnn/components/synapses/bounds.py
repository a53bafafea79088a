"""Where the weights of a synapse may be: bounds, signs and the mask."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import Component, GraphError, checks, hyper
from ngcsnn.graph.checks import Check

SIGNS = {"excitatory": 1.0, "inhibitory": -1.0}
_signs = Check(lambda s: s in SIGNS if isinstance(s, str) else set(s) <= {1, -1}, "a known sign, or 1 and -1 only")


def weight_bounds() -> tuple[Any, Any]:
    """Declare `w_min, w_max`, the interval of the weights."""
    low, high = (f"{which} weight; none by default" for which in ("smallest", "largest"))
    kind = (float, type(None))
    return hyper(None, kind=kind, check=checks.finite, doc=low), hyper(None, kind=kind, check=checks.finite, doc=high)


class BoundedWeights(Component):
    """Base of what has weights within [w_min, w_max] (see `weight_bounds`), with given signs, 0 where masked.

    Training by gradients and learning by rules keep to all of them.
    """

    signs = hyper(
        None, kind=(str, tuple, type(None)), check=_signs,
        doc="what weights may be (Dale): excitatory, inhibitory, or 1 or -1 for each presynaptic unit",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        label = f"{type(self).__name__} '{self.name}'"
        if "weights" in self.compartments:
            self._own_signs: Any = self._sign_of_each(label) if isinstance(self.signs, tuple) else None
            self._check_weights(label)
        elif self.signs is not None:
            raise GraphError(f"{label}: `signs` without weights says nothing")

    def _check_weights(self, label: str) -> None:
        low, high = self.bounds("weights")
        if np.any(low > high):
            raise GraphError(f"{label}: `w_min` must be <= `w_max`, got {low} and {high}")
        values = self.context.live[self.name]
        weights = np.array(values["weights"])
        mask = np.asarray(values["mask"]) if "mask" in self.compartments else np.ones(weights.shape)
        if not np.all(np.isin(mask, (0, 1))):
            raise GraphError(f"{label}: `mask` must hold zeros and ones only")
        if hasattr(self.arguments["weights"], "draw"):
            weights = np.clip(weights, low, high)  # a drawn weight is cut to its bounds
        elif not np.all(((weights >= low) & (weights <= high)) | (mask == 0)):
            raise GraphError(f"{label}: `weights` lie outside [{low}, {high}]")
        values["weights"] = jnp.asarray(weights * mask, values["weights"].dtype)

    def bounds(self, name: str) -> tuple[float, float]:
        """The interval that training keeps a parameter in."""
        if name != "weights":
            return super().bounds(name)
        low, high = getattr(self, "w_min", None), getattr(self, "w_max", None)
        return self._signed(-np.inf if low is None else low, np.inf if high is None else high)

    def effective_weights(self) -> Any:
        """The weights as they act, masked ones 0; None where the class has no weights."""
        if "weights" not in self.compartments:
            return None
        weights = self.weights.get()
        return weights * self.mask.get() if "mask" in self.compartments else weights

    def incoming(self, units: Any) -> Any:
        """Which weights lead to the postsynaptic `units` (n_post,) bool; bool, broadcasts to the weights' shape."""
        raise GraphError(f"{type(self).__name__} '{self.name}' shares its weights between units")

    def within(self, name: str, value: Any) -> Any:
        """A parameter's value put within its bounds; masked weights 0."""
        low, high = self.bounds(name)
        if np.any(np.isfinite(low)) or np.any(np.isfinite(high)):
            value = jnp.clip(value, low, high)
        return value * self.mask.get() if name == "weights" and "mask" in self.compartments else value

    def _signed(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Bounds of the weights, narrowed to what `signs` allow; arrays of their shape where units differ."""
        if self.signs is None:
            return low, high
        if isinstance(self.signs, str):
            return (max(low, 0.0), high) if SIGNS[self.signs] > 0 else (low, min(high, 0.0))
        own = self._own_signs
        return np.where(own > 0, np.maximum(low, 0.0), low), np.where(own < 0, np.minimum(high, 0.0), high)

    def _sign_of_each(self, label: str) -> np.ndarray:
        """The sign of every weight, that of its presynaptic unit."""
        if len(self.signs) != self.sizes[0]:
            raise GraphError(f"{label}: `signs` must be one for each of {self.sizes[0]} units, got {len(self.signs)}")
        self.incoming(np.ones(self.sizes[1], bool))  # raises where weights are shared
        weights, one = self.weights.get(), jnp.ones((1, self.sizes[1]), self.context.dtype)
        signs = jnp.asarray([self.signs], self.context.dtype)
        return np.asarray(jax.vjp(lambda w: self.transmit(signs, w), weights)[1](one)[0])
