"""NEST's weight optimiser against NEST's recordings, and its defaults."""

from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import SGD, Adam, describe, from_description, nest_optimiser

DATA = Path(__file__).parent / "data"


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", ["opt_adam_b1_clip", "opt_gd_b3"])
def test_recordings(name):
    data, told = np.load(DATA / f"{name}.npz"), json.loads((DATA / f"{name}.json").read_text())["opt"]
    optimiser = nest_optimiser(**told)
    theta = {w: jnp.asarray(data[f"{w}0"]) for w in ("w_in", "w_rec", "w_out")}
    state = optimiser.init(theta)
    for n in range(7):
        state, theta = optimiser.step(state, theta, {w: data[f"g{w[1:]}"][n] for w in theta})
        for w, got in theta.items():
            np.testing.assert_allclose(got, data[w][n], rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("x64")
def test_a_silent_synapse_moves_on_by_its_momentum():
    adam = nest_optimiser("adam", eta=0.1)
    state, w = adam.init(jnp.zeros(1)), jnp.zeros(1)
    m = v = by_hand = 0.0
    for t, g in enumerate([2.0, 0.0, 0.0], start=1):
        state, w = adam.step(state, w, jnp.full(1, g))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        by_hand -= 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
        np.testing.assert_allclose(w, by_hand, rtol=1e-12)


def test_defaults():
    assert nest_optimiser() == SGD(1e-4, clamp=(-100.0, 100.0))
    assert nest_optimiser("adam") == Adam(1e-4, 0.9, 0.999, 1e-7, "nest", clamp=(-100.0, 100.0))
    assert nest_optimiser(Wmin=-1.0, Wmax=2.0, batch_size=3) == SGD(1e-4, clamp=(-1.0, 2.0), batch_size=3)


@pytest.mark.parametrize("type", ["adam", "gradient_descent"])
def test_by_name(type):
    assert from_description(f"nest_{type}") == nest_optimiser(type)
    changed = from_description({f"nest_{type}": {"eta": 0.005, "batch_size": 32}})
    assert changed == nest_optimiser(type, eta=0.005, batch_size=32)
    assert from_description(describe(changed)) == changed


def test_errors():
    with pytest.raises(ValueError, match=r"unknown `type` of NEST's optimiser 'adma'; did you mean 'adam'"):
        nest_optimiser("adma")
    with pytest.raises(
        ValueError, match=r"unknown parameter of NEST's optimiser 'adam' 'beta1'; did you mean 'beta_1'"
    ):
        nest_optimiser("adam", beta1=0.9)
    with pytest.raises(ValueError, match="unknown parameter of NEST's optimiser 'gradient_descent' 'epsilon'"):
        nest_optimiser(epsilon=1e-8)
    with pytest.raises(ValueError, match="unknown optimiser 'nest_adm'; did you mean 'nest_adam'"):
        from_description("nest_adm")
