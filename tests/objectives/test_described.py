"""The register of names: new classes enter by themselves, and none takes another's place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import NameClashError
from ngcsnn.objectives import Readout, TimeIntegral, resolve_readout


@pytest.fixture
def register():
    """The readouts' register, put back after the test."""
    before = dict(Readout.family)
    yield Readout.family
    Readout.family.clear()
    Readout.family.update(before)


def test_a_new_readout_needs_no_other_edit(register) -> None:
    @dataclass(frozen=True)
    class LastVar(TimeIntegral):
        scale: float = 1.0

        def reduce(self, v: Any, dt: Any) -> Any:
            return self.scale * v[-1]

    made = resolve_readout({"last_var": {"scale": 2.0}})
    assert made == LastVar(2.0)
    assert made.describe() == {"last_var": {"integral": "exact", "scale": 2.0}}
    np.testing.assert_array_equal(made(np.ones((4, 2, 3), np.float32), 1.0), np.full((2, 3), 2.0))


def test_a_class_may_say_its_name(register) -> None:
    class SumOfPotentials(Readout, kind="potential_sum"):
        pass

    assert SumOfPotentials.kind == "potential_sum" and register["potential_sum"] is SumOfPotentials
    assert "sum_of_potentials" not in register


def test_a_required_field_is_asked_for_by_name(register) -> None:
    @dataclass(frozen=True)
    class Windowed(Readout):
        start: float
        reads = "v"  # type: ignore[assignment]

        def reduce(self, v: Any, dt: Any) -> Any:
            return v[int(self.start / dt) :].mean(0)

    with pytest.raises(ValueError, match="readout 'windowed' needs `start`"):
        resolve_readout("windowed")
    assert resolve_readout({"windowed": {"start": 1.0}}) == Windowed(1.0)


def test_a_taken_name_is_refused(register) -> None:
    mine = register["avg_var"]
    with pytest.raises(NameClashError, match=r"'avg_var' of .*AvgVar is taken by ngcsnn\.objectives"):
        type("AvgVar", (Readout,), {})
    assert register["avg_var"] is mine


def test_the_same_class_made_again_takes_its_own_place(register) -> None:
    first, second = (type("Again", (Readout,), {}) for _ in range(2))
    assert first is not second and register["again"] is second
