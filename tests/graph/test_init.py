import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell
from ngcsnn.graph import GraphError, Initialiser, NameClashError, UnknownNameError
from ngcsnn.graph.init import from_description, generator

SHAPE = (400, 100)


@pytest.mark.parametrize(
    ("init", "mean", "sd", "low", "high"),
    [
        (ng.init.Normal(1.5, 0.78), 1.5, 0.78, -math.inf, math.inf),
        (ng.init.Uniform(-1, 3), 1.0, 4 / math.sqrt(12), -1, 3),
        (ng.init.Constant(0.3), 0.3, 0.0, 0.3, 0.3),
        (ng.init.Gamma(20.0), 20.0, 20.0 / math.sqrt(3.0), 0.0, math.inf),
        (ng.init.Gamma(5.0, shape=25.0, low=0.5, high=50.0), 5.0, 1.0, 0.5, 50.0),
        (ng.init.FanInNormal(gain=math.sqrt(2)), 0.0, math.sqrt(2 / 400), -math.inf, math.inf),
        (ng.init.FanInNormal(gain=1.0, mean=8.0), 8 / 400, math.sqrt(1 / 400), -math.inf, math.inf),
        (ng.init.FanInUniform(gain=2.0), 0.0, 2 / math.sqrt(400), -2 * math.sqrt(3 / 400), 2 * math.sqrt(3 / 400)),
    ],
)
def test_statistics(init, mean, sd, low, high):
    x = init.draw(generator(0, "w"), SHAPE)
    assert x.shape == SHAPE and x.dtype == np.float64
    assert abs(x.mean() - mean) <= 5 * sd / 200
    assert abs(x.std() - sd) <= 0.02 * sd
    assert low <= x.min() and x.max() <= high


def test_fan_in_counts_every_axis_but_the_last():
    wide = ng.init.FanInNormal().draw(generator(0, "w"), (10, 40, 50))
    assert abs(wide.std() * 20 - 1) < 0.05
    assert ng.init.FanInUniform().draw(generator(0, "w"), (7,)).shape == (7,), "a vector has a fan-in of one"


def test_gamma_is_cut_to_its_bounds():
    x = ng.init.Gamma(20.0, low=15.0, high=24.0).draw(generator(0, "tau"), SHAPE)
    free = ng.init.Gamma(20.0).draw(generator(0, "tau"), SHAPE)
    np.testing.assert_array_equal(x, np.clip(free, 15.0, 24.0))
    third = np.mean((free - free.mean()) ** 3) / free.std() ** 3
    assert abs(third - 2 / math.sqrt(3.0)) < 0.1  # the skewness of a gamma distribution of this shape
    with ng.Context("net", seed=3) as net:
        cell = LIFCell("cell", n_units=50, tau_m={"gamma": {"mean": 20.0, "low": 3.0, "high": 60.0}})
    taus = np.asarray(cell.tau_m.get())
    assert len(set(taus.tolist())) > 40 and taus.min() >= 3.0 and taus.max() <= 60.0
    again = ng.Context.from_yaml(net.to_yaml())
    np.testing.assert_array_equal(again.find("cell.tau_m").get(), taus)
    unbounded = ng.init.Gamma(20.0)
    assert from_description(unbounded.describe()) == unbounded
    mistakes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"mean": 0.0}, "`mean` of Gamma must be > 0, got 0.0"),
        ({"shape": -1.0}, "`shape` of Gamma must be > 0"),
        ({"low": 3.0, "high": 2.0}, "Gamma needs 0 <= low <= high, got low = 3.0, high = 2.0"),
        ({"low": -1.0}, "Gamma needs 0 <= low <= high"),
        ({"mean": None}, "`mean` of Gamma must be a finite number, got None"),
    )
    for wrong, message in mistakes:
        with pytest.raises(GraphError, match=message):
            ng.init.Gamma(**wrong)


def test_two_kinds_of_units():
    parted = ng.init.Parted(first=0.5, second=2.0, share=0.3)
    np.testing.assert_array_equal(parted.draw(generator(0, "w"), (10,)), [0.5] * 3 + [2.0] * 7)
    np.testing.assert_array_equal(parted.draw(generator(0, "w"), (2, 10)), [[0.5] * 3 + [2.0] * 7] * 2)
    with pytest.raises(GraphError, match="`share` of Parted must be from 0 to 1, got 1.5"):
        ng.init.Parted(share=1.5)


