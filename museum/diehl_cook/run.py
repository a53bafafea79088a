"""Diehl & Cook 2015 with any number of cells: `python museum/diehl_cook/run.py [--cells N] [--seed S] [--smoke]`.

What is trained stands in model.yaml; notebook.py builds the same network in Python.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import ngcsnn as ng
from ngcsnn.io import load_experiment, run_training

MODEL = Path(__file__).parent / "model.yaml"
STEPS = 200  # of a presentation in training, ms


def sizes(n_cells: int, n_samples: int) -> list[str]:
    """What changes in model.yaml for `n_cells` cells and `n_samples` presentations, as on the command line."""
    busy = n_cells / 100  # of many cells each answers seldom: it learns more from a spike, its threshold lasts longer
    return [
        f"components.in_exc.shape=[784, {n_cells}]",
        f"decay_steps={n_samples * STEPS}",
        f"exc.n_units={n_cells}",
        f"exc.theta_plus={0.05 * busy**0.5}",
        f"exc.tau_theta={2e6 * busy**0.5}",
        f"exc_exc.n_units={n_cells}",
        f"post.n_units={n_cells}",
        f"rule.A_plus={0.01 * busy**0.8}",
        f"mnist.train={min(n_samples, 60000)}",
        f"epochs={-(-n_samples // 60000)}",
    ]


def build(seed: int = 0) -> ng.Context:
    """The network of model.yaml."""
    return load_experiment(MODEL, [f"context.seed={seed}"]).context


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=100, metavar="N", help="excitatory cells (default: 100)")
    parser.add_argument("--samples", type=int, default=40000, metavar="N", help="presentations (default: 40000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", metavar="DIR", help="where the files of MNIST lie (default: the cache)")
    parser.add_argument("--out", metavar="DIR", help="the run folder (default: runs/diehl_cook-<date>)")
    parser.add_argument(
        "--smoke", action="store_true", help="few samples and cells, to see that it runs; no run folder"
    )
    given = parser.parse_args()
    n_cells, n_samples = (20, 300) if given.smoke else (given.cells, given.samples)
    changes = [f"context.seed={given.seed}", *sizes(n_cells, n_samples)]
    changes += [f"data.mnist.folder={given.folder}"] if given.folder else []
    changes += ["mnist.test=300", "labels.samples=300"] if given.smoke else []

    start = time.process_time()
    experiment = load_experiment(MODEL, changes)
    if given.smoke:
        data = experiment.dataset.train
        experiment.trainable.train(experiment.inputs(data), experiment.targets(data))
        test = experiment.evaluate()
    else:
        outcome = run_training(experiment, given.out)
        test = outcome.test or {}
        print(f"run folder: {outcome.folder}; {time.process_time() - start:.0f} s of core time")
    print(f"test accuracy: {test['accuracy']:.3f}")


if __name__ == "__main__":
    main()
