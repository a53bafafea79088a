"""ART2ARule: by hand, categories as the vigilance says, one sample after another whatever the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import ART2ARule, Conv2DSynapse, DenseSynapse, SparseSynapse

pytestmark = pytest.mark.usefixtures("x64")
SAMPLES = np.random.default_rng(0).random((12, 1, 4)) ** 3 + 0.01


def made(
    batch: int = 1, n: int = 5, cls: Any = DenseSynapse, own: dict[str, Any] | None = None, **arguments: Any
) -> Any:
    with ng.Context("net") as net:
        w = cls("w", **({"shape": (4, n)} if own is None else own), weights=0.0)
        rule = ART2ARule("rule", synapse=w, **arguments)
        rule.dweights >> w.dweights
    net.reset(batch_size=batch)
    return net.process("learn") >> net.advance >> net.evolve, w, rule


def unit(x: np.ndarray) -> np.ndarray:
    return x / max(np.linalg.norm(x), 1e-30)


def by_hand(samples: np.ndarray, n: int, rate: float, vigilance: float, threshold: float) -> tuple[Any, list[int]]:
    weights, found = [], []
    for s in samples:
        x = unit(s)
        x = unit(np.where(x > threshold, x, 0.0))
        match = [w @ x for w in weights]
        best = int(np.argmax(match)) if match else 0
        if match and match[best] >= vigilance:
            psi = np.where(weights[best] > threshold, x, 0.0)
            weights[best] = unit(rate * unit(psi) + (1 - rate) * weights[best])
            found.append(best)
        elif len(weights) < n:
            weights.append(x)
            found.append(len(weights) - 1)
        else:
            found.append(-1)
    return np.array(weights).T, found


@pytest.mark.parametrize("batch", [1, 4], ids=str)
@pytest.mark.parametrize("vigilance", [0.6, 0.95, 0.999], ids=str)
def test_it_is_the_algorithm_of_the_paper(batch: int, vigilance: float):
    learn, w, _ = made(batch, rate=0.3, vigilance=vigilance, threshold=0.2)
    out = learn.scan({"rule.pre": SAMPLES.reshape(-1, batch, 4)}, watch=["rule.winners"])["rule.winners"]
    weights, found = by_hand(SAMPLES[:, 0], 5, 0.3, vigilance, 0.2)
    np.testing.assert_allclose(np.asarray(w.weights.get())[:, : weights.shape[1]], weights, rtol=1e-9, atol=1e-12)
    assert not np.any(np.asarray(w.weights.get())[:, weights.shape[1] :])
    chosen = np.asarray(out).reshape(-1, 5)
    assert [int(np.argmax(c)) if c.any() else -1 for c in chosen] == found
    assert len(set(found)) > 1 and (-1 in found) == (vigilance > 0.9)


def test_categories_are_kept_from_trial_to_trial_and_all_of_length_one():
    learn, w, rule = made(rate=0.3, vigilance=0.9)
    learn.scan({"rule.pre": SAMPLES})
    used = np.asarray(rule.used.get())
    w.context.reset()
    np.testing.assert_array_equal(rule.used.get(), used)
    np.testing.assert_allclose(np.linalg.norm(w.weights.get(), axis=0), used, rtol=1e-9)
    learn.scan({"rule.pre": np.zeros((2, 1, 4))})
    np.testing.assert_allclose(np.linalg.norm(w.weights.get(), axis=0), used, rtol=1e-9), "silence is no sample"


def test_units_see_what_reaches_them():
    own = {"shape": (4, 2), "pre": [0, 1, 2, 3, 0, 1], "post": [0, 0, 0, 0, 1, 1]}
    learn, w, _ = made(1, 2, SparseSynapse, own, vigilance=0.99)
    learn.scan({"rule.pre": np.array([[[0.0, 0.0, 3.0, 4.0]], [[3.0, 4.0, 0.0, 0.0]]])})
    np.testing.assert_allclose(w.weights.get(), [0, 0, 0.6, 0.8, 0.6, 0.8], atol=1e-12)


def test_refused():
    with pytest.raises(ng.GraphError, match="`vigilance` must be between 0 and 1"):
        made(vigilance=1.5)
    with pytest.raises(ng.GraphError, match="`reduce` does not apply"):
        made(reduce="sum")
    with pytest.raises(ng.GraphError, match="shares its weights"):
        made(cls=Conv2DSynapse, own={"in_shape": (2, 2, 1), "filters": 1, "kernel_size": 2})
