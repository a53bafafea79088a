"""LICell: v and its mean over a step against closed forms, bias, and orders."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from cell_nets import events, finite_difference, one, order, rollout

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, SpikeSource

A, B = 1 / 20.0, 1 / 5.0


def potential(t: Any, start: Any = 0.0) -> Any:
    after = np.maximum(t - start, 0.0)
    return (np.exp(-A * after) - np.exp(-B * after)) / 3


def integral(t: Any, start: Any = 0.0) -> Any:
    after = np.maximum(t - start, 0.0)
    return ((1 - np.exp(-A * after)) / A - (1 - np.exp(-B * after)) / B) / 3


def test_potential_and_mean_under_current_bias_and_rest(x64):
    net, cell = one(LICell, n=2, bias=[0.4, -0.2], v_rest=0.1, tau_m=[20.0, 8.0])
    out = net.advance.scan(inputs={cell.j: np.full((15, 1, 2), 0.3)}, watch=[cell.v, cell.v_mean])
    v, mean = (np.asarray(out[f"cell.{k}"])[:, 0] for k in ("v", "v_mean"))
    tau, u, t = np.array([20.0, 8.0]), np.array([0.8, 0.2]), np.arange(1, 16.0)[:, None]
    np.testing.assert_allclose(v, u + (0.1 - u) * np.exp(-t / tau), rtol=1e-13)
    np.testing.assert_allclose(mean, u + (0.1 - u) * tau * (np.exp(-(t - 1) / tau) - np.exp(-t / tau)), rtol=2e-6)


def test_mean_between_events_is_fourth_order(x64):
    steps, errors = (2.0, 1.0, 0.5, 0.25), []
    for dt in steps:
        net, cell = one(LICell, dt=dt)
        sizes = np.zeros((round(16 / dt), 1, 1))
        sizes[0] = 1.0
        out = net.advance.scan(inputs={cell.syn: sizes}, watch=[cell.v, cell.v_mean])
        v, mean = (np.asarray(out[f"cell.{k}"])[:, 0, 0] for k in ("v", "v_mean"))
        np.testing.assert_allclose(v[-1], potential(16.0), rtol=1e-12)
        errors.append(abs(mean.sum() * dt - integral(16.0)))
    assert 3.7 < order(steps, errors) < 4.3


def test_integral_over_events_within_steps_is_second_order(x64):
    steps, errors, times = (1.0, 0.5, 0.25, 0.125), [], (1.3, 2.71, 4.17, 4.4)
    for dt in steps:
        with ng.Context("net", dt=dt) as net:
            inp, cell = SpikeSource("inp", n_units=1), LICell("cell", n_units=1)
            w = DenseSynapse("w", shape=(1, 1), weights=1.0)
            inp.s >> w.inputs
            w.outputs >> cell.syn
        sizes, moments = events(times, round(16 / dt), dt)
        out = net.advance.scan(inputs={inp.s: sizes, inp.s.offset: moments}, watch=[cell.v_mean])
        mean = np.asarray(out["cell.v_mean"])[:, 0, 0]
        errors.append(abs(mean.sum() * dt - sum(integral(16.0, t) for t in times)))
    assert order(steps, errors) > 1.8 and errors[0] < 0.01


def test_under_exact_timing_single_arrivals_are_third_order(x64):
    """v and its integral; and their derivatives in the time of an arrival, which are second order."""
    steps, errors, times = (1.0, 0.5, 0.25, 0.125), [], np.array([1.3, 2.71, 4.17])
    for dt in steps:
        net, cell = one(LICell, dt=dt, timing="exact")
        sizes, moments = (np.roll(a, 1, axis=0) for a in events(times, round(16 / dt), dt))  # received one step later

        def run(late, net=net, cell=cell, sizes=sizes, moments=moments):
            feed = {cell.syn: sizes, cell.syn.offset: moments + late * sizes}
            v, mean = rollout(net, feed, lambda s: (s["cell"]["v"], s["cell"]["v_mean"]))({}, {})
            return jnp.stack([v[-1, 0, 0], jnp.sum(mean) * net.dt])

        v, total = run(0.0)
        dv, d_total = jax.jacfwd(run)(0.0)
        want = (sum(potential(16.0, times)), sum(integral(16.0, times)))
        moved = [(sum(f(16.0, times + 1e-5)) - sum(f(16.0, times - 1e-5))) / 2e-5 for f in (potential, integral)]
        errors.append(np.abs(np.array([v, total, dv, d_total]) - np.array([*want, *moved])))
    for values, at_least in zip(np.array(errors).T, (2.7, 2.7, 1.8, 1.8), strict=True):
        assert order(steps, values) > at_least


def test_a_cell_without_bias_has_none_and_one_with_it_learns_it(x64):
    assert "bias" not in one(LICell)[1].compartments
    net, cell = one(LICell, n=2, bias=0.0)
    assert cell.bias.declared.learned and cell.bias.shape == (2,)
    read = rollout(net, {cell.j: np.full((10, 1, 2), 0.5)}, lambda s: s["cell"]["v_mean"])

    def loss(bias):
        return jnp.sum(read({("cell", "bias"): bias}, {}) ** 2)

    bias = np.array([0.2, -0.1])
    np.testing.assert_allclose(jax.grad(loss)(bias), finite_difference(loss, bias), rtol=1e-6)


def test_starts_at_rest():
    _net, cell = one(LICell, n=3, v_rest=[0.1, 0.2, 0.3], batch=2)
    np.testing.assert_allclose(cell.v.get(), np.tile(np.array([0.1, 0.2, 0.3], np.float32), (2, 1)))
    np.testing.assert_allclose(cell.v_mean.get(), cell.v.get())
