"""Any cell from velocity, threshold and reset: the generic step against closed forms and finite differences."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import finite_difference, one, spike_times
from recurrent import loss_of, network, values_of

import ngcsnn as ng
from ngcsnn.components import LIFCell, SpikingCell
from ngcsnn.components.neurons.membrane import leaky_flow
from ngcsnn.graph import param, state


class StatedLIF(SpikingCell):
    """The equations of LIFCell and nothing else."""

    tau_m = param(20.0, shape="n_units", unit="ms", doc="membrane time constant")
    v_thr = param(1.0, shape="n_units", doc="threshold")
    v_rest = param(0.0, shape="n_units", doc="resting potential")
    v_reset = param(0.0, shape="n_units", doc="potential after a spike")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def velocity(self, x, j):
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get())

    def threshold(self, x):
        return x.v - self.v_thr.get()

    def reset_map(self, x):
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))


class StatedExactLIF(StatedLIF):
    """With a closed flow, but the generic crossing and restart."""

    def exact_flow(self, x, j, dt):
        return leaky_flow(self, x, j, dt)


class FlowLIF(SpikingCell):
    """States its flow instead of its velocity."""

    tau_m, v_thr, v_rest, v_reset, v = (
        StatedLIF.declarations[k] for k in ("tau_m", "v_thr", "v_rest", "v_reset", "v")
    )  # fmt: skip
    threshold, reset_map = StatedLIF.threshold, StatedLIF.reset_map

    def flow(self, x, j, dt):
        return leaky_flow(self, x, j, dt)


class RestatedLIF(LIFCell):
    """A subclass whose velocity is not that of its closed forms: twice as fast."""

    def velocity(self, x, j):
        return x._replace(v=2.0 * (self.v_rest.get() + j - x.v) / self.tau_m.get())


class AdaptiveLIF(StatedLIF):
    """The threshold rises by 0.3 at each spike and falls back in 50 ms."""

    fields = ("v", "a")
    a = state(shape="n_units", doc="rise of the threshold")

    def velocity(self, x, j):
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get(), a=-x.a / 50.0)

    def threshold(self, x):
        return x.v - self.v_thr.get() - x.a

    def reset_map(self, x):
        return super().reset_map(x)._replace(a=x.a + 0.3)


class Izhikevich(SpikingCell):
    """Simple model of Izhikevich 2003, regular spiking; currents scaled by 10."""

    fields = ("v", "u")
    v_reset = param(-65.0, shape="n_units", unit="mV", doc="potential after a spike")
    v = state(shape="n_units", init="v_reset", unit="mV", doc="membrane potential")
    u = state(shape="n_units", init=-13.0, doc="recovery")

    def velocity(self, x, j):
        return x._replace(v=0.04 * x.v**2 + 5.0 * x.v + 140.0 - x.u + 10.0 * j, u=0.02 * (0.2 * x.v - x.u))

    def threshold(self, x):
        return x.v - 30.0

    def reset_map(self, x):
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape), u=x.u + 8.0)


CONSTANTS = {"tau_m": [18.0, 20.0, 22.0, 5.0], "v_reset": -0.2, "v_rest": 0.05}
LIF_KEYS = (
    *(("hid", k) for k in ("j", "tau_m", "tau_syn", "v_thr", "v_reset", "refract_time")),
    ("w_in", "weights"), ("w_rec", "weights"),
)  # fmt: skip


MIXED = [1.3, 0.2, 0.0, 2.0]  # ms: longer and shorter than a step, and none


@pytest.mark.parametrize(
    "cell, timing, refract_time, rtol",
    [
        (StatedLIF, "precise", MIXED, 1e-5),
        (StatedLIF, "grid", MIXED, 1e-5),
        (StatedExactLIF, "precise", 0.0, 1e-9),
    ],
)
def test_generic_path_equals_the_closed_forms(x64, timing, cell, rtol, refract_time):
    results = []
    for cls in (LIFCell, cell):
        net = network(0.25, timing, cls, refract_time=refract_time, **CONSTANTS)
        results.append(jax.jit(jax.value_and_grad(loss_of(net)))(values_of(net, *LIF_KEYS)))
    (value, grads), (generic_value, generic_grads) = results
    assert generic_value == pytest.approx(float(value), rel=rtol)
    for key in LIF_KEYS:
        scale = np.abs(grads[key]).max()
        np.testing.assert_allclose(generic_grads[key], grads[key], rtol=0, atol=rtol * scale, err_msg=str(key))


ANY = {
    "adaptive threshold": (AdaptiveLIF, CONSTANTS, (0.2, 0.0125), [("hid", "tau_m"), ("hid", "v_thr")]),
    "Izhikevich": (Izhikevich, {}, (0.1, 0.00625), [("hid", "v_reset")]),
}


@pytest.mark.parametrize("name", ANY)
def test_gradients_of_any_cell_converge_to_finite_differences(x64, name):
    """No adjoint is written anywhere: at each step width against finite differences at the finest."""
    cell, arguments, steps, more = ANY[name]
    keys = [("hid", "j"), ("w_rec", "weights"), *more]
    errors, want = [], {}
    for dt in reversed(steps):
        net = network(dt, "precise", cell, **arguments)
        loss, params = jax.jit(loss_of(net)), values_of(net, *keys)
        for key in [] if want else keys:
            eps = 1e-6 * max(1.0, float(np.abs(params[key]).max()))
            want[key] = finite_difference(partial(_changed, loss, params, key), params[key], eps)
        got = jax.jit(jax.grad(loss))(params)
        assert all(np.all(np.isfinite(g)) for g in got.values())
        errors.append([np.linalg.norm(got[k] - want[k]) / np.linalg.norm(want[k]) for k in keys])
    finest, coarsest = np.max(errors, axis=1)
    assert finest < 1e-3 and finest < 0.05 * coarsest


def _changed(loss, params, key, value):
    return loss({**params, key: value})


def test_rates_of_generic_cells(x64):
    """Under a constant current, against theory."""
    for cell, tau, integration in ((StatedLIF, 20.0, "rk4"), (RestatedLIF, 10.0, "rk4"), (FlowLIF, 20.0, None)):
        net, c = one(cell)
        times = spike_times(net, c, {c.j: np.full((80, 1, 1), 2.0)})[0]
        np.testing.assert_allclose(np.diff(times), tau * np.log(2.0), rtol=1e-3)
        assert c.integration == integration


class WithoutThreshold(SpikingCell):
    v = state(shape="n_units", doc="membrane potential")

    def velocity(self, x, j):
        return x._replace(v=j - x.v)


class WithoutVelocity(StatedLIF):
    velocity = SpikingCell.velocity


class WithoutField(StatedLIF):
    fields = ("v", "w")


class ClampsTooMuch(StatedLIF):
    clamped = ("v", "w")


REFUSED = {
    "threshold": (WithoutThreshold, {}, "must define threshold"),
    "velocity": (WithoutVelocity, {}, "must define velocity"),
    "field": (WithoutField, {}, "the field 'w' of its state needs a declaration"),
    "clamped": (ClampsTooMuch, {"refract_time": 1.0}, "`clamped` ('v', 'w') must be among its fields"),
    "no closed form": (StatedLIF, {"integration": "exact"}, "has no closed form"),
    "restated": (RestatedLIF, {"integration": "exact"}, "has no closed form"),
    "own flow": (FlowLIF, {"integration": "rk4"}, "`integration` does not apply"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_incomplete_cells_are_refused_when_made(name):
    cell, arguments, message = REFUSED[name]
    with pytest.raises(ng.GraphError) as error:
        one(cell, **arguments)
    assert message in str(error.value)
