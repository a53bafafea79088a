"""The section `train`: what it gives, and the line of every mistake."""

import re
from pathlib import Path

import pytest

from ngcsnn.compilers import TrainableNetwork
from ngcsnn.graph import YamlError
from ngcsnn.io import Experiment, load_experiment, resolved_yaml
from ngcsnn.io.loop_section import LoopPlan
from ngcsnn.optim import Adam
from ngcsnn.training import Checkpoints, EarlyStopping, Plateau


def test_the_plan(small: Experiment) -> None:
    plan = small.train
    assert plan is not None
    assert (plan.compiler, plan.epochs, plan.validation, plan.shuffle, plan.seed) == ("eventprop", 2, "auto", True, 0)
    assert plan.optimiser == Adam(eta=0.01)
    assert isinstance(plan.compiled, TrainableNetwork)
    assert (plan.compiled.n_steps, plan.compiled.batch_size, plan.compiled.seed) == (30, 32, 0)


def test_options(model_text: str) -> None:
    more = ["train.seed=7", "train.shuffle=false", "train.validation=0.25", "eventprop.spike_timing=grid"]
    e = load_experiment(model_text, [*more, "eventprop.frozen=in_hid.weights", "eventprop.batch_size=8"])
    assert e.train is not None
    assert (e.train.seed, e.train.shuffle, e.train.validation) == (7, False, 0.25)
    assert e.compiled.names == {"hid_out": ("weights",)}
    assert type(e.compiled.crossing).__name__ == "Grid"
    assert (e.trainable.seed, e.compiled.batch_size) == (7, 8)


@pytest.mark.parametrize("readouts", ["avg_var_exp_weight", "{avg_var_exp_weight: {rate: 0.05}}"])
def test_one_readout_or_loss_stands_for_every_output(model_text: str, readouts: str) -> None:
    e = load_experiment(model_text, [f"eventprop.readouts={readouts}"])
    (output,) = e.compiled.objective.outputs
    assert (output.name, output.readout.kind) == ("output", "avg_var_exp_weight")
    one = "eventprop.losses={sparse_categorical_crossentropy: {temperature: 2}}"
    (output,) = load_experiment(model_text, [one]).compiled.objective.outputs
    assert (output.name, output.loss.describe()) == (
        "output",
        {"sparse_categorical_crossentropy": {"temperature": 2.0}},
    )
    with pytest.raises(YamlError, match="^<command line>: eventprop.losses=.*name the outputs"):
        load_experiment(model_text, [one, f"eventprop.readouts={readouts}"])


def test_the_seed_is_the_contexts_unless_given(model_text: str) -> None:
    e = load_experiment(model_text, ["context.seed=9"])
    assert e.train is not None and e.train.seed == 9


