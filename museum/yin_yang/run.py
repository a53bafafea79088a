"""Yin-Yang by EventProp, composed in Python: `python museum/yin_yang/run.py [--smoke] [--seed N]`."""

from __future__ import annotations

import argparse

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import load_dataset


def build(seed: int = 0, n_hidden: int = 200) -> ng.Context:
    """5 inputs, one layer of LIF cells, 3 leaky integrators."""
    with ng.Context("yin_yang", dt=1.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=5)
        hid = LIFCell("hidden", n_units=n_hidden, tau_m=20.0, tau_syn=5.0)
        out = LICell("output", n_units=3, tau_m=20.0, tau_syn=5.0)
        w1 = DenseSynapse("in_hid", shape=(5, n_hidden), weights=ng.init.Normal(1.5, 0.78))
        w2 = DenseSynapse("hid_out", shape=(n_hidden, 3), weights=ng.init.Normal(0.0, 0.1))
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train, test, epochs = (256, 128, 2) if given.smoke else (5000, 1000, 60)

    data = load_dataset("yin_yang", {"train": train, "test": test, "seed": 42})
    net = build(given.seed, n_hidden=50 if given.smoke else 200)
    compiler = EventPropCompiler(
        example_timesteps=30,
        losses={"output": {"sparse_categorical_crossentropy": {"temperature": 0.0625}}},
        readouts={"output": "avg_var"},
        optimiser={"adam": {"eta": {"exponential": {"initial": 0.005, "factor": 0.95, "every": 157}}}},
        batch_size=32,
        spike_timing="exact",
    )
    compiled = compiler.compile(net)
    compiled.train({"input": data.train.events}, {"output": data.train.labels}, num_epochs=epochs)
    metrics = compiled.evaluate({"input": data.test.events}, {"output": data.test.labels})
    print(f"test accuracy: {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
