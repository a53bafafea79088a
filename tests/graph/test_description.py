import math
import types

import numpy as np
import pytest
import yaml

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import Component, Context, YamlError, describe, hyper, param, state


class Mine(Component):
    """A component of the user's own, with every kind of argument."""

    count = hyper(3, kind=int)
    maybe = hyper(5.0, kind=(float, type(None)))
    word = hyper("yes", kind=str)
    pairs = hyper(((1, 2), (3, 4)), kind=tuple)
    table = hyper(None, kind=(dict, type(None)))
    high = hyper(math.inf)
    tau = param(1.5, shape=(3,))
    x = state(shape=(3,))

    def advance(self):
        self.x.set(self.x.get() + self.tau.get())

    def refuse(self, argument):
        pass


def full_network():
    with ng.Context("full", dt=0.5, seed=7, spike_timing="grid") as net:
        inp = SpikeSource("input", n_units=5)
        hid = LIFCell(
            "hidden", n_units=4, tau_m=np.array([10.0, 20, 30, 1 / 3]), v_thr=ng.init.Uniform(0.5, 1.5),
            receptors={"exc": 5.0, "inh": np.float32(10.0)}, relative_reset=True, refract_time=np.int64(2),
        )  # fmt: skip
        out = LICell("output", n_units=3, bias=[0.1, -0.2, 1e-9])
        w = DenseSynapse("w", shape=(5, 4), weights=ng.init.FanInNormal(gain=2), w_min=-1, mask=np.ones((5, 4), bool))
        v = DenseSynapse("v", shape=(4, 3), weights=np.random.default_rng(0).normal(size=(4, 3)))
        mine = Mine("mine", count=np.int32(4), maybe=None, word="on", pairs=[[5, 6]], table={"a": [1, None, "b"]})
        inp.s >> w.inputs
        w.outputs - 0.5 * w.outputs >> hid.exc
        hid.s >> v.inputs
        v.outputs + ng.apply("tanh", mine.x) * 1e-3 >> out.syn
    net.process("step") >> w.advance >> hid.advance
    net.process("still", ticks=False) >> mine.advance
    return net


def test_the_whole_structure_comes_back_exactly():
    net = full_network()
    text = net.to_yaml()
    other = Context.from_yaml(text)
    assert other.to_yaml() == text and repr(other) == repr(net)
    assert (other.name, other.dt, other.seed, other.dtype, other.spike_timing) == ("full", 0.5, 7, net.dtype, "grid")
    for name, part in net.state.items():
        for key, value in part.items():
            if key != "key":
                np.testing.assert_array_equal(other.state[name][key], value, err_msg=f"{name}.{key}")
    mine, original = other.find("mine"), net.find("mine")
    for key in ("count", "maybe", "word", "pairs", "table", "high"):
        assert getattr(mine, key) == getattr(original, key) and type(getattr(mine, key)) is type(getattr(original, key))
    assert repr(other.processes["step"]) == "Process('step': w.advance >> hidden.advance)"
    assert not other.processes["still"].ticks


def test_it_is_plain_yaml_that_anybody_can_read():
    text = full_network().to_yaml()
    assert yaml.safe_load(text) == describe(full_network())
    assert "w.outputs - 0.5 * w.outputs >> hidden.exc" in yaml.safe_load(text)["wires"]


def test_initialisers_stay_initialisers():
    data = describe(full_network())["components"]
    assert data["w"]["weights"] == {"fan_in_normal": {"gain": 2, "mean": 0.0}}
    assert data["hidden"]["v_thr"] == {"uniform": {"low": 0.5, "high": 1.5}}
    assert data["hidden"]["tau_m"] == [10.0, 20.0, 30.0, 1 / 3]


def test_none_is_written_where_it_is_not_the_default():
    data = describe(full_network())["components"]
    assert data["mine"]["maybe"] is None and "w_max" not in data["w"]


def test_an_empty_context_comes_back():
    assert Context.from_yaml(ng.Context("net").to_yaml()).components == {}


def test_a_model_from_a_file_and_under_an_open_block(tmp_path):
    file = tmp_path / "model.yaml"
    file.write_text(full_network().to_yaml())
    with ng.Context("outer") as outer:
        inner = Context.from_yaml(file)
        LICell("a", n_units=1)
    assert list(outer.components) == ["a"] and "a" not in inner.components


