"""e-prop in chunks and online: the numbers of the factorised form, in memory that does not grow with the trial."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from eprop_cases import CE, MSE, START, STEP_ENDS, STEPS, N, network, spikes, square, targets
from plain_eprop import Cells, Readout, eprop
from small import events, labels

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import ALIFCell, LIFCell
from ngcsnn.graph import GraphError
from ngcsnn.optim import SGD

DATA = {"input": spikes()}
KINDS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "alif, refractory, rates": (
        ALIFCell,
        {"beta": 0.2, "tau_adapt": 50.0, "refract_time": 3.0},
        {"c_reg": 3.0, "losses": CE, "readouts": "var"},
    ),
    "nest, random feedback": (LIFCell, {}, {"feedback": "random", "conventions": "nest", "c_reg": 3.0}),
    "nest_continuous, bias": (LIFCell, {"bias": 0.2}, {"conventions": "nest_continuous", "c_reg": 3.0}),
    "time constants": (LIFCell, {}, {"trainable": ["*.weights", "hidden_0.tau_m", "hidden_0.v_thr"]}),
}


def compiled(net: ng.Context, **options: Any) -> Any:
    told = {"losses": MSE, "readouts": STEP_ENDS, "batch_size": N, "error_start_timestep": START, **options}
    return EPropCompiler(STEPS, **told).compile(net)


@pytest.mark.parametrize("kind", list(KINDS))
def test_chunks_give_the_factorised_gradient(x64: None, kind: str) -> None:
    cell, arguments, options = KINDS[kind]
    net = network(cell, **arguments)
    y = labels(N) if options.get("losses") == CE else targets()
    loss, want = compiled(net, **options).loss_and_grads(DATA, y)
    got_loss, got = compiled(net, mode="streaming", chunk_steps=10, **options).loss_and_grads(DATA, y)
    assert float(got_loss) == pytest.approx(float(loss), rel=1e-12)
    for name, part in want.items():
        for key, g in part.items():
            assert np.abs(g).max() > 1e-5
            assert np.abs(g - got[name][key]).max() < 1e-12 * np.abs(g).max(), (name, key)


@pytest.mark.parametrize(
    "mode", [{"mode": "streaming", "chunk_steps": 8}, {"mode": "online"}], ids=["8 steps", "1 step"]
)
def test_other_chunks_and_what_they_report(x64: None, mode: dict[str, Any]) -> None:
    net = network()
    ways = [compiled(net, optimiser=SGD(eta=0.0), losses=CE, **told) for told in (mode, {})]
    got, want = (way.train(DATA, labels(N), callbacks=[])[0] for way in ways)
    assert got.keys() == want.keys()
    assert all(got[k] == pytest.approx(want[k], rel=1e-9) for k in want if k != "seconds")
    got, want = (way.loss_and_grads(DATA, labels(N))[1]["forward_0"]["weights"] for way in ways)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-15)


def test_lists_of_events_and_biases(x64: None) -> None:
    net = network(bias=0.1)
    data = {"input": events(N, t_end=30.0)}
    want = compiled(net).loss_and_grads(data, targets())[1]
    got = compiled(net, mode="streaming", chunk_steps=8).loss_and_grads(data, targets())[1]
    assert np.abs(want["output"]["bias"]).max() > 1e-4
    for name, part in want.items():
        for key in part:
            np.testing.assert_allclose(got[name][key], part[key], rtol=1e-9, atol=1e-14)


def test_online_moves_weights_in_every_step(x64: None) -> None:
    net = network()
    w = [np.array(net.live[f"{name}_0"]["weights"]) for name in ("forward", "back", "readout")]
    before = [a.copy() for a in w]
    eprop([Cells()], [w], Readout(tau_m=15.0), np.moveaxis(spikes(), 0, 1), square, eta=0.5)
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(w, before, strict=True))
    compiled(net, mode="online", optimiser=SGD(eta=0.5)).train(DATA, targets(), callbacks=[])
    for name, want in zip(("forward", "back", "readout"), w, strict=True):
        np.testing.assert_allclose(net.live[f"{name}_0"]["weights"], want, rtol=1e-9, atol=1e-12)


def temporary(mode: str, steps: int, **options: Any) -> tuple[int, int]:
    """(bytes that a pass over one trial sets aside, those of its arguments)."""
    net = network()
    made: Any = EPropCompiler(steps, MSE, batch_size=2, mode=mode, **options).compile(net)
    data, n = made.data({"input": np.zeros((2, steps, 5), np.float32)})
    y = made.objective.targets(net, {"output": np.zeros((2, steps, 3))}, n, steps)
    arguments = *made.params(), data, y, jnp.arange(n, dtype=jnp.int32), jnp.ones(n)
    memory = made._gradient_program(data).lower(*arguments).compile().memory_analysis()
    return memory.temp_size_in_bytes, memory.argument_size_in_bytes


def test_memory_does_not_grow_with_the_trial() -> None:
    short, _ = temporary("streaming", 100)
    long, fed = temporary("streaming", 100_000)
    whole, _ = temporary("factorised", 10_000)
    assert fed > 100_000 * 2 * (5 + 3) * 4
    assert long < 1.1 * short
    assert whole > 2 * short


REFUSED = {
    "mode": ({"mode": "stream"}, "`mode` must be one of .*'stream'; did you mean 'streaming'"),
    "chunk": ({"chunk_steps": 5}, "`chunk_steps` applies to mode 'streaming' and 'online'"),
    "cutoff": ({"mode": "streaming", "eprop_isi_trace_cutoff": 5.0}, "applies to mode 'online' with `chunk_steps` 1"),
    "readout": ({"mode": "streaming", "readouts": "avg_var", "error_start_timestep": None}, "needs the readout 'var'"),
    "adaptive": ({"mode": "online", "feedback": "adaptive"}, "have symmetric or random feedback"),
    "rates": ({"mode": "online", "conventions": "mlgenn", "c_reg": 1.0}, "not in mlGeNN's form"),
    "dropout": ({"mode": "online", "dropout": {"hidden_0": 0.1}}, "do without `dropout`"),
    "filter": ({"mode": "online", "trainable": ["*.weights", "output.tau_m"]}, "freeze its tau_m"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case: str) -> None:
    options, text = REFUSED[case]
    with pytest.raises(GraphError, match=text):
        compiled(network(), **options)
