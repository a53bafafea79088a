"""Compilers by name."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from ngcsnn.compilers import EventPropCompiler, InferenceCompiler, PlasticityCompiler, SurrogateCompiler
from ngcsnn.credit.surrogates import FastSigmoid
from ngcsnn.graph import UnknownNameError, YamlError
from ngcsnn.io import load_experiment
from ngcsnn.io.compiler_table import (
    COMPILERS,
    compiler_arguments,
    find_compiler,
    has_optimiser,
    in_full,
    is_many,
    is_required,
    trains,
    why_not,
)
from ngcsnn.io.resolved import resolved, resolved_yaml
from ngcsnn.optim import NestOnline


def test_found_by_name() -> None:
    assert find_compiler("eventprop") is EventPropCompiler and find_compiler("surrogate") is SurrogateCompiler
    with pytest.raises(UnknownNameError, match="unknown compiler 'evntprop'; did you mean 'eventprop'?"):
        find_compiler("evntprop")


@pytest.mark.parametrize("name", COMPILERS)
def test_arguments_are_those_of_the_class(name: str) -> None:
    arguments = compiler_arguments(COMPILERS[name])
    assert {"example_timesteps", "batch_size"} <= set(arguments)
    assert ({"losses", "readouts"} <= set(arguments)) == (name != "plasticity")
    assert not any(why_not(name, key) for key in arguments)
    assert not {"optimiser", "seed", "self"} & set(arguments)
    assert is_required(arguments["example_timesteps"]) and not is_required(arguments["batch_size"])


def test_what_their_signatures_tell() -> None:
    assert trains(EventPropCompiler) and trains(SurrogateCompiler) and not trains(InferenceCompiler)
    assert trains(PlasticityCompiler) and not has_optimiser(PlasticityCompiler) and has_optimiser(EventPropCompiler)
    for compiler in (EventPropCompiler, SurrogateCompiler):
        assert {k for k, p in compiler_arguments(compiler).items() if is_many(p)} == {
            "trainable",
            "frozen",
            "delay_learn_conns",
        }


def test_arguments_in_full() -> None:
    assert in_full("surrogate", "fast_sigmoid") == {"fast_sigmoid": {"slope": 10.0, "height": 1.0}}
    assert in_full("surrogate", {"fast_sigmoid": {"slope": 2}}) == {"fast_sigmoid": {"slope": 2.0, "height": 1.0}}
    assert in_full("truncate", 5) == 5
    assert in_full("labels", None) is None
    assert in_full("labels", {"cell": "exc"}) == {"cell": "exc", "by": "average", "samples": None}
    assert in_full("delay_optimiser", None) is None
    assert in_full("delay_optimiser", {"sgd": {"eta": 0.1}})["sgd"]["eta"] == 0.1


def test_one_line_of_yaml_chooses_surrogate_gradients(model_text: str) -> None:
    text = model_text.replace("    eventprop:\n", "    surrogate:\n")
    options = ("surrogate={fast_sigmoid: {slope: 4}}", "reset_gradient=false")
    e = load_experiment(text, [f"train.compiler.surrogate.{o}" for o in options])
    rule: Any = e.compiled.crossing
    assert rule.function == FastSigmoid(slope=4.0) and rule.reset_gradient is False
    again = load_experiment(resolved_yaml(e))
    assert again.compiled.crossing == rule and again.train is not None
    assert again.train.arguments["surrogate"] == rule.function.describe()
    plain = load_experiment(text)
    assert plain.compiled.crossing.function == FastSigmoid()
    assert "fast_sigmoid: {slope: 10.0, height: 1.0}" in resolved_yaml(plain)
    with pytest.raises(YamlError, match="compiler 'eventprop' has no key 'truncate'"):
        load_experiment(model_text, ["eventprop.truncate=10"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("surrogate: fast_sigmod", "20: unknown surrogate function 'fast_sigmod'; did you mean 'fast_sigmoid'?"),
        ("surrogate: {arctan: {widht: 1}}", "20: surrogate function 'arctan' has no field 'widht'"),
        ("surrogate: {arctan: {width: 0}}", "20: `width` of surrogate function 'arctan' must be a number from"),
        ("truncate: 0", "20: `truncate` must be an integer >= 1, got 0"),
        ("truncate: 31", "20: `truncate` must be at most `example_timesteps` (30 steps), got 31 steps"),
    ],
    ids=["no such function", "no such field", "out of range", "no steps", "too many steps"],
)
def test_mistakes_have_their_line(told: Callable[[str, str], str], given: str, message: str) -> None:
    old = "    eventprop:\n      example_timesteps: 30\n"
    assert told(old, f"    surrogate:\n      {given}\n      example_timesteps: 30\n").startswith(message)


EPROP = """\
    eprop:
      example_timesteps: 30
      losses: {output: sparse_categorical_crossentropy}
      conventions: nest_continuous
      feedback: random
      kappa: 0.9
      kappa_reg: 0.8
      c_reg: {hidden: 2.0}
      f_target: 20.0
      learning_window: 12.0
      average_gradient: true
      surrogate: {exponential: {}}
      surrogate_gradient_height: 0.4
      surrogate_gradient_width: 0.7
      mode: online
      eprop_isi_trace_cutoff: {hidden: 8.0}
