"""PredictiveCodingRule: the gradient of the prediction error, and a small model that comes to predict."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from synapse_nets import VARIED

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, GaussianErrorCell, PredictiveCodingRule, RateCell, TransposedSynapse

pytestmark = pytest.mark.usefixtures("x64")
RNG = np.random.default_rng(0)
PENALTIES: dict[str, Any] = {
    "gaussian": lambda w: 0.5 * w**2,
    "laplacian": jnp.abs,
    "cauchy": lambda w: jnp.log(1 + w**2),
    "exp": lambda w: -jnp.exp(-(w**2)),
}


@pytest.mark.parametrize("prior", [None, *PENALTIES], ids=str)
@pytest.mark.parametrize("name", ["dense", "sparse", "convolution"])
def test_it_descends_error_and_prior(name: str, prior: str | None) -> None:
    kind, variance = VARIED[name], RNG.uniform(0.5, 2.0, VARIED[name].sizes[1])
    with ng.Context("net") as net:
        w = kind.make("w", bias=0.1)
        error = GaussianErrorCell("error", n_units=kind.sizes[1], variance=variance)
        options = {} if prior is None else {"prior": prior, "strength": 0.7}
        rule = PredictiveCodingRule("rule", synapse=w, rate=0.3, **options)
        w.outputs >> error.mu
        error.dmu >> rule.post
        rule.dweights >> w.dweights
        rule.dbias >> w.dbias
    net.reset(batch_size=4)
    r, target = RNG.normal(size=(4, kind.sizes[0])), RNG.normal(size=(4, kind.sizes[1]))
    for place, value in ((w.inputs, r), (rule.pre, r), (error.target, target)):
        place.set(value)

    def energy(weights: Any, bias: Any) -> Any:
        away = target - w.transmit(r, weights) - w.spread_bias(bias)
        cost = 0.0 if prior is None else 0.7 * sum(jnp.sum(PENALTIES[prior](p)) for p in (weights, bias))
        return 0.3 * jnp.mean(jnp.sum(away**2 / (2 * variance), 1)) + cost

    by_weights, by_bias = jax.grad(energy, (0, 1))(w.weights.get(), w.bias.get())
    net.advance.run()
    np.testing.assert_allclose(rule.dweights.get(), -by_weights, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(rule.dbias.get(), -by_bias, rtol=1e-9, atol=1e-12)


def test_a_generative_model_comes_to_explain_its_data() -> None:
    """Two latent units settle while the error comes back over the same weights; data of rank 2 are then predicted."""
    basis = RNG.normal(size=(2, 6))
    with ng.Context("net", dt=1.0, seed=1) as net:
        latent = RateCell("latent", n_units=2, tau_m=5.0, leak=0.05)
        w = DenseSynapse("w", shape=(2, 6), weights=ng.init.Normal(0.0, 0.3))
        back = TransposedSynapse("back", synapse=w)
        error = GaussianErrorCell("error", n_units=6)
        rule = PredictiveCodingRule("rule", synapse=w, tau=30.0)
        latent.r >> w.inputs
        w.outputs >> error.mu
        error.dmu >> back.inputs
        w.weights >> back.tied
        back.outputs >> latent.j
        latent.r >> rule.pre
        error.dmu >> rule.post
        rule.dweights >> w.dweights
    net.reset(batch_size=20)
    error.target.set(RNG.normal(size=(20, 2)) @ basis)
    learn = net.process("learn") >> net.advance >> net.evolve
    losses = -np.asarray(learn.scan(n_steps=600, watch=[error.L])["error.L"]).mean(1)
    assert losses[-1] < 0.02 * losses[0] and learn.traces == 1


def test_continuous_time_and_what_is_refused() -> None:
    with ng.Context("net", dt=0.5) as net:
        w = DenseSynapse("w", shape=(1, 1), weights=0.0)
        rule = PredictiveCodingRule("rule", synapse=w, tau=20.0)
        with pytest.raises(ng.GraphError, match="`prior` and `strength` go together, got 'gaussian' and None"):
            PredictiveCodingRule("other", synapse=w, prior="gaussian")
    rule.pre.set(2.0)
    rule.post.set(3.0)
    np.testing.assert_allclose(rule.dweights.get(), 6.0 * 0.5 / 20.0)
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
