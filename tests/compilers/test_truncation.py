"""Truncated backpropagation: every so many steps the state loses its gradient, the weights in use there keep theirs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_bptt import lif, loss
from small import labels

import ngcsnn as ng
from ngcsnn.compilers import SurrogateCompiler, TrainableNetwork
from ngcsnn.compilers.parameters import split
from ngcsnn.components import DenseSynapse, LICell, LIFCell, OneToOneSynapse, SpikeSource
from ngcsnn.graph import GraphError

CE = {"output": "sparse_categorical_crossentropy"}
READOUT = {"output": {"avg_var": {"integral": "steps"}}}
STEPS, N = 20, 4


def network(layers: int = 2) -> ng.Context:
    """Recurrent hidden layers, as `plain_bptt` has them."""
    with ng.Context("net", dt=1.0, seed=4) as net:
        before, size = SpikeSource("input", n_units=5), 5
        for k in range(layers):
            hidden = LIFCell(f"hidden_{k}", n_units=6)
            forward = DenseSynapse(f"forward_{k}", shape=(size, 6), weights=ng.init.Normal(14.0 / size, 10.0 / size))
            back = DenseSynapse(f"back_{k}", shape=(6, 6), weights=ng.init.Normal(0.0, 0.4))
            before.s >> forward.inputs
            hidden.s >> back.inputs
            forward.outputs + back.outputs >> hidden.syn
            before, size = hidden, 6
        output, readout = LICell("output", n_units=3), DenseSynapse("readout", shape=(6, 3), weights=ng.init.Normal())
        before.s >> readout.inputs
        readout.outputs >> output.syn
    return net


def spikes() -> np.ndarray:
    return (np.random.default_rng(0).random((N, STEPS, 5)) < 0.2).astype(float)


def compiled(net: ng.Context, truncate: int | None, **options: Any) -> TrainableNetwork:
    options.setdefault("trainable", ["*.weights", "hidden_*.tau_m"])
    return SurrogateCompiler(STEPS, CE, READOUT, batch_size=N, truncate=truncate, **options).compile(net)


def gradient(net: ng.Context, truncate: int | None, **options: Any) -> Any:
    return compiled(net, truncate, **options).loss_and_grads({"input": spikes()}, labels(N))


def close(got: Any, want: Any, rtol: float = 1e-9) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for (path, a), b in zip(jax.tree.leaves_with_path(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12 * np.abs(b).max(), err_msg=str(path))


def test_equals_a_plain_scan_whose_state_is_stopped(x64: None) -> None:
    """7 does not divide the 20 steps."""
    net = network()
    ours = compiled(net, 7)
    trained, fixed = split(net, ours.names)
    x, y = jnp.moveaxis(jnp.asarray(spikes()), 0, 1), jnp.asarray(labels(N))

    def plain(p: Any, every: Any) -> Any:
        whole = {name: {**fixed.get(name, {}), **p.get(name, {})} for name in net.components}
        return loss(lif(), whole, x, y, every)

    run = jax.jit(jax.value_and_grad(plain, has_aux=True))
    (value, fired), want = run(trained, 7)
    got_value, got = ours.loss_and_grads({"input": spikes()}, labels(N))
    assert all(float(n) > 20 for n in fired)
    assert float(got_value) == pytest.approx(float(value), rel=1e-12)
    close(got, want)
    (whole_value, _), whole = run(trained, STEPS)
    assert whole_value == value, "the loss is that of the whole trial"
    for name in ("forward_0", "back_1", "hidden_0", "readout"):
        for a, b in zip(jax.tree.leaves(whole[name]), jax.tree.leaves(want[name]), strict=True):
            assert np.linalg.norm(a - b) > 0.02 * np.linalg.norm(a), name


def starting(net: ng.Context) -> dict[str, Any]:
    """What a start of the trial depends on is trained too."""
    net.find("hidden_0").v_rest.set(0.05)
    return {"trainable": ["forward_0.weights", "hidden_0.v_rest", "output.v_rest"]}


def test_a_whole_trial_is_not_truncated(x64: None) -> None:
    """Also the start of a trial keeps its gradient."""
    net = network(layers=1)
    options = starting(net)
    (a, whole), (b, cut) = gradient(net, None, **options), gradient(net, STEPS, **options)
    assert a == b
    close(cut, whole, rtol=1e-12)
    assert np.all(np.abs(cut["output"]["v_rest"]) > 0)


def test_one_step_learns_from_what_arrives_in_it(x64: None) -> None:
    """Cut at every step, a weight still moves the potential of the step in which it transmits: for a leaky integrator
    dL/dW = sum over n of s[n - 1]^T (e dL/dv[n]), with e the effect of a unit of current."""
    net = network(layers=1)
    ours = compiled(net, 1, trainable=["*.weights"])
    _, grads = ours.loss_and_grads({"input": spikes()}, labels(N))
    s = np.asarray(ours.simulate({"input": spikes()}, "hidden_0.s")["hidden_0.s"])
    y = np.asarray(ours.predict({"input": spikes()}))
    p = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True) - np.eye(3)[labels(N)]
    a, b = np.exp(-1 / 20), np.exp(-1 / 5)
    effect = 5 / (20 - 5) * (a - b)
    np.testing.assert_allclose(grads["readout"]["weights"], effect * s[:-1].sum(axis=0).T @ p / (STEPS * N), rtol=1e-9)
    assert s.sum() > 20 and not np.any(grads["forward_0"]["weights"])


def test_what_crosses_a_chain_of_synapses_is_cut_on_its_way(x64: None) -> None:
    """Graded values and spikes through two synapses in a row; against the default process with a stopped state."""
    with ng.Context("chain", dt=1.0, seed=4) as net:
        source, hidden, output = (
            SpikeSource("input", n_units=5), LIFCell("hidden_0", n_units=4), LICell("output", n_units=3)
        )  # fmt: skip
        forward = DenseSynapse("forward_0", shape=(5, 4), weights=ng.init.Uniform(1.0, 5.0))
        scale = OneToOneSynapse("scale", n_units=4, weights=ng.init.Uniform(0.5, 1.5))
        readout = DenseSynapse("readout", shape=(4, 3), weights=ng.init.Normal())
        source.s >> forward.inputs
        forward.outputs >> hidden.syn
        hidden.s + hidden.v >> scale.inputs
        scale.outputs >> readout.inputs
        readout.outputs >> output.j
    ours = compiled(net, 3)
    net.__dict__["spike_timing"] = ours.crossing  # a context is told names only; here it runs by the rule itself
    net.reset(batch_size=N)
    trained, start = split(net, ours.names)[0], net.state
    x, y = jnp.moveaxis(jnp.asarray(spikes()), 0, 1), labels(N)

    def plain(p: Any) -> Any:
        def step(state: Any, now: Any) -> Any:
            n, row = now
            cut = (n > 0) & (n % 3 == 0)
            state = jax.tree.map(lambda a: jnp.where(cut, jax.lax.stop_gradient(a), a), state)
            state = {name: {**part, **p.get(name, {})} for name, part in state.items()}
            state = net.advance.pure(state, {"input.inputs": row})
            return state, state["output"]["v"]

        v = jax.lax.scan(step, start, (jnp.arange(STEPS), x))[1].mean(axis=0)
        return -jnp.mean(jax.nn.log_softmax(v)[jnp.arange(N), y])

    close(ours.loss_and_grads({"input": spikes()}, y)[1], jax.jit(jax.grad(plain))(trained))


@pytest.mark.parametrize(
    ("truncate", "text"),
    [
        (0, "`truncate` must be an integer >= 1, got 0"),
        (2.5, "`truncate`.*got 2.5"),
        (True, "`truncate`.*got True"),
        (STEPS + 1, r"`truncate` must be at most `example_timesteps` \(20 steps\), got 21 steps"),
    ],
    ids=str,
)
def test_arguments(truncate: Any, text: str) -> None:
    with pytest.raises(GraphError, match=text):
        SurrogateCompiler(STEPS, CE, truncate=truncate)
