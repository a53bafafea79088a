"""A model file as a whole."""

import math
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest

from ngcsnn.graph import YamlError
from ngcsnn.io import load_experiment, make_experiment, read_document

NETWORK = "components:\n  a: {type: LICell, n_units: 1}\n"
CELL = """
from ngcsnn.components import LICell

class MyCell(LICell):
    \"\"\"Mine.\"\"\"
"""


def test_a_network_alone_can_be_read(model: Path) -> None:
    e = load_experiment(NETWORK)
    assert e.data is e.train is None
    with pytest.raises(YamlError, match="this needs `train:"):
        _ = e.compiled
    text = model.read_text()
    e = load_experiment(text[: text.index("data:")] + text[text.index("train:\n  compiler") :])
    with pytest.raises(YamlError, match="this needs `data:"):
        _ = e.dataset


def test_files_and_sections_that_are_not_there(tmp_path: Path, model: Path) -> None:
    with pytest.raises(YamlError, match="no file .*modle.yaml; did you mean 'model.yaml'?"):
        load_experiment(tmp_path / "modle.yaml")
    with pytest.raises(YamlError, match="<text>:3: a model has no key 'trian'; did you mean 'train'?"):
        load_experiment(f"{NETWORK}trian: {{}}\n")


def test_both_halves_make_the_whole(model: Path) -> None:
    document = read_document(model, ["epochs=7"])
    e = make_experiment(document)
    assert e.document is document and e.train is not None and e.train.epochs == 7


def test_the_data_are_loaded_once(edited) -> None:
    e = edited("test: 32", "test: 33")
    assert e.dataset is e.dataset


def test_validation_as_the_plan_says(model_text: str) -> None:
    def asked(*overrides: str) -> set[str]:
        return set(load_experiment(model_text, overrides).validation())

    own = {"validation_inputs", "validation_targets"}
    assert asked() == set()
    assert asked("yin_yang.validation=16") == asked("yin_yang.validation=16", "train.validation=true") == own
    assert asked("yin_yang.validation=16", "train.validation=false") == set()
    assert load_experiment(model_text, ["train.validation=0.25"]).validation() == {"validation_split": 0.25}


def test_evaluate_reads_the_weights_of_the_context(model_text: str) -> None:
    e = load_experiment(model_text, ["test=5"])
    before = e.evaluate()
    assert 0 <= before["accuracy"] <= 1 and before["loss"] > 0
    weights = e.context.components["hid_out"].weights
    weights.set(jnp.zeros(weights.shape))
    after = e.evaluate()
    assert after["loss"] == pytest.approx(math.log(3.0), rel=1e-6)  # every class is as likely
    assert after["loss"] != before["loss"]


def test_modules_must_be_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_io_cells.py").write_text(CELL)
    monkeypatch.syspath_prepend(tmp_path)
    text = NETWORK.replace("LICell", "my_io_cells:MyCell")
    with pytest.raises(YamlError, match=r"<text>:2: .*not allowed.*--allow-module my_io_cells"):
        load_experiment(text)
    assert "my_io_cells" not in sys.modules
    e = load_experiment(text, allow_modules=["my_io_cells"])
    assert type(e.context.components["a"]).__name__ == "MyCell"
    with pytest.raises(
        YamlError, match="<text>:2: no component 'MyCel' in module 'my_io_cells'; did you mean 'MyCell'?"
    ):
        load_experiment(text.replace(":MyCell", ":MyCel"), allow_modules=["my_io_cells"])


def test_a_module_that_is_not_there() -> None:
    text = NETWORK.replace("LICell", "no_such_cells.deep:MyCell")
    with pytest.raises(YamlError, match=r"<text>:2: .*'no_such_cells.deep' cannot be imported"):
        load_experiment(text, allow_modules=["no_such_cells"])
