"""`ngcsnn check`: everything is checked, one screen is printed."""

from pathlib import Path

import jax
import numpy as np
import pytest

from ngcsnn.cli.summary import batch_memory, summary
from ngcsnn.compilers import TrainableNetwork
from ngcsnn.compilers.feeding import to_device
from ngcsnn.compilers.parameters import split
from ngcsnn.io import load_experiment


def test_one_screen(ngcsnn, model: Path) -> None:
    said = ngcsnn("check", model)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 120
    for text in (
        "tiny: dt 1 ms, seed 0, float32",
        "hidden   LIFCell       20 units",
        "in_hid   DenseSynapse  5 × 20",
        "160 trained (in_hid.weights, hid_out.weights)",
        "all at once  in_hid",
        "time loop    hidden",
        "yin_yang: train 64, test 32; 5 units, 3 classes; events to input, labels to output",
        "eventprop: 30 steps of 1 ms, batches of 32, 2 epochs",
        "output: SparseCategoricalCrossentropy",
        "to evaluate a batch",
    ):
        assert text in said.out, text
    assert [p.name for p in model.parent.iterdir()] == ["model.yaml"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "hidden.n_units=7",
            "model.yaml:10: in_hid.outputs >> hidden.syn: shapes do not match: in_hid.outputs is (20,)",
        ),
        ("yin_yang.t_end=x", "<command line>: yin_yang.t_end=x: `t_end` must be"),
        ("example_timesteps=10", "model.yaml:14: input.inputs: "),
        ("readouts={hidden: avg_var}", "<command line>: readouts={hidden: avg_var}: the output 'hidden' has no loss"),
        ("in_hid.weigths=1", "component 'in_hid' (DenseSynapse) has no key 'weigths'; did you mean 'weights'?"),
    ],
)
def test_mistakes(ngcsnn, model: Path, override: str, message: str) -> None:
    said = ngcsnn("check", model, override)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ") and said.err.count("\n") == 1 and message in said.err


def test_a_network_alone(ngcsnn, model: Path) -> None:
    model.write_text(model.read_text().partition("data:")[0])
    said = ngcsnn("check", model)
    assert said.code == 0 and "160 numbers" not in said.out
    assert said.out.endswith("no `data` and no `train`: the network alone was checked\n")


def test_a_recurrent_part_is_one_loop(model: Path) -> None:
    text = model.read_text().replace("wires:\n", "wires:\n  - hidden.s >> rec.inputs\n")
    text = text.replace("in_hid.outputs >> hidden", "in_hid.outputs + rec.outputs >> hidden")
    text = text.replace("wires:", "  rec: {type: DenseSynapse, shape: [20, 20], weights: 0.0}\nwires:")
    assert "time loop    rec, hidden" in summary(load_experiment(text))


def test_long_lists_are_cut() -> None:
    cells = "\n".join(f"  c{i}: {{type: LICell, n_units: 1}}" for i in range(60))
    lines = summary(load_experiment(f"components:\n{cells}\n")).splitlines()
    assert len(lines) < 60 and sum("... and 37 more" in line for line in lines) == 2


def test_the_memory_estimate_is_of_the_right_size(model: Path) -> None:
    """Against what XLA says it will allocate, for one batch of training."""
    wide = ["hidden.n_units=200", "in_hid.shape.1=200", "hid_out.shape.0=200"]
    e = load_experiment(model, ["example_timesteps=60", *wide])
    net, data = e.trainable, e.dataset
    assert isinstance(net, TrainableNetwork)
    fed, n = to_device(e.context, e.inputs(data.train), net.n_steps)
    targets = net.objective.targets(e.context, e.targets(data.train), n, net.n_steps)
    trained, fixed = split(e.context, net.names)
    index, weight = np.arange(32, dtype=np.int32)[None], np.ones((1, 32), np.float32)
    lowered = net.epoch_program(fed).lower(trained, net.opt_state, fixed, fed, targets, index, weight)
    allocated = lowered.compile().memory_analysis().temp_size_in_bytes
    _, estimate = batch_memory(e, net.n_steps, net.batch_size)
    assert jax.default_backend() == "cpu"
    assert 0.4 < estimate / allocated < 2.5
