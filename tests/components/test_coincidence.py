"""Arrivals and spikes within one step, put in order after the fact."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from cell_nets import one, order, rollout, times_of
from recurrent import network

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell, SpikeSource


def pair(dt, timing="exact"):
    """A cell under a constant current of 2 (it would spike at 20 ln 2 = 13.86 ms), and an event of weight 3."""
    with ng.Context("net", dt=dt, spike_timing=timing) as net:
        inp, cell = SpikeSource("inp", n_units=1), LIFCell("cell", n_units=1, v_reset=-0.4)
        w = DenseSynapse("w", shape=(1, 1), weights=3.0)
        inp.s >> w.inputs
        w.outputs >> cell.syn
    return net


def spike_and_slope(dt, late, t_end=16.0, timing="exact"):
    """(time of the first spike, its derivative by the weight, v at the end) with the event `late` * dt before it."""
    net = pair(dt, timing)
    alone = 20.0 * np.log(2.0)
    n_steps, last = round(t_end / dt), int(alone / dt)  # the spike falls into step `last`
    share = (last + 1) * dt - alone
    tau = -share - late * dt
    assert -dt < tau < -share
    size, moment = np.zeros((2, n_steps, 1, 1))
    size[last], moment[last] = 1.0, tau
    feed = {net.find("inp.s"): size, net.find("inp.s.offset"): moment, net.find("cell.j"): np.full_like(size, 2.0)}
    read = rollout(net, feed, lambda s: (s["cell"]["s"], s["cell"]["s.offset"], s["cell"]["v"]))

    def time(weight):
        s, offset, v = read({("w", "weights"): weight}, {})
        return offset.sum(), (s, offset, v)

    (_, (s, offset, v)), slope = jax.jit(jax.value_and_grad(time, has_aux=True))(np.full((1, 1), 3.0))
    at = (last + 1) * dt + tau
    return (
        times_of(np.asarray(s)[:, 0, 0], np.asarray(offset)[:, 0, 0], dt)[0],
        float(slope[0, 0]),
        float(v[-1, 0, 0]),
        at,
    )


def truth(at, weight=3.0, t_end=16.0):
    def v(t):
        after = max(t - at, 0.0)
        return 2.0 * (1 - np.exp(-t / 20)) + weight / 3 * (np.exp(-after / 20) - np.exp(-after / 5))

    low, high = at, 20.0 * np.log(2.0)
    for _ in range(100):
        low, high = (low, (low + high) / 2) if v((low + high) / 2) > 1 else ((low + high) / 2, high)
    rest, current = t_end - high, weight * np.exp(-(high - at) / 5)
    final = 2.0 - 2.4 * np.exp(-rest / 20) + current / 3 * (np.exp(-rest / 20) - np.exp(-rest / 5))
    return high, final


STEPS = (0.5, 0.125, 0.03125)


def test_a_spike_moves_for_an_arrival_of_its_own_step(x64):
    errors = []
    for dt in STEPS:
        time, slope, v, at = spike_and_slope(dt, late=0.4 * 0.25)
        want, final = truth(at)
        gradient = (truth(at, 3.0 + 1e-6)[0] - truth(at, 3.0 - 1e-6)[0]) / 2e-6
        errors.append((abs(time - want), abs(slope - gradient) / abs(gradient), abs(v - final)))
        assert errors[-1][1] < 0.15
    for values, at_least in zip(np.array(errors).T, (1.7, 0.8, 1.7), strict=True):
        assert order(STEPS, values) > at_least


def test_without_ordering_its_gradient_is_missed(x64):
    assert spike_and_slope(0.125, late=0.1, timing="precise")[1] == 0.0


def test_an_arrival_after_the_spike_moves_nothing(x64):
    net, cell = one(n=3)
    x = cell.State(np.full((1, 3), 0.3), np.full((1, 3), 2.0))
    for tau, arrival, moves in ((-0.5, -0.2, False), (-0.2, -0.5, True), (0.0, -0.5, False)):
        spiked = float(tau < 0)
        net.state = {"cell": {"s": [[spiked] * 3], "s.offset": [[tau] * 3]}}
        cell.syn.set([[1.0, 2.0, -1.0]])
        cell.syn.offset.set(np.array([[1.0, 2.0, -1.0]]) * arrival)
        moved, shift = cell.reorder(x, 2.0)
        assert np.all((np.asarray(shift) != 0) == moves)
        if moves:
            assert np.all(np.sign(shift) == [[-1, -1, 1]])
            lead = np.array([[1.0, 2.0, -1.0]]) * (tau - arrival)
            slope = (2.0 + 2.0 * (1 - tau / 5.0) + np.array([[1.0, 2.0, -1.0]]) - 1.0) / 20.0
            np.testing.assert_allclose(shift, -lead / 20.0 / slope)
            np.testing.assert_allclose(moved.v, 0.3 - 1.0 / 20.0 * np.asarray(shift))


@pytest.mark.parametrize("refract_time", [2.0, 0.0])
def test_the_release_moves_along(x64, refract_time):
    net, cell = one(refract_time=[refract_time, 2.0], n=2)
    net.state = {
        "cell": {"s": [[1.0, 1.0]], "s.offset": [[-0.2, -0.2]], "refrac": [[max(refract_time - 0.2, 0.0), 1.8]]}
    }
    cell.syn.set([[1.0, 1.0]])
    cell.syn.offset.set([[-0.5, -0.5]])
    before = cell.read()
    moved, shift = cell.reorder(before, 2.0)
    left = np.asarray(cell.refrac.get())[0]
    np.testing.assert_allclose(left, [1.8 + shift[0, 0] if refract_time else 0.0, 1.8 + shift[0, 1]])
    held = refract_time > 0
    assert (moved.v[0, 0] == before.v[0, 0]) == held and moved.v[0, 1] == before.v[0, 1]


def test_cells_that_do_not_work_it_out_stay_as_they_are(x64):
    class OtherThreshold(LIFCell):
        def threshold(self, x):
            return 2.0 * (x.v - self.v_thr.get())

    net = network(0.5, "exact", OtherThreshold)
    cell = net.find("hid")
    x = cell.read()
    assert cell.reorder(x, 0.0) == (x, None)
