"""The choice between exact integrals and sums over steps."""

import pytest

from ngcsnn.objectives import AvgVar, AvgVarExpWeight, SumVar, TimeIntegral, Var


@pytest.mark.parametrize("readout", [AvgVar, AvgVarExpWeight, SumVar, Var])
def test_exact_is_the_default_and_other_words_are_refused(readout) -> None:
    assert readout() == readout(integral="exact") != readout(integral="steps")
    with pytest.raises(ValueError, match=f"`integral` of {readout.__name__} must be one of exact, steps, got 'step'"):
        readout(integral="step")
    with pytest.raises(ValueError, match="did you mean 'exact'"):
        readout(integral="exakt")


def test_the_base_has_no_name() -> None:
    assert TimeIntegral.kind == ""
    assert "time_integral" not in TimeIntegral.family
