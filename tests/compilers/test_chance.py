"""Random components in compiled trials: their statistics, fresh numbers for every batch, the same for the same call."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, EventPropCompiler, InferenceCompiler
from ngcsnn.components import (
    BernoulliEncoder,
    DenseSynapse,
    DiehlCookCell,
    LeakyNoiseCell,
    LICell,
    LIFCell,
    PhasorEncoder,
    PoissonEncoder,
    StochasticRelease,
)
from ngcsnn.graph import Component, output

STEPS, N = 30, 5
ENCODERS: dict[str, Any] = {
    "poisson": lambda: PoissonEncoder("encoder", n_units=N, max_rate=200.0),
    "bernoulli": lambda: BernoulliEncoder("encoder", n_units=N, max_rate=200.0),
    "phasor": lambda: PhasorEncoder("encoder", n_units=N, frequency=200.0, jitter=0.5),
}
LOSS = {
    "example_timesteps": STEPS,
    "losses": {"out": "sparse_categorical_crossentropy"},
    "readouts": {"out": "avg_var"},
}


def network(name: str = "poisson", release: bool = False) -> ng.Context:
    with ng.Context("net", seed=1) as net:
        encoder = ENCODERS[name]()
        hidden, out = LIFCell("hidden", n_units=8), LICell("out", n_units=2)
        w = DenseSynapse("w", shape=(N, 8), weights=ng.init.Normal(1.5, 0.5))
        w_rec = DenseSynapse("w_rec", shape=(8, 8), weights=ng.init.Normal(0.0, 0.3))
        v = DenseSynapse("v", shape=(8, 2), weights=ng.init.Normal(0.0, 0.5))
        lets = StochasticRelease("release", n_units=8, probability=0.6) if release else None
    encoder.s >> w.inputs
    w.outputs + w_rec.outputs >> hidden.syn
    if lets is None:
        hidden.s >> w_rec.inputs
    else:
        hidden.s >> lets.inputs
        lets.outputs >> w_rec.inputs
    hidden.s >> v.inputs
    v.outputs >> out.syn
    return net


def drive(n: int, size: float = 0.8) -> dict[str, np.ndarray]:
    return {"encoder": np.full((n, STEPS, N), size)}


@pytest.mark.parametrize("name", ENCODERS)
def test_the_rate_is_that_of_the_encoder_and_samples_differ(name):
    net = network(name)
    compiled = InferenceCompiler(STEPS, readouts={"out": "avg_var"}, batch_size=50).compile(net)
    s = np.asarray(compiled.simulate(drive(120), record="encoder.s")["encoder.s"])
    late = s[10:] if name == "phasor" else s  # which starts all phases at 0
    assert late.mean() == pytest.approx(0.16, rel=0.05)
    first = s.transpose(1, 0, 2).reshape(120, -1)
    assert len(np.unique(first, axis=0)) > 115, "samples, of one batch or of others, share their numbers"
    assert abs(np.corrcoef(s[:-1].ravel(), s[1:].ravel())[0, 1]) < (0.3 if name == "phasor" else 0.05)


def test_the_same_call_draws_the_same_numbers_and_another_seed_others():
    net = network()
    compiled = InferenceCompiler(STEPS, readouts={"out": "avg_var"}, batch_size=4).compile(net)
    a, b = (compiled.predict(drive(10)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert compiled.traces == {"predict": 1}
    y, losses, made = {"out": np.arange(10) % 2}, [], None
    for seed in (0, 1):
        made = EventPropCompiler(**LOSS, batch_size=4, seed=seed).compile(net)
        losses += [made.evaluate(drive(10), y)["loss"] for _ in range(2)]
    assert losses[0] == losses[1] != losses[2] == losses[3]
    assert made is not None
    assert float(made.loss_and_grads(drive(10), y)[0]) == pytest.approx(losses[3], rel=1e-5)


@pytest.mark.parametrize("compiler", [EventPropCompiler, EPropCompiler], ids=["eventprop", "eprop"])
def test_training_draws_anew_in_every_batch_and_epoch_without_compiling_anew(compiler):
    """A frozen network: what differs between epochs are the numbers alone."""
    net = network()
    made = compiler(**LOSS, batch_size=4, optimiser={"sgd": {"eta": 0.0}}).compile(net)
    x, y = drive(8), {"out": np.arange(8) % 2}
    history = made.train(x, y, num_epochs=3, shuffle=False, callbacks=[])[1]["history"]
    losses = [record["loss"] for record in history]
    assert len(set(losses)) == 3 and made.traces["train"] == 1
    again = compiler(**LOSS, batch_size=4, optimiser={"sgd": {"eta": 0.0}}).compile(net)
    later = again.train(x, y, num_epochs=1, start_epoch=2, shuffle=False, callbacks=[])[1]["history"]
    assert later[0]["loss"] == losses[2]


def test_gradients_are_those_of_the_trial_that_was_drawn(x64):
    """Through recurrent release that is drawn within the loop: finite differences at the same numbers."""
    net = network(release=True)
    compiled = EventPropCompiler(**LOSS, batch_size=3).compile(net)
    x, y = drive(3, 1.0), {"out": np.array([0, 1, 0])}
    _, grads = compiled.loss_and_grads(x, y)
    for name in ("w", "v"):
        w = np.asarray(net.find(f"{name}.weights").get())
        way = np.random.default_rng(0).normal(size=w.shape)
        ends = []
        for eps in (1e-6, -1e-6):
            net.find(f"{name}.weights").set(w + eps * way)
            ends.append(float(compiled.loss_and_grads(x, y)[0]))
        net.find(f"{name}.weights").set(w)
        want = (ends[0] - ends[1]) / 2e-6
        assert float(np.sum(np.asarray(grads[name]["weights"]) * way)) == pytest.approx(want, rel=0.02), name


def test_noise_and_choices_of_cells():
    """A noisy rate cell, and cells of which a random one may spike, in one trial."""
    with ng.Context("net") as net:
        encoder = ENCODERS["poisson"]()
        LeakyNoiseCell("noisy", n_units=3, sigma_pre=0.5)
        cells = DiehlCookCell("cells", n_units=4, one_spike="random", refract_time=0.0)
        w = DenseSynapse("w", shape=(N, 4), weights=100.0)
        out, v = LICell("out", n_units=2), DenseSynapse("v", shape=(4, 2), weights=1.0)
    encoder.s >> w.inputs
    w.outputs >> cells.syn
    cells.s >> v.inputs
    v.outputs >> out.syn
    compiled = InferenceCompiler(STEPS, readouts={"out": "avg_var"}, spike_timing="grid").compile(net)
    got = compiled.simulate(drive(20), record=["cells.s", "noisy.x"])
    s, x = np.asarray(got["cells.s"]), np.asarray(got["noisy.x"])
    assert s.sum(-1).max() == 1 and np.all(s.sum((0, 1)) > 20)
    assert len(np.unique(x[-1])) == 60 and 0.05 < x[-1].std() < 0.6


class Undeclared(Component):
    stage = "source"
    s = output(shape=(N,), timed=True)

    def advance(self) -> None:
        self.s.set(jax.random.uniform(self.context.next_key(), self.s.get().shape))


def test_a_component_that_does_not_say_that_it_draws_is_refused_by_name():
    with ng.Context("net") as net:
        source, w, out = Undeclared("source"), DenseSynapse("w", shape=(N, 2), weights=1.0), LICell("out", n_units=2)
        encoder = ENCODERS["poisson"]()
    source.s >> w.inputs
    w.outputs >> out.syn
    compiled = InferenceCompiler(STEPS, readouts={"out": "avg_var"}).compile(net)
    with pytest.raises(ng.GraphError, match="'source' draws random numbers in its step, for which it got no key"):
        compiled.predict({encoder.name: drive(1)["encoder"]})


def test_eprop_in_chunks_has_no_keys():
    told = {**LOSS, "readouts": {"out": "var"}}
    made = EPropCompiler(**told, batch_size=4, mode="streaming").compile(network())
    with pytest.raises(ng.GraphError, match="'encoder' draws random numbers .* e-prop in chunks has none"):
        made.train(drive(4), {"out": np.arange(4) % 2}, callbacks=[])
