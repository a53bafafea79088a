"""e-prop's training step on the tasks that NEST and GeNN were timed on: core time and memory, beside their figures.

    shd        700 -> 256 recurrent -> 20, 1000 steps, batch 32, about 8000 input spikes a sample: GeNN's C++ 10.5 s
    sine100    100 -> 100 recurrent -> 1, 1000 steps, one trial, random feedback, rates: NEST 3.10, one thread, 0.058 s
    sine1000   the same with 1000 cells: NEST 4.5 s
    evidence   evidence accumulation, 40 -> 100 recurrent, half of them adaptive -> 2, 2250 steps, batch 32: NEST 3.2 s
    streaming  sine100 with mode="streaming" in chunks of 50 steps, 50 to 100 000 steps: what a pass sets aside

NEST's cells are `DeltaLIFCell`s that reset one step late; the sine is its example with the parameters, inputs drawn
anew, in float32 where NEST has float64. An update is one pass over one batch, optimiser included, as `train` runs it.
core: CPU time of the process, median and smallest of the calls; pin it to one core, for XLA's threads spin while they
wait:
    taskset -c 0 python tests/benchmarks/eprop_step.py --task sine100
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tasks import TASKS, make_data, make_events, make_network, make_weights

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.compilers.feeding import to_device
from ngcsnn.components import DeltaLIFCell, DenseSynapse, LICell, SpikeSource
from ngcsnn.data import evidence_accumulation

PEERS = {"shd": ("GeNN", 10.5), "sine100": ("NEST", 0.058), "sine1000": ("NEST", 4.5), "evidence": ("NEST", 3.2)}
MB = 1e6
SINE: dict[str, Any] = {"tau_m": 30.0, "v_thr": 0.03, "refractory_period": "silent", "arrival": "spread"}


def shd(steps: int = 1000, batch: int = 32) -> tuple[Any, Any, Any]:
    """(compiled network, inputs, targets)."""
    task = replace(TASKS["shd1000"], steps=steps, batch=batch)
    spikes, labels = make_data(task)
    compiler = EPropCompiler(
        steps, {"output": "sparse_categorical_crossentropy"}, optimiser={"adam": {"eta": 1e-3}}, batch_size=batch,
        c_reg=1.0,
    )  # fmt: skip
    return compiler.compile(make_network(task, make_weights(task))), {"input": make_events(task, spikes)}, labels


def sine(n: int, steps: int = 1000, **options: Any) -> tuple[Any, Any, Any]:
    """The sine task with n recurrent cells; weights as in NEST's example."""
    rng = np.random.default_rng(1)
    others = 1.0 - np.eye(n)
    with ng.Context("sine", dt=1.0) as net:
        source, hidden = (
            SpikeSource("input", n_units=100),
            DeltaLIFCell("hidden", n_units=n, spike_reset="delayed", **SINE),
        )
        output = DeltaLIFCell("output", n_units=1, spike_reset="delayed", **{**SINE, "v_thr": 1e9})
        w_in = DenseSynapse("w_in", shape=(100, n), weights=rng.normal(size=(100, n)) / 10.0)
        w_rec = DenseSynapse("w_rec", shape=(n, n), weights=others * rng.normal(size=(n, n)) / n**0.5, mask=others)
        w_out = DenseSynapse("w_out", shape=(n, 1), weights=rng.normal(size=(n, 1)) / n**0.5)
        source.s >> w_in.inputs
        hidden.s >> w_rec.inputs
        hidden.s >> w_out.inputs
        w_in.outputs + w_rec.outputs >> hidden.jump
        w_out.outputs >> output.jump
    compiled = EPropCompiler(
        steps, {"output": "mean_square_error"}, {"output": {"var": {"integral": "steps"}}}, batch_size=1,
        optimiser={"sgd": {"eta": 1e-4}}, conventions="nest", feedback="random", c_reg=300.0, f_target=10.0,
        surrogate_gradient_height=10.0, surrogate_gradient_width=0.03, **options,
    ).compile(net)  # fmt: skip
    t = np.arange(steps)[:, None] * 2e-3 * np.pi
    target = sum(a * np.sin(k * t + p) for a, k, p in ((1.1, 1, 0.3), (0.8, 2, 1.0), (1.5, 3, 2.0), (0.6, 5, 0.7)))
    return compiled, {"input": (rng.random((1, steps, 100)) < 0.05).astype(float)}, np.asarray(target)[None]