LOSS = "losses: {output: sparse_categorical_crossentropy}"
MISTAKES = [
    ("  epochs: 2", "  epoch: 2", "26: `train` has no key 'epoch'; did you mean 'epochs'?"),
    ("  epochs: 2\n", "", "17: `train` needs `epochs`"),
    ("  epochs: 2", "  epochs: 0", "26: `epochs` must be an integer >= 1, got 0"),
    ("  epochs: 2", "  epochs: 2.5", "26: `epochs` must be an integer >= 1, got 2.5"),
    ("  epochs: 2", "  epochs: true", "26: `epochs` must be an integer >= 1, got True"),
    ("  epochs: 2", "  epochs: 2\n  seed: -1", "27: `seed` must be an integer >= 0, got -1"),
    ("  epochs: 2", "  epochs: 2\n  shuffle: 1", "27: `shuffle` must be true or false, got 1"),
    ("  epochs: 2", "  epochs: 2\n  validation: 1.5", "27: `validation` must be true or false, a fraction"),
    ("  epochs: 2", "  epochs: 2\n  validation: true", "27: `validation` is true, but data set 'yin_yang' has no"),
    ("  epochs: 2", "  epochs: 2\n  validation: 0.001", "27: `validation` 0.001 of 64 samples leaves a part empty"),
    ("    eventprop:\n", "    evntprop:\n", "19: unknown compiler 'evntprop'; did you mean 'eventprop'?"),
    ("example_timesteps: 30", "example_timestep: 30", "20: compiler 'eventprop' has no key 'example_timestep'; did"),
    ("      example_timesteps: 30\n", "", "19: compiler 'eventprop' needs `example_timesteps`"),
    ("example_timesteps: 30", "example_timesteps: x", "20: `example_timesteps` must be an integer >= 1, got 'x'"),
    (f"      {LOSS}\n", "", "19: compiler 'eventprop' needs `losses`"),
    (LOSS, "losses: sparse_crossentropy", "21: unknown loss 'sparse_crossentropy'; did you mean 'sparse_categ"),
    (LOSS, "losses: [output]", "21: `losses` must be {output: name}, got ['output']"),
    (
        LOSS,
        "losses: {outptu: mean_square_error}",
        "21: context 'tiny' has no component 'outptu'; did you mean 'output'?",
    ),
    (LOSS, "losses: {output: sparse_crossentropy}", "21: unknown loss 'sparse_crossentropy'; did you mean 'sparse_cat"),
    (LOSS, "losses: {output: {sparse_categorical_crossentropy: {temp: 1}}}", "21: loss 'sparse_categorical_crossent"),
    ("output: avg_var", "output: avgvar", "23: unknown readout 'avgvar'; did you mean 'avg_var'?"),
    ("output: avg_var", "outputs: avg_var", "23: context 'tiny' has no component 'outputs'; did you mean 'output'?"),
    ("output: avg_var", "hidden: avg_var", "23: the output 'hidden' has no loss; valid: output"),
    ("output: avg_var", "output: {avg_var: {rate: 1}}", "23: readout 'avg_var' has no field 'rate'"),
    ("output: avg_var", "output: first_spike_time", "loss 'sparse_categorical_crossentropy' cannot use readout 'first"),
    (LOSS, f"{LOSS}\n      spike_timing: gird", "22: unknown spike timing 'gird'; did you mean 'grid'?"),
    (
        LOSS,
        f"{LOSS}\n      trainable: hidden.tau",
        "22: `trainable`: no parameter matches 'hidden.tau'; did you mean 'hi",
    ),
    (LOSS, f"{LOSS}\n      frozen: 5", "22: `frozen` must be a list of names, got 5"),
    (LOSS, f'{LOSS}\n      frozen: "*"', "22: nothing to train"),
    (LOSS, f"{LOSS}\n      optimiser: adam", "22: `optimiser` stands beside `compiler`, not in it"),
    (LOSS, f"{LOSS}\n      seed: 1", "22: `seed` stands beside `compiler`, not in it"),
    ("    adam: {eta: 0.01}", "    adm: {eta: 0.01}", "25: unknown optimiser 'adm'; did you mean 'adam'?"),
    (
        "    adam: {eta: 0.01}",
        "    adam:\n      etta: 0.01",
        "26: unknown argument of optimiser 'adam' 'etta'; did you",
    ),
    ("    adam: {eta: 0.01}", "    adam:\n      eta: -1", "26: Adam: `eta` must be"),
    (
        "    adam: {eta: 0.01}",
        "    adam:\n      eta: {cosin: {}}",
        "26: unknown schedule 'cosin'; did you mean 'cosine'?",
    ),
    (
        "    adam: {eta: 0.01}",
        "    per_parameter:\n      in_hid.w: sgd\n      '*': adam",
        "26: PerParameter: 'in_hid.w' match",
    ),
    ("    adam: {eta: 0.01}", "    5", "24: an optimiser must be a name"),
    ("train:\n  compiler:", "train:\n  kompiler:", "18: `train` has no key 'kompiler'; did you mean 'compiler'?"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_mistakes_are_told_with_their_line(told, old: str, new: str, message: str) -> None:
    text = told(old, new)
    assert message in text if message.startswith("loss") else text.startswith(message), text


def test_keys_of_the_loop(model_text: str, tmp_path: Path) -> None:
    def loop(*keys: str) -> LoopPlan:
        plan = load_experiment(model_text, [f"train.{key}" for key in keys]).train
        assert plan is not None
        return plan.loop

    assert loop() == LoopPlan()
    (kept,) = LoopPlan().callbacks(tmp_path)
    assert isinstance(kept, Checkpoints) and kept.every_minutes == 1.0 and kept.folder == tmp_path / "checkpoints"
    plan = loop("accumulate=4", "checkpoints={every_batches: 10}", "early_stopping=true", "plateau={patience: 3}")
    assert plan.arguments() == {"accumulate": 4, "precision": None, "metrics": []}
    plateau, stopping, kept = plan.callbacks(tmp_path)
    assert isinstance(plateau, Plateau) and plateau.patience == 3
    assert isinstance(stopping, EarlyStopping) and stopping.patience == 10
    assert isinstance(kept, Checkpoints) and (kept.every_batches, kept.every_epochs, kept.at_end) == (10, 1, True)
    assert loop("metrics=[top_k: {k: 2}, confusion_matrix]").metrics == ({"top_k": {"k": 2}}, {"confusion_matrix": {}})
    assert loop("checkpoints=false").callbacks(tmp_path) == [] and loop("progress_every=5").progress_every == 5
    text = resolved_yaml(load_experiment(model_text, ["train.plateau={patience: 3}", "train.checkpoints=false"]))
    again = load_experiment(text)
    assert again.train is not None and again.train.loop == loop("plateau={patience: 3}", "checkpoints=false")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("accumulate: 0", "`accumulate` must be an integer >= 1, got 0"),
        ("precision: bfloat61", "`precision` must be bfloat16, got 'bfloat61'; did you mean 'bfloat16'?"),
        ("checkpoints: {keep: 2}", "`checkpoints` has no key 'keep'; did you mean 'keep_last'?"),
        ("checkpoints: {keep_last: 0}", "`keep_last` must be an integer >= 1, got 0"),
        ("early_stopping: {figure: test_loss}", "`figure` 'test_loss': a decision by the test split"),
        ("plateau: {fast: 0.9}", "`fast` must be below `slow`"),
        ("plateau: 3", "`plateau` must be true, false or {argument: value}, got 3"),
        ("metrics: [top_kk]", "unknown metric 'top_kk'; did you mean 'top_k'?"),
        ("metrics: [top_k: {k: 3}]", "metric 'top_k': `k` must be below the 3 classes of 'output', got 3"),
        ("progress_every: soon", "`progress_every` must be an integer >= 1, got 'soon'"),
    ],
)
def test_mistakes_in_them(told, line: str, message: str) -> None:
    said = told("  epochs: 2\n", f"  {line}\n  epochs: 2\n")
    assert re.match(rf"26: .*{re.escape(message)}", said), said


def test_sections_of_another_kind() -> None:
    for given in ("5", "[]", "null"):
        with pytest.raises(YamlError, match="2: `train` must be a mapping"):
            load_experiment(f"components: {{a: {{type: LICell, n_units: 1}}}}\ntrain: {given}\n")
    with pytest.raises(YamlError, match="2: `train` needs `compiler:"):
        load_experiment("components: {a: {type: LICell, n_units: 1}}\ntrain: {}\n")


def test_a_compiler_that_does_not_learn(model_text: str) -> None:
    inference = "train.compiler={inference: {example_timesteps: 30, readouts: {output: avg_var}}}"
    with pytest.raises(YamlError, match=r"<text>:24: `optimiser` does not apply: the compiler 'inference' does not"):
        load_experiment(model_text, [inference])
    text = model_text[: model_text.index("train:\n  compiler")] + "train: {compiler: {}}\n"
    e = load_experiment(text, [inference])
    assert [o.name for o in e.compiled.objective.outputs] == ["output"]
    assert e.train is not None and e.train.epochs is e.train.optimiser is e.train.seed is None
    with pytest.raises(YamlError, match="does not learn"):
        _ = e.trainable
