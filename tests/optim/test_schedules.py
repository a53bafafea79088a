"""Schedules: their values, their plain data, and optax's where it has the same."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    EaseIn,
    Exponential,
    LinearWarmup,
    PerEpoch,
    Schedule,
    Step,
    describe_schedule,
    per_epoch,
    schedule_from_description,
)

EXAMPLES: list[Schedule] = [
    Constant(0.1),
    Exponential(0.1, 0.9),
    Exponential(0.1, 0.5, every=10, final=0.01),
    Step(0.1, 0.7, 200),
    LinearWarmup(0.1, 10, initial=0.01),
    EaseIn(0.1),
    EaseIn(0.1, 1.5, 0.01),
    Cosine(0.1, 100),
    Cosine(0.1, 100, warmup_steps=10, initial=0.02, final=0.001),
    PerEpoch(Cosine(0.1, 5), 20),
]


def values(schedule, steps):
    return np.array([float(schedule(n)) for n in steps])


def test_values():
    np.testing.assert_allclose(values(Constant(0.3), (0, 9)), 0.3, rtol=1e-6)
    np.testing.assert_allclose(values(Exponential(2.0, 0.5, every=4), (0, 2, 4, 8)), [2, 2**0.5, 1, 0.5], rtol=1e-6)
    np.testing.assert_allclose(values(Exponential(2.0, 0.5, final=0.7), (1, 2, 50)), [1, 0.7, 0.7], rtol=1e-6)
    np.testing.assert_allclose(values(Step(1.0, 0.5, 3), (0, 2, 3, 5, 6)), [1, 1, 0.5, 0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(values(LinearWarmup(1.0, 4), (0, 1, 2, 4, 99)), [0, 0.25, 0.5, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(values(LinearWarmup(1.0, 4, 0.6), (0, 2)), [0.6, 0.8], rtol=1e-6)
    ease = [0.002 * 1.05**n for n in (0, 1, 100)]
    np.testing.assert_allclose(values(EaseIn(2.0), (0, 1, 100, 142, 10**6)), [*ease, 2.0, 2.0], rtol=1e-5)
    np.testing.assert_allclose(values(EaseIn(1.0, 2.0, 0.3), (0, 1, 2)), [0.3, 0.6, 1.0], rtol=1e-6)
    cosine = Cosine(1.0, 8, warmup_steps=4, initial=0.2, final=0.1)
    expected = [0.2, 0.6, 1.0, 0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2, 0.55, 0.1, 0.1]
    np.testing.assert_allclose(values(cosine, (0, 2, 4, 6, 8, 12, 500)), expected, rtol=1e-6)


def test_cosine_equals_optax():
    optax = pytest.importorskip("optax")
    theirs = optax.warmup_cosine_decay_schedule(0.01, 0.5, 10, 60, 0.05)  # its decay_steps include the warm-up
    ours = Cosine(0.5, 50, warmup_steps=10, initial=0.01, final=0.05)
    steps = range(0, 80, 3)
    np.testing.assert_allclose(values(ours, steps), [float(theirs(n)) for n in steps], rtol=1e-5)


def test_per_epoch_holds_through_an_epoch():
    schedule = per_epoch(Exponential(1.0, 0.5), 10)
    np.testing.assert_allclose(values(schedule, (0, 9, 10, 19, 20)), [1, 1, 0.5, 0.5, 0.25], rtol=1e-6)


@pytest.mark.parametrize("schedule", EXAMPLES, ids=repr)
def test_traced_equals_eager_and_plain_data_comes_back(schedule):
    traced = jax.jit(schedule)
    for n in (0, 1, 7, 250):
        got = traced(jnp.int32(n))
        assert got.shape == ()
        assert got.dtype == jnp.float32
        np.testing.assert_allclose(got, schedule(n), rtol=1e-6)
    assert schedule_from_description(describe_schedule(schedule)) == schedule


@pytest.mark.usefixtures("x64")
def test_float64_is_exact():
    np.testing.assert_allclose(float(Exponential(0.003, 0.998)(700)), 0.003 * 0.998**700, rtol=1e-12)
    np.testing.assert_allclose(float(Step(1.0, 0.7, 200)(1000)), 0.7**5, rtol=1e-14)


def test_descriptions_hold_plain_numbers():
    described = describe_schedule(PerEpoch(Exponential(np.float64(0.1), 0.5, every=np.int64(3)), 7))  # type: ignore[arg-type]
    inner = {"initial": 0.1, "factor": 0.5, "every": 3, "final": 0.0}
    assert described == {"per_epoch": {"schedule": {"exponential": inner}, "steps_per_epoch": 7}}
    assert type(described["per_epoch"]["schedule"]["exponential"]["initial"]) is float
    assert type(described["per_epoch"]["schedule"]["exponential"]["every"]) is int


def test_every_schedule_has_an_example():
    assert {type(schedule) for schedule in EXAMPLES} == set(SCHEDULES.values())


def test_errors():
    with pytest.raises(ValueError, match="unknown schedule 'cosin'; did you mean 'cosine'"):
        schedule_from_description({"cosin": {}})
    with pytest.raises(
        ValueError, match="unknown argument of schedule 'cosine' 'decay_step'; did you mean 'decay_steps'"
    ):
        schedule_from_description({"cosine": {"decay_step": 3}})
    with pytest.raises(ValueError, match="'cosine' needs `decay_steps`"):
        schedule_from_description({"cosine": {"peak": 0.1}})
    with pytest.raises(TypeError, match="a mapping with one name"):
        schedule_from_description({"cosine": {}, "step": {}})
    with pytest.raises(TypeError, match="arguments of schedule 'constant' must be a mapping"):
        schedule_from_description({"constant": 0.1})
    with pytest.raises(TypeError, match="cannot be written as data"):
        describe_schedule(lambda n: 0.1)
    with pytest.raises(ValueError, match="Step: `every` must be a whole number >= 1, got 0"):
        Step(0.1, 0.5, 0)
    with pytest.raises(ValueError, match="Exponential: `factor` must be > 0"):
        Exponential(0.1, 0.0)
    with pytest.raises(ValueError, match="`initial` = 0.1 needs `warmup_steps`"):
        Cosine(1.0, 10, initial=0.1)
    with pytest.raises(TypeError, match="`schedule` must be a schedule, got 0.1"):
        PerEpoch(0.1, 10)  # type: ignore[arg-type]
