"""What every readout and loss keeps to: compartments, dtypes, shapes, pairs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell, LIFCell, SpikeSource
from ngcsnn.objectives import AvgVar, Loss, MaxVar, MeanSquareError, Readout, SparseCategoricalCrossentropy, SumVar, Var

STEPS = {"integral": "steps"}
READOUTS = [cls(**kw) for cls in Readout.family.values() for kw in ({}, STEPS) if not (kw and cls is MaxVar)]


@pytest.fixture
def cells():
    with ng.Context("cells", dt=1.0):
        return LICell("output", n_units=3), LIFCell("hidden", n_units=3), SpikeSource("input", n_units=3)


def check_dtypes(dtype) -> None:
    """Traced, not run: shapes, dtypes and weak types of every readout and of every loss that takes it."""
    v = np.ones((5, 2, 3), dtype)
    for readout in READOUTS:
        shape = (2, 5, 3) if readout.keeps_time else (2, 3)
        for dt in (0.5, np.float64(0.5), jnp.asarray(0.5)):
            for y in (jax.eval_shape(readout, v, dt), jax.eval_shape(lambda v, r=readout, dt=dt: r(v, dt), v)):
                assert (y.shape, y.dtype, y.weak_type) == (shape, dtype, False), readout
        for loss, target in (
            (SparseCategoricalCrossentropy(0.5), np.array([0, 2])),
            (MeanSquareError(), np.ones(shape)),
        ):
            if loss.takes(readout):
                y = jnp.ones(shape, dtype)
                for out in (jax.eval_shape(loss, y, target), *jax.eval_shape(loss.metrics, y, target).values()):
                    assert (out.dtype, out.weak_type, out.shape) == (dtype, False, (2,)), loss


def test_dtypes_are_kept_in_float32() -> None:
    check_dtypes(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_where_float64_is_on(x64, dtype) -> None:
    check_dtypes(dtype)


@pytest.mark.parametrize("readout", READOUTS, ids=repr)
def test_recordings_of_another_kind_are_refused(readout) -> None:
    for shape in ((5, 3), (0, 2, 3), (5, 2, 3, 1)):
        with pytest.raises(ValueError, match=rf"{readout.kind} needs a recording of shape \(T, batch, n\) with T > 0"):
            readout(np.zeros(shape, np.float32), 1.0)
    with pytest.raises(TypeError, match="floats, got dtype int32"):
        readout(np.zeros((5, 2, 3), np.int32), 1.0)


@pytest.mark.parametrize("readout", READOUTS, ids=repr)
def test_a_leaky_integrator_suits_every_readout(cells, readout) -> None:
    output, *_ = cells
    assert readout.compartment(output) is output.compartments[readout.reads]


def test_a_missing_compartment_is_named_with_what_would_work(cells) -> None:
    _, hidden, source = cells
    assert SumVar(integral="steps").compartment(hidden) is hidden.v
    with pytest.raises(
        ValueError, match=r"SumVar\(integral='exact'\) records `v_mean`, which LIFCell 'hidden' .*use integral='steps'"
    ):
        SumVar().compartment(hidden)
    with pytest.raises(ValueError, match=r"AvgVar\(.*SpikeSource 'input' does not have \(it has: s\); use an output"):
        AvgVar().compartment(source)
    with pytest.raises(ValueError, match=r"MaxVar\(\) records `v`, which SpikeSource 'input' .*such as LICell"):
        MaxVar().compartment(source)


def test_a_parameter_cannot_be_recorded(cells) -> None:
    class Fixed(MaxVar, abstract=True):
        reads = "tau_m"  # type: ignore[assignment]

    with pytest.raises(ValueError, match=r"records `tau_m`, but output.tau_m is of role 'param'"):
        Fixed().compartment(cells[0])


def test_pairs_of_loss_and_readout() -> None:
    loss = SparseCategoricalCrossentropy()
    for readout in READOUTS:
        MeanSquareError().supports(readout)
        if not isinstance(readout, Var):
            loss.supports(readout)
    with pytest.raises(
        ValueError,
        match="loss 'sparse_categorical_crossentropy' cannot use readout 'var': 'sparse_categorical_crossentropy' goes "
        "with avg_var, avg_var_exp_weight, max_var, sum_var; 'var' goes with mean_square_error",
    ):
        loss.supports(Var())


def test_the_bases_cannot_be_made() -> None:
    for base in (Readout, Loss):
        with pytest.raises(TypeError, match="abstract"):
            base()  # type: ignore[abstract]
