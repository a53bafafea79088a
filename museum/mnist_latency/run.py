"""MNIST by spike latency, in Python: `python museum/mnist_latency/run.py [--rule surrogate] [--hidden N] [--smoke]`."""

from __future__ import annotations

import argparse
from typing import Any

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import load_dataset

RULES = {"eventprop": EventPropCompiler, "surrogate": SurrogateCompiler}
ENCODING = {"latency": {"t_min": 2.0, "t_max": 18.0, "threshold": 1.0, "t_end": 20.0}}
BATCH = 32
TRIAL: dict[str, Any] = {  # what a compiler is told, whatever its rule
    "example_timesteps": 20,
    "batch_size": BATCH,
    "losses": {"output": {"sparse_categorical_crossentropy": {"temperature": 0.25}}},
    "readouts": {"output": "avg_var"},
    "dropout": {"input": 0.2},
}


def build(seed: int = 0, n_hidden: int = 128) -> ng.Context:
    """784 inputs, one for each pixel; one layer of LIF cells; 10 leaky integrators."""
    with ng.Context("mnist_latency", dt=1.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=784)
        hid = LIFCell("hidden", n_units=n_hidden, tau_m=20.0, tau_syn=5.0)
        out = LICell("output", n_units=10, tau_m=20.0, tau_syn=5.0)
        w1 = DenseSynapse("in_hid", shape=(784, n_hidden), weights=ng.init.Normal(0.078, 0.045))
        w2 = DenseSynapse("hid_out", shape=(n_hidden, 10), weights=ng.init.Normal(0.0, 0.1))
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


def optimiser(n_samples: int, epochs: int) -> dict[str, Any]:
    """Adam, whose learning rate falls to nothing by half a cosine over the whole training."""
    updates = epochs * -(-n_samples // BATCH)
    return {"adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": updates}}}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few samples and epochs, to see that it runs")
    parser.add_argument("--rule", choices=RULES, default="eventprop")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=128, metavar="N", help="hidden cells (default: 128)")
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="default: 10; 4 with --smoke")
    parser.add_argument("--folder", metavar="DIR", help="where the files of MNIST lie (default: the cache)")
    given = parser.parse_args()
    train, test = (2048, 512) if given.smoke else (60000, 10000)
    epochs = (4 if given.smoke else 10) if given.epochs is None else given.epochs

    data = load_dataset("mnist", {"folder": given.folder, "train": train, "test": test, "encoding": ENCODING})
    net = build(given.seed, given.hidden)
    compiled = RULES[given.rule](optimiser=optimiser(train, epochs), **TRIAL).compile(net)
    compiled.train({"input": data.train.events}, {"output": data.train.labels}, num_epochs=epochs)
    metrics = compiled.evaluate({"input": data.test.events}, {"output": data.test.labels})
    print(f"test accuracy: {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
