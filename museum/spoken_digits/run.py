"""Spoken digits by EventProp, in Python: `python museum/spoken_digits/run.py [--leave-out SPEAKER] [--smoke]`."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import Splitting, augment, load_dataset

TRIAL: dict[str, Any] = {
    "example_timesteps": 250,
    "batch_size": 32,
    "spike_timing": "exact",
    "losses": {"output": {"sparse_categorical_crossentropy": {"temperature": 0.05}}},
    "readouts": {"output": {"avg_var_exp_weight": {"rate": 0.005}}},
}
AUGMENT: dict[str, Any] = {"time_dilation": [0.8, 1.25]}


def build(seed: int = 0) -> ng.Context:
    """80 inputs, 64 recurrent LIF cells, 10 leaky integrators."""
    with ng.Context("spoken_digits", dt=2.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=80)
        hid = LIFCell("hidden", n_units=64, tau_m=20.0, tau_syn=20.0)
        out = LICell("output", n_units=10, tau_m=20.0, tau_syn=20.0)
        w_in = DenseSynapse("in_hid", shape=(80, 64), weights=ng.init.Normal(0.05, 0.12))
        w_rec = DenseSynapse("hid_hid", shape=(64, 64), weights=ng.init.Normal(0.0, 0.02))
        w_out = DenseSynapse("hid_out", shape=(64, 10), weights=ng.init.Normal(0.0, 0.03))
        inp.s >> w_in.inputs
        hid.s >> w_rec.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    return net


def optimiser(updates: int) -> dict[str, Any]:
    """Adam, whose learning rate falls to nothing by half a cosine."""
    return {"adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": updates}}}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few samples, to see that it runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="default: 10; 4 with --smoke")
    parser.add_argument("--leave-out", metavar="SPEAKER", help="validate on this speaker, and do not learn from them")
    parser.add_argument("--folder", metavar="DIR", help="where the recordings lie (default: the cache)")
    given = parser.parse_args()
    epochs = 4 if given.smoke else given.epochs

    data = Splitting(leave_out=given.leave_out)(load_dataset("fsdd", {"folder": given.folder, "t_end": 500.0}))
    train, test = data.train, data.test
    if given.smoke:
        train, test = (split.select(np.arange(len(split.labels))[::3][:200]) for split in (train, test))
    events = augment(train.events, train.labels, **AUGMENT)
    held: dict[str, Any] = {}
    if data.validation is not None:
        held = {"validation_inputs": {"input": data.validation.events}, "validation_targets": data.validation.labels}
    updates = epochs * -(-len(train.labels) // TRIAL["batch_size"])
    compiled = EventPropCompiler(optimiser=optimiser(updates), **TRIAL).compile(build(given.seed))
    compiled.train({"input": events}, {"output": train.labels}, num_epochs=epochs, **held)
    metrics = compiled.evaluate({"input": test.events}, {"output": test.labels})
    print(f"test accuracy: {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
