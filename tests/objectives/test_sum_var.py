"""SumVar: an integral in ms, or mlGeNN's sum over steps."""

import numpy as np

from ngcsnn.objectives import SumVar


def test_exact_is_the_integral_at_every_step_size(x64, membrane) -> None:
    for n_steps in (3, 40):
        np.testing.assert_allclose(SumVar()(*membrane.recorded("v_mean", n_steps)), membrane.integral(), rtol=1e-12)


def test_steps_has_no_dt(x64, membrane) -> None:
    v, dt = membrane.recorded("v", 24)
    np.testing.assert_allclose(SumVar(integral="steps")(v, dt), v.sum(0), rtol=1e-12)
    np.testing.assert_array_equal(SumVar(integral="steps")(v, dt), SumVar(integral="steps")(v, 7 * dt))


def test_what_it_records() -> None:
    assert (SumVar().reads, SumVar(integral="steps").reads) == ("v_mean", "v")
