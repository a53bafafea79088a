"""Our gradients against finite differences of an event-driven simulation without a time grid."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import event_driven_lif as oracle
import numpy as np
import pytest
from exact_case import gradients

NAMES = ("w_in", "w_rec", "w_out", "tau_m_hid", "tau_s_hid")


@cache
def truth(seed: int, weight_rate: float = 0.0, recurrent: bool = True):
    net, trials, labels, t_end = oracle.random_case(seed, n_in=6, n_hid=5, n_trials=2, t_end=30.0, recurrent=recurrent)
    names = [n for n in NAMES if recurrent or n != "w_rec"]
    grads = {n: oracle.gradient(net, n, trials, labels, t_end, weight_rate) for n in names}
    return (net, trials, labels, t_end), oracle.cross_entropy(net, trials, labels, t_end, weight_rate), grads


def error(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> float:
    assert set(got) == set(want)
    return max(float(np.linalg.norm(got[n] - want[n]) / np.linalg.norm(want[n])) for n in want)


@pytest.mark.parametrize("seed", [0, 4, 24, 25])
def test_precise_gradients_of_recurrent_networks(seed):
    case, loss, grads = truth(seed)
    for dt, loss_bound, grad_bound in ((0.05, 1e-5, 0.05), (0.002, 2e-8, 0.002)):
        got_loss, got = gradients(*case, dt)
        assert abs(got_loss - loss) < loss_bound
        assert error(got, grads) < grad_bound


@pytest.mark.slow
@pytest.mark.parametrize("seed", [48, 106])
def test_spikes_that_return_to_their_own_cell_are_no_arrivals(seed):
    """The oracle's full-sized networks in which this once mattered most."""
    case = oracle.random_case(seed)
    want = {n: oracle.gradient(case[0], n, *case[1:]) for n in ("w_in", "w_rec")}
    got = gradients(*case, 0.05)[1]
    assert error({n: got[n] for n in want}, want) < 0.01


def test_feed_forward_and_weighted_readout():
    for arguments in ({"recurrent": False}, {"weight_rate": 0.05}):
        case, loss, grads = truth(1, **arguments)
        got_loss, got = gradients(*case, 0.005, weight_rate=arguments.get("weight_rate", 0.0))
        assert abs(got_loss - loss) < 1e-7
        assert error(got, grads) < 0.005


@pytest.mark.parametrize("v_reset", [-0.6, 0.35])
def test_a_reset_to_another_potential(v_reset):
    net, trials, labels, t_end = oracle.random_case(4, n_in=6, n_hid=5, n_trials=2, t_end=30.0)
    case = (replace(net, v_reset=v_reset), trials, labels, t_end)
    want = {n: oracle.gradient(case[0], n, *case[1:]) for n in NAMES}
    got_loss, got = gradients(*case, 0.01)
    assert abs(got_loss - oracle.cross_entropy(*case)) < 1e-6
    assert error(got, want) < 0.005


def test_the_loss_converges_at_second_order():
    steps = (0.2, 0.02)
    errors = []
    for dt in steps:
        each = [abs(gradients(*case, dt)[0] - loss) for case, loss, _ in map(truth, (4, 24))]
        errors.append(np.exp(np.mean(np.log(each))))
    assert errors[1] < errors[0] * 10**-1.6, errors


def test_arrivals_in_the_step_of_a_spike_move_it():
    """An input 0.3 ms before a spike, in one step of 1 ms: without ordering its gradient would miss that spike."""
    net = oracle.Network(w_in=np.array([[8.0], [1.5]]), w_out=np.array([[1.0, -0.5]]))
    spike = oracle.simulate(net, [(1.5, 0)], 20.0)[1][0][0]
    start = np.floor(spike) + 0.95 - spike  # the spike falls 0.05 ms before a step's end
    trial = [(1.5 + start, 0), (spike + start - 0.3, 1)]
    case = (net, [trial], [0], 20.0)
    want = {n: oracle.gradient(net, n, *case[1:]) for n in NAMES if n != "w_rec"}
    _, got = gradients(*case, 1.0)
    assert error(got, want) < 0.06
    late = replace(net, w_in=np.array([[8.0], [0.0]]))  # the same spike without the late arrival
    assert abs(oracle.simulate(late, trial, 20.0)[1][0][0] - oracle.simulate(net, trial, 20.0)[1][0][0]) > 0.02


def test_grid_timing_converges_at_first_order():
    case, loss, grads = truth(3)
    coarse, fine = (gradients(*case, dt, spike_timing="grid") for dt in (0.02, 0.0025))
    assert abs(fine[0] - loss) < 0.35 * abs(coarse[0] - loss)
    assert error(fine[1], grads) < 0.05


@pytest.mark.parametrize("seed", [3, 5])
def test_delays(seed):
    net, trials, labels, t_end = oracle.random_case(seed, n_in=5, n_hid=4, n_trials=2, t_end=30.0, delays=True)
    names = (*NAMES, "d_in", "d_rec", "d_out")
    want = {n: oracle.gradient(net, n, trials, labels, t_end) for n in names}
    for dt, bound in ((0.05, 0.003), (0.01, 2e-4)):
        assert error(gradients(net, trials, labels, t_end, dt)[1], want) < bound
