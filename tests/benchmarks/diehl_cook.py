"""One presentation to the network of Diehl and Cook: 784 Poisson inputs, N cells, inhibition, STDP, normalisation.

The network is that of museum/diehl_cook. Beside it a plain program by hand, which does what a framework of dense arrays
does: a product and two passes over all weights in every step of a `lax.scan`. Prints the median core time of a sample
(wall time on a GPU) over alternating rounds, for one sample after the other and for batches, which share their weights.
ngc-learn's scan over the same network takes 5.8 ms at 100 cells and 23.5 ms at 400, measured elsewhere.

    taskset -c 0 python tests/benchmarks/diehl_cook.py [--folder MNIST] [--cells 100 400] [--batch 1 16 64]
"""

from __future__ import annotations

import argparse
import os
import runpy
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.compilers import PlasticityCompiler
from ngcsnn.data import PoissonCode, load_dataset

EXHIBIT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "museum" / "diehl_cook" / "run.py"))
STEPS = EXHIBIT["STEPS"]


def pictures(folder: str | None, n: int) -> np.ndarray:
    """Digits, (n, 784) uint8; without the files, noise of the same mean brightness and number of lit pixels."""
    if folder is not None:
        raw = load_dataset("mnist", {"folder": folder, "train": n, "test": 1}).raw
        assert raw is not None
        return raw["train"].reshape(-1, 784)
    rng = np.random.default_rng(0)
    lit = rng.random((n, 784)) < 0.19
    return (lit * rng.integers(90, 256, (n, 784))).astype(np.uint8)


def ours(images: np.ndarray, n_cells: int, batch: int) -> Callable[[], float]:
    """An epoch through the library; returns spikes per sample."""
    net = EXHIBIT["build"](n_cells, 10**6)
    compiled = PlasticityCompiler(STEPS, batch, at_end="end").compile(net)

    def run() -> float:
        record, _ = compiled.train({"input": PoissonCode(images)}, shuffle=False, callbacks=[])
        return record["exc.rate_hz"] * n_cells * STEPS / 1000.0

    return run


def by_hand(images: np.ndarray, n_cells: int) -> Callable[[], float]:
    """The same network with dense arrays."""
    keep, share = float(np.exp(-1.0 / 20.0)), float(np.exp(-1.0 / 100.0))

    def step(carry: Any, key: Any, rates: Any) -> tuple[Any, Any]:
        w, theta, v, rest, s, pre, post = carry
        x = (jax.random.uniform(key, rates.shape) < rates).astype(jnp.float32)
        j = x @ w - 120.0 * (s.sum() - s)
        v = jnp.where(rest <= 0, -65.0 + (v + 65.0) * share + j, v)
        high = v - theta + 52.0
        crossed = high > 0
        winner = (jnp.arange(n_cells) == jnp.argmax(high)) & crossed
        v, rest = jnp.where(crossed, -60.0, v), jnp.where(crossed, 5.0, rest - 1.0)
        theta = theta + 0.05 * crossed
        s = winner.astype(jnp.float32)
        pre, post = jnp.where(x > 0, 1.0, pre * keep), jnp.where(s > 0, 1.0, post * keep)
        w = jnp.clip(w + 0.01 * pre[:, None] * s - 1e-4 * x[:, None] * post, 0.0, 1.0)
        return (w, theta, v, rest, s, pre, post), s.sum()

    def sample(carry: Any, given: Any) -> tuple[Any, Any]:
        w, theta = carry
        key, image = given
        zeros = jnp.zeros(n_cells)
        rates = image * (63.75e-3 / 255.0)
        start = (w, theta, zeros - 65, zeros, zeros, jnp.zeros(784), zeros)
        end, spikes = lax.scan(partial(step, rates=rates), start, jax.random.split(key, STEPS))
        w = end[0] * (78.4 / end[0].sum(0))
        return (w, end[1]), spikes.sum()

    epoch = jax.jit(lambda carry, given: lax.scan(sample, carry, given), donate_argnums=0)
    w = np.random.default_rng(0).uniform(0, 0.3, (784, n_cells))
    held = [(jnp.asarray(w * 78.4 / w.sum(0), jnp.float32), jnp.zeros(n_cells))]
    given = jax.random.split(jax.random.key(0), len(images)), jnp.asarray(images, jnp.float32)

    def run() -> float:
        held[0], spikes = epoch(held[0], given)
        return float(spikes.mean())

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", metavar="DIR", help="where the files of MNIST lie (default: noise)")
    parser.add_argument("--cells", type=int, nargs="+", default=[100, 400])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    images = pictures(told.folder, told.samples)
    clock = time.process_time if jax.devices()[0].platform == "cpu" else time.perf_counter
    print(f"{STEPS} steps a sample, {told.samples} samples a round, on {jax.devices()[0].platform}")
    print(f"{'cells':>6s} {'program':>12s} {'ms a sample':>12s} {'ratio':>6s} {'spikes':>7s}")
    for n_cells in told.cells:
        runs = {"by hand": by_hand(images, n_cells)}
        runs |= {f"batch {b}": ours(images, n_cells, b) for b in told.batch}
        taken: dict[str, list[float]] = {name: [] for name in runs}
        spikes: dict[str, float] = {}
        for number in range(told.rounds + 1):  # the first compiles
            for name, run in runs.items():
                start = clock()
                spikes[name] = run()
                taken[name] += [clock() - start] if number else []
        each = {name: 1e3 * float(np.median(seconds)) / told.samples for name, seconds in taken.items()}
        for name, ms in each.items():
            print(f"{n_cells:6d} {name:>12s} {ms:12.3f} {ms / each['by hand']:6.2f} {spikes[name]:7.1f}")


if __name__ == "__main__":
    main()
