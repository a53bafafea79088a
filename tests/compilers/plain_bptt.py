"""Surrogate-gradient BPTT written out: one `lax.scan` over the steps, a smooth step behind a hard one, and autodiff.

What ngcsnn computes stage by stage, with recomputed steps and weight gradients after the loop, in the plainest form.
Layers of cells with fields v and a (zero where the model has none), exponential synapses, one step of delay in each
connection; a leaky integrator reads the last layer, and the loss is cross-entropy of its mean potential.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

DT, TAU_OUT, TAU_SYN = 1.0, 20.0, 5.0
Params = dict[str, dict[str, Any]]


def fast_sigmoid(h: Any) -> Any:
    """h / (1 + 10 |h|), with the derivative 1 / (1 + 10 |h|)^2."""
    return h / (1.0 + 10.0 * jnp.abs(h))


def leaky(v: Any, i: Any, tau_m: Any) -> tuple[Any, Any]:
    """v and i one step later, exactly."""
    a, b = jnp.exp(-DT / tau_m), jnp.exp(-DT / TAU_SYN)
    return a * v + TAU_SYN / (tau_m - TAU_SYN) * (a - b) * i, b * i


@dataclass(frozen=True)
class Model:
    """A cell: flow(p, v, i, a) -> (v, i, a), threshold(p, v, a), reset(p, v, a) -> (v, a), p its parameters.

    soft: the step whose derivative a spike gets. refract: refractory time in whole steps.
    """

    flow: Callable[..., Any]
    threshold: Callable[..., Any]
    reset: Callable[..., Any]
    soft: Callable[[Any], Any] = fast_sigmoid
    refract: float = 0.0
    reset_gradient: bool = True

    def spike(self, h: Any) -> Any:
        soft = self.soft(h)
        return soft - lax.stop_gradient(soft) + (h > 0)


class Cells(NamedTuple):
    v: Any
    i: Any
    a: Any
    left: Any
    s: Any


def lif(**options: Any) -> Model:
    return Model(
        lambda p, v, i, a: (*leaky(v, i, p["tau_m"]), a),
        lambda p, v, a: v - p["v_thr"],
        lambda p, v, a: (p["v_reset"] + 0.0 * v, a),
        **options,
    )


def loss(model: Model, params: Params, x: Any, labels: Any, truncate: int | None = None) -> Any:
    """(mean loss of the samples, spikes of each layer). x (T, batch, n): input spikes.

    params: {"hidden_0": {...}, "forward_0", "back_0": {"weights"}, ..., "readout"}. truncate: every so many steps, what
    a step takes over from the one before loses its gradient.
    """
    n_layers = sum(name.startswith("hidden") for name in params)
    batch = x.shape[1]

    def step(carry: Any, now: Any) -> Any:
        n, x_now = now
        if truncate is not None:
            carry = jax.tree.map(lambda a: jnp.where(n % truncate == 0, lax.stop_gradient(a), a), carry)
        layers, v_out, i_out, arriving = carry
        new = []
        for k, old in enumerate(layers):
            p = params[f"hidden_{k}"]
            i = old.i + arriving @ params[f"forward_{k}"]["weights"]
            if f"back_{k}" in params:
                i = i + old.s @ params[f"back_{k}"]["weights"]
            v, i, a = model.flow(p, old.v, i, old.a)
            v = jnp.where(old.left > 0, old.v, v)
            left = jnp.maximum(old.left - DT, 0.0)
            s = (left == 0) * model.spike(model.threshold(p, v, a))
            z = s if model.reset_gradient else lax.stop_gradient(s)
            v_reset, a_reset = model.reset(p, v, a)
            left = jnp.where(s > 0, model.refract, left)
            new.append(Cells(v + z * (v_reset - v), i, a + z * (a_reset - a), left, s))
            arriving = old.s
        v_out, i_out = leaky(v_out, i_out + arriving @ params["readout"]["weights"], TAU_OUT)
        return (new, v_out, i_out, x_now), (v_out, [layer.s for layer in new])

    zeros = [jnp.zeros((batch, params[f"forward_{k}"]["weights"].shape[1])) for k in range(n_layers)]
    out = jnp.zeros((batch, params["readout"]["weights"].shape[1]))
    start = ([Cells(z, z, z, z, z) for z in zeros], out, out, jnp.zeros(x.shape[1:]))
    v_out, spikes = lax.scan(step, start, (jnp.arange(len(x)), x))[1]
    likelihood = jax.nn.log_softmax(v_out.mean(axis=0))
    return -jnp.mean(jnp.take_along_axis(likelihood, labels[:, None], axis=1)), [s.sum() for s in spikes]
