"""Model files with something wrong in them: one line that says what, or a model that can be used.

The long form is `slow`: NGCSNN_FUZZ says how many cases of each sort it tries (default 10 000).
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest
import yaml
from damaging import FEW, MANY
from hypothesis import given, settings, strategies as st

from ngcsnn.cli.user_errors import is_users, message
from ngcsnn.io import load_experiment

MODEL = """\
context: {name: tiny, dt: 1.0, seed: 0, spike_timing: precise}
components:
  input: {type: SpikeSource, n_units: 5}
  hidden: {type: LIFCell, n_units: 4, tau_m: 20.0, refract_time: 1.0}
  output: {type: LICell, n_units: 3}
  in_hid: {type: DenseSynapse, shape: [5, 4], weights: {normal: {mean: 1.5, sd: 0.78}}}
  hid_hid: {type: SparseSynapse, shape: [4, 4], pre: [0, 2], post: [1, 3], weights: 0.5}
  hid_out: {type: DenseSynapse, shape: [4, 3], weights: {uniform: {low: 0.0, high: 0.1}}, delays: 2.0}
wires:
  - input.s >> in_hid.inputs
  - in_hid.outputs + hid_hid.outputs >> hidden.syn
  - hidden.s >> hid_hid.inputs
  - hidden.s >> hid_out.inputs
  - 0.5 * hid_out.outputs >> output.syn
data:
  yin_yang: {train: 12, test: 6, seed: 42}
  split: {validation: 0.2}
  augment: {channel_jitter: 1.0}
train:
  compiler:
    eventprop:
      example_timesteps: 30
      batch_size: 4
      losses: {output: {sparse_categorical_crossentropy: {temperature: 0.5}}}
      readouts: {output: avg_var}
  optimiser: {adam: {eta: {exponential: {initial: 0.005, factor: 0.95, every: 5}}}}
  epochs: 2
  validation: auto
  metrics: [{top_k: {k: 2}}, confusion_matrix]
  checkpoints: {every_batches: 2}
  early_stopping: {patience: 3}
"""

NAMES = ["input", "hidden.s", "weights", "normal", "adam", "avg_var", "LIFCell", "eventprop", "auto", "epochs", "é", ""]
PLAIN = st.one_of(
    st.none(), st.booleans(), st.sampled_from([0, 1, -1, 2, 5, 10**18, -(2**70), 1e-30, 1e30, 0.5, -0.0]),
    st.floats(), st.integers(-5, 40), st.sampled_from(NAMES), st.text(max_size=6), st.dates(),
)  # fmt: skip
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4) | PLAIN, inner, max_size=3)
    ),
    max_leaves=5,
)
# (which place, what is done there, with what)
CHANGES = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["put", "drop", "add", "rename", "swap"]), VALUES, VALUES),
    min_size=1,
    max_size=2,
)
LETTERS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(list("{}[]:,#&*!|>%@`\"'-?\t\n 0aé\x00\ud7ff")) | st.just(""), st.booleans()
    ),
    min_size=1,
    max_size=3,
)


def _hashable(value: Any) -> bool:
    return not isinstance(value, list | dict)


def places(data: Any) -> list[tuple[Any, Any]]:
    """(mapping or list, key) of everything in it."""
    keys = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else []
    return [place for key in keys for place in ((data, key), *places(data[key]))]


def changed(changes: list[Any]) -> str:
    data = yaml.safe_load(MODEL)
    for number, kind, value, other in changes:
        every = places(data)
        if not every:
            continue
        holder, key = every[number % len(every)]
        if kind == "put":
            holder[key] = value
        elif kind == "drop":
            del holder[key]
        elif kind == "swap":
            there, where = every[(number // 7) % len(every)]
            if isinstance(there, dict | list) and (where in there if isinstance(there, dict) else where < len(there)):
                holder[key] = copy.deepcopy(there[where])
        elif isinstance(holder, list):
            holder.insert(key, value)
        elif _hashable(other):
            holder[other] = holder.pop(key) if kind == "rename" else value
    return yaml.safe_dump(data, allow_unicode=True)


def garbled(letters: list[tuple[float, str, bool]]) -> str:
    text = MODEL
    for where, letter, over in letters:
        at = int(where * len(text))
        text = text[:at] + letter + text[at + over :]
    return text


def read(text: str) -> bool:
    """Whether it is a model; what it holds is looked at too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            experiment = load_experiment(text)
            if experiment.train is not None and experiment.data is not None:
                _ = experiment.dataset, experiment.validation()
    except Exception as error:
        assert is_users(error), f"{type(error).__name__}: {error}"
        said = message(error)
        assert said and "\n" not in said.strip() and len(said) < 2000, said
        return False
    return True


def tried(way: str, cases: int) -> dict[str, int]:
    strategy, make = WAYS[way]
    ended = {"refused": 0, "read": 0}
    assert read(MODEL)

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(strategy)
    def one(changes: Any) -> None:
        ended["read" if read(make(changes)) else "refused"] += 1

    one()
    return ended


WAYS: dict[str, Any] = {"values": (CHANGES, changed), "letters": (LETTERS, garbled)}


@pytest.mark.parametrize("way", WAYS)
def test_some_odd_models(way: str) -> None:
    assert tried(way, FEW)["refused"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_many_odd_models(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = tried(way, MANY)
    with capsys.disabled():
        print(f"\nmodels, {way}: {ended}")
    assert sum(ended.values()) >= MANY and min(ended.values()) > MANY // 100
