"""`key=value` from the command line."""

from pathlib import Path

import pytest

from ngcsnn.graph import Document, YamlError
from ngcsnn.io import Overridden, load_experiment

TEXT = """\
context: {name: net, seed: 3}
components:
  hidden: {type: LIFCell, n_units: 20}
  in_hid: {shape: [5, 20]}
train:
  epochs: 2
  seed: 1
  optimiser: {per_parameter: {"in_hid.weights": {adam: {eta: 0.1}}, "*": sgd}}
"""


def change(*overrides: str) -> Overridden:
    return Overridden(Document(TEXT, "m.yaml"), overrides)


def refusal(*overrides: str) -> str:
    with pytest.raises(YamlError) as caught:
        change(*overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("train.epochs=5", ("train", "epochs"), 5),
        ("epochs=5", ("train", "epochs"), 5),
        ("components.in_hid.shape.1=100", ("components", "in_hid", "shape", 1), 100),
        ("shape.0=7", ("components", "in_hid", "shape", 0), 7),
        ("hidden.n_units=100", ("components", "hidden", "n_units"), 100),
        ("in_hid.shape=[5, 7]", ("components", "in_hid", "shape"), [5, 7]),
        ("train.epochs=1e-3", ("train", "epochs"), 0.001),
        ("context.name=other", ("context", "name"), "other"),
        ("context.name=a=b", ("context", "name"), "a=b"),
        ("train.epochs=", ("train", "epochs"), None),
        ("train.epochs={a: [true]}", ("train", "epochs"), {"a": [True]}),
        ("train.epochs= 5", ("train", "epochs"), 5),
        ("in_hid.weights.adam.eta=1", ("train", "optimiser", "per_parameter", "in_hid.weights", "adam", "eta"), 1),
        # new keys: in full, below a unique end, and in a section that the file has not
        ("context.dt=0.5", ("context", "dt"), 0.5),
        ("hidden.tau_m=10", ("components", "hidden", "tau_m"), 10),
        ("data={yin_yang: null}", ("data",), {"yin_yang": None}),
        ("processes.step=[]", ("processes", "step"), []),
    ],
)
def test_values_take_their_place(override: str, path: tuple, value: object) -> None:
    document = change(override)
    found = document.data
    for part in path:
        found = found[part]
    assert found == value
    assert type(found) is type(value)
    assert document.where(*path) == document.where(*path, "below") == f"<command line>: {override}"


def test_the_rest_stays_and_the_original_too() -> None:
    original = Document(TEXT, "m.yaml")
    changed = Overridden(original, ["train.epochs=5", "in_hid.shape.1=9"])
    assert original.data["train"]["epochs"] == 2 and original.data["components"]["in_hid"]["shape"] == [5, 20]
    assert changed.data["components"]["in_hid"]["shape"] == [5, 9]
    assert changed.where("train", "seed") == "m.yaml:7"
    assert changed.where("components", "in_hid", "shape", 0) == "m.yaml:4"


def test_a_replaced_section_forgets_its_lines() -> None:
    document = change("train={epochs: 4}", "epochs=5")
    assert document.data["train"] == {"epochs": 5}
    assert document.where("train", "seed") == "<command line>: train={epochs: 4}"
    assert document.where("train", "epochs") == "<command line>: epochs=5"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epoch=5", "the model has no 'epoch'; did you mean 'train.epochs'?"),
        ("trian.epochs=5", "the model has no 'trian.epochs'; did you mean 'train.epochs'?"),
        ("components.hiden.n_units=5", "no 'components.hiden.n_units'; did you mean 'components.hidden.n_units'?"),
        ("qqqq=5", "the model has no 'qqqq'"),
        ("seed=5", "'seed' may be context.seed, train.seed; write the path in full"),
        ("in_hid.shape.2=5", "the model has no 'in_hid.shape.2'"),
        ("train.epochs.x=5", "the model has no 'train.epochs.x'"),
        ("epochs", "an override reads key=value"),
        ("=5", "an override reads key=value"),
        ("train..epochs=5", "an override reads key=value"),
        ("epochs=[1", "cannot read the value '[1'"),
        ("epochs=!!python/name:os.system", "cannot read the value"),
        ("epochs=#5", "cannot read the value '#5' as one YAML value"),
        ("epochs=5\nother: 6", "as one YAML value"),
    ],
)
def test_what_leads_nowhere_is_refused(override: str, message: str) -> None:
    text = refusal(override)
    told = override.replace("\n", "\\n")  # in one line
    assert text.startswith(f"<command line>: {told}: ")
    assert message in text


def test_nothing_close_means_no_guess() -> None:
    assert refusal("qqqq=5").endswith("the model has no 'qqqq'")


def test_one_path_twice_is_refused() -> None:
    assert refusal("epochs=5", "train.epochs=6") == (
        "<command line>: train.epochs=6: train.epochs is given a second time, after epochs=5"
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epochs=many", "`epochs` must be an integer >= 1, got 'many'"),
        ("train.epoch=5", "`train` has no key 'epoch'; did you mean 'epochs'?"),
        ("hidden.n_unit=5", "component 'hidden' (LIFCell) has no key 'n_unit'; did you mean 'n_units'?"),
        ("hidden.tau_m=-1", "`tau_m` must be finite and > 0 (in ms), got -1"),
        ("eventprop.batchsize=5", "compiler 'eventprop' has no key 'batchsize'; did you mean 'batch_size'?"),
        ("yin_yang.sed=5", "data set 'yin_yang' has no key 'sed'; did you mean 'seed'?"),
        ("test=-5", "`test` must be an integer >= 1, got -5"),
    ],
)
def test_errors_about_a_value_name_the_override(model_text: str, override: str, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        _ = load_experiment(model_text, [override]).dataset
    assert str(caught.value).startswith(f"<command line>: {override}: ")
    assert message in str(caught.value)


def test_errors_elsewhere_tell_of_the_overrides(model: Path) -> None:
    with pytest.raises(YamlError) as caught:
        load_experiment(model, ["hidden.n_units=7", "epochs=5"])
    assert str(caught.value).startswith(f"{model}:10: in_hid.outputs >> hidden.syn: shapes do not match")
    assert str(caught.value).endswith(" (with hidden.n_units=7 epochs=5 from the command line)")


def test_several_that_only_fit_together(model_text: str) -> None:
    e = load_experiment(model_text, ["hidden.n_units=7", "in_hid.shape.1=7", "hid_out.shape=[7, 3]", "context.seed=5"])
    assert e.context.components["in_hid"].weights.shape == (5, 7)
    assert e.context.seed == 5
