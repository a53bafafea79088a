"""Small networks, and what is read from their runs, that the cell tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import ngcsnn as ng
from ngcsnn.components import LIFCell

Params = dict[tuple[str, str], Any]


def one(
    cls: Any = LIFCell, n: Any = 1, dt: Any = 1.0, timing: Any = "precise", batch: Any = 1, **arguments: Any
) -> Any:
    """(context, cell): one component, called `cell`, on its own."""
    with ng.Context("net", dt=dt, spike_timing=timing) as net:
        cell = cls("cell", n_units=n, **arguments)
    net.reset(batch_size=batch)
    return net, cell


def constant(cell: Any, value: float, n_steps: int) -> dict[Any, np.ndarray]:
    """A constant current into `cell.j`."""
    return {cell.j: np.full((n_steps, cell.context.batch_size, cell.n_units), value)}


def spike_times(net: ng.Context, cell: Any, inputs: dict[Any, Any], n_steps: int | None = None) -> list[np.ndarray]:
    """The spike times (ms) of each unit of the first sample."""
    net.reset()
    out = net.advance.scan(inputs=inputs, n_steps=n_steps, watch=[cell.s, cell.s.offset])
    s, offset = (np.asarray(out[f"{cell.name}.{k}"])[:, 0] for k in ("s", "s.offset"))
    return [times_of(s[:, i], offset[:, i], net.dt) for i in range(s.shape[1])]


def times_of(s: np.ndarray, offset: np.ndarray, dt: float) -> np.ndarray:
    """Spike times from (T,) spikes and first moments; one without spike belongs to the spike of the step before."""
    later = np.append(np.where(s[1:] > 0, 0.0, offset[1:]), 0.0)
    at = np.flatnonzero(s)
    return (at + 1) * dt + offset[at] + later[at]


def events(times: Any, n_steps: int, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """(sizes, first moments) of unit events at `times`, (T, 1, 1) each."""
    sizes, moments = np.zeros((n_steps, 1, 1)), np.zeros((n_steps, 1, 1))
    for t in np.atleast_1d(times):
        n = int(np.ceil(t / dt - 1e-9)) - 1
        sizes[n] += 1
        moments[n] += t - (n + 1) * dt
    return sizes, moments


def rollout(
    net: ng.Context, inputs: dict[Any, Any], read: Callable[[dict[str, dict[str, Any]]], Any]
) -> Callable[[Params, dict[Any, Any]], Any]:
    """f(params, drive): `read` of the state after each step, stacked; drive multiplies nothing, it replaces inputs."""
    start = net.state

    def f(params: Params, drive: dict[Any, Any]) -> Any:
        state = {c: dict(part) for c, part in start.items()}
        for (component, key), value in params.items():
            state[component][key] = jnp.asarray(value, state[component][key].dtype)
        rows = {**inputs, **drive}
        keys = list(rows)

        def body(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, dict(zip(keys, row, strict=True)))
            return state, read(state)

        return lax.scan(body, state, [jnp.asarray(rows[k]) for k in keys])[1]

    return f


def hastily(f: Callable[..., Any], fused: bool = False) -> Callable[..., Any]:
    """`f` compiled in haste. fused: many steps go faster, but a derivative by reverse mode compiles far slower."""
    haste = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    way = {"xla_cpu_use_fusion_emitters": False} if fused else {"xla_disable_hlo_passes": "fusion"}
    return jax.jit(f, compiler_options={**haste, **way})


def finite_difference(f: Callable[[Any], Any], x: Any, eps: float = 1e-6) -> np.ndarray:
    """Central differences of a scalar function of one array."""
    x = np.asarray(x, float)
    out = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = eps
        out[index] = (float(f(x + step)) - float(f(x - step))) / (2 * eps)
    return out


def order(steps: Any, errors: Any) -> float:
    """The slope of log error over log step."""
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def complex_step(f: Callable[..., Any], argument: int, *values: Any) -> np.ndarray:
    """The derivative of an elementwise NumPy function in one argument, to the last digit."""
    moved = [np.asarray(v, complex if i == argument else float) for i, v in enumerate(values)]
    moved[argument] = moved[argument] + 1e-30j
    return np.imag(f(*moved)) / 1e-30
