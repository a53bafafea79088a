"""Dropout and noise: how much, of what, when, and that gradients are those of the perturbed trial."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import circle, layered
from small import LOSS, STEPS, N, events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.compilers.feed import fed_leaves, feed
from ngcsnn.compilers.feeding import to_device
from ngcsnn.compilers.parameters import split
from ngcsnn.compilers.perturbations import NONE, Perturbations, perturbations
from ngcsnn.compilers.rollout import Rollout
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.credit import Grid, Precise, Surrogate
from ngcsnn.data import EventData, LatencyCode
from ngcsnn.graph import GraphError, Memo, UnknownNameError
from ngcsnn.kernels import Events
from ngcsnn.optim import SGD

KEY = jax.random.key(3)
MAIN, MOMENT = ("input", "inputs"), ("input", "inputs.offset")
X, Y = {"input": events()}, {"output": labels()}


def share(lost: Any, p: float) -> None:
    """Within four standard deviations of `p`."""
    lost = np.asarray(lost)
    assert abs(lost.mean() - p) < 4.0 * np.sqrt(p * (1 - p) / lost.size)


# --- events on their way in -------------------------------------------------------------------------------------
def a_batch(name: str) -> Events:
    rng = np.random.default_rng(0)
    if name == "code":
        trials = LatencyCode(rng.integers(1, 256, (40, 50)).astype(np.uint8), 0.0, 19.0).to_device(STEPS, 1.0)
    else:
        times = np.sort(rng.uniform(0.0, 20.0, (40, 50)), axis=1)
        lists = list(zip(times, rng.integers(0, 50, (40, 50)), strict=True))
        trials = EventData.from_lists(lists, 50).to_device(STEPS, 1.0)
    step, unit, offset = trials.take(np.arange(40))
    return Events(step, unit, offset, n_units=50, n_steps=STEPS, one_each=name == "code", most=16)


@pytest.mark.parametrize("name", ["lists", "code"])
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_the_share_of_events_that_are_lost(name: str, p: float) -> None:
    """Each on its own; what is left is as it was, with its moment."""
    given = a_batch(name)
    left = Perturbations(inputs={"input": p}).on_fed({MAIN: given}, KEY)[MAIN]
    lost = np.asarray(left.unit != given.unit)[np.asarray(given.unit) < 50]
    assert lost.size > 1500
    share(lost, p)
    (m0, m1), (all_m0, all_m1) = left.dense(np.float32), given.dense(np.float32)
    assert np.all((m0 <= all_m0) & (m1 >= all_m1)) and np.sum(m0) == lost.size - lost.sum()
    single = np.asarray(all_m0 == 1)
    np.testing.assert_array_equal(np.asarray(m1)[single], np.asarray(all_m1 * m0)[single])


def test_an_array_loses_counts_and_moments_together() -> None:
    counts, offsets = a_batch("lists").dense(np.float32)
    fed = {MAIN: counts, MOMENT: offsets, ("other", "inputs"): counts}
    out = Perturbations(inputs={"input": 0.4}).on_fed(fed, KEY)
    gone = np.asarray((out[MAIN] == 0) & (counts > 0))
    share(gone[counts > 0], 0.4)
    np.testing.assert_array_equal(out[MAIN], np.where(gone, 0, counts))
    np.testing.assert_array_equal(out[MOMENT], np.where(gone, 0, offsets))
    assert out["other", "inputs"] is counts and fed[MAIN] is counts


def test_sources_lose_events_of_their_own() -> None:
    given = a_batch("lists")
    fed = {("a", "inputs"): given, ("b", "inputs"): given}
    out = Perturbations(inputs={"a": 0.5, "b": 0.5}).on_fed(fed, KEY)
    kept = [np.asarray(e.unit == given.unit) for e in out.values()]
    share(kept[0] == kept[1], 0.5)


def test_of_nothing_nothing_is_lost() -> None:
    given = a_batch("lists")
    left = Perturbations(inputs={"input": 0.0}).on_fed({MAIN: given}, KEY)[MAIN]
    np.testing.assert_array_equal(left.unit, given.unit)


# --- within a trial ---------------------------------------------------------------------------------------------
def rolled(net: ng.Context, how: Perturbations, watch: Any, key: Any = KEY, rule: Any = None, n: int = N) -> Any:
    """Recordings of one batch."""
    rule = Precise() if rule is None else rule
    data, _ = to_device(net, {"input": events(n, t_end=STEPS * net.dt)}, STEPS)
    rollout = Rollout(net, rule, STEPS, fed_leaves(net, data, rule.within_step), perturbations=how)
    fed = feed(net, data, np.arange(n), STEPS, rule.within_step)
    return jax.jit(lambda f, k: rollout({}, split(net, {})[1], f, watch, k)[0])(fed, key)


HIDDEN = [("hidden_0", "v"), ("hidden_0", "s"), ("hidden_0", "s.offset"), ("hidden_0", "counted")]


@pytest.mark.parametrize("rule", [Precise(), Precise(orders=True)], ids=["precise", "exact"])
def test_a_spike_that_nobody_receives(rule: Any) -> None:
    net = layered(n=40)
    watch = [*HIDDEN, ("readout", "outputs"), ("readout", "outputs.offset")]
    out = rolled(net, Perturbations(spikes={"hidden_0": 0.3}), watch, rule=rule)
    spiked, stays = (np.asarray(out["hidden_0", key]) > 0 for key in ("counted", "s"))
    assert spiked.sum() > 400 and not np.any(stays & ~spiked)
    share(~stays[spiked], 0.3)
    moved = np.asarray(out["hidden_0", "s.offset"]) != 0
    assert np.all(moved[stays]) and not np.any(moved & spiked & ~stays)
    assert not np.any((moved & ~spiked)[1:] & ~stays[:-1]), "moments of spikes before, which stayed"
    w = np.asarray(net.find("readout").weights.get())
    for key in ("", ".offset"):
        arrived, sent = np.asarray(out["readout", f"outputs{key}"]), np.asarray(out["hidden_0", f"s{key}"])
        np.testing.assert_allclose(arrived[1:], sent[:-1] @ w, atol=1e-5)
    if not rule.orders:
        whole = rolled(net, NONE, watch, rule=rule)
        np.testing.assert_array_equal(out["hidden_0", "v"], whole["hidden_0", "v"], "it resets its cell all the same")
        np.testing.assert_array_equal(spiked, whole["hidden_0", "s"] > 0)


def test_a_late_shift_goes_with_the_spike_that_it_belongs_to() -> None:
    """A moment in a step without spike is that of the spike before, whatever is drawn in this step."""
    how, values = Perturbations(spikes={"cell": 0.9}), {"s": jnp.zeros((1, 50)), "s.offset": jnp.full((1, 50), -0.1)}
    how.after_step("cell", values, KEY, Memo(), 1.0)
    assert np.all(values["s.offset"] == np.float32(-0.1))
    values = {"s": jnp.ones((1, 500)), "s.offset": jnp.full((1, 500), -0.1)}
    how.after_step("cell", values, KEY, Memo(), 1.0)
    share(values["s"] == 0, 0.9)
    np.testing.assert_array_equal(values["s"] == 0, values["s.offset"] == 0)


def test_surrogate_gradients_are_lost_with_the_spike() -> None:
    """Also where there was none: what is lost is a factor."""

    def total(s: Any) -> Any:
        values = {"s": s}
        Perturbations(spikes={"cell": 0.5}).after_step("cell", values, KEY, Memo(), 1.0)
        return values["s"].sum()

    slope = jax.grad(total)(jnp.zeros((1, 400)))
    share(slope == 0, 0.5)
    np.testing.assert_array_equal(slope, jax.grad(total)(jnp.ones((1, 400))))


@pytest.mark.parametrize("rule", [Grid(), Surrogate()], ids=["grid", "surrogate"])
def test_no_chance_changes_no_bit(rule: Any) -> None:
    net, watch = layered(n=8, recurrent=True), [("output", "v"), ("hidden_0", "v")]
    never = Perturbations(inputs={"input": 0.0}, spikes={"hidden_0": 0.0}, noise={"hidden_0": 0.0})
    jax.tree.map(
        np.testing.assert_array_equal, rolled(net, never, watch, rule=rule), rolled(net, NONE, watch, rule=rule)
    )


def noisy(**cell: Any) -> ng.Context:
    with ng.Context("noisy", dt=0.5) as net:
        source, w = SpikeSource("input", n_units=5), DenseSynapse("w", shape=(5, 200), weights=0.0)
        a, b = LIFCell("a", n_units=200, **cell), LICell("b", n_units=200, tau_m=10.0)
        source.s >> w.inputs
        w.outputs >> a.syn
        w.outputs >> b.syn
    return net


def test_noise_is_that_of_a_random_walk_that_leaks() -> None:
    """v' = a v + sigma sqrt(dt) xi, so that after n steps var v = sigma^2 dt (1 - a^(2n)) / (1 - a^2)."""
    sigma, dt = 0.3, 0.5
    out = rolled(noisy(v_thr=99.0), Perturbations(noise={"a": sigma, "b": sigma}), [("a", "v"), ("b", "v")])
    for cell, tau in (("a", 20.0), ("b", 10.0)):
        v, a = np.asarray(out[cell, "v"]).reshape(STEPS, -1), np.exp(-dt / tau)
        for n in (1, 5, STEPS):
            want = sigma**2 * dt * (1 - a ** (2 * n)) / (1 - a**2)
            assert v[n - 1].var() == pytest.approx(want, rel=5 * np.sqrt(2 / v.shape[1])), (cell, n)
            assert abs(v[n - 1].mean()) < 4 * np.sqrt(want / v.shape[1])
        drawn = v[1:] - a * v[:-1]
        assert abs(np.corrcoef(drawn[3], drawn[4])[0, 1]) < 4 / np.sqrt(v.shape[1])
    correlation = np.corrcoef(np.ravel(out["a", "v"][0]), np.ravel(out["b", "v"][0]))
    assert abs(correlation[0, 1]) < 4 / np.sqrt(N * 200), "each cell its own"


