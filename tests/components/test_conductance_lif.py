"""Conductance-based cells: reversal potentials, the magnesium block, areas of conductances, shunting, spike times."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import one, order, spike_times
from fine_reference import fine_spikes

import ngcsnn as ng
from ngcsnn.components import ConductanceLIFCell

HELD = {"tau_ampa": 1e9, "tau_nmda": 1e9, "tau_rise": 1e-1, "tau_gaba": 1e9}  # conductances that stay
OPEN = 1e4


def test_each_receptor_pulls_towards_its_own_reversal_potential(x64):
    """(g_L E_L + g B(v) E) / (g_L + g B(v)) under a constant conductance g; magnesium makes B, and B(v) the level."""
    net, cell = one(ConductanceLIFCell, n=3, dt=0.2, v_thr=OPEN, mg=0.0, E_ampa=5.0, E_nmda=-3.0, E_gaba=-80.0, **HELD)
    rows = {p: np.zeros((600, 1, 3)) for p in (cell.ampa, cell.nmda, cell.gaba)}
    for unit, row in enumerate(rows.values()):
        row[0, 0, unit] = 40.0
    v = np.asarray(net.advance.scan(inputs=rows, watch=[cell.v])["cell.v"])[-1, 0]
    want = [(25.0 * -70.0 + 40.0 * reversal) / 65.0 for reversal in (5.0, -3.0, -80.0)]
    np.testing.assert_allclose(v, want, rtol=2e-3)


def test_the_magnesium_block(x64):
    """B = 1 / (1 + mg exp(-0.062 v) / 3.57) (Jahr & Stevens 1990): half at -20.5 mV; g B (v - E) is most negative at
    -27 mV: below, more depolarisation draws more current."""
    _net, cell = one(ConductanceLIFCell, n=3, mg=[1.0, 0.0, 3.57])
    at = {v: np.asarray(cell.unblocked(v)) for v in (-70.0, -np.log(3.57) / 0.062, 0.0)}
    assert at[-70.0][0] == pytest.approx(0.0445, abs=2e-4)
    assert at[-np.log(3.57) / 0.062][0] == pytest.approx(0.5) and -np.log(3.57) / 0.062 == pytest.approx(
        -20.53, abs=0.01
    )
    assert [a[1] for a in at.values()] == [1.0, 1.0, 1.0] and at[0.0][2] == pytest.approx(0.5)
    v = np.linspace(-90.0, 20.0, 2201)
    current = np.asarray(cell.unblocked(v[:, None]))[:, 0] * v
    lowest = v[np.argmin(current)]
    assert lowest == pytest.approx(-26.95, abs=0.06) and np.all(np.diff(current[v < lowest]) < 0)


def test_an_event_opens_its_weight_times_its_decay(x64):
    """All conductances have the area w tau; NMDA is the difference of two exponentials."""
    net, cell = one(ConductanceLIFCell, dt=0.1, v_thr=OPEN, tau_nmda=30.0)
    rows = {p: np.zeros((4000, 1, 1)) for p in (cell.ampa, cell.nmda, cell.gaba)}
    for row in rows.values():
        row[0] = 2.0
    names = [cell.g_ampa, cell.g_nmda, cell.g_gaba]
    out = net.advance.scan(inputs=rows, watch=names)
    g = {c.name: np.append(0.0, np.asarray(out[c.key])[:, 0, 0]) for c in names}
    t = 0.1 * np.arange(4001)
    np.testing.assert_allclose(g["g_ampa"][1:], 2.0 * np.exp(-t[1:] / 2.0), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(g["g_nmda"], 2.0 * 30.0 / 28.0 * (np.exp(-t / 30.0) - np.exp(-t / 2.0)), atol=1e-6)
    np.testing.assert_allclose(0.1 * g["g_nmda"].sum(), 60.0, rtol=1e-3)
    np.testing.assert_allclose(0.1 * g["g_gaba"].sum() + 0.1, 20.0, rtol=1e-3)


def test_inhibition_at_rest_shunts(x64):
    """GABA-A with its reversal at rest does nothing alone, and takes from an excitation."""
    net, cell = one(ConductanceLIFCell, n=3, dt=0.2)
    ampa, gaba = np.zeros((2, 200, 1, 3))
    ampa[10, 0, [0, 2]], gaba[5, 0, [1, 2]] = 20.0, 100.0
    v = np.asarray(net.advance.scan(inputs={cell.ampa: ampa, cell.gaba: gaba}, watch=[cell.v])["cell.v"])[:, 0] + 70.0
    assert np.max(np.abs(v[:, 1])) < 1e-12 and np.max(v[:, 2]) < 0.75 * np.max(v[:, 0])


def test_spike_times_and_their_order(x64):
    """Eight strengths of AMPA and NMDA with a current, and a reset, against an adaptive reference."""
    drive, strength, steps = 450.0, np.linspace(20.0, 60.0, 8), (1.0, 0.5, 0.25)

    def reference(w):
        def rate(x):
            v, a, r, g = x
            block = 1.0 / (1.0 + 0.5 * np.exp(-0.062 * v) / 3.57)
            dv = (25.0 * (-70.0 - v) - a * v - block * g * v + drive) / 500.0
            return np.array([dv, -a / 2.0, -r / 3.0, r / 3.0 - g / 60.0])

        return fine_spikes(rate, -50.0, lambda x: np.array([-55.0, *x[1:]]), [-70.0, w, 2 * w, 0.0], 40.0)

    want, errors = [reference(w) for w in strength], []
    for dt in steps:
        net, cell = one(ConductanceLIFCell, n=8, dt=dt, tau_rise=3.0, tau_nmda=60.0, mg=0.5)
        ampa, nmda = np.zeros((2, round(40 / dt), 1, 8))
        ampa[0], nmda[0] = strength, 2 * strength
        inputs = {cell.ampa: ampa, cell.nmda: nmda, cell.j: np.full(ampa.shape, drive)}
        times = spike_times(net, cell, inputs)
        assert all(len(w) >= 2 for w in want)
        errors.append(np.mean([abs(t[1] - w[1]) for t, w in zip(times, want, strict=True)]))
    assert order(steps, errors) > 1.8 and errors[-1] < 5e-3, errors


def test_conductances_go_on_while_the_membrane_rests(x64):
    net, cell = one(ConductanceLIFCell, dt=0.1, refract_time=2.0)
    out = net.advance.scan(inputs={cell.ampa: np.full((400, 1, 1), 5.0)}, watch=[cell.v, cell.g_ampa, cell.s])
    n = int(np.flatnonzero(np.asarray(out["cell.s"])[:, 0, 0])[0])
    v, g = (np.asarray(out[f"cell.{k}"])[n : n + 19, 0, 0] for k in ("v", "g_ampa"))
    np.testing.assert_allclose(v, -55.0, atol=1e-12)
    assert np.all(np.diff(g) > 0)


BAD = {
    "receptors": ({"receptors": {"ampa": 2.0}}, "has no argument 'receptors'"),
    "tau_syn": ({"tau_syn": 2.0}, "has no argument 'tau_syn'"),
    "reset": ({"v_reset": -40.0}, "`v_reset` must lie below `v_thr` (in mV)"),
    "mg": ({"mg": -1.0}, "`mg` must be finite and >= 0 (in mM)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(ConductanceLIFCell, **arguments)
    assert message in str(error.value)
