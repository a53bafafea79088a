"""The section `data`: where the data go, and the line of every mistake."""

from pathlib import Path

import numpy as np
import pytest

from ngcsnn.data import AugmentedData, EventData, Splitting, yin_yang_events
from ngcsnn.graph import YamlError
from ngcsnn.io import Experiment, load_experiment
from ngcsnn.io.resolved import resolved_yaml


def test_the_plan(small: Experiment) -> None:
    plan = small.data
    assert plan is not None
    assert (plan.name, plan.inputs, plan.targets) == ("yin_yang", ("input",), ("output",))
    assert plan.options["train"] == 64 and plan.options["seed"] == 42  # given, and by default
    assert len(small.dataset.train.labels) == 64 and len(small.dataset.test.labels) == 32


def test_a_bare_name_takes_every_default(model_text: str) -> None:
    e = load_experiment(model_text, ["data=yin_yang"])
    assert e.data is not None and e.data.options["train"] == 5000


MNIST = """\
  mnist:
    folder: digits
    train: 30
    encoding:
      latency:
        t_min: 2
        t_max: 18
"""


def test_an_encoding_is_written_out_in_full(model_text: str) -> None:
    e = load_experiment(model_text.replace("  yin_yang:\n    train: 64\n    test: 32\n", MNIST))
    assert e.data is not None and e.data.name == "mnist"
    assert (e.data.options["folder"], e.data.options["train"], e.data.options["test"]) == ("digits", 30, 10000)
    latency = {"t_min": 2, "t_max": 18, "threshold": 1.0, "invert": True, "logarithmic": False, "tau": None}
    assert e.data.options["encoding"] == {"latency": {**latency, "t_end": None}}
    again = load_experiment(resolved_yaml(e))
    assert again.data == e.data
    default = load_experiment(model_text, ["data=mnist"]).data
    assert default is not None
    latency |= {"t_min": 2.0, "t_max": 18.0, "t_end": 20.0}
    assert default.options["encoding"] == {"latency": latency}


ENCODING_MISTAKES = {
    "name": ("      latency:\n", "      latncy:\n", "18: unknown encoding `latncy` (did you mean `latency`?)"),
    "option": ("t_max: 18", "tmax: 18", "20: encoding `latency`: unknown option `tmax` (did you mean `t_max`?)"),
    "form": ("    encoding:\n", "    encoding: [1]\n    validation:\n", "17: `encoding` is written {name: "),
    "folder": ("t_max: 18", "t_max: 18", "15: mnist: the `folder` 'digits' lacks train-images-idx3-ubyte and "),
    "size": ("train: 30", "train: 0", "16: `train` must be an integer >= 1, got 0"),
}


@pytest.mark.parametrize("kind", ENCODING_MISTAKES)
def test_mistakes_in_images_are_told_with_their_line(model_text: str, model: Path, in_tmp: Path, kind: str) -> None:
    old, new, message = ENCODING_MISTAKES[kind]
    assert MNIST.count(old) == 1
    model.write_text(model_text.replace("  yin_yang:\n    train: 64\n    test: 32\n", MNIST.replace(old, new)))
    with pytest.raises(YamlError) as caught:
        _ = load_experiment(model).dataset
    assert str(caught.value).startswith(f"{model}:{message}")


def test_where_it_goes_can_be_said(model_text: str) -> None:
    e = load_experiment(model_text, ["data.inputs={input: events}", "data.targets={output: labels}"])
    assert e.data is not None and (e.data.inputs, e.data.targets) == (("input",), ("output",))


CHANGES = """\
  split: {validation: 0.25, classes: [2, 0], balance: true, seed: 3}
  augment:
    channel_shift: 1
    blend: [0.5, 0.5]
"""


