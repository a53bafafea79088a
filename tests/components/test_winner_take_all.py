"""WTAS cells against their equations written out, their gradient, and what they refuse."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, EventPropCompiler, SurrogateCompiler
from ngcsnn.components import DenseSynapse, LICell, SpikeSource, WTASCell
from ngcsnn.credit import Surrogate


def waves(high, steps=80, n=4, batch=2):
    t, rng = np.arange(steps)[:, None, None], np.random.default_rng(0)
    return high * (0.5 + 0.5 * np.sin(t / rng.uniform(5, 15, (batch, n)) + rng.uniform(0, 6, (batch, n))))


@pytest.mark.parametrize("timing", ["precise", "grid"])
def test_every_step_is_the_one_of_the_equations(x64, timing):
    """Current and events; the softmax across the layer; refractory cells silent; spikes on the step's end."""
    told = {"thr_base": 0.5, "pull": 0.02, "target": 1.2, "thr_min": 0.48, "tau_syn": 3.0}
    net, cell = one(WTASCell, n=4, dt=0.5, timing=timing, batch=2, refract_time=1.5, **told)
    j, size = waves(4.0), (np.random.default_rng(1).random((80, 2, 4)) < 0.1) * 1.5
    inputs = {cell.j: j, cell.syn: size}
    out = net.advance.scan(inputs=inputs, watch=[cell.v, cell.thr, cell.s, cell.s.offset])
    i, thr, rest, lowest = np.zeros((2, 4)), np.full((2, 4), 0.5), np.zeros((2, 4)), 1.0
    for n in range(80):
        released = rest < 0.5 - 1e-9  # within this step, or long ago
        rest = np.maximum(rest - 0.5, 0.0)
        i = (i + size[n]) * np.exp(-0.5 / 3.0)
        v = np.where(released, j[n] + i, 0.0)
        s = (np.exp(v) / np.exp(v).sum(1, keepdims=True) > thr) & (rest <= 0)
        rest = np.where(s, 1.5, rest)
        thr = np.maximum(thr + 0.02 * (s.sum(1, keepdims=True) - 1.2 * 0.5), 0.48)
        lowest = min(lowest, thr.min())
        for key, value in {"v": v, "thr": thr, "s": s, "s.offset": 0.0 * v}.items():
            np.testing.assert_allclose(out[f"cell.{key}"][n], value, atol=1e-12, err_msg=f"{key} at {n}")
    assert lowest == 0.48 and np.sum(out["cell.s"]) > 20


def test_thresholds_outlast_a_trial():
    net, cell = one(WTASCell, n=3)
    net.advance.run({cell.j: [[1.0, 0.9, 0.8]]})
    after = np.asarray(cell.thr.get())
    net.reset()
    np.testing.assert_array_equal(cell.thr.get(), after)
    assert np.all(after < 0.4)


def test_the_surrogate_gradient_is_the_one_of_the_softmax(x64):
    net, cell = one(WTASCell, n=3)
    net.__dict__["spike_timing"] = Surrogate("straight_through")
    state = net.state
    j = jnp.array([[0.5, 1.2, 0.1]])
    got = jax.jacobian(lambda x: net.advance.pure(state, {cell.j: x})["cell"]["s"][0])(j)[:, 0]
    p = jax.nn.softmax(j[0])
    np.testing.assert_allclose(got, np.diag(p) - np.outer(p, p), rtol=1e-12)


def layered():
    with ng.Context("net", dt=1.0) as net:
        inp, hid, out = SpikeSource("input", n_units=3), WTASCell("hidden", n_units=4), LICell("output", n_units=2)
        w1, w2 = DenseSynapse("w1", shape=(3, 4), weights=1.0), DenseSynapse("w2", shape=(4, 2), weights=1.0)
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


@pytest.mark.parametrize(
    "compiler, why",
    [(EventPropCompiler, "at no time of its own: EventProp finds no gradient"), (EPropCompiler, "within a cell alone")],
    ids=["eventprop", "eprop"],
)
def test_rules_that_make_no_sense_are_refused_by_name(compiler, why):
    told = compiler(example_timesteps=5, losses={"output": "sparse_categorical_crossentropy"})
    with pytest.raises(ng.GraphError, match="'hidden' \\(WTASCell\\)") as error:
        told.compile(layered())
    assert why in str(error.value)


def test_surrogate_gradients_train_through_them():
    made = SurrogateCompiler(example_timesteps=8, losses={"output": "sparse_categorical_crossentropy"}).compile(
        layered()
    )
    x = (np.random.default_rng(0).random((4, 8, 3)) < 0.4).astype(np.float32)
    loss, grads = made.loss_and_grads({"input": x}, {"output": np.array([0, 1, 0, 1])})
    assert np.isfinite(float(loss)) and np.isfinite(grads["w1"]["weights"]).all()
