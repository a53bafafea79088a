"""Diehl & Cook 2015, in Python: `python museum/diehl_cook/run.py [--cells N] [--seed S] [--smoke]`.

Cells that compete learn digits without labels; then each cell stands for the class it answers most.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import InferenceCompiler, PlasticityCompiler
from ngcsnn.components import (
    AllButSelfSynapse,
    DenseSynapse,
    DiehlCookCell,
    SpikeSource,
    Trace,
    TraceSTDP,
)
from ngcsnn.data import PoissonCode, load_dataset
from ngcsnn.objectives import LabelAssignment

STEPS = 200  # of a presentation in training, ms
TEST_STEPS = 350  # of one when the cells are labelled and tested
AGAIN = {"cell": "exc", "spikes": 5, "times": 6, "louder": 0.5}


def build(n_cells: int = 100, n_samples: int = 40000, seed: int = 0) -> ng.Context:
    """784 Poisson inputs, `n_cells` excitatory cells that silence each other, of which one spikes at a time.

    n_samples: presentations in all, over which the learning rate falls to nothing by half a cosine.
    """
    busy = (
        n_cells / 100
    )  # of many cells each answers seldom: it learns more from a spike, and its threshold lasts longer
    falling = {"sgd": {"eta": {"cosine": {"peak": 1.0, "decay_steps": n_samples * STEPS}}}}
    with ng.Context("diehl_cook", dt=1.0, seed=seed, spike_timing="grid") as net:
        inp = SpikeSource("input", n_units=784)
        w = DenseSynapse(
            "in_exc", shape=(784, n_cells), weights=ng.init.Uniform(0.0, 0.3), w_min=0.0, w_max=1.0, total=78.4,
            optim=falling,
        )  # fmt: skip
        exc = DiehlCookCell(
            "exc", n_units=n_cells, tau_syn=1.0, v_reset=-60.0, theta_plus=0.05 * busy**0.5, tau_theta=2e6 * busy**0.5,
            one_spike="strongest", losers="reset",
        )  # fmt: skip
        silence = AllButSelfSynapse("exc_exc", n_units=n_cells, weights=-12000.0)
        inp.s >> w.inputs
        100.0 * w.outputs + silence.outputs >> exc.syn
        exc.s >> silence.inputs
        pre, post = Trace("pre", n_units=784, mode="set"), Trace("post", n_units=n_cells, mode="set")
        inp.s >> pre.inputs
        exc.s >> post.inputs
        rule = TraceSTDP("rule", synapse=w, A_plus=0.01 * busy**0.8, A_minus=1e-4)
        inp.s >> rule.pre
        exc.s >> rule.post
        pre.trace >> rule.pre_trace
        post.trace >> rule.post_trace
        rule.dweights >> w.dweights
        net.process("end", ticks=False) >> w.normalise
    w.normalise()
    return net


def answers(net: ng.Context, images: np.ndarray, seed: int) -> np.ndarray:
    """Spikes of every excitatory cell for each image, (n_images, n_cells), with weights and thresholds as they are."""
    exc = net.components["exc"]
    rise = exc.theta_plus.get()
    exc.theta_plus.set(0.0)
    compiled = InferenceCompiler(TEST_STEPS, {"exc": "spike_count"}, batch_size=100, spike_timing="grid").compile(net)
    counts = np.asarray(compiled.predict({"input": PoissonCode(images, seed=seed)}))
    exc.theta_plus.set(rise)
    return counts


def draw(net: ng.Context, folder: Path) -> None:
    """What each cell has learned to answer to, as images."""
    from matplotlib.figure import Figure

    fields = np.asarray(net.components["in_exc"].weights.get()).T.reshape(-1, 28, 28)
    side = int(np.ceil(np.sqrt(len(fields))))
    sheet = np.full((side * 29 + 1, side * 29 + 1), np.nan)
    for k, field in enumerate(fields):
        row, column = divmod(k, side)
        sheet[1 + 29 * row : 29 + 29 * row, 1 + 29 * column : 29 + 29 * column] = field
    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(sheet, cmap="magma", interpolation="nearest", vmin=0.0)
    axes.set_axis_off()
    figure.savefig(folder / f"receptive_fields_{len(fields)}.png", dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=100, metavar="N", help="excitatory cells (default: 100)")
    parser.add_argument("--samples", type=int, default=40000, metavar="N", help="presentations (default: 40000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", metavar="DIR", help="where the files of MNIST lie (default: the cache)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="draw the receptive fields into this folder")
    parser.add_argument("--smoke", action="store_true", help="few samples and cells, to see that it runs")
    given = parser.parse_args()
    n_cells, n_samples, few = (20, 300, 300) if given.smoke else (given.cells, given.samples, 10000)

    start = time.perf_counter(), time.process_time()
    wanted: dict[str, Any] = {"folder": given.folder, "train": min(n_samples, 60000), "test": few}
    data = load_dataset("mnist", wanted)
    assert data.raw is not None
    images, labels = data.raw["train"].reshape(-1, 784), data.train.labels
    net = build(n_cells, n_samples, given.seed)
    compiled = PlasticityCompiler(STEPS, at_end="end", again=AGAIN).compile(net)
    compiled.train({"input": PoissonCode(images)}, num_epochs=-(-n_samples // len(images)))
    known = LabelAssignment(answers(net, images[:few], seed=1), labels[:few])
    counts = answers(net, data.raw["test"].reshape(-1, 784), seed=2)
    told = {by: np.mean(known.predict(counts, by) == data.test.labels) for by in ("average", "proportion")}
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
        draw(net, given.out)
    spent = time.perf_counter() - start[0], time.process_time() - start[1]
    print(known)
    print(f"{counts.sum(1).mean():.1f} spikes a test image; {spent[0]:.0f} s, {spent[1]:.0f} s of core time")
    print(f"by proportion: {told['proportion']:.4f}, by average: {told['average']:.4f}")
    print(f"test accuracy: {told['average']:.3f}")


if __name__ == "__main__":
    main()
