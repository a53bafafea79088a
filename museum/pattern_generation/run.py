"""Pattern generation by e-prop, in Python: `museum/pattern_generation/run.py [--draw P] [--rule R] [--seed N]`."""

from __future__ import annotations

import argparse
from typing import Any

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DeltaLIFCell, DenseSynapse, LICell, SpikeSource
from ngcsnn.data import load_dataset

STEPS = 1000
RULES: dict[str, Any] = {  # both are NEST's; the rate of gradient descent is that of its example, see `nest_loss`
    "adam": {"nest_adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": 2000}}}},
    "gradient_descent": {"nest_gradient_descent": {"eta": 1e-4 * STEPS / 2}},
}


def build(seed: int = 0, n_hidden: int = 100, n_outputs: int = 1) -> ng.Context:
    """100 inputs, recurrently connected LIF cells as in NEST's example, a leaky integrator for each coordinate."""
    with ng.Context("pattern_generation", dt=1.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=100)
        hid = DeltaLIFCell(
            "hidden",
            n_units=n_hidden,
            tau_m=30.0,
            v_thr=0.03,
            arrival="spread",
            spike_reset="delayed",
            refractory_period="silent",
        )
        out = LICell("output", n_units=n_outputs, tau_m=30.0)
        draw = ng.init.FanInNormal()
        w_in = DenseSynapse("in_hid", shape=(100, n_hidden), weights=draw)
        w_rec = DenseSynapse("hid_hid", shape=(n_hidden, n_hidden), weights=draw, mask=ng.init.OffDiagonal())
        w_out = DenseSynapse("hid_out", shape=(n_hidden, n_outputs), weights=draw)
        inp.s >> w_in.inputs
        hid.s >> w_rec.inputs
        w_in.outputs + w_rec.outputs >> hid.jump
        hid.s >> w_out.inputs
        w_out.outputs >> out.j
    return net


def compiler(rule: str = "adam", steps: int = STEPS) -> EPropCompiler:
    """The mean over a trial's steps of the square error; rates are drawn towards 10 Hz as strongly as in NEST."""
    return EPropCompiler(
        example_timesteps=steps,
        losses={"output": "mean_square_error"},
        readouts={"output": {"var": {"integral": "steps"}}},
        optimiser=RULES[rule],
        batch_size=1,
        surrogate={"piecewise_linear": {"height": 10.0, "width": 0.03}},
        c_reg=600.0,
        f_target=10.0,
    )


def nest_loss(mean_square_error: float, steps: int = STEPS) -> float:
    """NEST's loss, half the sum over the steps (of several outputs the mean)."""
    return 0.5 * steps * mean_square_error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--draw", choices=("sines", "lemniscate", "handwriting"), default="sines", metavar="P")
    parser.add_argument("--rule", choices=RULES, default="adam")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default: 0)")
    parser.add_argument("--pattern", type=int, default=1, metavar="SEED", help="seed of target and input (default: 1)")
    given = parser.parse_args()
    updates, epochs = (20, 1) if given.smoke else (100, 20)

    data = load_dataset("pattern_generation", {"pattern": given.draw, "seed": given.pattern, "train": updates})
    _, steps, n_outputs = data.test.labels.shape
    compiled = compiler(given.rule, steps).compile(build(given.seed, n_outputs=n_outputs))
    compiled.train({"input": data.train.events}, {"output": data.train.labels}, num_epochs=epochs)
    metrics = compiled.evaluate({"input": data.test.events}, {"output": data.test.labels})
    print(f"hidden rate: {metrics['hidden.rate_hz']:.1f} Hz")
    print(f"test loss: {nest_loss(metrics['loss'], steps):.3f}")


if __name__ == "__main__":
    main()