def test_cells_of_one_loop_have_noise_of_their_own() -> None:
    net = circle()
    net.find("w_in").weights.set(0.0)
    out = rolled(net, Perturbations(noise={"a": 1e-3, "b": 1e-3}), [("a", "v"), ("b", "v")], n=4)
    a, b = np.asarray(out["a", "v"][0]), np.asarray(out["b", "v"][0])
    assert np.all(a != 0) and not np.any(np.isclose(a[:, :4], b, rtol=1e-3))


def test_a_resting_cell_stands_still() -> None:
    net = noisy(refract_time=3.0)
    net.find("w").weights.set(9.0)
    out = rolled(net, Perturbations(noise={"a": 0.05}), [("a", "v"), ("a", "s"), ("a", "refrac")], n=4)
    v, rests = np.asarray(out["a", "v"]), np.asarray(out["a", "refrac"]) > 0
    assert rests.sum() > 500 and not np.any(v[rests]) and np.all(v[~rests] != 0)


# --- gradients --------------------------------------------------------------------------------------------------
def test_gradients_are_those_of_the_perturbed_trial(x64: None) -> None:
    """Finite differences with the same key, at a small step."""
    with ng.Context("fine", dt=0.02, seed=5) as net:
        source, hidden, output = (
            SpikeSource("input", n_units=5), LIFCell("hidden", n_units=3), LICell("output", n_units=3)
        )  # fmt: skip
        first = DenseSynapse("first", shape=(5, 3), weights=ng.init.Uniform(2.0, 5.0))
        second = DenseSynapse("second", shape=(3, 3), weights=ng.init.Normal(0.0, 1.0))
        source.s >> first.inputs
        first.outputs >> hidden.syn
        hidden.s >> second.inputs
        second.outputs >> output.syn
    T = 600
    data, _ = to_device(net, {"input": events(3, seed=1, t_end=10.0)}, T)
    how = Perturbations(inputs={"input": 0.2}, spikes={"hidden": 0.4}, noise={"hidden": 0.02, "output": 0.1})
    rollout = Rollout(net, Precise(), T, fed_leaves(net, data, True), perturbations=how)
    trained, fixed = split(net, {"first": ("weights",), "second": ("weights",), "hidden": ("tau_m",)})
    fed = feed(net, data, np.arange(3), T, True)

    def loss(p: Any) -> Any:
        out, _ = rollout(p, fixed, fed, [("output", "v"), ("hidden", "s"), ("hidden", "counted")], KEY)
        return jnp.mean(out["output", "v"] ** 2), (out["hidden", "s"].sum(), out["hidden", "counted"].sum())

    run = jax.jit(jax.value_and_grad(loss, has_aux=True))
    (_, (sent, spiked)), grads = run(trained)
    assert 5 < float(sent) < float(spiked), "some are lost"
    for name, part in grads.items():
        for key, g in part.items():
            at = np.unravel_index(np.argmax(np.abs(g)), g.shape)
            moved = [{**trained, name: {key: trained[name][key].at[at].add(step)}} for step in (1e-6, -1e-6)]
            numeric = float(run(moved[0])[0][0] - run(moved[1])[0][0]) / 2e-6
            assert float(g[at]) == pytest.approx(numeric, rel=2e-2) and numeric != 0, (name, key)