def evidence(size: int = 32, delay: float = 1050.0) -> tuple[Any, Any, Any]:
    """Evidence accumulation with NEST's parameters, random feedback and its rates."""
    rng = np.random.default_rng(1)
    trials = evidence_accumulation(size, 1, delay=delay)
    n, others, steps = 100, 1.0 - np.eye(100), 1200 + round(delay)
    with ng.Context("evidence", dt=1.0) as net:
        source = SpikeSource("input", n_units=40)
        hidden = DeltaLIFCell(
            "hidden", n_units=n, tau_m=20.0, v_thr=0.6, beta=np.where(np.arange(n) < 50, 0.0, 0.0174242),
            tau_adapt=2000.0, refract_time=5.0, arrival="end", spike_reset="delayed", refractory_period="silent",
        )  # fmt: skip
        output = LICell("output", n_units=2, tau_m=20.0)
        w_in = DenseSynapse("w_in", shape=(40, n), weights=rng.normal(size=(40, n)) / 40**0.5)
        w_rec = DenseSynapse("w_rec", shape=(n, n), weights=others * rng.normal(size=(n, n)) / 10.0, mask=others)
        w_out = DenseSynapse("w_out", shape=(n, 2), weights=rng.normal(size=(n, 2)) / 10.0)
        source.s >> w_in.inputs
        hidden.s >> w_rec.inputs
        hidden.s >> w_out.inputs
        w_in.outputs + w_rec.outputs >> hidden.jump
        w_out.outputs >> output.j
    compiled = EPropCompiler(
        steps, {"output": "sparse_categorical_crossentropy"}, {"output": {"var": {"integral": "steps"}}},
        batch_size=size, optimiser={"nest_adam": {"eta": 5e-3, "eps": 1e-8}}, conventions="nest", feedback="random",
        average_gradient=True, learning_window=150.0, c_reg=300.0, f_target=10.0, surrogate_gradient_height=0.5,
        surrogate_gradient_width=0.6,
    ).compile(net)  # fmt: skip
    return compiled, {"input": trials.events}, trials.labels


def program_of(made: tuple[Any, Any, Any], updates: int) -> tuple[Any, Any, Any]:
    """(compiled program, parameters and optimiser, the rest of its arguments)."""
    compiled, inputs, targets = made
    data, n = to_device(compiled.context, inputs, compiled.n_steps)
    checked = compiled.objective.targets(compiled.context, {"output": targets}, n, compiled.n_steps)
    trained, fixed = compiled.params()
    index = jnp.tile(jnp.arange(n, dtype=jnp.int32), (updates, 1))
    rest = fixed, data, checked, index, jnp.ones(index.shape)
    state = trained, compiled.optimiser.init(trained)
    return compiled.epoch_program(data).lower(*state, *rest).compile(), state, rest


def report(name: str, made: tuple[Any, Any, Any], repeat: int, updates: int, small: bool) -> None:
    program, state, rest = program_of(made, updates)
    core, wall, losses, sums = [], [], [], {}
    for _ in range(repeat + 1):
        begin = time.process_time(), time.perf_counter()
        *state, carried = program(*state, *rest)
        sums = jax.block_until_ready(carried)["sums"]
        core.append((time.process_time() - begin[0]) / updates)
        wall.append((time.perf_counter() - begin[1]) / updates)
        losses.append(float(sums["loss"]) / updates)
    core, wall = core[1:], wall[1:]
    peer, theirs = PEERS[name]
    beside = "small sizes" if small else f"{peer} {theirs} s: {theirs / np.median(core):.1f} times"
    spikes = {k: float(np.sum(v)) / updates for k, v in sums["spikes"].items()}
    temp = program.memory_analysis().temp_size_in_bytes / MB
    print(
        f"{name:9s} core {np.median(core):8.4f} s (least {np.min(core):.4f})   wall {np.median(wall):8.4f} s   temp "
        f"{temp:7.1f} MB   {beside}   loss {losses[0]:.3f} to {losses[-1]:.3f}   hidden spikes a batch "
        f"{max(spikes.values()):.0f}",
        flush=True,
    )


def memory(chunk: int) -> None:
    for steps in (50, 1000, 100_000):
        for mode in ({"mode": "streaming", "chunk_steps": chunk}, {}):
            if steps > 1000 and not mode:
                continue
            program, _, _ = program_of(sine(100, steps, **mode), 1)
            found = program.memory_analysis()
            name = mode.get("mode", "factorised")
            print(
                f"{name:10s} {steps:7d} steps   temp {found.temp_size_in_bytes / MB:8.2f} MB   arguments "
                f"{found.argument_size_in_bytes / MB:8.2f} MB",
                flush=True,
            )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="e-prop's training step beside NEST's and GeNN's.")
    parser.add_argument("--task", choices=[*PEERS, "streaming"], action="append", help="default: all")
    parser.add_argument("--repeat", type=int, default=5, help="timed calls (default 5)")
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that everything runs")
    given = parser.parse_args(arguments)
    print(f"jax {jax.__version__}, {jax.devices()[0].platform}")
    small = given.smoke
    for name in given.task or [*PEERS, "streaming"]:
        if name == "streaming":
            memory(50)
        elif name == "shd":
            report(name, shd(*((50, 2) if small else ())), 1 if small else given.repeat, 1, small)
        elif name == "evidence":
            report(name, evidence(2, 50.0) if small else evidence(), 1 if small else given.repeat, 1, small)
        else:
            n = int(name.removeprefix("sine"))
            report(name, sine(20 if small else n, 100 if small else 1000), 1 if small else given.repeat, 10, small)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
