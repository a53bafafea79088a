"""What a synapse of 1 % density costs beside a dense one: memory, transmission, a step back, and other patterns.

For SparseSynapse, and for the patterns that need no indices (all but self, patches, low rank), prints the bytes of its
arrays (weights, and tables of indices where there are any), of what training keeps besides (gradient and Adam's two
moments), and the core time of transmitting a batch and of transmitting it with both gradients, each as a share of the
dense synapse's. Medians of alternating rounds (wall time on a GPU).

    taskset -c 0 python tests/benchmarks/sparse.py [--units 2000 --batch 32 --density 0.01]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import numpy as np

import ngcsnn as ng
from ngcsnn.components import AllButSelfSynapse, DenseSynapse, LowRankSynapse, PatchedSynapse, SparseSynapse


def synapses(n: int, density: float) -> dict[str, Any]:
    normal, patches = ng.init.Normal(0.0, 1.0), round(1 / density)
    with ng.Context("net", seed=0):
        return {
            "dense": DenseSynapse("dense", shape=(n, n), weights=normal),
            "sparse": SparseSynapse("sparse", shape=(n, n), probability=density, weights=normal),
            "patched": PatchedSynapse("patched", patches=patches, patch_shape=(n // patches,) * 2, weights=normal),
            "low rank": LowRankSynapse(
                "low_rank", shape=(n, n), rank=max(1, round(n * density / 2)), weights=normal
            ),
            "all but self": AllButSelfSynapse("all_but_self", n_units=n, weights=normal),
        }  # fmt: skip


def arrays(w: Any) -> tuple[int, int]:
    """(bytes of its parameters, of the weights among them)."""
    held = [c.get() for c in w.compartments.values() if c.role == "param"]
    return sum(a.nbytes for a in held), w.weights.get().nbytes


def runs(w: Any, batch: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """One transmission; one with the gradients of what came in and of the weights."""
    rng = np.random.default_rng(0)
    m = jnp.asarray((rng.random((batch, w.sizes[0])) < 0.05), jnp.float32)
    c = jnp.asarray(rng.normal(size=(batch, w.sizes[1])), jnp.float32)
    weights = w.weights.get()
    there = jax.jit(w.transmit)

    def both(m: Any, weights: Any) -> Any:
        out, back = jax.vjp(w.transmit, m, weights)
        return out, back(c)

    and_back = jax.jit(both)
    return lambda: there(m, weights), lambda: and_back(m, weights)


def timed(run: Callable[[], Any], repeats: int) -> float:
    """Core time (s) of one run, the mean of `repeats`; wall time where there is a GPU."""
    clock = time.perf_counter if jax.default_backend() == "gpu" else time.process_time
    start = clock()
    for _ in range(repeats):
        out = run()
    jax.block_until_ready(out)
    return (clock() - start) / repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--density", type=float, default=0.01)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    a = parser.parse_args()
    parts = synapses(a.units, a.density)
    programs = {name: runs(w, a.batch) for name, w in parts.items()}
    for pair in programs.values():
        for run in pair:
            jax.block_until_ready(run())
    found: dict[tuple[str, int], list[float]] = {(name, i): [] for name in programs for i in (0, 1)}
    for _ in range(a.rounds):
        for name, pair in programs.items():
            for i, run in enumerate(pair):
                found[name, i].append(timed(run, a.repeats))
    took = {k: float(np.median(v)) for k, v in found.items()}
    held = {name: arrays(w) for name, w in parts.items()}
    print(f"{a.units} x {a.units} units, density {a.density:g}, batch {a.batch}, {jax.default_backend()}")
    print(f"{'':14}{'weights':>10}{'arrays':>10}{'training':>10}{'transmit':>20}{'with gradients':>20}")
    dense_all, dense = held["dense"]
    for name, (total, weights) in held.items():
        trained, of = total + 3 * weights, dense_all + 3 * dense
        times = "".join(f"{took[name, i] * 1e3:11.3f} ms {took[name, i] / took['dense', i]:5.2f}" for i in (0, 1))
        shares = f"{weights / dense:10.2%}{total / dense_all:10.2%}{trained / of:10.2%}"
        print(f"{name:14}{shares}{times}")


if __name__ == "__main__":
    main()
