"""Diehl and Cook's cells: the threshold that rises, one spike in a step, what becomes of the losers."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import constant, one, spike_times

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, EventPropCompiler, InferenceCompiler
from ngcsnn.components import DenseSynapse, DiehlCookCell, LICell, SpikeSource

OWN = {"shared_theta": False, "refract_time": 0.0}


def test_intervals_while_the_threshold_rises(x64):
    """refract_time + tau_m ln((u - v_reset) / (u - v_thr - theta)), theta the sum of theta_plus that decay."""
    told = {"tau_m": 20.0, "theta_plus": 1.0, "tau_theta": 200.0, "v_reset": -60.0, "refract_time": 2.3}
    net, cell = one(DiehlCookCell, **told)
    (times,) = spike_times(net, cell, constant(cell, 25.0, 200))
    assert len(times) >= 6
    last, theta, want = -2.3, 0.0, []  # theta right after the last spike
    for start in (-65.0, *[-60.0] * (len(times) - 1)):
        t = last + 12.3
        for _ in range(60):  # the threshold falls while v rises: the crossing by iteration
            t = last + 2.3 + 20.0 * np.log((-40.0 - start) / (12.0 - theta * np.exp(-(t - last) / 200.0)))
        theta, last = theta * np.exp(-(t - last) / 200.0) + 1.0, t
        want.append(t)
    np.testing.assert_allclose(times, want, atol=2e-3)


def test_theta_outlasts_trials_and_changes_of_the_batch(x64):
    net, cell = one(DiehlCookCell, n=2, batch=3, theta_plus=0.3)
    rows = np.zeros((60, 3, 2))
    rows[:, 0, 0] = 60.0
    s = np.asarray(net.advance.scan(inputs={cell.j: rows}, watch=[cell.s])["cell.s"])
    theta = np.asarray(cell.theta.get())
    assert theta.shape == (2,) and s[:, 1:].sum() == s[:, :, 1].sum() == 0
    assert theta[0] == pytest.approx(0.3 * s.sum() / 3.0, rel=1e-4) and theta[1] == 0.0
    net.reset(batch_size=5)
    np.testing.assert_array_equal(cell.theta.get(), theta)
    cell.theta_plus.set(0.0)
    net.advance.scan(inputs=constant(cell, 60.0, 60), watch=[])
    np.testing.assert_allclose(cell.theta.get(), theta, rtol=1e-4)


def test_samples_may_have_a_theta_each(x64):
    net, cell = one(DiehlCookCell, n=1, batch=2, theta_plus=0.3, shared_theta=False)
    s = net.advance.scan(inputs={cell.j: np.broadcast_to([[60.0], [30.0]], (60, 2, 1))}, watch=[cell.s])["cell.s"]
    spikes = np.asarray(s).sum((0, 2))
    assert spikes[0] > spikes[1] > 0
    np.testing.assert_allclose(np.ravel(cell.theta.get()), 0.3 * spikes, rtol=1e-4)


def placed(v, n=4, **told):
    """A cell whose units stand at these potentials, v - v_thr, on the grid, without flow to speak of."""
    net, cell = one(DiehlCookCell, n=n, batch=len(v), timing="grid", tau_m=1e9, **{**OWN, **told})
    net.state = {"cell": {"v": -52.0 + np.asarray(v, float)}}
    return net, cell


V = [[0.5, -1.0, 2.0, 1.0], [-0.1, -1.0, -2.0, -3.0], [-0.1, 0.2, -0.3, -0.4]]


def test_the_strongest_of_those_that_crossed_spikes_alone(x64):
    """It alone is reset, adapts and rests; the others stay where they are and have their turn in the steps after."""
    net, cell = placed(V, one_spike="strongest", theta_plus=0.7, refract_time=50.0)
    order = []
    for _ in range(4):
        before = np.asarray(cell.v.get()), np.asarray(cell.theta.get())
        net.advance.run()
        s = np.asarray(cell.s.get()) > 0
        order.append([np.flatnonzero(row).tolist() for row in s])
        np.testing.assert_allclose(cell.v.get(), np.where(s, -65.0, before[0]), rtol=1e-7)
        np.testing.assert_allclose(cell.theta.get(), before[1] + 0.7 * s, atol=1e-6)
    assert order == [[[2], [], [1]], [[3], [], []], [[0], [], []], [[], [], []]]


def test_losers_may_be_reset_unheard(x64):
    net, cell = placed(V, one_spike="strongest", losers="reset", theta_plus=0.7, refract_time=50.0)
    net.advance.run()
    crossed = np.array(V) > 0
    np.testing.assert_array_equal(np.asarray(cell.s.get()), [[0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]])
    np.testing.assert_allclose(cell.v.get(), np.where(crossed, -65.0, -52.0 + np.array(V)), rtol=1e-7)
    np.testing.assert_allclose(cell.theta.get(), 0.7 * crossed, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(cell.refrac.get()) > 0, crossed)


def test_losers_that_are_reset_leave_times_as_they_are(x64):
    """The one spike that is heard of a step has the time inside the step that it has alone."""
    drive = np.array([60.0, 59.8, 45.0])
    runs = []
    for told in ({}, {"one_spike": "strongest", "losers": "reset"}):
        net, cell = one(DiehlCookCell, n=3, **OWN, **told)
        out = net.advance.scan(inputs={cell.j: np.broadcast_to(drive, (60, 1, 3))}, watch=[cell.s, cell.s.offset])
        runs.append([np.asarray(out[f"cell.{k}"])[:, 0] for k in ("s", "s.offset")])
    (every, times), (heard, heard_times) = runs
    assert np.any(every.sum(1) > 1) and np.all(heard.sum(1) == np.minimum(every.sum(1), 1))
    np.testing.assert_array_equal(heard_times[heard > 0], times[heard > 0])
    assert not np.any(heard_times[heard == 0])


def test_a_random_one_is_any_of_those_that_crossed(x64):
    net, cell = placed(np.broadcast_to(V[0], (4000, 4)), one_spike="random")
    net.advance.run()
    s = np.asarray(cell.s.get())
    assert np.all(s.sum(1) == 1) and not s[:, 1].any()
    np.testing.assert_allclose(s.mean(0)[[0, 2, 3]], 1 / 3, atol=0.03)


def test_a_refractory_cell_never_wins(x64):
    net, cell = placed(V[:1], one_spike="strongest", refract_time=5.0)
    net.state = {"cell": {"refrac": [[0.0, 0.0, 9.0, 0.0]]}}
    net.advance.run()
    np.testing.assert_array_equal(cell.s.get(), [[0, 0, 0, 1]])


def test_cells_that_wait_have_no_times():
    net, _cell = one(DiehlCookCell, one_spike="random")
    with pytest.raises(ng.GraphError, match="use spike_timing='grid', or losers='reset'"):
        net.advance.run()


def layered(**told):
    with ng.Context("net", dt=1.0) as net:
        inp, hid = SpikeSource("input", n_units=3), DiehlCookCell("hidden", n_units=4, **told)
        out = LICell("output", n_units=2)
        w1, w2 = DenseSynapse("w1", shape=(3, 4), weights=40.0), DenseSynapse("w2", shape=(4, 2), weights=1.0)
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


def test_compiled_trials_start_with_the_theta_that_was_learned():
    net = layered()
    net.find("hidden.theta").set([0.0, 5.0, 1.0, 4000.0])
    compiled = InferenceCompiler(20, readouts={"output": "avg_var"}, batch_size=2).compile(net)
    s = np.asarray(compiled.simulate({"input": np.ones((3, 20, 3))}, record="hidden.s")["hidden.s"])
    first = np.argmax(s, axis=0)
    assert np.all(s.any(0) == [True, True, True, False]) and np.all(first[:, 0] < first[:, 1])
    with pytest.raises(ng.GraphError, match="hidden.theta is shared by the samples of a batch"):
        compiled.simulate({"input": np.ones((3, 20, 3))}, record="hidden.theta")


LOSS = {"example_timesteps": 5, "losses": {"output": "sparse_categorical_crossentropy"}}


def test_what_cannot_be_trained_is_refused_by_name():
    with pytest.raises(ng.GraphError, match="'hidden' \\(DiehlCookCell\\) .*wait for their turn"):
        EventPropCompiler(**LOSS).compile(layered(one_spike="strongest"))
    with pytest.raises(ng.GraphError, match="e-prop needs shared_theta=False"):
        EPropCompiler(**LOSS).compile(layered())


BAD = {
    "losers alone": ({"losers": "reset"}, "`losers` applies where `one_spike` is given"),
    "one_spike": ({"one_spike": "first"}, "`one_spike` must be one of 'random', 'strongest'"),
    "reset": ({"v_reset": -50.0}, "`v_reset` must lie below `v_thr` (in mV)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(DiehlCookCell, **arguments)
    assert message in str(error.value)
