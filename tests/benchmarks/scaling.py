"""How the EventProp step (precise spike times) grows with the length of a trial and with the batch, at fixed rates.

The network of `shd1000` (700-256 recurrent-20), 8 input spikes a sample and ms; one update in a call, optimiser
included, in core time (wall time on a GPU). Prints a table, with the exponent p of cost ~ size^p between neighbouring
sizes and of the best line through all; 1 is linear. With a path, writes a log-log picture.

    taskset -c 0 python tests/benchmarks/scaling.py --plot scaling.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from measured_step import OurStep, measure
from tasks import TASKS, Task, make_data, make_weights, smoke

STEPS, BATCHES = (100, 200, 400, 800, 1600), (8, 16, 32, 64, 128)


class Point(NamedTuple):
    """One size: milliseconds and megabytes of a step, hidden spikes of a unit in a step."""

    size: int
    ms: float
    temp_mb: float
    rate: float


def sweep(task: Task, sizes: Sequence[int], resized: Callable[[int], Task], repeat: int) -> list[Point]:
    """The cost at each size; the rounds go over all of them, so that noise meets every size alike."""
    steps = []
    for size in sizes:
        made = resized(size)
        spikes, labels = make_data(made)
        steps.append(OurStep(str(size), 1, made, "eventprop", make_weights(made), spikes, labels))
    measure(steps, repeat)
    cpu = jax.devices()[0].platform == "cpu"
    return [
        Point(size, 1e3 * float(np.median(step.core if cpu else step.wall)), step.temp_mb, step.rates[0])
        for size, step in zip(sizes, steps, strict=True)
    ]


def exponent(points: Sequence[Point]) -> float:
    """p of ms ~ size^p, by least squares in the logarithms."""
    return float(np.polyfit(np.log([p.size for p in points]), np.log([p.ms for p in points]), 1)[0])


def show(name: str, rest: str, points: Sequence[Point]) -> None:
    """The table of one sweep."""
    print(f"\n{name} ({rest}): exponent {exponent(points):.2f}")
    print(f"{name:>8s} {'ms':>9s} {'us each':>10s} {'exponent':>9s} {'temp MB':>9s} {'% a step':>9s}")
    for i, p in enumerate(points):
        local = f"{exponent(points[i - 1 : i + 1]):9.2f}" if i else 9 * " "
        print(f"{p.size:8d} {p.ms:9.2f} {1e3 * p.ms / p.size:10.1f} {local} {p.temp_mb:9.1f} {100 * p.rate:9.1f}")
    sys.stdout.flush()


def plot(path: str, sweeps: dict[str, list[Point]], rests: Sequence[str]) -> None:
    """A log-log picture of both sweeps beside lines of slope 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.6), dpi=150, layout="constrained")
    for axes, (name, points), rest in zip(figure.subplots(1, 2), sweeps.items(), rests, strict=True):
        size = np.array([p.size for p in points], float)
        ms = np.array([p.ms for p in points])
        axes.loglog(size, ms, "o-", color="#0072b2", label=f"measured, slope {exponent(points):.2f}")
        axes.loglog(size, ms[-1] * size / size[-1], "--", color="#8a929c", label="linear (slope 1)")
        axes.set_xticks(size, [f"{s:.0f}" for s in size])
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}" if ms[-1] < 20 * ms[0] else "")
        axes.set_xlabel(f"{name} ({rest})")
        axes.set_ylabel("one training step (ms)")
        axes.grid(True, which="both", color="#e4e7eb")
        axes.legend(frameon=False)
    figure.suptitle("EventProp, precise spike times, 700-256 recurrent-20")
    figure.savefig(path)
    print(f"\nwrote {path}")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Cost of the EventProp step against trial length and batch.")
    parser.add_argument("--plot", metavar="PATH", help="write a picture there (needs matplotlib)")
    parser.add_argument("--repeat", type=int, default=5, help="timed updates at each size (default 5)")
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that everything runs")
    given = parser.parse_args(arguments)
    if given.repeat < 1:
        parser.error("--repeat must be at least 1")
    task, steps, batches, fixed = TASKS["shd1000"], STEPS, BATCHES, 250
    if given.smoke:
        task, steps, batches, fixed = smoke(task), (20, 40), (2, 4), 30
    device = jax.devices()[0]
    print(f"jax {jax.__version__}, {device.device_kind}, {'core' if device.platform == 'cpu' else 'wall'} time")
    sweeps: dict[str, Any] = {}
    sweeps["steps"] = sweep(task, steps, lambda n: replace(task, steps=n), given.repeat)
    show("steps", f"batch {task.batch}", sweeps["steps"])
    sweeps["batch"] = sweep(task, batches, lambda n: replace(task, steps=fixed, batch=n), given.repeat)
    show("batch", f"{fixed} steps", sweeps["batch"])
    if given.plot:
        plot(given.plot, sweeps, (f"batch {task.batch}", f"{fixed} steps"))


if __name__ == "__main__":
    main(sys.argv[1:])
