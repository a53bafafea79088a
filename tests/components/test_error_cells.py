"""Error cells: every gradient they put out against finite differences of their likelihood, by sample."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from encoder_runs import encoder

from ngcsnn.components import BernoulliErrorCell, GaussianErrorCell, LaplacianErrorCell

RNG = np.random.default_rng(0)
SHAPE = (2, 3)
TARGET = RNG.normal(size=SHAPE)
PREDICTED = TARGET + RNG.choice([-1, 1], SHAPE) * (0.2 + RNG.random(SHAPE))
PROBABILITY, CHANCE = RNG.uniform(0.1, 0.9, SHAPE), RNG.uniform(0.0, 1.0, SHAPE)
SPREAD = np.array([0.5, 1.3, 2.0])
CASES: dict[str, tuple[Any, dict, dict, dict]] = {  # class, arguments, inputs, {gradient: by what}
    "gaussian": (
        GaussianErrorCell,
        {"variance": SPREAD},
        {"mu": PREDICTED, "target": TARGET},
        {"dmu": "mu", "dtarget": "target", "dvariance": "variance"},
    ),
    "laplacian": (
        LaplacianErrorCell,
        {"scale": SPREAD},
        {"shift": PREDICTED, "target": TARGET},
        {"dshift": "shift", "dtarget": "target", "dscale": "scale"},
    ),
    "bernoulli": (
        BernoulliErrorCell,
        {},
        {"p": PROBABILITY, "target": CHANCE},
        {"dp": "p", "dtarget": "target"},
    ),
    "bernoulli_logits": (
        BernoulliErrorCell,
        {"logits": True},
        {"p": PREDICTED * 3, "target": CHANCE},
        {"dp": "p", "dtarget": "target"},
    ),
}


def step(part, given, params=None):
    state = part.context.state
    state = {**state, "part": {**state["part"], **(params or {})}}
    fed = {part.compartment(k): v for k, v in given.items()}
    return part.context.advance.pure(state, fed)["part"]


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_likelihood(x64, name):
    cls, arguments, inputs, gradients = CASES[name]
    _, part = encoder(cls, n_units=3, batch=2, **arguments)
    out = step(part, inputs)
    assert out["L"].shape == (2,)
    for gradient, by in gradients.items():
        if by in inputs:
            want = jax.grad(lambda v, by=by: step(part, {**inputs, by: v})["L"].sum())(inputs[by])
        else:  # one parameter for both samples
            want = jax.jacobian(lambda v, by=by: step(part, inputs, {by: v})["L"])(SPREAD)
        np.testing.assert_allclose(out[gradient], want, rtol=1e-9, atol=1e-12, err_msg=gradient)


@pytest.mark.parametrize("name", CASES)
def test_mask_and_modulator(x64, name):
    cls, arguments, inputs, gradients = CASES[name]
    _, part = encoder(cls, n_units=3, batch=2, **arguments)
    mask, modulator = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]), np.full(SHAPE, 2.5)
    plain, out = step(part, inputs), step(part, {**inputs, "mask": mask, "modulator": modulator})
    for gradient in gradients:
        np.testing.assert_allclose(out[gradient], 2.5 * mask * plain[gradient], rtol=1e-12)
    assert float(out["L"][1]) == 0.0
    again = step(part, {**inputs, "mask": np.ones(SHAPE)})
    np.testing.assert_array_equal(again["L"], plain["L"])  # and the modulator leaves the likelihood alone


def test_likelihoods_are_the_textbooks(x64):
    at = {name: step(encoder(c[0], n_units=3, batch=2, **c[1])[1], c[2])["L"] for name, c in CASES.items()}
    normal = -0.5 * ((TARGET - PREDICTED) ** 2 / SPREAD + np.log(2 * np.pi * SPREAD))
    np.testing.assert_allclose(at["gaussian"] - 1.5 * np.log(2 * np.pi), normal.sum(1), rtol=1e-12)
    laplace = -np.abs(TARGET - PREDICTED) / SPREAD - np.log(2 * SPREAD)
    np.testing.assert_allclose(at["laplacian"] - 3 * np.log(2), laplace.sum(1), rtol=1e-12)
    p = PROBABILITY
    np.testing.assert_allclose(at["bernoulli"], (CHANCE * np.log(p) + (1 - CHANCE) * np.log(1 - p)).sum(1), rtol=1e-12)


def test_certain_predictions_stay_finite():
    _, part = encoder(BernoulliErrorCell, n_units=2)
    out = step(part, {"p": np.array([[0.0, 1.0]]), "target": np.array([[1.0, 0.0]])})
    np.testing.assert_allclose(out["dp"], [[1e4, -1e4]], rtol=1e-3)
    assert np.isfinite(out["L"]).all()
    _, part = encoder(BernoulliErrorCell, n_units=2, logits=True)
    out = step(part, {"p": np.array([[-200.0, 200.0]]), "target": np.array([[1.0, 0.0]])})
    np.testing.assert_allclose(out["dp"], [[1.0, -1.0]])
    np.testing.assert_allclose(out["L"], [-400.0])
