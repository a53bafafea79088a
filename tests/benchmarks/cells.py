"""What the framework adds to a step: 1000 steps of 10 000 LIF cells, batch 1, against a `lax.scan` written by hand.

Both receive events (size and first moment of an input held for the run), take the exact step of (v, i_syn) under a held
current, test the threshold at the step's end ("grid") or place spikes inside the step ("precise"), reset, hand the
spikes and their moments on to whoever reads them in the next step, and keep the spikes of all steps where asked. The
program by hand states these equations with constants. Prints the median of alternating rounds, in core time (wall time
on a GPU), and the ratio; the aim is 1.3.

    taskset -c 0 python tests/benchmarks/cells.py
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import ngcsnn as ng
from ngcsnn.components import LIFCell

TAU_M, TAU_SYN, DT = 20.0, 5.0, 1.0


def framework(n: int, steps: int, timing: str, watch: bool, current: np.ndarray) -> Callable[[], Any]:
    """One run through `process.scan`."""
    with ng.Context("net", dt=DT, spike_timing=timing) as net:
        cell = LIFCell("cell", n_units=n, tau_m=TAU_M, tau_syn=TAU_SYN)
    cell.j.set(current)

    def run() -> Any:
        return net.advance.scan(n_steps=steps, watch=[cell.s] if watch else []), net.state["cell"]["v"]

    return run


def by_hand(n: int, steps: int, timing: str, watch: bool, current: np.ndarray) -> Callable[[], Any]:
    """The same equations in one function."""
    a, b = float(np.exp(-DT / TAU_M)), float(np.exp(-DT / TAU_SYN))
    c = TAU_SYN / (TAU_M - TAU_SYN) * (a - b)

    def step(state: Any, _: None) -> tuple[Any, Any]:
        v, i, _, _, (j, m0, m1) = state
        v, i = v - m1 / TAU_M, i + m0 + m1 / TAU_SYN
        v, i = j + (v - j) * a + c * i, i * b
        s = v > 1.0
        if timing == "grid":
            v, tau = jnp.where(s, 0.0, v), jnp.zeros_like(v)
        else:
            slope = (j + i - v) / TAU_M
            bend = -(i / TAU_SYN + slope) / TAU_M  # below 0 at a crossing: the root of the parabola
            root = jnp.sqrt(jnp.where(s, jnp.maximum(slope * slope - 2.0 * (v - 1.0) * bend, 1e-12), 1.0))
            tau = jnp.where(s, -2.0 * (v - 1.0) / jnp.where(s, slope + root, 1.0), 0.0)
            left = jnp.exp(tau / TAU_M)
            grown = jnp.expm1(-tau * (1.0 / TAU_SYN - 1.0 / TAU_M)) / (1.0 / TAU_SYN - 1.0 / TAU_M)
            v = jnp.where(s, j * (1.0 - left) + grown * i / TAU_M, v)
        spikes = s.astype(v.dtype)
        return (v, i, spikes, tau, (j, m0, m1)), spikes if watch else None

    @partial(jax.jit, donate_argnums=0)
    def loop(state: Any) -> Any:
        return lax.scan(step, state, None, length=steps)

    def zeros() -> Any:
        return jnp.zeros((1, n))

    given = (jnp.asarray(current, jnp.float32), zeros(), zeros())
    held = {"state": (zeros(), zeros(), zeros(), zeros(), given)}

    def run() -> Any:
        held["state"], spikes = loop(held["state"])
        return spikes, held["state"][0]

    return run


def measure(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each, in alternating rounds after two to compile and warm."""
    clock = time.process_time if jax.devices()[0].platform == "cpu" else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 2):
        for name, run in runs.items():
            start = clock()
            jax.block_until_ready(run())
            if number >= 2:
                taken[name].append(clock() - start)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    told = parser.parse_args()
    current = np.random.default_rng(0).uniform(0.5, 2.0, (1, told.cells)).astype(np.float32)
    print(f"{told.steps} steps of {told.cells} LIF cells on {jax.devices()[0].platform}")
    print(f"{'timing':>8s} {'spikes':>7s} {'framework ms':>13s} {'by hand ms':>11s} {'ratio':>6s}")
    for timing in ("grid", "precise"):
        for watch in (False, True):
            made = (told.cells, told.steps, timing, watch, current)
            ours, hand = framework(*made), by_hand(*made)
            ends = np.asarray(ours()[1]), np.asarray(hand()[1])
            if np.mean(np.abs(ends[0] - ends[1]) > 1e-3) > 0.03:  # ours guards crossings that graze the threshold
                raise SystemExit("the two programs differ: nothing to compare")
            took = measure({"ours": ours, "hand": hand}, told.rounds)
            kept = "kept" if watch else "-"
            ratio = took["ours"] / took["hand"]
            print(f"{timing:>8s} {kept:>7s} {1e3 * took['ours']:13.1f} {1e3 * took['hand']:11.1f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
