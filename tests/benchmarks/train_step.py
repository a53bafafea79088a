"""Our compiled training step beside a plain one: time, memory, and their ratios, in one process.

Ours is the epoch program, optimiser included, that `SurrogateCompiler` and `EventPropCompiler` (precise spike times)
train with, fed lists of events; the plain one is a `lax.scan` over dense inputs with a surrogate derivative,
differentiated by jax, with its own Adam (`plain_step.py`). All have the same sizes, inputs, labels and weights; ours
integrates exactly, so its weights are scaled by 1.10 to move as much charge with a spike, and events act one step
later. The hidden rates of the first call are printed, and a loss that does not fall is reported. Both make `--updates`
in a call, on one batch that stays on the device: in an epoch, memory is taken from the system once, not in each step.

core: CPU time of the process (all threads) for one update, median and smallest of the calls. wall: until the result is
there; on a GPU that is the device's time, and core time, the host's alone, says nothing. compile: tracing and
compiling, core seconds. temp: what XLA sets aside for a call beyond arguments and results. args: the call's arguments,
its batch included. rss: how far the process rises above its rest during a call (Linux; on a GPU the host's; memory that
the process had freed but kept makes it too small, so temp is the figure to compare).

XLA's worker threads spin while they wait, which counts as core time: pin the process to one core,
    taskset -c 0 python tests/benchmarks/train_step.py --task shd --repeat 20
"""

from __future__ import annotations

import argparse
import sys

import jax
import numpy as np
from measured_step import MeasuredStep, OurStep, PlainStep, measure
from tasks import TASKS, Task, make_data, make_weights, smoke

RULES = ("surrogate", "eventprop")
HEAD = f"{'step':10s} {'core ms':>9s} {'least':>9s} {'wall ms':>9s} {'compile s':>9s} {'temp MB':>9s} {'args MB':>9s}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Our compiled training step beside a plain one.")
    parser.add_argument("--task", choices=TASKS, action="append", help="default: all; may be repeated")
    parser.add_argument("--rule", choices=RULES, action="append", help="default: both, of shd1000 eventprop alone")
    parser.add_argument("--repeat", type=int, default=7, help="timed calls of each step (default 7)")
    parser.add_argument("--updates", type=int, default=4, help="updates in a call, on the same batch (default 4)")
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that everything runs")
    given = parser.parse_args(arguments)
    if min(given.repeat, given.updates) < 1:
        parser.error("--repeat and --updates must be at least 1")
    device = jax.devices()[0]
    print(f"jax {jax.__version__}, {device.platform}, {device.device_kind}", end="")
    print("" if device.platform == "cpu" else "; wall is device time, core is the host's and to be ignored")
    failed = []
    for name in given.task or TASKS:
        rules = given.rule or (RULES[1:] if name == "shd1000" else RULES)
        task = smoke(TASKS[name]) if given.smoke else TASKS[name]
        failed += report(task, rules, 3 if given.smoke else given.repeat, given.updates)
    if failed:
        print(f"\nthe loss did not fall: {', '.join(failed)}")
    return 1 if failed else 0


def report(task: Task, rules: list[str] | tuple[str, ...], repeat: int, updates: int) -> list[str]:
    """Measure one task and print its table; returns the steps whose loss did not fall."""
    (spikes, labels), weights = make_data(task), make_weights(task)
    steps: list[MeasuredStep] = [PlainStep("plain", updates, task, weights, spikes, labels)]
    steps += [OurStep(rule, updates, task, rule, weights, spikes, labels) for rule in rules]
    measure(steps, repeat)
    failed = [f"{task.name} {step.name}" for step in steps if not step.learns()]
    calls = f"{repeat} calls of {updates} updates"
    print(f"\n{task.name}: {task.sizes}; {spikes.sum() / task.batch:.0f} input spikes a sample; {calls}")
    print(f"{HEAD} {'rss MB':>9s}   loss from, to    hidden spikes a sample (% a step)")
    for step in steps:
        counts = [(r * n * task.steps, 100 * r) for r, n in zip(step.rates, task.hidden, strict=True)]
        figures = 1e3 * np.median(step.core), 1e3 * np.min(step.core), 1e3 * np.median(step.wall), step.compile_s
        row = " ".join(f"{f:9.2f}" for f in (*figures, step.temp_mb, step.argument_mb, step.peak_mb))
        hidden = ", ".join(f"{count:.0f} ({percent:.1f})" for count, percent in counts)
        print(f"{step.name:10s} {row}   {step.losses[0]:.3f}, {step.losses[-1]:.3f}    {hidden}")
    plain = steps[0]
    for step in steps[1:]:
        core, least = np.median(step.core) / np.median(plain.core), np.min(step.core) / np.min(plain.core)
        wall, compiling = np.median(step.wall) / np.median(plain.wall), step.compile_s / plain.compile_s
        peak = (step.temp_mb + step.argument_mb) / (plain.temp_mb + plain.argument_mb)
        print(
            f"{step.name} / plain: core {core:.2f} (least {least:.2f})   wall {wall:.2f}   compile {compiling:.2f}   "
            f"temp {step.temp_mb / plain.temp_mb:.2f}   temp and args {peak:.2f}",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
