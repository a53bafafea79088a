"""Names, plain data and objects, there and back."""

from dataclasses import MISSING, fields

import pytest
import yaml
from objective_examples import LOSSES, READOUTS, REGULARISERS

from ngcsnn.objectives import (
    AvgVar,
    Loss,
    Readout,
    Regulariser,
    SparseCategoricalCrossentropy,
    resolve_loss,
    resolve_readout,
    resolve_regulariser,
)

FAMILIES = (
    (READOUTS, Readout, resolve_readout),
    (LOSSES, Loss, resolve_loss),
    (REGULARISERS, Regulariser, resolve_regulariser),
)


@pytest.mark.parametrize("made", [*READOUTS, *LOSSES, *REGULARISERS], ids=repr)
def test_round_trip_through_yaml(made) -> None:
    (resolve,) = (resolve for _, base, resolve in FAMILIES if isinstance(made, base))
    assert resolve(made) is made
    back = resolve(yaml.safe_load(yaml.safe_dump(made.describe())))
    assert back == made and type(back) is type(made) and hash(back) == hash(made)


def test_names() -> None:
    assert {"avg_var", "avg_var_exp_weight", "max_var", "sum_var", "var"} <= set(Readout.family)
    assert {"mean_square_error", "sparse_categorical_crossentropy", "first_spike"} <= set(Loss.family)
    assert {"spike_count", "population_count", "l1", "l2"} == set(Regulariser.family)
    assert not set(Loss.family) & set(Readout.family)
    for examples, base, resolve in FAMILIES:
        assert {one.kind for one in examples} == set(base.family), "a class has no example in objective_examples.py"
        for name, cls in base.family.items():
            required = [f.name for f in fields(cls) if f.default is MISSING]
            if required:
                with pytest.raises(ValueError, match=f"{base.noun} '{name}' needs `{required[0]}`"):
                    resolve(name)
            else:
                assert resolve(name) == resolve({name: None}) == cls() and cls.kind == name


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


def test_bad_regularisers_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown regulariser 'spike_counts'; did you mean 'spike_count'"):
        resolve_regulariser("spike_counts")
    with pytest.raises(ValueError, match="regulariser 'l1' has no field 'strenght'; did you mean 'strength'"):
        resolve_regulariser({"l1": {"strenght": 1.0}})
    with pytest.raises(TypeError, match="a regulariser must be a name"):
        resolve_regulariser(AvgVar())
