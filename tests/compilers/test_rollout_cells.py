"""Rollouts of adaptive cells: the default process in values and gradients, storing what a LIF cell stores and `a`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_rollout import by_steps, fed, params, quickly

import ngcsnn as ng
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.components import ALIFCell, DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.credit import Grid, Precise

RULES = {"precise": Precise(), "exact": Precise(orders=True), "grid": Grid()}
T, B = 30, 3


def network(timing, **arguments):
    with ng.Context("net", dt=1.0, seed=3, spike_timing=timing) as net:
        inp, hid = SpikeSource("input", n_units=5), ALIFCell("hidden", n_units=6, beta=0.2, tau_adapt=30.0, **arguments)
        out = LICell("output", n_units=3)
        forward = DenseSynapse("forward", shape=(5, 6), weights=ng.init.Normal(1.6, 1.0))
        back = DenseSynapse("back", shape=(6, 6), weights=ng.init.Normal(0.0, 0.3))
        readout = DenseSynapse("readout", shape=(6, 3), weights=ng.init.Normal())
        inp.s >> forward.inputs
        forward.outputs + back.outputs >> hid.syn
        hid.s >> back.inputs
        hid.s >> readout.inputs
        readout.outputs >> out.syn
    net.reset(batch_size=B)
    return net


@pytest.mark.parametrize("timing", RULES)
def test_equals_the_default_process(timing, x64):
    net = network(timing, refract_time=1.4 if timing == "exact" else 0.0)
    data, watch = fed(net), [("hidden", "s"), ("hidden", "a"), ("output", "v")]
    trained = {n: {k: v for k, v in p.items() if k not in ("v_rest", "refract_time")} for n, p in params(net).items()}
    fixed = {n: {k: v for k, v in p.items() if k in ("v_rest", "refract_time")} for n, p in params(net).items()}
    rollout = Rollout(net, RULES[timing], T, data)

    def ours(p):
        recorded, _ = rollout(p, fixed, data, watch)
        return jnp.mean(recorded[("output", "v")] ** 2), recorded

    def plain(p):
        recorded = by_steps(net, data, watch, p)
        return jnp.mean(recorded[("output", "v")] ** 2), recorded

    (_, a), ga = quickly(jax.value_and_grad(ours, has_aux=True))(trained)
    (_, b), gb = quickly(jax.value_and_grad(plain, has_aux=True))(trained)
    assert float(jnp.sum(a[("hidden", "s")])) > 20
    for w in watch:
        np.testing.assert_allclose(a[w], b[w], rtol=0, atol=1e-11, err_msg=str(w))
    for n, part in gb.items():
        for k, g in part.items():
            scale = max(1e-12, float(jnp.max(jnp.abs(g))))
            np.testing.assert_allclose(ga[n][k] / scale, g / scale, rtol=0, atol=1e-8, err_msg=f"{n}.{k}")


def test_the_last_spikes_are_remembered_only_where_a_rule_orders_them():
    for cls in (LIFCell, ALIFCell):
        with ng.Context("net"):
            cell = cls("cell", n_units=1)
        assert [cell.remembered(rule) for rule in (None, *RULES.values())] == [("s",), (), ("s",), ()]
