"""Yin-Yang: our compiled training epoch beside a plain one, a `lax.scan` over time differentiated by jax.

Both have the same weights, events, batches and optimiser, and precise spike times (the plain one without putting
coincidences in order). Prints compile time, core time and wall time per epoch (medians), and the ratios.
Usage: python tests/benchmarks/yin_yang_step.py [repetitions]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import load_dataset
from ngcsnn.optim import adam_init, adam_step

STEPS, BATCH, TAU_M, TAU_S, DT = 30, 32, 20.0, 5.0, 1.0
A, B = np.exp(-DT / TAU_M), np.exp(-DT / TAU_S)
K = TAU_S / (TAU_M - TAU_S)


def plain_loss(weights: dict[str, Any], step: Any, unit: Any, offset: Any, labels: Any) -> Any:
    """Mean cross-entropy of the mean output membrane; every product and every state inside one scan."""
    batch, n_in, n_hid, n_out = len(labels), *weights["in"].shape, weights["out"].shape[1]
    at = (step, jnp.arange(batch)[:, None], unit)
    m0 = jnp.zeros((STEPS, batch, n_in)).at[at].add(1.0, mode="drop")
    m1 = jnp.zeros((STEPS, batch, n_in)).at[at].add(offset, mode="drop")

    def body(state: Any, x: Any) -> Any:
        v, i, vo, io, total = state
        v, i = A * v + K * (A - B) * i, B * i
        vo_end, io_end = A * vo + K * (A - B) * io, B * io
        total = total + 0.5 * (vo + vo_end) + DT / 12.0 * ((io - vo) - (io_end - vo_end)) / TAU_M
        spiked = lax.stop_gradient(v > 1.0)
        h, slope = jnp.where(spiked, v - 1.0, 0.0), (i - v) / TAU_M
        bend = -(i / TAU_S + slope) / TAU_M
        root = jnp.sqrt(jnp.where(spiked, jnp.maximum(slope**2 - 2 * h * bend, 1e-6), 1.0))
        tau = -2 * h / jnp.where(spiked, jnp.maximum(slope + root, 1e-3), 1.0)
        v = jnp.where(spiked, K * (jnp.exp(tau / TAU_M) - jnp.exp(tau / TAU_S)) * i * jnp.exp(-tau / TAU_S), v)
        s = spiked.astype(v.dtype)
        (in0, in1), (out0, out1) = (
            (x[0] @ weights["in"], x[1] @ weights["in"]),
            (s @ weights["out"], tau @ weights["out"]),
        )
        state = v - in1 / TAU_M, i + in0 + in1 / TAU_S, vo_end - out1 / TAU_M, io_end + out0 + out1 / TAU_S, total
        return state, None

    hidden, out = jnp.zeros((batch, n_hid)), jnp.zeros((batch, n_out))
    total = lax.scan(body, (hidden, hidden, out, out, out), (m0, m1))[0][4]
    logits = jax.nn.log_softmax(total / STEPS * 16.0)
    return -jnp.mean(logits[jnp.arange(batch), labels])


def plain_epoch(weights: Any, opt: Any, events: Any, labels: Any, index: Any) -> Any:
    def body(state: Any, samples: Any) -> Any:
        weights, opt = state
        loss, grads = jax.value_and_grad(plain_loss)(weights, *(e[samples] for e in events), labels[samples])
        opt, weights = adam_step(opt, weights, grads, eta=0.005)
        return (weights, opt), loss

    (weights, opt), losses = lax.scan(body, (weights, opt), index)
    return weights, opt, jnp.mean(losses)


def median_times(run: Callable[[], Any], repetitions: int) -> tuple[float, float, float]:
    """(first call, core time, wall time) in seconds."""
    start = time.perf_counter()
    run()
    first = time.perf_counter() - start
    core, wall = [], []
    for _ in range(repetitions):
        c, w = time.process_time(), time.perf_counter()
        run()
        core.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    return first, float(np.median(core)), float(np.median(wall))


def main(repetitions: int) -> None:
    data = load_dataset("yin_yang", {"train": 4992, "test": 64, "seed": 42})
    with ng.Context("yin_yang", dt=DT, seed=0) as net:
        inp, hid, out = SpikeSource("input", n_units=5), LIFCell("hidden", n_units=200), LICell("output", n_units=3)
        w1 = DenseSynapse("in_hid", shape=(5, 200), weights=ng.init.Normal(1.5, 0.78))
        w2 = DenseSynapse("hid_out", shape=(200, 3), weights=ng.init.Normal(0.0, 0.1))
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    weights = {"in": jnp.array(w1.weights.get()), "out": jnp.array(w2.weights.get())}
    compiler = EventPropCompiler(
        STEPS, {out: {"sparse_categorical_crossentropy": {"temperature": 1 / 16}}}, optimiser={"adam": {"eta": 0.005}}
    )
    compiled = compiler.compile(net)
    inputs, targets = {inp: data.train.events}, {out: data.train.labels}

    events = tuple(data.train.events.to_device(STEPS, DT).take(jnp.arange(4992)))
    labels, index = jnp.asarray(data.train.labels), jnp.arange(4992, dtype=jnp.int32).reshape(-1, BATCH)
    step = jax.jit(plain_epoch)
    state = [weights, adam_init(weights), None]

    def plain() -> None:
        state[:] = step(state[0], state[1], events, labels, index)
        jax.block_until_ready(state)

    def ours() -> None:
        compiled.train(inputs, targets, 1, shuffle=False, callbacks=[])

    rows = {"plain": median_times(plain, repetitions), "ngcsnn": median_times(ours, repetitions)}
    print(f"Yin-Yang, 5-200-3, 30 steps, batch {BATCH}, 4992 samples an epoch, {jax.devices()[0].device_kind}")
    for name, (first, core, wall) in rows.items():
        print(f"{name:8s} first epoch {first:6.2f} s   core {core:6.3f} s   wall {wall:6.3f} s")
    print("ratio    core {:.2f}   wall {:.2f}".format(*(rows["ngcsnn"][i] / rows["plain"][i] for i in (1, 2))))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
