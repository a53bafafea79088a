"""The general Hebbian form: each coefficient, and known rules as its special cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, GeneralHebbianRule, OjaRule
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")
RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2))


def fed(rule: Any, **arguments: Any) -> Any:
    with ng.Context("net", dt=0.5, dtype="float64") as net:
        w = DenseSynapse("w", shape=(4, 2), weights=W, bias=0.3)
        part = rule("rule", synapse=w, **arguments)
    net.reset(batch_size=3)
    part.pre.set(X)
    part.post.set(Y)
    return part


def change(rule: Any, **arguments: Any) -> np.ndarray:
    return np.asarray(fed(rule, **arguments).dweights.get())


PARTS = {
    "c0": np.ones((4, 2)),
    "c_pre": X.mean(0)[:, None] * np.ones(2),
    "c_post": Y.mean(0) * np.ones((4, 1)),
    "c_corr": X.T @ Y / 3,
    "c_pre2": (X * X).mean(0)[:, None] * np.ones(2),
    "c_post2": (Y * Y).mean(0) * np.ones((4, 1)),
}


@pytest.mark.parametrize("name", list(PARTS))
def test_each_coefficient(name: str) -> None:
    only: dict[str, Any] = {"c_corr": 0.0, name: 0.7}
    np.testing.assert_allclose(change(GeneralHebbianRule, **only), 0.7 * PARTS[name], rtol=1e-12)
    only[name] = (0.5, -2.0, 3.0)
    want = (0.5 - 2.0 * W + 3.0 * W**2) * PARTS[name]
    np.testing.assert_allclose(change(GeneralHebbianRule, **only), want, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(change(GeneralHebbianRule, **only, tau=10.0), 0.05 * want, rtol=1e-11, atol=1e-14)


def test_oja_as_a_special_case() -> None:
    np.testing.assert_allclose(
        change(GeneralHebbianRule, c_corr=0.2, c_post2=(0.0, -0.2)), change(OjaRule, rate=0.2), rtol=1e-12
    )


def test_biases_are_weights_from_one() -> None:
    rule = fed(GeneralHebbianRule, c0=0.1, c_pre=(0.0, 2.0), c_post2=-1.0)
    want = 0.1 + 2.0 * 0.3 + Y.mean(0) - (Y * Y).mean(0)
    np.testing.assert_allclose(rule.dbias.get(), want, rtol=1e-12)


def test_refused() -> None:
    with pytest.raises(GraphError, match="`c_pre` must be a number, or numbers"):
        change(GeneralHebbianRule, c_pre=("a", 1.0))
