"""Rate cells: the flow, priors, thresholds, nonlinearities, lateral input, and what does not apply."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, RateCell


def settle(part, n_steps, **fed):
    """{compartment: (T, n)} under constant inputs."""
    shape = (n_steps, 1, part.n_units)
    inputs = {part.compartment(k): np.broadcast_to(np.asarray(v, float), shape) for k, v in fed.items()}
    out = part.context.advance.scan(inputs=inputs, n_steps=n_steps, watch=[part.z, part.r])
    return {k.partition(".")[2]: np.asarray(v)[:, 0] for k, v in out.items()}


def test_a_gaussian_prior_leaks_to_input_over_leak(x64):
    for integration, rtol in (("euler", 3e-2), ("rk4", 1e-7)):
        _, part = encoder(RateCell, n_units=2, tau_m=10.0, leak=0.5, gain=[1.0, 3.0], integration=integration)
        z = settle(part, 30, j=[0.4, 0.2], j_td=0.1)["z"]
        t = np.arange(1, 31)[:, None]
        drive = np.array([0.4, 0.6]) + 0.1
        np.testing.assert_allclose(z, drive / 0.5 * (1 - np.exp(-0.5 * t / 10.0)), rtol=rtol, atol=1e-9)


@pytest.mark.parametrize(
    "prior, slope",
    [
        ("gaussian", lambda z: z),
        ("laplacian", np.sign),
        ("cauchy", lambda z: 2 * z / (1 + z**2)),
        ("exp", lambda z: 2 * z * np.exp(-(z**2))),
    ],
)
def test_each_prior_pulls_with_the_slope_of_its_log_density(x64, prior, slope):
    net, part = encoder(RateCell, n_units=3, tau_m=10.0, prior=prior, leak=0.7)
    start = np.array([-1.3, 0.4, 2.0])
    net.state = {"part": {"z": start[None]}}
    z = settle(part, 1)["z"][0]
    np.testing.assert_allclose(z, start - 0.1 * 0.7 * slope(start), rtol=1e-12)


def test_bottom_up_input_passes_the_slope_of_the_nonlinearity_and_the_others_do_not(x64):
    net, part = encoder(RateCell, n_units=3, tau_m=10.0, nonlinearity="tanh", scale=2.0)
    start = np.array([-1.3, 0.4, 2.0])
    net.state = {"part": {"z": start[None]}}
    out = settle(part, 1, j=0.5, j_td=0.3, j_lat=-0.1)
    want = start + 0.1 * (0.5 * (1 - np.tanh(start) ** 2) + 0.2)
    np.testing.assert_allclose(out["z"][0], want, rtol=1e-12)
    np.testing.assert_allclose(out["r"][0], 2.0 * np.tanh(want), rtol=1e-12)


def test_a_softmax_passes_its_whole_jacobian(x64):
    net, part = encoder(RateCell, n_units=3, tau_m=1.0, nonlinearity="softmax")
    start, j = np.array([0.1, 0.7, -0.3]), np.array([1.0, 2.0, -1.0])
    net.state = {"part": {"z": start[None]}}
    p = np.exp(start) / np.exp(start).sum()
    np.testing.assert_allclose(settle(part, 1, j=j)["z"][0], start + (np.diag(p) - np.outer(p, p)) @ j, rtol=1e-12)


def test_iterative_shrinkage_finds_the_sparse_code(x64):
    """min |x - D z|^2 / 2 + strength |z|_1, its optimality conditions; D in one synapse, its transpose in another."""
    rng = np.random.default_rng(0)
    d = rng.normal(size=(6, 10)) / np.sqrt(6)
    x = d @ np.where(rng.random(10) < 0.3, rng.normal(size=10), 0.0)
    with ng.Context("net", dt=1.0) as net:
        code = RateCell("code", n_units=10, tau_m=10.0, threshold="soft", strength=0.05)
        error = RateCell("error", n_units=6, instant=True)
        down = DenseSynapse("down", shape=(10, 6), weights=-d.T)
        up = DenseSynapse("up", shape=(6, 10), weights=d)
    code.r >> down.inputs
    down.outputs >> error.j_td
    error.r >> up.inputs
    up.outputs >> code.j
    step = net.process("step") >> down.advance >> error.advance >> up.advance >> code.advance
    step.scan(inputs={error.j: np.broadcast_to(x, (3000, 1, 6))}, watch=[])
    z = np.asarray(code.z.get())[0]
    pull = d.T @ (x - d @ z)
    assert 0 < np.sum(z != 0) < 10
    np.testing.assert_allclose(pull[z != 0], 0.05 * np.sign(z[z != 0]), atol=1e-5)
    assert np.all(np.abs(pull[z == 0]) <= 0.05 + 1e-9)


def test_the_cauchy_threshold_minimises_its_objective(x64):
    net, part = encoder(RateCell, n_units=5, tau_m=1.0, threshold="cauchy", strength=1.5)
    start = np.array([-3.0, -0.2, 0.0, 0.9, 4.0])
    net.state = {"part": {"z": start[None]}}
    y = settle(part, 1)["z"][0]
    grid = np.linspace(-5, 5, 200_001)[:, None]
    best = grid[np.argmin((grid - start) ** 2 / 2 + 1.5 * np.log1p(grid**2), 0), 0]
    np.testing.assert_allclose(y, best, atol=1e-4)
    np.testing.assert_allclose(y - start + 3.0 * y / (1 + y**2), 0.0, atol=1e-9)


def test_lateral_inhibition_through_a_synapse(x64):
    with ng.Context("net", dt=0.5) as net:
        cell = RateCell("cell", n_units=2, tau_m=10.0, leak=1.0, nonlinearity="relu")
        lateral = DenseSynapse("lateral", shape=(2, 2), weights=[[0.0, -0.5], [-0.5, 0.0]])
    cell.r >> lateral.inputs
    lateral.outputs >> cell.j_lat
    net.advance.scan(inputs={cell.j_td: np.broadcast_to([1.0, 0.8], (1000, 1, 2))}, watch=[])
    np.testing.assert_allclose(cell.z.get()[0], np.linalg.solve([[1, 0.5], [0.5, 1]], [1.0, 0.8]), rtol=1e-9)


def test_an_instant_cell_follows_its_input(x64):
    _, part = encoder(RateCell, n_units=2, instant=True, nonlinearity="sigmoid")
    out = settle(part, 2, j=[0.4, -1.0], j_td=0.3, j_lat=0.1)
    np.testing.assert_allclose(out["z"], [[0.8, -0.6]] * 2)
    np.testing.assert_allclose(out["r"], 1 / (1 + np.exp(-out["z"])))


def test_what_does_not_apply_is_refused():
    with pytest.raises(ng.GraphError, match="`threshold` and `strength` go together, got soft, None"):
        encoder(RateCell, n_units=1, threshold="soft")
    for key, value in {"leak": 0.2, "tau_m": 5.0, "integration": "rk4", "prior": "cauchy"}.items():
        with pytest.raises(ng.GraphError, match=f"is `instant`: `{key}` does not apply, got {value!r}"):
            encoder(RateCell, n_units=1, instant=True, **{key: value})
    with pytest.raises(ng.GraphError, match="the Cauchy threshold needs strength dt <= 4 tau_m"):
        encoder(RateCell, n_units=1, tau_m=1.0, threshold="cauchy", strength=5.0)
