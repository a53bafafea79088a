"""SpikeSource passes events on, unchanged."""

from __future__ import annotations

import numpy as np
from cell_nets import one

from ngcsnn.components import SpikeSource


def test_several_events_of_a_unit_in_one_step_pass_with_their_moments(x64):
    net, source = one(SpikeSource, n=3, batch=2)
    rng = np.random.default_rng(0)
    sizes = rng.poisson(1.5, (8, 2, 3)).astype(float)
    moments = -sizes * rng.random(sizes.shape)
    out = net.advance.scan(
        inputs={source.inputs: sizes, source.inputs.offset: moments}, watch=[source.s, source.s.offset]
    )
    np.testing.assert_array_equal(out["cell.s"], sizes)
    np.testing.assert_array_equal(out["cell.s.offset"], moments)
    assert source.stage == "source"


def test_what_is_not_fed_again_is_not_emitted_again():
    net, source = one(SpikeSource, n=2)
    net.advance.run({source.inputs: [[1.0, 0.0]]})
    assert np.asarray(source.s.get()).tolist() == [[1.0, 0.0]]
    net.advance.run()
    assert np.asarray(source.s.get()).tolist() == [[0.0, 0.0]]
