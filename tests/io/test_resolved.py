"""The resolved model leaves nothing open and means the same."""

import jax
import numpy as np
import yaml

from ngcsnn.io import load_experiment, resolved, resolved_yaml


def test_every_default_is_written(model_text: str) -> None:
    data = resolved(load_experiment(model_text, ["epochs=3", "train.seed=4"]))
    assert data["context"] == {"name": "tiny", "dt": 1.0, "seed": 0, "dtype": "float32", "spike_timing": "precise"}
    assert data["components"]["hidden"]["v_thr"] == 1.0
    assert data["data"]["yin_yang"]["test_seed"] == 40
    assert data["data"]["inputs"] == {"input": "events"} and data["data"]["targets"] == {"output": "labels"}
    train, compiler = data["train"], data["train"]["compiler"]["eventprop"]
    assert {k: train[k] for k in ("epochs", "validation", "shuffle", "seed")} == {
        "epochs": 3, "validation": "auto", "shuffle": True, "seed": 4,
    }  # fmt: skip
    assert train["optimiser"]["adam"]["beta1"] == 0.9 and train["optimiser"]["adam"]["eta"] == 0.01
    assert compiler["losses"] == {"output": {"sparse_categorical_crossentropy": {"temperature": 1.0}}}
    assert compiler["batch_size"] == 32 and compiler["spike_timing"] == "precise" and compiler["frozen"] == []
    assert "optimiser" not in compiler and "seed" not in compiler


def test_read_again_it_is_the_same(model_text: str) -> None:
    overrides = [
        "optimiser={per_parameter: {in_hid.weights: {adam: {eta: 0.1}}, '*': null}}",
        "adam.eta={exponential: {initial: 1e-3, factor: 0.5}}",
        "hidden.tau_m={uniform: {low: 10, high: 30}}",
        "eventprop.trainable=[hidden.tau_m, '*.weights']",
        "train.validation=0.25",
        "eventprop.readouts={avg_var_exp_weight: {rate: 0.1}}",
    ]
    first = load_experiment(model_text, overrides)
    text = resolved_yaml(first)
    second = load_experiment(text)
    assert resolved(second) == resolved(first) == yaml.safe_load(text)
    assert resolved_yaml(second) == text
    for a, b in zip(*(jax.tree.leaves(e.context.state) for e in (first, second)), strict=True):
        assert a.dtype == b.dtype
        if jax.numpy.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        np.testing.assert_array_equal(a, b)
    assert first.train is not None and second.train is not None
    assert first.train.optimiser == second.train.optimiser
    assert first.compiled.names == second.compiled.names


def test_a_compiler_that_does_not_learn(model_text: str) -> None:
    text = model_text[: model_text.index("train:\n  compiler")]
    e = load_experiment(
        f"{text}train: {{compiler: {{inference: {{example_timesteps: 30, readouts: {{output: avg_var}}}}}}}}\n"
    )
    train = resolved(e)["train"]
    assert set(train) == {"compiler"}
    assert train["compiler"]["inference"]["losses"] == {
        "output": {"sparse_categorical_crossentropy": {"temperature": 1.0}}
    }
    assert resolved(load_experiment(resolved_yaml(e))) == resolved(e)


def test_a_network_alone() -> None:
    e = load_experiment("components:\n  a: {type: LICell, n_units: 1}\n")
    assert set(resolved(e)) == {"context", "components", "wires"}
