"""A rollout is the default process, stage by stage: same numbers, same gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import NETWORKS

from ngcsnn.compilers.plan import make_plan
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.credit import Grid, Precise

T, B = 30, 3


def fed(net, seed=0):
    rng = np.random.default_rng(seed)
    spikes = (rng.random((T, B, 5)) < 0.12).astype(float)
    offsets = -rng.random((T, B, 5)) * net.dt * spikes
    return {("input", "inputs"): jnp.asarray(spikes), ("input", "inputs.offset"): jnp.asarray(offsets)}


def params(net):
    return {
        n: {k: net.live[n][k] for k, c in part.compartments.items() if c.role == "param"}
        for n, part in net.components.items()
    }


def by_steps(net, data, watch, trained):
    """The default process under a plain scan, from a state whose start values depend on the parameters."""
    process, state = net.advance, net.state
    for name, part in trained.items():
        state[name].update(part)

    def step(state, row):
        state = process.pure(state, dict(zip((".".join(k) for k in data), row, strict=True)))
        return state, {w: state[w[0]][w[1]] for w in watch}

    return jax.lax.scan(step, state, tuple(data.values()))[1]


CASES = [*((name, "precise") for name in NETWORKS), ("circle of two populations", "grid"), ("refractory", "grid")]


def quickly(fn):
    """Compiled in haste: each runs once."""
    return jax.jit(
        fn, compiler_options={"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    )


@pytest.mark.parametrize(("name", "timing"), CASES, ids=[f"{name}-{timing}" for name, timing in CASES])
def test_equals_the_default_process_in_values_and_gradients(name, timing, x64):
    net = NETWORKS[name]()
    net.spike_timing = timing
    net.reset(batch_size=B)
    data = fed(net)
    cells = [c.name for c in net.components.values() if "v" in c.compartments]
    watch = [(c, "v") for c in cells] + [(c, "s") for c in cells if "s" in net.components[c].compartments]
    rollout = Rollout(net, Precise() if timing == "precise" else Grid(), T, data)
    trained = {n: {k: v for k, v in p.items() if k not in ("v_rest", "mask")} for n, p in params(net).items()}
    fixed = {n: {k: v for k, v in p.items() if k in ("v_rest", "mask")} for n, p in params(net).items()}

    def ours(p):
        recorded, _ = rollout(p, fixed, data, watch)
        return jnp.mean(recorded[("output", "v")] ** 2), recorded

    def plain(p):
        recorded = by_steps(net, data, watch, p)
        return jnp.mean(recorded[("output", "v")] ** 2), recorded

    (_, a), ga = quickly(jax.value_and_grad(ours, has_aux=True))(trained)
    (_, b), gb = quickly(jax.value_and_grad(plain, has_aux=True))(trained)
    spiking = [w for w in watch if w[1] == "s"]
    assert all(float(jnp.sum(a[w])) > 10 for w in spiking), "the test needs spikes"
    for w in watch:
        np.testing.assert_allclose(a[w], b[w], rtol=0, atol=1e-11, err_msg=str(w))
    for n, part in ga.items():
        for k, g in part.items():
            scale = max(1e-12, float(jnp.max(jnp.abs(gb[n][k]))))
            np.testing.assert_allclose(g / scale, gb[n][k] / scale, rtol=0, atol=1e-8, err_msg=f"{n}.{k}")
    if name != "currents":
        assert float(jnp.max(jnp.abs(ga["output"]["tau_m"]))) > 0


def test_only_circles_and_cells_share_a_time_loop():
    plan = {stage.members: stage for stage in make_plan(NETWORKS["two recurrent layers, skip"]())}
    looped = {m for m, stage in plan.items() if stage.looped}
    assert looped == {("back_0", "hidden_0"), ("back_1", "hidden_1"), ("output",)}
    assert plan[("back_0", "hidden_0")].transmitting == ("back_0",)
    assert not plan[("forward_0",)].looped and not plan[("direct",)].looped


def test_stages_come_after_all_that_feed_them():
    for build in NETWORKS.values():
        seen: set[str] = set()
        for stage in make_plan(build()):
            assert {r.leaf[0] for r in stage.external} <= seen
            seen |= set(stage.members)


def test_batch_equals_loop_over_samples(x64):
    net = NETWORKS["recurrent"]()
    data = fed(net)
    rollout = Rollout(net, Precise(), T, data)
    watch = [("hidden_0", "v"), ("output", "v")]
    run = quickly(lambda fed: rollout(params(net), {}, fed, watch)[0])
    together = run(data)
    for b in range(B):
        alone = run({k: v[:, b : b + 1] for k, v in data.items()})
        for w in watch:
            np.testing.assert_allclose(together[w][:, b : b + 1], alone[w], atol=1e-12)
