"""ShortTermPlasticity: steady states in closed form, event times, no dependence on dt, gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import ShortTermPlasticity

KINDS: dict[str, dict[str, Any]] = {
    "depression": {"U": 0.5, "tau_rec": 120.0},
    "facilitation": {"U": 0.1, "tau_facil": 90.0},
    "both": {"U": 0.15, "tau_rec": 60.0, "tau_facil": 150.0},
}


def network(dt: float = 1.0, n: int = 1, batch: int = 1, **arguments: Any) -> tuple[ng.Context, Any]:
    with ng.Context("net", dt=dt, dtype="float64") as net:
        part = ShortTermPlasticity("stp", n_units=n, **arguments)
    net.reset(batch_size=batch)
    return net, part


def run(times: np.ndarray, dt: float, duration: float, **arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and times (from their moments) of what is released at events at `times` (ms), one in a step at most."""
    net, part = network(dt, **arguments)
    value, moment = np.zeros((2, round(duration / dt), 1, 1))
    step = np.ceil(times / dt).astype(int) - 1
    np.add.at(value[:, 0, 0], step, 1.0)
    np.add.at(moment[:, 0, 0], step, times - (step + 1) * dt)
    out = net.advance.scan({part.inputs: value, part.inputs.offset: moment}, watch=[part.outputs, part.outputs.offset])
    sizes, moments = (np.asarray(out[k])[step, 0, 0] for k in ("stp.outputs", "stp.outputs.offset"))
    return sizes, (step + 1) * dt + moments / sizes


def event_by_event(times: np.ndarray, U: float, tau_rec: float = 0.0, tau_facil: float = 0.0) -> np.ndarray:
    u, x, last, out = 0.0, 1.0, 0.0, []
    for t in times:
        u = (u * np.exp(-(t - last) / tau_facil)) * (1 - U) + U if tau_facil else U
        x = 1 - (1 - x) * np.exp(-(t - last) / tau_rec) if tau_rec else 1.0
        out.append(u * x)
        x, last = x - u * x, t
    return np.array(out)


@pytest.mark.parametrize("kind", KINDS)
def test_regular_events_settle_where_the_closed_form_says(kind, x64):
    a, interval = KINDS[kind], 12.5
    sizes, _ = run(np.arange(1, 200) * interval, 1.0, 200 * interval, **a)
    U = a["U"]
    u = U / (1 - (1 - U) * np.exp(-interval / a["tau_facil"])) if "tau_facil" in a else U
    e = np.exp(-interval / a["tau_rec"]) if "tau_rec" in a else 0.0
    x = (1 - e) / (1 - (1 - u) * e)
    assert sizes[-1] == pytest.approx(u * x, rel=1e-9)
    assert abs(sizes[0] - u * x) > 0.05 * u * x and sizes[0] == pytest.approx(U, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_events_act_at_their_own_times_whatever_dt(kind, x64):
    times = np.cumsum(np.random.default_rng(0).uniform(2.1, 15.0, 40))
    want = event_by_event(times, **KINDS[kind])
    for dt in (0.25, 1.0, 2.0):
        sizes, at = run(times, dt, 400.0, **KINDS[kind])
        np.testing.assert_allclose(sizes, want, rtol=1e-9)
        np.testing.assert_allclose(at, times, rtol=1e-12)


def test_a_poisson_train_is_depressed_to_the_mean_field(x64):
    """<x> right before an event of a Poisson train without facilitation is 1 / (1 + U r tau_rec), exactly."""
    rng, U, tau, rate = np.random.default_rng(1), 0.4, 50.0, 0.05
    net, part = network(1.0, n=400, U=U, tau_rec=tau)
    value = (rng.random((600, 1, 400)) < 1 - np.exp(-rate)).astype(float)
    moment = -value * rng.random(value.shape)
    out = net.advance.scan({part.inputs: value, part.inputs.offset: moment}, watch=[part.outputs])["stp.outputs"][200:]
    mean = np.asarray(out).sum() / value[200:].sum()
    assert mean == pytest.approx(U / (1 + U * rate * tau), rel=0.02)


def test_several_events_of_a_step_release_no_more_than_is_there(x64):
    net, part = network(1.0, n=3, **KINDS["both"])
    part.inputs.set(np.array([[1.0, 2.0, 50.0]]))
    net.advance.run()
    u1 = 0.15
    u2 = 1 - (1 - u1) ** 2
    first, second = u1, (1 - u1) * u2
    assert np.asarray(part.outputs.get())[0] == pytest.approx([first, first + second, 1.0], rel=1e-3)
    assert np.all(np.asarray(part.x.get()) >= 0) and np.all(np.asarray(part.u.get()) <= 1)


def test_a_moment_without_an_event_moves_the_release_before(x64):
    net, part = network(1.0, U=0.5, tau_rec=100.0)
    part.inputs.set(1.0)
    net.advance.run()
    part.inputs.set(0.0)
    part.inputs.offset.set(-0.3)
    net.advance.run()
    assert float(part.outputs.get()[0, 0]) == 0 and float(part.outputs.offset.get()[0, 0]) == pytest.approx(-0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind, x64):
    rng = np.random.default_rng(2)
    net, part = network(1.0, n=3, batch=2, **KINDS[kind])
    value = jnp.asarray((rng.random((5, 2, 3)) < 0.5) * rng.choice([1.0, 2.0], (5, 2, 3), p=[0.8, 0.2]))
    moment = jnp.asarray(-value * rng.uniform(0.2, 0.8, value.shape))
    start, names = net.state, list(KINDS[kind])

    def total(params: Any, value: Any, moment: Any) -> Any:
        state = {**start, "stp": {**start["stp"], **dict(zip(names, params, strict=True))}}

        def body(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, {part.inputs: row[0], part.inputs.offset: row[1]})
            return state, jnp.sum(jnp.sin(3 * state["stp"]["outputs"]) + state["stp"]["outputs.offset"] ** 2)

        return jnp.sum(jax.lax.scan(body, state, (value, moment))[1])

    total = jax.jit(total)
    params = [jnp.full(3, KINDS[kind][k]) for k in names]
    d_params, d_moment = jax.jit(jax.grad(total, (0, 2)))(params, value, moment)
    there = value > 0
    for i in range(len(names)):
        eps = 1e-6 * float(params[i][0])
        sides = [total([p + s * eps if k == i else p for k, p in enumerate(params)], value, moment) for s in (1, -1)]
        assert float(jnp.sum(d_params[i])) == pytest.approx(float(sides[0] - sides[1]) / (2 * eps), rel=1e-5)
    along = jnp.where(there, jnp.asarray(rng.normal(size=value.shape)), 0.0)
    sides = [total(params, value, moment + s * 1e-6 * along) for s in (1, -1)]
    assert float(jnp.sum(d_moment * along)) == pytest.approx(float(sides[0] - sides[1]) / 2e-6, rel=1e-5)


def test_refused(x64):
    with pytest.raises(ng.GraphError, match="changes nothing: give one"):
        network()
    with pytest.raises(ng.GraphError, match="`U` must be between 0 and 1"):
        network(U=1.5, tau_rec=1.0)
    with pytest.raises(ng.GraphError, match=r"`tau_rec` must be finite and > 0 \(in ms\)"):
        network(tau_rec=0.0)