def test_the_parts_of_an_experiment_are_left_to_others():
    text = "components: {a: {type: LICell, n_units: 2}}\ndata: {anything: 1}\ntrain: [whatever]\n"
    assert list(Context.from_yaml(text).components) == ["a"]


MODEL = """\
context: {name: net, dt: 1.0, seed: 0}
components:
  input: {type: SpikeSource, n_units: 5}
  hidden:
    type: LIFCell
    n_units: 4
    tau_m: 20.0
  in_hid: {type: DenseSynapse, shape: [5, 4], weights: {normal: {mean: 1.5, sd: 0.78}}}
wires:
  - input.s >> in_hid.inputs
  - in_hid.outputs >> hidden.syn
processes:
  step:
    ticks: true
    methods:
      - in_hid.advance
      - hidden.advance
"""


def test_the_model_below_is_sound():
    net = Context.from_yaml(MODEL)
    net.processes["step"].run()
    assert net.t == 1.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("wires:", "wire:", "9: a model has no key 'wire'; did you mean 'wires'?"),
        ("seed: 0", "sed: 0", "1: `context` has no key 'sed'; did you mean 'seed'?"),
        ("dt: 1.0", "dt: fast", "1: context 'net': `dt` must be a finite number > 0 (in ms), got 'fast'"),
        ("name: net", "name: my net", "1: a context's name must be an identifier, got 'my net'"),
        ("{name: net, dt: 1.0, seed: 0}", "[]", "1: `context` must be a mapping, got []"),
        ("LIFCell", "LIFCel", "5: unknown component type 'LIFCel'; did you mean 'LIFCell'?"),
        ("LIFCell", "3", "5: unknown component type '3'"),
        ("LIFCell", "user.module:Cell", "5: type 'user.module:Cell' needs the module 'user.module', which is not"),
        ("    type: LIFCell\n", "", "4: component 'hidden' needs a mapping with `type`"),
        ("  input: {", "  input: [{", "not valid YAML"),
        ("{type: SpikeSource, n_units: 5}", "5", "3: component 'input' needs a mapping with `type`, got 5"),
        ("tau_m:", "tau:", "7: component 'hidden' (LIFCell) has no key 'tau'; did you mean 'tau_m'?"),
        ("tau_m: 20.0", "tau_m: slow", "7: LIFCell 'hidden': `tau_m`: unknown initialiser 'slow'"),
        ("tau_m: 20.0", "tau_m: -1", "7: LIFCell 'hidden': `tau_m` must be finite and > 0 (in ms), got -1.0"),
        ("tau_m: 20.0", "tau_m: .nan", "7: LIFCell 'hidden': `tau_m` must not be NaN (in ms)"),
        ("tau_m: 20.0", "tau_m: [1, 2]", "7: LIFCell 'hidden': `tau_m` must have shape (4,) or be a number"),
        ("tau_m: 20.0", "tau_m: ~", "7: LIFCell 'hidden': `tau_m` cannot be None"),
        ("n_units: 4", "n_units: '4'", "6: LIFCell 'hidden': `n_units` must be an integer, got '4'"),
        ("n_units: 4", "n_units: 4.5", "6: LIFCell 'hidden': `n_units` must be an integer, got 4.5"),
        ("n_units: 4\n", "n_units: 4\n    n_units: 5\n", "7: the key 'n_units' stands here a second time"),
        ("    n_units: 4\n", "", "4: LIFCell 'hidden': `n_units` is required (number of cells)"),
        ("  hidden:", "  hid den:", "4: LIFCell 'hid den': a component's name must be an identifier"),
        ("{normal:", "{norml:", "8: DenseSynapse 'in_hid': `weights`: unknown initialiser 'norml'; did you mean"),
        ("sd:", "std:", "8: DenseSynapse 'in_hid': `weights`: initialiser 'normal' has no 'std'; did you mean 'sd'?"),
        ("[5, 4]", "[5]", "8: DenseSynapse 'in_hid': `shape` must be two positive integers"),
        ("[5, 4]", "[5, 3]", "11: in_hid.outputs >> hidden.syn: shapes do not match: in_hid.outputs is (3,)"),
        ("hidden.syn", "hidden.sin", "11: LIFCell 'hidden' has no compartment 'sin'; did you mean 'syn'?"),
        ("hidden.syn", "hiden.syn", "11: context 'net' has no component 'hiden'; did you mean 'hidden'?"),
        ("hidden.syn", "hidden", "11: the wire 'in_hid.outputs >> hidden' must end at a compartment"),
        ("input.s >> in_hid.inputs", "input.s in_hid.inputs", "10: a wire reads"),
        ("input.s >> in_hid.inputs", "input.s + >> in_hid.inputs", "10: cannot read 'input.s +'"),
        ("input.s >> in_hid.inputs", "3.0 @ input.s >> in_hid.inputs", "10: unsupported operand"),
        (
            "- in_hid.outputs >>",
            "- input.s >> in_hid.inputs\n  - in_hid.outputs >>",
            "11: input.s >> in_hid.inputs: in_hid.inputs already has the wire",
        ),
        ("wires:\n  - input.s >> in_hid.inputs\n  - in_hid", "wires: none\n#", "9: `wires` must be a list, got 'none'"),
        ("hidden.advance", "hidden.advanc", "17: component 'hidden' has no method 'advanc'; did you mean 'advance'?"),
        ("hidden.advance", "hiden.advance", "17: context 'net' has no component 'hiden'; did you mean 'hidden'?"),
        ("hidden.advance", "hidden.__init__", "17: component 'hidden' has no method '__init__'"),
        ("hidden.advance", "hidden.compartment", "17: process 'step': hidden.compartment cannot be called"),
        ("ticks: true", "ticks: 'false'", "14: `ticks` of process 'step' must be true or false, got 'false'"),
        ("ticks:", "tick:", "14: process 'step' has no key 'tick'; did you mean 'ticks'?"),
        ("  step:", "  advance:", "13: context 'net' already has a process 'advance'"),
        (
            "methods:\n      - in_hid.advance\n      - hidden.advance",
            "methods: hidden.advance",
            "15: `methods` of process 'step' must be a list",
        ),
    ],
)
def test_errors_name_line_key_and_closest_name(old, new, message):
    assert old in MODEL
    with pytest.raises(YamlError) as error:
        Context.from_yaml(MODEL.replace(old, new))
    assert message in str(error.value) and (
        message.startswith("not") or str(error.value).startswith(f"<text>:{message}")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "<text>: a model needs `components:"),
        ("# nothing\n", "<text>: a model needs `components:"),
        ("context: {name: net}\n", "<text>:1: a model needs `components:"),
        ("components: [a]\n", "<text>:1: a model needs `components:"),
        ("components:\n  a:\n", "<text>:2: component 'a' needs a mapping with `type`, got None"),
        ("components: {}\nprocesses: [a]\n", "<text>:2: `processes` must be a mapping, got ['a']"),
        ("components: {}\nprocesses: {p: 3}\n", "<text>:2: process 'p' must be a mapping, got 3"),
    ],
)
def test_missing_parts(text, message):
    with pytest.raises(YamlError) as error:
        Context.from_yaml(text)
    assert message in str(error.value)


def test_a_file_is_named_in_its_errors(tmp_path):
    file = tmp_path / "model.yaml"
    file.write_text(MODEL.replace("tau_m", "tau"))
    with pytest.raises(YamlError) as error:
        Context.from_yaml(file)
    assert str(error.value).startswith(f"{file}:7: component 'hidden' (LIFCell) has no key 'tau'")


def test_an_error_inside_a_users_component_names_the_line(monkeypatch):
    module = types.ModuleType("a_users_module")

    class Picky(Component):
        def setup(self):
            raise ValueError("I do not like it")

    Picky.__module__, Picky.__qualname__ = "a_users_module", "Picky"
    module.Picky = Picky  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "a_users_module", module)
    with pytest.raises(YamlError, match="<text>:2: I do not like it") as error:
        Context.from_yaml("components:\n  a: {type: 'a_users_module:Picky'}\n")
    assert isinstance(error.value.__cause__, ValueError), "the cause is kept for a debugger"
