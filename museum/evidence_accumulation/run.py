"""Evidence accumulation by e-prop, in Python: `python museum/evidence_accumulation/run.py [--seed N] [--smoke]`."""

from __future__ import annotations

import argparse

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DeltaLIFCell, DenseSynapse, LICell, SpikeSource
from ngcsnn.data import load_dataset

BATCH = 32


def build(seed: int = 0) -> ng.Context:
    """40 inputs, 100 recurrently connected LIF cells of which half adapt, 2 leaky integrators: left and right."""
    with ng.Context("evidence_accumulation", dt=1.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=40)
        hid = DeltaLIFCell(
            "hidden",
            n_units=100,
            tau_m=20.0,
            v_thr=0.6,
            beta=ng.init.Parted(first=0.0, second=0.0174242),
            tau_adapt=2000.0,
            refract_time=5.0,
            arrival="end",
            spike_reset="delayed",
            refractory_period="silent",
        )
        out = LICell("output", n_units=2, tau_m=20.0)
        w_in = DenseSynapse("in_hid", shape=(40, 100), weights=ng.init.FanInNormal())
        w_rec = DenseSynapse("hid_hid", shape=(100, 100), weights=ng.init.FanInNormal(), mask=ng.init.OffDiagonal())
        w_out = DenseSynapse("hid_out", shape=(100, 2), weights=ng.init.FanInUniform(gain=1.4))
        inp.s >> w_in.inputs
        hid.s >> w_rec.inputs
        w_in.outputs + w_rec.outputs >> hid.jump
        hid.s >> w_out.inputs
        w_out.outputs >> out.j
    return net


def compiler(updates: int, batch_size: int = BATCH) -> EPropCompiler:
    """Cross-entropy of every step of the recall, the last 150 ms; rates are drawn towards 10 Hz."""
    return EPropCompiler(
        example_timesteps=2250,
        losses={"output": "sparse_categorical_crossentropy"},
        readouts={"output": {"var": {"integral": "steps"}}},
        optimiser={"nest_adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": updates}}, "eps": 1e-8}},
        batch_size=batch_size,
        error_start_timestep=2100,
        surrogate={"piecewise_linear": {"height": 0.5, "width": 0.6}},
        c_reg=60.0,
        f_target=10.0,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few trials and updates, to see that it runs")
    parser.add_argument("--seed", type=int, default=0, help="of weights, trials and their order (default: 0)")
    parser.add_argument("--epochs", type=int, default=6, metavar="N", help="of 200 updates each (default: 6)")
    given = parser.parse_args()
    train, test, epochs = (64, 32, 1) if given.smoke else (6400, 1024, given.epochs)

    data = load_dataset("evidence_accumulation", {"train": train, "test": test, "seed": given.seed})
    compiled = compiler(epochs * train // BATCH).compile(build(given.seed))
    compiled.train({"input": data.train.events}, {"output": data.train.labels}, num_epochs=epochs)
    metrics = compiled.evaluate({"input": data.test.events}, {"output": data.test.labels})
    print(f"hidden rate: {metrics['hidden.rate_hz']:.1f} Hz")
    print(f"test accuracy: {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
