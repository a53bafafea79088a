"""The base of regularisers."""

import pytest

from ngcsnn.graph import NameClashError
from ngcsnn.objectives import Readout, Regulariser, SpikeCount, SpikeCountRegulariser


def test_the_base_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Regulariser()  # type: ignore[abstract]


def test_families_have_names_of_their_own() -> None:
    assert Readout.family["spike_count"] is SpikeCount
    assert Regulariser.family["spike_count"] is SpikeCountRegulariser
    with pytest.raises(NameClashError, match="the regulariser name 'l1' of .* is taken by ngcsnn.objectives"):
        type("Mine", (Regulariser,), {}, kind="l1")
