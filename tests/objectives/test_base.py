"""What every readout and loss keeps to: compartments, dtypes, shapes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from objective_examples import LOSSES, READOUTS, recordings, target

import ngcsnn as ng
from ngcsnn.components import LICell, LIFCell, SpikeSource
from ngcsnn.objectives import (
    AvgVar,
    AvgVarInputWeight,
    FirstSpikeTime,
    Loss,
    MaxVar,
    Readout,
    SparseCategoricalCrossentropy,
    SpikeCount,
    SumVar,
    Var,
)

ON_POTENTIALS = [r for r in READOUTS if not isinstance(r, SpikeCount | FirstSpikeTime)]
ON_SPIKES = [r for r in READOUTS if isinstance(r, SpikeCount | FirstSpikeTime)]


@pytest.fixture
def cells():
    with ng.Context("cells", dt=1.0):
        cells = LICell("output", n_units=3), LIFCell("hidden", n_units=3), SpikeSource("input", n_units=3)
        LICell("gate", n_units=1)
        LICell("wide", n_units=2)
    return cells


def check_dtypes(dtype) -> None:
    """Traced, not run: shapes, dtypes and weak types of every readout and of every loss that takes it."""
    for readout in READOUTS:
        shape = (2, 5, 3) if readout.keeps_time else (2, 3)
        v = recordings(readout, dtype)
        for dt in (0.5, np.float64(0.5), jnp.asarray(0.5)):
            for y in (jax.eval_shape(readout, v, dt), jax.eval_shape(lambda v, r=readout, dt=dt: r(v, dt), v)):
                assert (y.shape, y.dtype, y.weak_type) == (shape, dtype, False), readout
        for loss in LOSSES:
            if loss.takes(readout):
                y, want = jnp.ones(shape, dtype), target(loss, shape)
                for out in (jax.eval_shape(loss, y, want), *jax.eval_shape(loss.metrics, y, want).values()):
                    assert (out.dtype, out.weak_type, out.shape) == (dtype, False, (2,)), loss


def test_dtypes_are_kept_in_float32() -> None:
    check_dtypes(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_where_float64_is_on(x64, dtype) -> None:
    check_dtypes(dtype)


@pytest.mark.parametrize("readout", [r for r in READOUTS if isinstance(r.reads, str)], ids=repr)
def test_recordings_of_another_kind_are_refused(readout) -> None:
    for shape in ((5, 3), (0, 2, 3), (5, 2, 3, 1)):
        with pytest.raises(ValueError, match=rf"{readout.kind} needs a recording of shape \(T, batch, n\) with T > 0"):
            readout(np.zeros(shape, np.float32), 1.0)
    with pytest.raises(TypeError, match="floats, got dtype int32"):
        readout(np.zeros((5, 2, 3), np.int32), 1.0)


def test_several_recordings_come_as_a_tuple() -> None:
    s = np.zeros((5, 2, 3), np.float32)
    for given, got in ((s, "got ndarray"), ((s,), "got 1 recordings"), ((s, s, s), "got 3 recordings")):
        with pytest.raises(ValueError, match=rf"first_spike_time needs a tuple of 2 recordings .*s\.offset.*, {got}"):
            FirstSpikeTime()(given, 1.0)
    with pytest.raises(ValueError, match=r"same steps and samples, got s \(5, 2, 3\), s.offset \(4, 2, 3\)"):
        FirstSpikeTime()((s, s[:4]), 1.0)
    with pytest.raises(TypeError, match="floats, got dtype int32"):
        FirstSpikeTime()((s, s.astype(np.int32)), 1.0)
    with pytest.raises(ValueError, match="avg_var_input_weight needs recordings .*got None among them"):
        AvgVarInputWeight("gate")((s, None), 1.0)  # only what is optional may be missing


@pytest.mark.parametrize("readout", ON_POTENTIALS, ids=repr)
def test_a_leaky_integrator_suits_every_readout_of_potentials(cells, readout) -> None:
    output, *_ = cells
    names = (readout.reads,) if isinstance(readout.reads, str) else readout.reads
    own, *others = readout.compartments(output)
    assert own is output.compartments[names[0]]
    assert [c.key for c in others] == list(names[1:])


@pytest.mark.parametrize("readout", ON_SPIKES, ids=repr)
def test_a_spiking_cell_suits_every_readout_of_spikes(cells, readout) -> None:
    output, hidden, _ = cells
    names = (readout.reads,) if isinstance(readout.reads, str) else readout.reads
    assert [c.key for c in readout.compartments(hidden)] == [f"hidden.{name}" for name in names]
    with pytest.raises(ValueError, match="records `s`, which LICell 'output' does not have .*that spikes, such as LIF"):
        readout.compartments(output)


def test_a_missing_compartment_is_named_with_what_would_work(cells) -> None:
    _, hidden, source = cells
    assert SumVar(integral="steps").compartments(hidden) == (hidden.v,)
    with pytest.raises(
        ValueError, match=r"SumVar\(integral='exact'\) records `v_mean`, which LIFCell 'hidden' .*use integral='steps'"
    ):
        SumVar().compartments(hidden)
    with pytest.raises(ValueError, match=r"AvgVar\(.*SpikeSource 'input' does not have \(it has: s\); use an output"):
        AvgVar().compartments(source)
    with pytest.raises(ValueError, match=r"MaxVar\(\) records `v`, which SpikeSource 'input' .*such as LICell"):
        MaxVar().compartments(source)


def test_what_is_optional_may_be_missing(cells) -> None:
    class Timeless(FirstSpikeTime, abstract=True):
        reads = ("v", "v.offset")  # type: ignore[assignment]
        optional = ("v.offset",)

    assert Timeless().compartments(cells[0]) == (cells[0].v, None)


def test_a_parameter_cannot_be_recorded(cells) -> None:
    class Fixed(MaxVar, abstract=True):
        reads = "tau_m"  # type: ignore[assignment]

    with pytest.raises(ValueError, match=r"records `tau_m`, but output.tau_m is of role 'param'"):
        Fixed().compartments(cells[0])


def test_a_loss_that_takes_no_readout_says_what_goes_together() -> None:
    for loss, readout in ((SparseCategoricalCrossentropy(), Var()), (SparseCategoricalCrossentropy(), SpikeCount())):
        loss.supports(readout)
    with pytest.raises(
        ValueError,
        match="loss 'sparse_categorical_crossentropy' cannot use readout 'first_spike_time': "
        "'sparse_categorical_crossentropy' goes with avg_var, avg_var_exp_weight, avg_var_input_weight, "
        "avg_var_linear_weight, avg_var_sigmoid_weight, max_var, spike_count, sum_var, var; "
        "'first_spike_time' goes with first_spike, first_spike_exp, mean_square_error, relative_mean_square_error",
    ):
        SparseCategoricalCrossentropy().supports(FirstSpikeTime())


def test_only_a_count_needs_surrogate_gradients() -> None:
    assert [type(r) for r in READOUTS if r.needs_surrogate] == [SpikeCount]


def test_the_bases_cannot_be_made() -> None:
    for base in (Readout, Loss):
        with pytest.raises(TypeError, match="abstract"):
            base()  # type: ignore[abstract]
