"""jax.grad through precise and grid spikes against finite differences, for every parameter of cells and synapses."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from cell_nets import finite_difference
from recurrent import loss_of, network, values_of

CELL = {"v_rest": 0.05, "v_reset": -0.2, "tau_m": [18.0, 20.0, 22.0, 5.0], "tau_syn": 5.0}
KEYS = (
    *(("hid", k) for k in ("j", "tau_m", "tau_syn", "v_thr", "v_reset", "v_rest", "refract_time")),
    ("w_in", "weights"), ("w_rec", "weights"), ("w_out", "weights"), ("out", "tau_m"),
)  # fmt: skip


def differences(loss, params, key):
    return finite_difference(lambda x: loss({**params, key: x}), params[key], 1e-6)


@pytest.mark.parametrize("refract_time", [0.0, [1.3, 0.2, 0.0, 2.0]])
def test_precise_gradients_are_those_of_the_simulation(x64, refract_time):
    """Spike times, and a readout, at a coarse step: every derivative, also of later spikes, to finite differences."""
    net = network(0.5, "precise", refract_time=refract_time, **CELL)
    loss, params = jax.jit(loss_of(net)), values_of(net, *KEYS)
    got = jax.jit(jax.grad(loss))(params)
    for key in KEYS:
        if key == ("hid", "refract_time") and refract_time == 0.0:
            continue
        want = differences(loss, params, key)
        assert np.linalg.norm(want) > 1e-4 or key == ("hid", "refract_time"), key
        np.testing.assert_allclose(got[key], want, rtol=1e-4, atol=1e-5 * np.abs(want).max(), err_msg=str(key))


def test_grid_gradients_converge_to_the_same(x64):
    def gradient(dt, timing):
        net = network(dt, timing, refract_time=[1.3, 0.2, 0.0, 2.0], **CELL)
        return jax.jit(jax.grad(loss_of(net)))(values_of(net, *KEYS))

    want = gradient(0.0125, "precise")
    coarse, fine = (
        max(np.linalg.norm(got[k] - want[k]) / np.linalg.norm(want[k]) for k in KEYS)
        for got in (gradient(0.1, "grid"), gradient(0.0125, "grid"))
    )
    assert fine < 0.06 and fine < 0.3 * coarse