def test_a_mask_without_autapses():
    with ng.Context("net") as net:
        synapse = DenseSynapse("w", shape=(3, 3), weights=1.0, mask=ng.init.OffDiagonal())
    np.testing.assert_array_equal(synapse.weights.get(), 1 - np.eye(3))
    assert "off_diagonal" in net.to_yaml()
    with pytest.raises(GraphError, match=r"OffDiagonal fills a matrix, got the shape \(3,\)"):
        ng.init.OffDiagonal().draw(generator(0, "w"), (3,))


def weights(seed=0, before=(), name="w", **synapse):
    with ng.Context("net", seed=seed) as net:
        for other in before:
            DenseSynapse(other, shape=(3, 3), weights=ng.init.Normal())
        DenseSynapse(name, shape=(4, 5), weights=ng.init.Normal(), **synapse)
    return np.asarray(net.find(f"{name}.weights").get())


def test_seed_and_names_decide_and_nothing_else():
    np.testing.assert_array_equal(weights(), weights())
    np.testing.assert_array_equal(weights(), weights(before=["a", "b"], bias=ng.init.Normal()))
    assert not np.array_equal(weights(), weights(seed=1))
    assert not np.array_equal(weights(), weights(name="v"))


def test_parameters_of_one_component_differ(context):
    cell = LIFCell("a", n_units=5, v_rest=ng.init.Normal(), v_reset=ng.init.Normal())
    assert not np.array_equal(cell.v_rest.get(), cell.v_reset.get())


def test_numbers_do_not_change_between_versions():
    """Philox of the seed and the names: the same on every machine."""
    x = ng.init.Normal().draw(generator(0, "w", "weights"), (2,))
    np.testing.assert_allclose(x, [1.7429224658815097, 1.0910242303971762], rtol=1e-12)


@pytest.mark.parametrize(
    "init",
    [ng.init.Normal(1, 2), ng.init.Uniform(), ng.init.Constant(3), ng.init.FanInNormal(2), ng.init.FanInUniform()],
)
def test_description_and_back(init):
    assert from_description(init.describe()) == init
    assert from_description(init.kind) == type(init)()


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("norml", UnknownNameError, "unknown initialiser 'norml'; did you mean 'normal'?"),
        ({"fan_in_norml": {}}, UnknownNameError, "did you mean 'fan_in_normal'?"),
        ({"normal": {"std": 1}}, UnknownNameError, "initialiser 'normal' has no 'std'; did you mean 'sd'?"),
        ({"normal": 3}, GraphError, "initialiser 'normal' takes a mapping of"),
        ({"normal": {}, "uniform": {}}, GraphError, "['normal', 'uniform']"),
        ({}, GraphError, "an initialiser is given as"),
        ({"normal": {"sd": -1}}, GraphError, "`sd` of Normal must be >= 0, got -1"),
        ({"normal": {"sd": "1"}}, GraphError, "`sd` of Normal must be a finite number, got '1'"),
        ({"normal": {"mean": math.nan}}, GraphError, "`mean` of Normal must be a finite number, got nan"),
        ({"constant": {"value": True}}, GraphError, "`value` of Constant must be a finite number, got True"),
        ({"uniform": {"low": 2}}, GraphError, "Uniform needs low <= high, got low = 2, high = 1.0"),
    ],
)
def test_wrong_descriptions_are_refused(data, error, message):
    with pytest.raises(error) as caught:
        from_description(data)
    assert message in str(caught.value)


def test_numpy_numbers_become_plain_ones():
    init = ng.init.Normal(np.float32(0.5), np.int64(2))  # type: ignore[arg-type]
    assert init == ng.init.Normal(0.5, 2) and type(init.mean) is float and type(init.sd) is int


@dataclass(frozen=True)
class EveryThird(Initialiser):
    value: float = 1.0

    def draw(self, rng, shape):
        return self.value * (np.arange(math.prod(shape)).reshape(shape) % 3 == 0)


def test_an_initialiser_of_the_users_own(context):
    w = DenseSynapse("w", shape=(2, 3), weights=EveryThird(2.0))
    assert w.weights.get().tolist() == [[2, 0, 0], [2, 0, 0]]
    assert ng.Context.from_yaml(context.to_yaml()).find("w").arguments["weights"] == EveryThird(2.0)


def test_an_initialiser_cannot_take_the_name_of_another():
    with pytest.raises(NameClashError, match="'normal' is the initialiser ngcsnn.graph.init.Normal already"):
        type("Normal", (Initialiser,), {})
