"""Which parameters are trained, and where they are kept."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import circle, layered

import ngcsnn as ng
from ngcsnn.compilers.parameters import as_patterns, choose, clip_to_bounds, split, write_back
from ngcsnn.components import DenseSynapse, LICell
from ngcsnn.graph import GraphError, UnknownNameError


@pytest.fixture(scope="module")
def net():
    return layered(recurrent=True, n=4)


LEARNED = {
    "forward_0": {"weights", "bias"}, "back_0": {"weights"}, "output": {"bias"}, "readout": {"weights"},
}  # fmt: skip


def chosen(net, trainable=None, frozen=(), reached=None):
    return {n: set(keys) for n, keys in choose(net, trainable, frozen, reached).items()}


def test_weights_and_biases_by_default(net):
    assert chosen(net) == LEARNED


@pytest.mark.parametrize(
    ("trainable", "frozen", "want"),
    [
        (["hidden_0.tau_m"], (), {"hidden_0": {"tau_m"}}),
        (["*.weights"], ["back_0.*"], {"forward_0": {"weights"}, "readout": {"weights"}}),
        (["*.tau_*"], (), {"hidden_0": {"tau_m", "tau_syn"}, "output": {"tau_m", "tau_syn"}}),
        (["hidden_0.v_thr", "hidden_0.*"], ["hidden_0.tau_m"], {"hidden_0": {"v_thr", "v_rest", "v_reset", "tau_syn"}}),
        (None, ["*.bias", "back_0.weights", "forward_0.weights"], {"readout": {"weights"}}),
    ],
)
def test_patterns(net, trainable, frozen, want):
    assert chosen(net, trainable, frozen) == want


def test_compartments_stand_for_themselves(net):
    hidden, readout = net.find("hidden_0"), net.find("readout")
    assert chosen(net, [hidden.tau_m, readout.weights], [readout.weights]) == {"hidden_0": {"tau_m"}}
    assert as_patterns("frozen", "*.bias") == ("*.bias",)
    assert as_patterns("frozen", hidden.tau_m) == (hidden.tau_m,)


def test_components_that_no_gradient_reaches_do_not_learn(net):
    reached = {"hidden_0", "forward_0", "output"}
    assert chosen(net, None, (), reached) == {"forward_0": {"weights", "bias"}, "output": {"bias"}}
    assert chosen(net, ["*.weights"], ["readout.weights"], reached) == {"forward_0": {"weights"}}
    with pytest.raises(GraphError, match="no gradient reaches readout.weights"):
        choose(net, ["readout.weights"], (), reached)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((["hidden_0.tau"], ()), UnknownNameError, r"`trainable`.*'hidden_0.tau'; did you mean 'hidden_0.tau_m'"),
        ((None, ["forward_0.wieghts"]), UnknownNameError, r"`frozen`.*did you mean 'forward_0.weights'"),
        ((["hidden_0.refract_time"], ()), GraphError, r"hidden_0.refract_time cannot be trained; what can: "),
        (([3], ()), GraphError, "takes compartments and patterns such as '.*weights', got 3"),
        (([], ()), GraphError, r"nothing to train.*forward_0.weights"),
        ((["*.tau_m"], ["*.tau_*"]), GraphError, "nothing to train"),
    ],
)
def test_errors_name_the_argument_and_what_is_there(net, arguments, error, text):
    with pytest.raises(error, match=text):
        choose(net, *arguments)


def test_whole_components_and_strangers_are_refused(net):
    with pytest.raises(GraphError, match=r"for all of 'hidden_0' write 'hidden_0\.\*'"):
        choose(net, [net.find("hidden_0")], ())
    with pytest.raises(GraphError, match="does not belong to context"):
        choose(net, [circle().find("a").tau_m], ())
    for wrong in (3, {"hidden_0.tau_m": 1}):
        with pytest.raises(GraphError, match="`trainable` must be a list"):
            as_patterns("trainable", wrong)


def test_split_gives_copies_and_write_back_takes_copies(net):
    names = {"forward_0": ("weights",), "hidden_0": ("tau_m",)}
    trained, fixed = split(net, names)
    assert {n: set(p) for n, p in trained.items()} == {"forward_0": {"weights"}, "hidden_0": {"tau_m"}}
    assert "bias" in fixed["forward_0"] and "weights" not in fixed["forward_0"] and "v_thr" in fixed["hidden_0"]
    for n, part in trained.items():
        assert all(v is not net.live[n][k] for k, v in part.items())
    new = {"forward_0": {"weights": trained["forward_0"]["weights"] + 1.0}}
    write_back(net, new)
    np.testing.assert_array_equal(net.find("forward_0.weights").get(), new["forward_0"]["weights"])
    new["forward_0"]["weights"].delete()  # as a program does with what it consumes
    assert np.isfinite(net.find("forward_0.weights").get()).all()
    write_back(net, trained)


def test_bounds_of_components_hold():
    with ng.Context("bounded", dtype="float32") as net:
        DenseSynapse("w", shape=(2, 2), weights=0.5, w_min=0.0, w_max=1.0)
        DenseSynapse("free", shape=(2, 2), weights=0.5, w_max=2.0)
        LICell("cell", n_units=2)
    far = {
        "w": {"weights": jnp.array([[-3.0, 0.25], [1.0, 9.0]])},
        "free": {"weights": jnp.array([[-3.0, 0.25], [1.0, 9.0]])},
        "cell": {"tau_m": jnp.array(-1.0), "v_rest": jnp.array(-5.0)},
    }
    out = clip_to_bounds(net, far, jax.tree.map(jnp.zeros_like, far))
    np.testing.assert_allclose(out["w"]["weights"], [[0.0, 0.25], [1.0, 1.0]])
    np.testing.assert_allclose(out["free"]["weights"], [[-3.0, 0.25], [1.0, 2.0]])
    np.testing.assert_allclose([out["cell"]["tau_m"], out["cell"]["v_rest"]], [0.05, -5.0])
    assert all(v.dtype == jnp.float32 for part in out.values() for v in part.values())


def test_what_an_update_left_alone_stays():
    """A masked weight is 0, whatever the interval."""
    with ng.Context("masked", dtype="float32") as net:
        DenseSynapse("w", shape=(1, 3), weights=1.5, mask=[[1, 0, 1]], w_min=1.0, w_max=2.0)
    old = split(net, {"w": ("weights",)})[0]
    new = {"w": {"weights": old["w"]["weights"] + jnp.array([[0.25, 0.0, -5.0]])}}
    np.testing.assert_array_equal(clip_to_bounds(net, new, old)["w"]["weights"], [[1.75, 0.0, 1.0]])