# --- compiled networks ------------------------------------------------------------------------------------------
def compiled(**options: Any) -> Any:
    net = layered(n=6)
    net.spike_timing = "grid"
    return EventPropCompiler(STEPS, LOSS, batch_size=4, spike_timing="grid", seed=7, **options).compile(net)


@pytest.fixture(scope="module")
def perturbed() -> Any:
    still = SGD(eta=1e-30)  # what changes from epoch to epoch is not the network
    return compiled(dropout={"input": 0.4, "hidden_0": 0.5}, noise={"output": 0.2}, optimiser=still)


def programs(network: Any) -> dict[str, str]:
    """What is compiled for each kind of call."""
    data, n = network.data(X)
    targets = network.objective.targets(network.context, labels(), n, STEPS)
    index, weight = network._batches(np.arange(n))
    params = split(network.context, network.names)
    watch = (("hidden_0", "s"), ("output", "v"))
    traced = {
        "evaluate": network._evaluate_program(data).trace(*params, data, targets, index, weight),
        "predict": network._predict_program(data).trace(*params, data, index),
        "simulate": network._simulate_program(data, watch).trace(*params, data, index[0]),
        "gradients": network._gradient_program(data).trace(*params, data, targets, index[0], weight[0]),
        "train": network.epoch_program(data).trace(
            params[0], network.opt_state, params[1], data, targets, index, weight, KEY
        ),
    }
    return {kind: str(trace.jaxpr) for kind, trace in traced.items()}


