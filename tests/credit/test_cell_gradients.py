"""EventProp for every cell: derivatives of a recurrent network against finite differences, and their order in dt.

The truth is a central difference of our own simulation with precise timing at a small step; each error is that of the
derivative along a random direction of one parameter, by forward mode (of which reverse mode is the transpose).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily, order
from recurrent import loss_of, network, values_of

from ngcsnn.components import AdExCell, ALIFCell, IzhikevichCell, LIFCell, QIFCell, SpikingCell
from ngcsnn.graph import param, state

WEIGHTS = (("w_in", "weights"), ("w_rec", "weights"))


class Bistable(SpikingCell):
    """A cell that the library does not have: a bent membrane, a threshold that moves, a reset that depends on both."""

    fields = ("v", "a")
    tau_m = param(15.0, shape="n_units", unit="ms", doc="membrane time constant")
    tau_a = param(40.0, shape="n_units", unit="ms", doc="time constant of the threshold")
    bend = param(0.4, shape="n_units", doc="of the membrane")
    v_thr = param(1.0, shape="n_units", doc="threshold")
    rise = param(0.3, shape="n_units", doc="of the threshold at a spike")
    v = state(shape="n_units", doc="membrane potential")
    a = state(shape="n_units", doc="rise of the threshold")

    def velocity(self, x: Any, j: Any) -> Any:
        v = (self.bend.get() * jnp.tanh(3.0 * x.v) - x.v + j) / self.tau_m.get()
        return x._replace(v=v, a=(0.1 * x.v - x.a) / self.tau_a.get())

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - x.a

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=0.2 * x.v - 0.3, a=x.a + self.rise.get())


class Case(NamedTuple):
    """parameters: of the cells, whose derivatives are checked besides the weights'. dt: the coarsest step in ms."""

    cell: Any
    arguments: dict[str, Any]
    parameters: tuple[str, ...]
    scale: float = 1.0
    dt: float = 0.2


CASES = {
    "LIF, reset": Case(LIFCell, {"v_reset": -0.3}, ("tau_m", "tau_syn", "v_thr", "v_reset")),
    "LIF, relative reset": Case(LIFCell, {"v_reset": 0.1, "relative_reset": True}, ("tau_m", "v_thr", "v_reset")),
    "LIF, refractory": Case(LIFCell, {"refract_time": 1.3, "v_reset": -0.2}, ("tau_m", "tau_syn", "v_thr", "v_reset")),
    "ALIF": Case(
        ALIFCell, {"tau_adapt": 20.0, "beta": 0.2}, ("tau_m", "tau_syn", "tau_adapt", "beta", "v_thr", "v_reset")
    ),
    "ALIF, relative reset, refractory": Case(
        ALIFCell,
        {"tau_adapt": 15.0, "beta": 0.25, "relative_reset": True, "refract_time": 1.1},
        ("tau_m", "tau_adapt", "beta", "v_thr", "v_reset"),
    ),
    "QIF": Case(
        QIFCell, {"tau_m": 9.0}, ("tau_m", "tau_syn", "a0", "v_rest", "v_c", "v_peak", "v_reset"), scale=1.5, dt=0.1
    ),
    "AdEx": Case(
        AdExCell,
        {},
        ("C", "g_L", "E_L", "V_T", "delta_T", "a", "b", "tau_w", "v_reset", "tau_syn"),
        scale=700.0,
        dt=0.1,
    ),
    "Izhikevich": Case(IzhikevichCell, {}, ("a", "b", "c", "d", "tau_syn"), scale=8.0, dt=0.1),
    "defined here": Case(Bistable, {}, ("tau_m", "tau_a", "bend", "v_thr", "rise", "tau_syn")),
}


def keys_of(case: Case) -> tuple[tuple[str, str], ...]:
    return (*WEIGHTS, *(("hid", p) for p in case.parameters))


def ways(params: dict[Any, Any]) -> dict[Any, np.ndarray]:
    """For each parameter a random direction of the size of its values, in which no other moves, (n, ...) each."""
    rng, out = np.random.default_rng(7), {}
    for i, (key, value) in enumerate(params.items()):
        out[key] = np.zeros((len(params), *np.shape(value)))
        out[key][i] = rng.normal(size=np.shape(value)) * max(float(np.abs(value).max()), 0.1)
    return out


def along(case: Case, dt: float, timing: str) -> np.ndarray:
    """The derivative along the direction of each parameter."""
    net = network(dt, timing, case.cell, case.scale, **case.arguments)
    params, loss = values_of(net, *keys_of(case)), loss_of(net)
    return np.asarray(hastily(jax.vmap(lambda way: jax.jvp(loss, (params,), (way,))[1]), fused=True)(ways(params)))


def differences(case: Case, dt: float, eps: float = 1e-6) -> np.ndarray:
    """The same by central differences, with precise timing."""
    net = network(dt, "precise", case.cell, case.scale, **case.arguments)
    params = values_of(net, *keys_of(case))
    run = hastily(jax.vmap(loss_of(net)), fused=True)
    more, less = (run({k: params[k] + step * w for k, w in ways(params).items()}) for step in (eps, -eps))
    return np.asarray(more - less) / (2.0 * eps)


SLOW = ("QIF", "AdEx", "Izhikevich")  # to compile


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in CASES])
def test_derivatives_converge_to_finite_differences(x64: None, name: str) -> None:
    """Errors at dt, dt / 4, dt / 16 for all parameters: first order on average, much smaller with precise timing.

    They do not fall evenly: an arrival and a spike of the same step are out of order until the step is short enough.
    """
    case = CASES[name]
    want = differences(case, case.dt / 32.0)
    scale = np.maximum(np.abs(want), 0.02 * np.abs(want).max())
    steps = case.dt / np.array([1.0, 4.0, 16.0])
    for timing, last in (("precise", 0.02), ("grid", 0.15)):
        errors = [np.abs(along(case, dt, timing) - want) / scale for dt in steps]
        assert order(steps, [e.mean() for e in errors]) > 0.7, (timing, errors)
        assert errors[-1].max() < last, (timing, errors)
