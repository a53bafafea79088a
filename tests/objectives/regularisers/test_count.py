"""What regularisers of spike counts share: sides, samples and batches, which component they are for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, SpikeSource
from ngcsnn.graph import Component, GraphError, hyper, output
from ngcsnn.objectives import CountRegulariser, PopulationCountRegulariser, SpikeCountRegulariser

WEIGHT = np.array([1.0, 1.0, 1.0, 0.0])  # the fourth sample is filling


def spikes(seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((12, 4, 5)) < 0.4).astype(float)


KINDS = [SpikeCountRegulariser, PopulationCountRegulariser]


@pytest.mark.parametrize("kind", KINDS)
def test_the_filling_of_a_batch_counts_for_nothing(x64, kind) -> None:
    s = spikes()
    changed = s.copy()
    changed[:, 3] = 1.0
    for over in ("sample", "batch"):
        one = kind(4.0, 0.5, 0.25, over=over)
        assert float(one({"counted": s}, {}, WEIGHT)) == float(one({"counted": changed}, {}, WEIGHT)) > 0
        alone = one({"counted": s[:, :3]}, {}, WEIGHT[:3])
        np.testing.assert_allclose(one({"counted": s}, {}, WEIGHT), alone, rtol=1e-13)
        assert float(one({"counted": s}, {}, 0 * WEIGHT)) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_equal_samples_cost_the_same_over_samples_and_over_batches(x64, kind) -> None:
    s = np.repeat(spikes()[:, :1], 4, axis=1)
    by_sample, by_batch = (kind(4.0, 0.5, 0.25, over=over)({"counted": s}, {}, WEIGHT) for over in ("sample", "batch"))
    np.testing.assert_allclose(by_sample, by_batch, rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("over", ["sample", "batch"])
def test_gradient_against_finite_differences(x64, kind, over) -> None:
    one, s = kind(3.5, 0.5, 0.25, over=over), spikes()
    g = jax.grad(lambda s: one({"counted": s}, {}, WEIGHT))(s)
    rng, eps = np.random.default_rng(1), 1e-6
    for _ in range(3):
        step = rng.normal(size=s.shape)
        up, down = (one({"counted": s + sign * eps * step}, {}, WEIGHT) for sign in (1, -1))
        np.testing.assert_allclose((g * step).sum(), (up - down) / (2 * eps), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept(x64, dtype) -> None:
    for kind in KINDS:
        out = kind(3.5, 0.5)({"counted": jnp.asarray(spikes(), dtype)}, {}, jnp.asarray(WEIGHT, dtype))
        assert (out.dtype, out.shape, out.weak_type) == (dtype, (), False)


class TallyCell(Component):
    """Something that counts."""

    n_units = hyper(kind=int)
    counted = output(shape="n_units")


def test_only_what_counts_its_spikes_can_be_regularised() -> None:
    with ng.Context("tally", dt=1.0):
        tally, source = TallyCell("tally", n_units=3), SpikeSource("input", n_units=2)
        synapse = DenseSynapse("w", shape=(2, 3), weights=1.0)
    one = SpikeCountRegulariser(3.0, 1.0)
    one.check(tally)
    for other in (source, synapse):
        with pytest.raises(GraphError, match=f"'spike_count' counts spikes, and .* '{other.name}' is no .*on tally"):
            one.check(other)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"target": -1.0}, "`target` of SpikeCountRegulariser must be a finite number >= 0 spikes per trial"),
        ({"target": 1.0, "strength_upper": -1.0}, "`strength_upper` .* >= 0"),
        ({"target": 1.0, "strength_lower": float("inf")}, "`strength_lower` .* finite"),
        ({"target": 1.0, "over": "bach"}, "`over` .* must be one of sample, batch, got 'bach'; did you mean 'batch'"),
    ],
)
def test_bad_values_are_refused(values, message) -> None:
    with pytest.raises(ValueError, match=message):
        SpikeCountRegulariser(**values)


def test_the_base_has_no_name() -> None:
    assert CountRegulariser.kind == ""