def test_splits_and_augmentation(model_text: str) -> None:
    text = model_text.replace("data:\n", f"data:\n{CHANGES}").replace("[20, 3]", "[20, 2]")
    e = load_experiment(text.replace("LICell, n_units: 3", "LICell, n_units: 2"))
    assert e.data is not None and e.data.split == Splitting([2, 0], 0.25, None, True, 3)
    data = e.dataset
    assert data.n_classes == 2 and data.class_names == ("dot", "yin")
    assert isinstance(data.train.events, AugmentedData) and data.train.events.augmentation.channel_shift == 1
    assert data.validation is not None and not isinstance(data.validation.events, AugmentedData)
    assert set(np.bincount(data.train.labels)) == {len(data.train.labels) // 2}
    again = load_experiment(resolved_yaml(e))
    assert again.data == e.data


YY = "  yin_yang:\n"
MISTAKES = [
    (YY, f"  split: {{validaton: 0.1}}\n{YY}", "14: `split` has no key 'validaton'; did you mean 'validation'?"),
    (YY, f"  split: {{validation: 2}}\n{YY}", "14: `validation` must be a fraction"),
    (YY, f"  split: {{leave_out: 3}}\n{YY}", "14: data set 'yin_yang' does not say whom to `leave_out`"),
    (YY, f"  split: 0.1\n{YY}", "14: `split` must be {name: value, ...}, got 0.1"),
    (
        YY,
        f"  augment: {{chanel_shift: 3}}\n{YY}",
        "14: `augment` has no key 'chanel_shift'; did you mean 'channel_shift'?",
    ),
    (YY, f"  augment:\n    dropout: 1.5\n{YY}", "15: `dropout` must be a probability"),
    (YY, f"  augment: {{image_shift: 1, image_shape: [2, 2]}}\n{YY}", "14: `image_shape` (2, 2) does not make 5 units"),
    (YY, "  yinyang:\n", "14: unknown data set `yinyang` (did you mean `yin_yang`?)"),
    ("    train: 64", "    trian: 64", "15: data set 'yin_yang' has no key 'trian'; did you mean 'train'?"),
    ("    train: 64", "    train: many", "15: `train` must be an integer >= 1, got 'many'"),
    ("    test: 32", "    test: 32\n    test_seed: 42", "17: `seed` and `test_seed` are both 42"),
    ("    test: 32", "    test: 32\n    t_late: 40", "14: sample 1, event 4: spike time"),
    (YY, f"  events: {{}}\n{YY}", "13: a data set is written {name: {argument: value, ...}}"),
    (YY, f"  inputs: {{inptu: events}}\n{YY}", "14: context 'tiny' has no component 'inptu'; did you mean 'input'?"),
    (YY, f"  inputs: {{input: event}}\n{YY}", "14: `inputs` places events, got 'event'; did you mean 'events'?"),
    (YY, f"  inputs: {{hidden.syn: events}}\n{YY}", "14: the source 'input' gets no data"),
    (YY, f"  inputs: {{input: events, hidden.syn: events}}\n{YY}", "15: hidden.syn cannot be fed: it is "),
    (YY, f"  inputs: input\n{YY}", "14: `inputs` must be {name: events}, got 'input'"),
    (YY, f"  targets: {{hidden: labels}}\n{YY}", "14: 'hidden' is no output with a loss"),
    (YY, f"  targets: {{output: events}}\n{YY}", "14: `targets` places labels, got 'events'"),
    ("    train: 64\n    test: 32\n", "    - 5\n", "14: a data set 'yin_yang' takes a mapping of arguments, got [5]"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_mistakes_are_told_with_their_line(told, old: str, new: str, message: str) -> None:
    text = told(old, new)
    assert text.startswith(message) if message[0].isdigit() else message in text, text


def test_times_outside_the_trial_are_told_before_training(told) -> None:
    assert told("example_timesteps: 30", "example_timesteps: 10").startswith("14: input.inputs: ")


def test_a_network_that_does_not_fit_the_data(model_text: str) -> None:
    e = load_experiment(model_text, ["input.n_units=4", "in_hid.shape.0=4"])
    with pytest.raises(YamlError, match=r"^<text>:14: input.inputs has 4 units, the events have 5"):
        _ = e.dataset
    e = load_experiment(model_text, ["output.n_units=2", "hid_out.shape.1=2"])
    with pytest.raises(YamlError, match="^<text>:14: .*output"):
        _ = e.dataset


def test_several_sources_must_be_told_apart(model_text: str) -> None:
    text = model_text.replace("components:\n", "components:\n  second: {type: SpikeSource, n_units: 5}\n")
    with pytest.raises(YamlError) as caught:
        load_experiment(text)
    assert str(caught.value) == (
        "<text>:14: the network has the sources second, input: say who gets the events, as in "
        "`inputs: {second: events, input: events}`"
    )
    with pytest.raises(YamlError, match="the source 'second' gets no data"):
        load_experiment(text, ["data.inputs={input: events}"])
    e = load_experiment(text, ["data.inputs={input: events, second: events}"])
    assert set(e.inputs(e.dataset.test)) == {"input", "second"}


def test_several_outputs_must_be_told_apart(model_text: str) -> None:
    text = model_text.replace(
        "{output: sparse_categorical_crossentropy}", "{output: mean_square_error, hidden: mean_square_error}"
    )
    text = text.replace("output: avg_var", "output: avg_var\n        hidden: {avg_var: {integral: steps}}")
    with pytest.raises(YamlError, match="has the outputs with a loss output, hidden: say who gets the labels"):
        load_experiment(text)
    with pytest.raises(YamlError, match="the output 'hidden' gets no labels"):
        load_experiment(text, ["data.targets={output: labels}"])


def test_a_network_without_source(model_text: str) -> None:
    with pytest.raises(YamlError, match="<text>:2: the network has no sources: say who gets the events"):
        load_experiment("components: {a: {type: LICell, n_units: 1}}\ndata: yin_yang\n")


def test_a_users_own_files(model_text: str, in_tmp: Path) -> None:
    events, labels = yin_yang_events(8, seed=1)
    events.save(in_tmp / "a.npz", labels=labels)
    e = load_experiment(model_text, ["data={events: {train: a.npz, test: a.npz}}"])
    assert isinstance(e.dataset.train.events, EventData)
    np.testing.assert_array_equal(e.dataset.test.labels, labels)
    lost = load_experiment(model_text, ["data={events: {train: a.npz, test: b.npz}}"])
    with pytest.raises(YamlError, match=r"^<command line>: data=.*b\.npz"):
        _ = lost.dataset
    with pytest.raises(YamlError, match="data set 'events' needs `test`"):
        load_experiment(model_text, ["data={events: {train: a.npz}}"])
