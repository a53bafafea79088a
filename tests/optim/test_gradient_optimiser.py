"""What stands around every rule: schedules, set_hyper, batches, clipping, decay, clamp."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import NAG, SGD, Adam, GradientOptimiser, Optimiser
from ngcsnn.optim.hyper import NON_NEGATIVE, Hyper, Range
from ngcsnn.optim.schedules import Exponential, LinearWarmup

RULES = [Adam, NAG, SGD]
BATCHED_RULES = [(Adam, 1), (Adam, 3), (NAG, 3), (SGD, 1)]
PARAMS = {"a": {"w": jnp.linspace(-1.0, 1.0, 6).reshape(2, 3)}, "b": {"tau": jnp.ones(())}}
GRADS = jax.tree.map(lambda p: p * 0.5 + 0.3, PARAMS)


def counted(optimiser: Any) -> tuple[Any, list]:
    """`optimiser.step` under jit, and a list that grows by one at every trace."""
    traces: list = []

    def step(*args: Any) -> Any:
        traces.append(1)
        return optimiser.step(*args)

    return jax.jit(step), traces


def same(a: Any, b: Any, rtol: float = 1e-6, atol: float = 0.0) -> None:
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=rtol, atol=atol), a, b)


@pytest.mark.parametrize("rule", RULES)
def test_follows_the_protocol_and_stays_hashable(rule):
    assert isinstance(rule(), Optimiser)
    assert rule(eta=0.1, clamp=[0, 1]) == rule(eta=0.1, clamp=(0.0, 1.0))
    assert hash(rule(eta=Exponential(1.0, 0.5))) == hash(rule(eta=Exponential(1.0, 0.5)))
    assert repr(rule(eta=0.5, clip_norm=2.0)) == f"{rule.__name__}(clip_norm=2.0, eta=0.5)"


@pytest.mark.parametrize(("rule", "batch_size"), BATCHED_RULES)
def test_compiles_once_whatever_eta(rule, batch_size):
    everything = {"weight_decay": 0.1, "clip_norm": 1.0, "clip_value": 1.0, "clamp": (-2.0, 2.0)}
    optimiser = rule(eta=0.1, batch_size=batch_size, **everything)
    step, traces = counted(optimiser)
    state, params = optimiser.init(PARAMS), PARAMS
    before = [(x.shape, x.dtype) for x in jax.tree.leaves((state, params))]
    for eta in (0.1, 0.02, np.float64(0.5), jnp.asarray(0.3)):
        state = optimiser.set_hyper(state, eta=eta, weight_decay=0.2)
        state = optimiser.set_step(state, 3)
        state, params = step(state, params, GRADS)
    assert len(traces) == 1
    assert [(x.shape, x.dtype) for x in jax.tree.leaves((state, params))] == before


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("rule", "batch_size"), BATCHED_RULES)
def test_float32_parameters_stay_so_under_x64(rule, batch_size):
    params = {"w": np.ones(3, np.float32), "tau": np.float32(2.0)}
    optimiser = rule(weight_decay=0.1, clip_norm=0.5, batch_size=batch_size, clamp=(0, 1))
    step, traces = counted(optimiser)
    state = optimiser.init(params)
    state, params = optimiser.step(state, params, jax.tree.map(lambda p: np.float64(p), params))
    for _ in range(3):
        state, params = step(state, params, params)
    assert {x.dtype for x in jax.tree.leaves(params)} == {np.dtype("float32")}
    assert len(traces) == 1


@pytest.mark.parametrize("rule", RULES)
def test_set_hyper_changes_what_it_names(rule):
    optimiser = rule(eta=0.1)
    state = optimiser.set_hyper(optimiser.init(PARAMS), eta=0.4)
    assert float(optimiser.get_hyper(state)["eta"]) == pytest.approx(0.4)
    other = rule(eta=0.4)
    same(optimiser.step(state, PARAMS, GRADS)[1], other.step(other.init(PARAMS), PARAMS, GRADS)[1])


def test_set_hyper_is_traced():
    sgd = SGD()
    state = sgd.init(PARAMS)

    @jax.vmap
    def after(eta):
        return sgd.step(sgd.set_hyper(state, eta=eta), PARAMS, GRADS)[1]["b"]["tau"]

    same(after(jnp.array([0.0, 0.5, 1.0])), 1.0 - jnp.array([0.0, 0.5, 1.0]) * GRADS["b"]["tau"])


@pytest.mark.parametrize("rule", RULES)
def test_schedule_with_set_step_equals_running_there(rule):
    optimiser = rule(eta=Exponential(0.5, 0.9), clip_norm=LinearWarmup(1.0, 4, initial=0.1))
    state, params = optimiser.init(PARAMS), PARAMS
    for n in range(7):
        assert float(optimiser.get_hyper(state)["eta"]) == pytest.approx(0.5 * 0.9**n)
        state, params = optimiser.step(state, params, GRADS)
    assert int(state.step) == 7
    jumped = optimiser.set_step(state._replace(step=jnp.int32(0)), 7)
    same(optimiser.step(jumped, params, GRADS), optimiser.step(state, params, GRADS), rtol=0)
    back = optimiser.set_step(state, 0)
    assert np.max(np.abs(optimiser.step(back, params, GRADS)[1]["a"]["w"] - params["a"]["w"])) > 0
    same(back.memory, state.memory, rtol=0)  # moments stay


def test_set_step_positions_plain_descent():
    sgd = SGD(eta=lambda n: jnp.where(n == 5, 1.0, 0.0))  # any function of the count is a schedule
    params = jnp.array([1.0])
    state = sgd.init(params)
    np.testing.assert_array_equal(sgd.step(state, params, params)[1], [1.0])
    np.testing.assert_array_equal(sgd.step(sgd.set_step(state, 5), params, params)[1], [0.0])
    with pytest.raises(ValueError, match="`step` must be >= 0"):
        sgd.set_step(state, -1)


@pytest.mark.parametrize("rule", RULES)
def test_accumulation_equals_one_step_on_the_mean(rule):
    limits = {"clip_value": 0.9, "clip_norm": 1.2, "weight_decay": 0.1}
    batched, plain = rule(eta=Exponential(0.1, 0.5), batch_size=3, **limits), rule(eta=Exponential(0.1, 0.5), **limits)
    rng = np.random.default_rng(0)
    calls = [jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape), jnp.float32), PARAMS) for _ in range(6)]
    step, traces = counted(batched)
    state, params = batched.init(PARAMS), PARAMS
    for k, grads in enumerate(calls):
        before = params
        state, params = step(state, params, grads)
        if (k + 1) % 3:
            same(params, before, rtol=0)
    other, expected = plain.init(PARAMS), PARAMS
    for group in (calls[:3], calls[3:]):
        mean = jax.tree.map(lambda *g: sum(g) / 3, *group)
        other, expected = plain.step(other, expected, mean)
    assert int(state.step) == 2
    assert len(traces) == 1
    same(params, expected, rtol=1e-5, atol=1e-6)
    same(state.memory, other.memory, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_an_epoch_is_one_scan(batch_size):
    adam = Adam(Exponential(0.1, 0.9), batch_size=batch_size, weight_decay=0.1, clip_norm=1.0, clamp=(-0.9, 0.9))
    stacked = jax.tree.map(lambda g: jnp.stack([g * k for k in (1.0, -2.0, 0.5, 3.0)]), GRADS)
    scanned, _ = jax.lax.scan(lambda c, g: (adam.step(*c, g), None), (adam.init(PARAMS), PARAMS), stacked)
    state, params = adam.init(PARAMS), PARAMS
    for k in range(4):
        state, params = adam.step(state, params, jax.tree.map(lambda g, k=k: g[k], stacked))
    same(scanned, (state, params), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("rule", RULES)
def test_clamp_comes_after_the_update(rule):
    optimiser = rule(eta=10.0, clamp=(-0.5, 0.25))
    _, params = optimiser.step(optimiser.init(PARAMS), PARAMS, GRADS)
    flat = np.concatenate([np.ravel(x) for x in jax.tree.leaves(params)])
    assert flat.min() == -0.5
    assert flat.max() <= 0.25
    one_side = rule(eta=0.0, clamp=(0.0, None))
    _, params = one_side.step(one_side.init(PARAMS), PARAMS, GRADS)
    same(params, jax.tree.map(lambda p: jnp.maximum(p, 0.0), PARAMS), rtol=0)


def test_decay_is_decoupled():
    params, grads = jnp.array([2.0, -4.0]), jnp.array([1.0, 1.0])
    decayed, plain = Adam(eta=0.1, weight_decay=0.5), Adam(eta=0.1)
    got, without = (o.step(o.init(params), params, grads)[1] for o in (decayed, plain))
    np.testing.assert_allclose(got, without - 0.1 * 0.5 * params, rtol=1e-6)


def test_decay_equals_optax_adamw(run):
    optax = pytest.importorskip("optax")
    params = other = [jnp.asarray(t, jnp.float32) for t in run.theta]
    adam, transform = Adam(0.02, weight_decay=0.3), optax.adamw(0.02, weight_decay=0.3)
    state, other_state = adam.init(params), transform.init(other)
    for u in run.updates:
        u = [jnp.asarray(x, jnp.float32) for x in u]
        state, params = adam.step(state, params, u)
        moves, other_state = transform.update(u, other_state, other)
        other = optax.apply_updates(other, moves)
    same(params, other, rtol=1e-5, atol=1e-6)


def test_value_is_clipped_before_the_norm():
    params, grads = jnp.zeros(2), jnp.array([30.0, 4.0])
    sgd = SGD(eta=1.0, clip_value=3.0, clip_norm=1.0)
    _, new = sgd.step(sgd.init(params), params, grads)
    np.testing.assert_allclose(new, -np.array([3.0, 3.0]) / np.sqrt(18.0), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eta": -1.0}, "Adam: `eta` must be >= 0 and finite, got -1.0"),
        ({"eta": float("nan")}, "`eta` must be"),
        ({"beta1": 1.0}, "`beta1` must be >= 0 and < 1, got 1.0"),
        ({"eps": 0.0}, "`eps` must be > 0"),
        ({"weight_decay": -0.1}, "`weight_decay` must be >= 0"),
        ({"clip_norm": 0.0}, "`clip_norm` must be > 0"),
        ({"clip_value": -1.0}, "`clip_value` must be > 0"),
        ({"batch_size": 0}, "`batch_size` must be a whole number >= 1, got 0"),
        ({"batch_size": 2.5}, "`batch_size` must be a whole number >= 1, got 2.5"),
        ({"batch_size": True}, "`batch_size` must be a whole number >= 1, got True"),
        ({"clamp": (1.0, 0.0)}, "`clamp` must have w_min <= w_max"),
    ],
)
def test_values_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        Adam(**arguments)


def test_wrong_kinds():
    with pytest.raises(TypeError, match="`eta` must be a number or a schedule.*got None"):
        Adam(eta=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="in YAML write 0.005 with a decimal point"):
        Adam(eta="5e-3")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`eta` must be a number or a schedule"):
        Adam(eta=Exponential)  # type: ignore[arg-type]  # a class, not a schedule
    with pytest.raises(TypeError, match="must be a number or a schedule"):
        Adam(eta=True)


def test_set_hyper_refuses_what_it_cannot_do():
    adam = Adam(eta=Exponential(1.0, 0.5))
    state = adam.init(PARAMS)
    with pytest.raises(ValueError, match="`eta` is a schedule.*set_step"):
        adam.set_hyper(state, eta=0.1)
    with pytest.raises(ValueError, match="`clip_norm` is off"):
        adam.set_hyper(state, clip_norm=0.1)
    with pytest.raises(ValueError, match="`variant` is fixed"):
        adam.set_hyper(state, variant="nest")
    with pytest.raises(ValueError, match="unknown hyper-parameter of Adam 'beta_1'; did you mean 'beta1'"):
        adam.set_hyper(state, beta_1=0.1)
    with pytest.raises(ValueError, match="`beta1` must be >= 0 and < 1"):
        adam.set_hyper(state, beta1=2.0)
    with pytest.raises(ValueError, match="`beta1` must be one number"):
        adam.set_hyper(state, beta1=jnp.ones(2))


def test_step_refuses_other_trees_and_other_states():
    adam = Adam()
    with pytest.raises(ValueError, match=r"grads\['a'\]\['w'\] has shape \(2,\).*params\['a'\]\['w'\]"):
        adam.step(adam.init(PARAMS), PARAMS, {"a": {"w": jnp.ones(2)}, "b": {"tau": jnp.ones(())}})
    with pytest.raises(ValueError, match="an optimiser with other settings made"):
        Adam(clip_norm=1.0).step(adam.init(PARAMS), PARAMS, GRADS)
    with pytest.raises(ValueError, match="an optimiser with other settings made"):
        Adam(batch_size=2).step(adam.init(PARAMS), PARAMS, GRADS)
    with pytest.raises(ValueError, match="schedule of `eta` must give one number"):
        SGD(eta=lambda n: jnp.ones(2)).step(SGD(eta=lambda n: jnp.ones(2)).init(PARAMS), PARAMS, GRADS)


def test_a_rule_of_the_users_own():
    @dataclass(frozen=True)
    class Sign(GradientOptimiser):
        eta: Hyper = 0.5
        rule_ranges: ClassVar[Mapping[str, Range]] = {"eta": NON_NEGATIVE}

        def rule_init(self, params):
            return ()

        def rule_step(self, memory, params, grads, **hyper):
            return memory, jax.tree.map(lambda p, g: p - hyper["eta"] * jnp.sign(g), params, grads)

    sign = Sign(batch_size=2, clamp=(0.0, None))
    state, params = sign.init(jnp.array([1.0, 0.2])), jnp.array([1.0, 0.2])
    for grads in (jnp.array([3.0, 1.0]), jnp.array([-1.0, 1.0])):
        state, params = sign.step(state, params, grads)
    np.testing.assert_array_equal(params, [0.5, 0.0])
