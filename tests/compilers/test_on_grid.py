"""Events that all lie on the ends of their steps carry no offsets; the numbers are those of offsets that are zero."""

from __future__ import annotations

import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, N, labels

from ngcsnn.compilers import EventPropCompiler
from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.data import EventData

SPIKES = np.random.default_rng(4).random((N, STEPS, 5)) < 0.3
GRID = EventData.from_dense(SPIKES.astype(float), 1.0)
LATE = EventData(GRID.times - np.where(np.arange(GRID.times.size) == 3, 0.25, 0.0), GRID.units, GRID.offsets, 5)


def fed(data):
    return FedEvents(data.to_device(STEPS, 1.0), n_units=5, most=8, later=0)


def test_one_event_off_the_grid_and_all_have_offsets():
    assert fed(GRID).take(np.arange(2), STEPS, timed=True).offset is None
    taken = fed(LATE).take(np.arange(N), STEPS, timed=True)
    np.testing.assert_allclose(np.sort(np.unique(taken.offset)), [-0.25, 0.0], atol=1e-6)


@pytest.mark.parametrize("timing", ["precise", "exact"])
def test_loss_and_gradients_are_those_of_offsets_that_are_zero(timing, x64, monkeypatch):
    found, kinds = [], []
    take = FedEvents.take
    monkeypatch.setattr(FedEvents, "take", lambda *given: (kinds.append(take(*given).offset), take(*given))[1])
    for asked in (True, False):
        if not asked:
            monkeypatch.setattr(FedEvents, "on_grid", property(lambda self: False))
        net = layered(recurrent=True, n=6)
        compiled = EventPropCompiler(STEPS, LOSS, batch_size=N, spike_timing=timing, seed=7).compile(net)
        found.append(compiled.loss_and_grads({"input": GRID}, {"output": labels()}))
        rate = compiled.simulate({"input": GRID}, record=["hidden_0.s", "forward_0.outputs.offset"])
        assert rate["hidden_0.s"].sum() > 20 and not np.any(rate["forward_0.outputs.offset"])
    assert kinds[0] is None and kinds[-1] is not None
    (loss, grads), (want_loss, want) = found
    assert float(loss) == pytest.approx(float(want_loss), rel=1e-13)
    for name in want:
        for key in want[name]:
            np.testing.assert_allclose(grads[name][key], want[name][key], rtol=1e-10, atol=1e-14)
            assert np.any(want[name][key])
