"""NEST's weight optimiser: its two types with their defaults, under NEST's own parameter names or by name here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ngcsnn.optim.adam import Adam
from ngcsnn.optim.base import Optimiser
from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.gradient_optimiser import GradientOptimiser
from ngcsnn.optim.nest_lazy import CLAMP, TYPES
from ngcsnn.optim.nest_online import NestOnline
from ngcsnn.optim.sgd import SGD

PRESETS: Mapping[str, tuple[type[GradientOptimiser], Mapping[str, Any]]] = {
    "nest_adam": (Adam, {"eta": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7, "variant": "nest", "clamp": CLAMP}),
    "nest_gradient_descent": (SGD, {"eta": 1e-4, "clamp": CLAMP}),
}
"""What `from_description` knows by these names: a class, and what of its arguments has NEST's default."""


def nest_optimiser(type: str = "gradient_descent", **parameters: Any) -> Optimiser:
    """Return the optimiser that NEST's dictionary `optimizer` describes: `nest_optimiser(**optimizer)`.

    With g the mean of the gradients of `batch_size` update intervals, t the number of the update, and w clamped to
    [Wmin, Wmax] after it:
        gradient_descent   w <- w - eta g
        adam               m <- beta_1 m + (1 - beta_1) g,   v <- beta_2 v + (1 - beta_2) g^2
                           w <- w - eta sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    Every weight takes part in every update: one whose synapse was silent has g = 0 and moves on by its momentum, as in
    NEST, which makes up for such steps at the next spike.

    Arguments, by NEST's names: `type` ("gradient_descent" or "adam"); `batch_size` (1); `eta` (1e-4), a number or a
    schedule; `Wmin` (-100), `Wmax` (100), in the unit of the weights; of Adam `beta_1` (0.9), `beta_2` (0.999) and
    `epsilon` (1e-7). `optimize_each_step`, of NEST's continuous models, for `EPropCompiler(mode="online")`: True, a
    weight moves in every step (batches are then of time steps); False, whenever its synapse transmits.
    Returns an `SGD` or an `Adam` with `variant="nest"`. `nest_gradient_descent` and `nest_adam` are their names in
    YAML, where their arguments have the names that `SGD` and `Adam` give them. With `optimize_each_step` a
    `NestOnline`, `nest_online` in YAML.
    Errors: `ValueError` for an unknown type or parameter, with the closest one, and for values out of range.
    Source: NEST 3.10 `weight_optimizer`; Kingma, Ba, ICLR 2015, arXiv:1412.6980, end of section 2.
    """
    if type not in TYPES:
        raise unknown_name("`type` of NEST's optimiser", type, TYPES)
    if "optimize_each_step" in parameters:
        allowed = {*TYPES[type], "optimize_each_step"}
        for name in parameters:
            if name not in allowed:
                raise unknown_name(f"parameter of NEST's optimiser {type!r}", name, allowed)
        return NestOnline(type=type, **parameters)
    known = TYPES[type]
    for name in parameters:
        if name not in known:
            raise unknown_name(f"parameter of NEST's optimiser {type!r}", name, known)
    given = {**known, **parameters}
    clamp = given["Wmin"], given["Wmax"]
    if type == "gradient_descent":
        return SGD(given["eta"], clamp=clamp, batch_size=given["batch_size"])
    moments = given["beta_1"], given["beta_2"], given["epsilon"]
    return Adam(given["eta"], *moments, "nest", clamp=clamp, batch_size=given["batch_size"])