"""


def test_e_prop_with_its_options(model_text: str) -> None:
    start, end = model_text.index("    eventprop:"), model_text.index("  optimiser:")
    text = model_text[:start] + EPROP + model_text[end:]
    text = text.replace("adam: {eta: 0.01}", "nest_online: {type: adam, eta: 0.01, optimize_each_step: false}")
    for written in (text, resolved_yaml(load_experiment(text))):
        made: Any = load_experiment(written).compiled
        assert made.crossing.function.describe() == {"exponential": {"width": 0.7, "height": 0.4}}
        assert made.mode == "online" and made.n_chunk == 1 and made.cutoffs == {"hidden": 8} and made.aligned
        (way,) = made.ways
        assert way.way.kappa == 0.9 and not way.synapses
        (rate,) = (p.regulariser for p in made.objective.penalties)
        assert (rate.c_reg, rate.target, rate.kappa, rate.form) == (2.0, 0.02, 0.8, "running")
        loss = made.objective.outputs[0].loss
        assert loss.start == 18 and not loss.summed
        assert made.optimiser == NestOnline(type="adam", eta=0.01, optimize_each_step=False)
    with pytest.raises(YamlError, match="compiler 'eprop' has no key 'kapa'; did you mean 'kappa'"):
        load_experiment(text.replace("kappa: 0.9", "kapa: 0.9"))


DELAYED = "in_hid: {type: DenseSynapse, shape: [5, 20], delays: {uniform: {low: 0.0, high: 3.0}}, max_delay: 4.0,"


def with_delays(text: str, *options: str) -> str:
    new = text.replace("in_hid: {type: DenseSynapse, shape: [5, 20],", DELAYED)
    return new.replace("    eventprop:\n", "    eventprop:\n" + "".join(f"      {o}\n" for o in options))


def test_delays_are_learned_by_name(model_text: str) -> None:
    text = with_delays(model_text, "delay_learn_conns: in_hid", "delay_optimiser: {sgd: {eta: 0.1}}")
    e = load_experiment(text)
    assert e.compiled.names["in_hid"] == ("weights", "delays")
    written = resolved(e)["train"]["compiler"]["eventprop"]
    assert written["delay_learn_conns"] == ["in_hid"] and written["delay_optimiser"]["sgd"]["eta"] == 0.1
    assert load_experiment(resolved_yaml(e)).compiled.names == e.compiled.names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["delay_learn_conns: [in_hidd]"], "no component 'in_hidd'; did you mean 'in_hid'"),
        (["delay_learn_conns: [hid_out]"], "'hid_out' was made without delays"),
        (["delay_learn_con: [in_hid]"], "no key 'delay_learn_con'; did you mean 'delay_learn_conns'"),
        (["delay_learn_conns: [in_hid]", "delay_optimiser: {adma: {}}"], "'adma'; did you mean 'adam'"),
        (["delay_optimiser: {sgd: {}}"], "`delay_optimiser` does not apply"),
    ],
    ids=["no such synapse", "no delays", "no such key", "no such optimiser", "nothing to optimise"],
)
def test_mistakes_about_delays(model_text: str, options: list[str], message: str) -> None:
    with pytest.raises(YamlError, match=re.escape(message)):
        load_experiment(with_delays(model_text, *options))
