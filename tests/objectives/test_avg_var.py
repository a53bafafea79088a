"""AvgVar: the time average, exact or as a plain mean over steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.objectives import AvgVar

TAU_M, TAU_S, T_END, EVENT = 20.0, 5.0, 16.0, 3.7  # ms


def simulated(n_steps: int, readout: AvgVar) -> float:
    """The readout of one LI cell that a unit event reaches at EVENT."""
    dt = T_END / n_steps
    with ng.Context("li", dt=dt) as net:
        source = SpikeSource("input", n_units=1)
        cell = LICell("output", n_units=1, tau_m=TAU_M, tau_syn=TAU_S)
        synapse = DenseSynapse("synapse", shape=(1, 1), weights=1.0)
        _ = source.s >> synapse.inputs
        _ = synapse.outputs >> cell.syn
    net.reset(batch_size=1)
    s, moment = np.zeros((2, n_steps, 1, 1))
    n = int(EVENT / dt)
    s[n], moment[n] = 1.0, EVENT - (n + 1) * dt
    (record,) = (c.key for c in readout.compartments(cell) if c is not None)
    out = net.advance.scan(inputs={source.s: s, source.s.offset: moment}, watch=[record])[record]
    return float(readout(out, dt)[0, 0])


def test_a_simulated_trial_converges_to_the_integral_at_second_order(x64) -> None:
    rest = T_END - EVENT
    decays = [tau * (1 - np.exp(-rest / tau)) for tau in (TAU_M, TAU_S)]
    truth = TAU_S / (TAU_M - TAU_S) * (decays[0] - decays[1]) / T_END
    exact = [abs(simulated(n, AvgVar()) - truth) for n in (16, 64)]
    steps = [abs(simulated(n, AvgVar(integral="steps")) - truth) for n in (16, 64)]
    assert exact[0] < 2e-2 * truth
    assert exact[1] < exact[0] / 12
    assert steps[0] > 3 * exact[0]
    assert steps[0] / 6 < steps[1] < steps[0] / 3


@pytest.mark.parametrize("integral", ["exact", "steps"])
def test_the_mean_over_steps(integral) -> None:
    v = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    y = jax.jit(AvgVar(integral=integral))(v, 0.5)
    np.testing.assert_allclose(y, v.mean(0))
    g = jax.grad(lambda v: AvgVar(integral=integral)(v, 0.5)[1, 2])(jnp.asarray(v))
    np.testing.assert_array_equal(g, np.zeros_like(v) + 0.25 * (np.arange(6) == 5).reshape(2, 3))


def test_what_it_records() -> None:
    assert (AvgVar().reads, AvgVar(integral="steps").reads) == ("v_mean", "v")
