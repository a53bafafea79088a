"""What cells share: receptors, moments of arriving events, and the generic `receive` against closed forms."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one

import ngcsnn as ng
from ngcsnn.components import DynamicCell, LICell, LIFCell

TWO = {"exc": 5.0, "inh": 10.0}


@pytest.mark.parametrize("cell", [LIFCell, LICell])
def test_generic_receive_equals_the_closed_form(x64, cell):
    _net, c = one(cell, n=3, receptors=TWO, tau_m=[10.0, 20.0, 30.0])
    rng = np.random.default_rng(0)
    x = c.State(*(jnp.asarray(rng.normal(size=(1, 3))) for _ in c.State._fields))
    m0, m1 = (jnp.asarray(rng.normal(size=(1, 3))) for _ in range(2))
    for port in TWO:
        for moment in (m1, None):
            want = DynamicCell.receive(c, x, port, m0, moment, 0.3)
            np.testing.assert_allclose(c.receive(x, port, m0, moment, 0.3), want, rtol=1e-14)


@pytest.mark.parametrize("cell", [LIFCell, LICell])
def test_a_subclass_that_restates_its_velocity_leaves_the_closed_forms(x64, cell):
    class Faster(cell):
        def velocity(self, x, j):
            return x._replace(v=2.0 * super().velocity(x, j).v)

    _net, c = one(Faster)
    x = c.State(jnp.zeros((1, 1)), jnp.zeros((1, 1)))
    got = c.receive(x, "syn", 0.0, -1.0)
    np.testing.assert_allclose(np.ravel(got), [2.0 / 20.0, -1.0 / 5.0], rtol=1e-14)
    assert c.integration == "rk4"


def test_an_event_flows_from_its_time_to_the_step_s_end_to_second_order(x64):
    """x + e m0 - (dF/dx e) m1 against the exact flow of the jump: the difference falls as the offset squared."""
    _net, c = one(n=1)
    x, errors = c.State(jnp.zeros((1, 1)), jnp.zeros((1, 1))), []
    for offset in (-0.4, -0.2, -0.1):
        exact = c.exact_flow(x._replace(i_syn=jnp.full((1, 1), 2.0)), 0.0, -offset)
        got = c.receive(x, "syn", 2.0, 2.0 * offset)
        errors.append(np.abs(np.ravel(got) - np.ravel(exact)))
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    assert np.all((ratios > 3.5) & (ratios < 4.3))


def test_rate_of_a_cell_that_states_only_its_flow_is_the_flow_s_derivative(x64):
    class Flows(LICell):
        def flow(self, x, j, dt):
            return self.exact_flow(x, j, dt)

        velocity = DynamicCell.velocity

    rates = []
    for cell in (LICell, Flows):
        _net, c = one(cell, n=2, receptors=TWO)
        x = c.State(*(jnp.asarray(np.random.default_rng(i).normal(size=(1, 2))) for i in range(3)))
        rates.append(np.stack(c.rate(x, 0.7)))
    np.testing.assert_allclose(*rates, rtol=1e-13)


def test_receptors_from_initialisers_survive_yaml():
    receptors = {
        "exc": ng.init.Uniform(4.0, 6.0),
        "inh": {"normal": {"mean": 10.0, "sd": 0.5}},
        "slow": np.float64(50.0),
    }
    net, c = one(n=4, receptors=receptors)
    assert np.unique(c.tau_exc.get()).size == 4 and np.unique(c.tau_inh.get()).size == 4
    again = ng.Context.from_yaml(net.to_yaml())
    assert again.to_yaml() == net.to_yaml()
    for port in receptors:
        np.testing.assert_array_equal(again.find(f"cell.tau_{port}").get(), c.compartments[f"tau_{port}"].get())


def test_currents_are_held_and_events_act_once():
    net, c = one(v_thr=100.0, tau_m=10.0)
    c.j.set([[1.0]])
    c.syn.set([[2.0]])
    net.advance.run()
    assert float(c.v.get()[0, 0]) > 0 and float(c.i_syn.get()[0, 0]) == pytest.approx(2.0 * np.exp(-0.2), rel=1e-6)


def test_default_time_constant_and_bounds():
    _net, c = one()
    assert float(c.tau_syn.get()) == 5.0 and c.bounds("tau_syn") == (0.05, np.inf) and c.tau_syn.declared.trainable
