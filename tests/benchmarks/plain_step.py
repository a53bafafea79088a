"""The plain training step that ours is measured against: one `lax.scan` with every product inside, and autodiff.

What one writes by hand with jax alone: dense inputs (T, batch, n), discrete cells, a spike with a surrogate derivative,
    i = b_s i + z W,    v = b_m v (1 - s) + (1 - b_m) i,    s = [v > 1],    b = exp(-dt / tau)
a leaky output v_o = b_m v_o + (1 - b_m) s W_o (it has no synaptic current, so one state less than ours), cross-entropy
of its largest or mean membrane potential, Adam.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from tasks import DT, ETA, SLOPE, TAU_M, TAU_S, Task

B_M, B_S = float(np.exp(-DT / TAU_M)), float(np.exp(-DT / TAU_S))


@jax.custom_vjp
def spike(h: Any) -> Any:
    return (h > 0).astype(h.dtype)


spike.defvjp(lambda h: (spike(h), h), lambda h, g: (g / (1.0 + SLOPE * jnp.abs(h)) ** 2,))


def forward(weights: dict[str, Any], spikes: Any, watch: bool = False) -> Any:
    """Output membrane (T, batch, n_out) for spikes (T, batch, n_in); `watch`: spikes of the hidden layers instead."""
    layers = [weights["in"], *(w for name, w in sorted(weights.items()) if name.startswith("between"))]

    def step(state: Any, z: Any) -> Any:
        cells, v_out = state
        new = []
        for k, (i, v, s) in enumerate(cells):
            current = z @ layers[k]
            if k == 0 and "rec" in weights:
                current = current + s @ weights["rec"]
            i = B_S * i + current
            v = B_M * v * (1.0 - s) + (1.0 - B_M) * i
            z = spike(v - 1.0)
            new.append((i, v, z))
        v_out = B_M * v_out + (1.0 - B_M) * (z @ weights["out"])
        return (new, v_out), [z for *_, z in new] if watch else v_out

    batch = spikes.shape[1]
    rest = [jnp.zeros((batch, w.shape[1])) for w in layers]
    start = [(r, r, r) for r in rest], jnp.zeros((batch, weights["out"].shape[1]))
    return lax.scan(step, start, spikes)[1]


def hidden_rates(weights: dict[str, Any], spikes: Any) -> list[Any]:
    """Spikes of a unit in a step, for each hidden layer; not part of the timed step."""
    return jax.jit(lambda w, x: [jnp.mean(z) for z in forward(w, x, watch=True)])(weights, spikes)


def adam(weights: Any, grads: Any, state: Any) -> tuple[Any, Any]:
    """state: (step count, first and second moments)."""
    t, m, v = state
    t = t + 1
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads)
    c1, c2 = 1.0 - 0.9 ** t.astype(jnp.float32), 1.0 - 0.999 ** t.astype(jnp.float32)
    new = jax.tree.map(lambda w, a, b: w - ETA * (a / c1) / (jnp.sqrt(b / c2) + 1e-8), weights, m, v)
    return new, (t, m, v)


def adam_start(weights: Any) -> Any:
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return jnp.zeros((), jnp.int32), zeros, jax.tree.map(jnp.copy, zeros)


def plain_step(task: Task, updates: int) -> Any:
    """(weights, state of Adam, spikes, labels) -> (weights, state, mean loss): `updates` on the same batch, jitted."""

    def loss(weights: Any, spikes: Any, labels: Any) -> Any:
        v_out = forward(weights, spikes)
        y = jnp.max(v_out, 0) if task.largest else jnp.mean(v_out, 0)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(y), labels[:, None], 1))

    def steps(weights: Any, state: Any, spikes: Any, labels: Any) -> Any:
        def step(held: Any, _: Any) -> Any:
            weights, state = held
            value, grads = jax.value_and_grad(loss)(weights, spikes, labels)
            return adam(weights, grads, state), value

        (weights, state), losses = lax.scan(step, (weights, state), None, length=updates)
        return weights, state, jnp.mean(losses)

    return jax.jit(steps, donate_argnums=(0, 1))
