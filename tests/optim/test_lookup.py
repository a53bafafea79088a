"""Optimisers by name and as plain data."""

import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from ngcsnn.optim import NAG, SGD, Adam, Optimiser, PerParameter, describe, from_description
from ngcsnn.optim.adam import adam_init, adam_step
from ngcsnn.optim.lookup import STEP_FUNCTIONS, get_opt_init_fn, get_opt_step_fn
from ngcsnn.optim.schedules import Cosine, Exponential, PerEpoch, Step

OBJECTS = [
    Adam(),
    Adam(0.005, 0.8, 0.99, 1e-7, "nest", clamp=(-1.0, None), batch_size=4, weight_decay=0.1, clip_norm=1.0),
    Adam(eta=Cosine(0.1, 50, warmup_steps=5), clip_value=Step(1.0, 0.5, 10)),
    SGD(PerEpoch(Exponential(0.1, 0.998), 100)),
    NAG(mu=0.5),
    PerParameter({"in_hid.weights": Adam(0.005), "hidden.*": SGD(clamp=(1.0, 100.0)), "x.y": None, "*": NAG()}),
]


@pytest.mark.parametrize("optimiser", OBJECTS, ids=repr)
@pytest.mark.parametrize("full", [False, True])
def test_round_trip_through_yaml(optimiser, full):
    text = yaml.safe_dump(describe(optimiser, full))
    assert from_description(yaml.safe_load(text)) == optimiser


def test_short_and_full_descriptions():
    assert describe(Adam(eta=0.005)) == {"adam": {"eta": 0.005}}
    assert describe(SGD(np.float64(0.25), clamp=(0, 1))) == {"sgd": {"eta": 0.25, "clamp": [0.0, 1.0]}}
    assert describe(SGD(), full=True)["sgd"] == {
        "eta": 0.001,
        "clamp": None,
        "batch_size": 1,
        "weight_decay": None,
        "clip_norm": None,
        "clip_value": None,
    }


def test_forms_of_a_description():
    assert from_description("adam") == Adam()
    assert from_description({"adam": {"eta": 0.005}}) == Adam(eta=0.005)
    assert from_description({"sgd": None}) == SGD()
    assert from_description({"sgd": {"clamp": [0, 1]}}) == SGD(clamp=(0.0, 1.0))
    assert from_description({"per_parameter": {"*": "nag"}}) == PerParameter({"*": NAG()})
    adam = Adam()
    assert from_description(adam) is adam


def test_an_optax_pair_is_wrapped():
    optax = pytest.importorskip("optax")
    wrapped = from_description(optax.sgd(0.5))
    assert isinstance(wrapped, Optimiser)
    _, new = wrapped.step(wrapped.init(jnp.ones(2)), jnp.ones(2), jnp.ones(2))
    np.testing.assert_allclose(new, 0.5)
    with pytest.raises(TypeError, match="cannot be written as plain data"):
        describe(wrapped)


def test_functions_by_name():
    assert get_opt_init_fn("adam") is adam_init
    theta, u = jnp.ones(3), jnp.arange(3.0)
    step = get_opt_step_fn("adam", eta=0.1, beta1=0.5)
    expected = adam_step(adam_init(theta), theta, u, eta=0.1, beta1=0.5)
    np.testing.assert_array_equal(step(adam_init(theta), theta, u)[1], expected[1])
    for name in STEP_FUNCTIONS:
        _, new = get_opt_step_fn(name)(get_opt_init_fn(name)([theta]), [theta], [theta])
        assert float(new[0][0]) < 1.0  # descent


def test_unknown_names_show_the_closest():
    with pytest.raises(ValueError, match="unknown optimiser 'adm'; did you mean 'adam'"):
        get_opt_init_fn("adm")
    with pytest.raises(ValueError, match="unknown optimiser 'adam_'; did you mean 'adam'"):
        get_opt_step_fn("adam_")
    with pytest.raises(ValueError, match="unknown hyper-parameter of 'nag' 'etta'; did you mean 'eta'"):
        get_opt_step_fn("nag", etta=0.1)
    with pytest.raises(ValueError, match="unknown hyper-parameter of 'sgd' 'theta'"):
        get_opt_step_fn("sgd", theta=0.1)
    with pytest.raises(ValueError, match="unknown optimiser 'Adam'; did you mean 'adam'"):
        from_description("Adam")
    with pytest.raises(ValueError, match="unknown argument of optimiser 'adam' 'batchsize'; did you mean 'batch_size'"):
        from_description({"adam": {"batchsize": 3}})
    with pytest.raises(ValueError, match="unknown schedule 'cosin'; did you mean 'cosine'"):
        from_description({"adam": {"eta": {"cosin": {}}}})


def test_wrong_kinds():
    with pytest.raises(ValueError, match="described by one name, got 2"):
        from_description({"adam": {}, "sgd": {}})
    with pytest.raises(TypeError, match="arguments of optimiser 'adam' must be a mapping, got 0.1"):
        from_description({"adam": 0.1})
    for bad in (None, 3, Adam):
        with pytest.raises(TypeError, match="an optimiser must be a name"):
            from_description(bad)
    with pytest.raises(TypeError, match="cannot be written as data"):
        describe(Adam(eta=lambda n: 0.1))
