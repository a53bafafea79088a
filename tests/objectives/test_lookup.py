"""Names, plain data and objects, there and back."""

import pytest
import yaml

from ngcsnn.objectives import (
    AvgVar,
    AvgVarExpWeight,
    Loss,
    MaxVar,
    MeanSquareError,
    Readout,
    SparseCategoricalCrossentropy,
    SumVar,
    Var,
    resolve_loss,
    resolve_readout,
)

READOUTS = [
    AvgVar(),
    SumVar(integral="steps"),
    AvgVarExpWeight(),
    AvgVarExpWeight(integral="steps", rate=0.05),
    MaxVar(),
    Var(integral="steps"),
]
LOSSES = [SparseCategoricalCrossentropy(), SparseCategoricalCrossentropy(temperature=2), MeanSquareError()]


@pytest.mark.parametrize("made", READOUTS + LOSSES, ids=repr)
def test_round_trip_through_yaml(made) -> None:
    resolve = resolve_readout if isinstance(made, Readout) else resolve_loss
    assert resolve(made) is made
    back = resolve(yaml.safe_load(yaml.safe_dump(made.describe())))
    assert back == made and type(back) is type(made) and hash(back) == hash(made)


def test_names() -> None:
    assert {"avg_var", "avg_var_exp_weight", "max_var", "sum_var", "var"} <= set(Readout.family)
    assert {"mean_square_error", "sparse_categorical_crossentropy"} <= set(Loss.family)
    assert not set(Loss.family) & set(Readout.family)
    for name, cls in Readout.family.items():
        assert resolve_readout(name) == cls() and cls.kind == name
    for name, cls in Loss.family.items():
        assert resolve_loss({name: None}) == cls() and cls.kind == name


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("avgvar", ValueError, "unknown readout 'avgvar'; did you mean 'avg_var'"),
        ("AvgVarExpWeight", ValueError, "did you mean 'avg_var_exp_weight'"),
        ({"avg_var_exp_weight": {"rat": 1}}, ValueError, "readout 'avg_var_exp_weight' has no field 'rat'; .*'rate'"),
        ({"avg_var_exp_weight": {"rate": -1}}, ValueError, "got -1"),
        ({"avg_var": ["steps"]}, TypeError, "fields of readout 'avg_var' must be a mapping"),
        ({"avg_var": {}, "sum_var": {}}, ValueError, "described by one name, got 2"),
        ({}, ValueError, "described by one name, got 0"),
        (AvgVar, TypeError, r"make an object of it: AvgVar\(\)"),
        (SparseCategoricalCrossentropy(), TypeError, "a readout must be a name"),
        (None, TypeError, "a readout must be a name, a mapping .* got None"),
        ({1: {}}, ValueError, "unknown readout 1"),
    ],
)
def test_bad_readouts_are_refused(given, error, message) -> None:
    with pytest.raises(error, match=message):
        resolve_readout(given)


def test_bad_losses_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown loss 'sparse_categorical_cross_entropy'; did you mean"):
        resolve_loss("sparse_categorical_cross_entropy")
    with pytest.raises(TypeError, match="a loss must be a name"):
        resolve_loss(AvgVar())