def test_they_are_off_but_in_training(perturbed: Any) -> None:
    """All else is the very program of a network without them."""
    ours, plain = programs(perturbed), programs(compiled(optimiser=perturbed.optimiser))
    assert {kind for kind in ours if ours[kind] != plain[kind]} == {"train"}
    assert {kind for kind in ours if "random_bits" in ours[kind]} == {"train"}


def history(network: Any, seed: int, start: int, epochs: int) -> list[float]:
    network.seed = seed
    _, recorded = network.train(X, Y, num_epochs=epochs, start_epoch=start, shuffle=False, callbacks=[])
    return [record["loss"] for record in recorded["history"]]


def test_each_epoch_draws_anew_and_the_seed_decides_what(perturbed: Any) -> None:
    first = history(perturbed, 7, 0, 3)
    assert len(set(first)) == 3 and max(first) - min(first) > 1e-4
    assert history(perturbed, 7, 0, 3) == first
    assert history(perturbed, 7, 1, 2) == first[1:], "resumed, the second epoch is the second epoch"
    assert history(perturbed, 8, 0, 3) != first


def test_each_batch_draws_anew(perturbed: Any) -> None:
    """The same samples in three batches, of which one counts."""
    history(perturbed, 7, 0, 1)
    before = perturbed.traces["train"]
    data, n = perturbed.data(X)
    targets = perturbed.objective.targets(perturbed.context, labels(), n, STEPS)
    (program,) = [p for key, p in perturbed._programs.items() if key[0] == "train"]
    index = np.tile(np.arange(4, dtype=np.int32), (3, 1))

    def loss(batch: int) -> float:
        trained, fixed = split(perturbed.context, perturbed.names)
        state = jax.tree.map(jnp.copy, perturbed.opt_state)
        weight = np.zeros((3, 4), np.float32)
        weight[batch] = 1.0
        piece = perturbed.nothing_yet(data, targets), (np.int32(0), np.int32(3))
        return float(program(trained, state, fixed, data, targets, index, weight, KEY, *piece)[2]["sums"]["loss"])

    losses = [loss(batch) for batch in range(3)]
    assert len(set(losses)) == 3 and max(losses) - min(losses) > 1e-4
    assert perturbed.traces["train"] == before


def test_training_without_chance_is_training_without_perturbations() -> None:
    none = compiled(dropout={"input": 0.0, "hidden_0": 0}, noise={"hidden_0": 0.0})
    assert none.perturbations == NONE and not none.perturbations
    assert none.perturbations == perturbations(none.context, None, None)


def test_components_may_be_given_themselves() -> None:
    net = layered(n=4)
    how = perturbations(net, {net.find("input"): np.float32(0.5), "hidden_0": 0.25}, {net.find("output"): 1})
    assert how == Perturbations({"input": 0.5}, {"hidden_0": 0.25}, {"output": 1.0})
    assert how.acts_on("hidden_0") and how.acts_on("output") and not how.acts_on("input") and how


WRONG = [
    ("dropout", [("input", 0.1)], GraphError, r"`dropout` must be \{component: number\}"),
    ("dropout", {"inptu": 0.1}, UnknownNameError, "`dropout`: .*'inptu'; did you mean 'input'"),
    ("dropout", {"input.s": 0.1}, GraphError, "`dropout` names components, not compartments: 'input'"),
    ("dropout", {"input": "half"}, GraphError, "`dropout` of 'input' must be a number, got 'half'"),
    ("dropout", {"input": True}, GraphError, "`dropout` of 'input' must be a number, got True"),
    ("dropout", {"input": float("nan")}, GraphError, "`dropout` of 'input' must be a number, got nan"),
    ("dropout", {"input": 1.0}, GraphError, r"`dropout` of 'input' must be a probability in \[0, 1\), got 1.0"),
    ("dropout", {"hidden_0": -0.1}, GraphError, r"`dropout` of 'hidden_0' must be a probability"),
    ("dropout", {"output": 0.1}, GraphError, "`dropout` is for sources and spiking cells; 'output' is neither"),
    ("dropout", {"readout": 0.1}, GraphError, "'readout' is neither"),
    ("noise", 0.1, GraphError, r"`noise` must be \{component: number\}, got 0.1"),
    ("noise", {"hidden_0": -1.0}, GraphError, r"`noise` of 'hidden_0' must be finite and >= 0 \(unit of v per sqrt"),
    ("noise", {"hidden_0": float("inf")}, GraphError, "`noise` of 'hidden_0' must be finite"),
    ("noise", {"input": 0.1}, GraphError, "`noise` acts on the membrane potential `v`, which 'input' does not have"),
    ("noise", {"readout": 0.1}, GraphError, "which 'readout' does not have"),
]


@pytest.mark.parametrize(("argument", "given", "error", "text"), WRONG, ids=[f"{a}-{t[:40]}" for a, _, _, t in WRONG])
def test_errors(argument: str, given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        EventPropCompiler(STEPS, LOSS, **{argument: given}).compile(layered(n=4))


def test_twice() -> None:
    net = layered(n=4)
    with pytest.raises(GraphError, match="`noise` names 'hidden_0' twice"):
        perturbations(net, None, {"hidden_0": 0.1, net.find("hidden_0"): 0.1})
