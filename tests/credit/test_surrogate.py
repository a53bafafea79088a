"""The surrogate rule: spikes of the grid, psi for their derivative, with and without gradients through the reset."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one

from ngcsnn.components import SpikingCell
from ngcsnn.credit import Grid, Surrogate
from ngcsnn.credit.surrogates import Arctan, FastSigmoid, SurrogateFunction
from ngcsnn.graph import Frame, GraphError, Memo, UnknownNameError, param, running, state

V = np.array([[1.02, 0.4, 0.97, 1.6]])
PSI = 1.0 / (1.0 + 10.0 * np.abs(V - 1.0)) ** 2
SPIKED = V > 1.0
KINDS = sorted({cls.kind for cls in SurrogateFunction.family.values() if cls.__module__.startswith("ngcsnn.")})


class Adapting(SpikingCell):
    """A quadratic membrane; a spike raises the threshold by 0.3 and takes 1.1 off v."""

    fields = ("v", "a")
    v_thr = param(1.0, shape="n_units", doc="threshold at rest")
    v = state(shape="n_units", doc="membrane potential")
    a = state(shape="n_units", doc="rise of the threshold")

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(x.v * (x.v - 0.5) + j) / 20.0, a=-x.a / 50.0)

    def threshold(self, x: Any) -> Any:
        return 2.0 * (x.v - self.v_thr.get() - x.a)

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=x.v - 1.1, a=x.a + 0.3)


def after(rule: Any, cell: Any, x: Any) -> Any:
    return rule.cross(cell, type(x)(*map(jnp.asarray, x)), 0.5)


def lif(v: Any, rule: Any = None, **arguments: Any) -> Any:
    _net, cell = one(n=4, v_reset=-0.2, **arguments)
    return after(rule or Surrogate(), cell, cell.State(v, jnp.full_like(v, 3.0)))


def slopes(read: Any, v: Any = V, **arguments: Any) -> np.ndarray:
    """The derivative of `read` of the crossing by each v."""
    return np.asarray(jax.grad(lambda v: read(lif(v, **arguments)).sum())(v))


@pytest.mark.parametrize("relative", [False, True])
def test_spikes_and_states_are_those_of_the_grid(relative: bool) -> None:
    v = np.random.default_rng(0).normal(1.0, 0.5, (50, 4)).astype(np.float32)
    ours, grid = (lif(v, rule, relative_reset=relative) for rule in (Surrogate(), Grid()))
    for a, b in zip((ours.s, *ours.x), (grid.s, *grid.x), strict=True):
        assert np.array_equal(a, b) and a.dtype == b.dtype
    assert ours.moment is None and not ours.guarded and 40 < float(ours.s.sum()) < 160


def test_a_spike_has_the_derivative_psi(x64: None) -> None:
    np.testing.assert_allclose(slopes(lambda c: c.s), PSI)
    gentle = Surrogate({"arctan": {"width": 0.5, "height": 0.3}})
    np.testing.assert_allclose(slopes(lambda c: c.s, rule=gentle), 0.3 / (1.0 + ((V - 1) / 0.5) ** 2))


def test_the_reset_lets_gradients_through_or_not(x64: None) -> None:
    """v+ = v + s (v_reset - v): dv+ = (1 - s) dv + (v_reset - v) psi dv."""
    through = np.where(SPIKED, 0.0, 1.0) + (-0.2 - V) * PSI
    np.testing.assert_allclose(slopes(lambda c: c.x.v), through)
    np.testing.assert_allclose(slopes(lambda c: c.x.v, rule=Surrogate(reset_gradient=False)), ~SPIKED * 1.0)


def test_a_relative_reset(x64: None) -> None:
    """v+ = v - s (v_thr - v_reset): dv+ = dv - 1.2 psi dv."""
    np.testing.assert_allclose(slopes(lambda c: c.x.v, relative_reset=True), 1.0 - 1.2 * PSI)
    held = slopes(lambda c: c.x.v, relative_reset=True, rule=Surrogate(reset_gradient=False))
    np.testing.assert_allclose(held, np.ones((1, 4)))


def test_a_resting_cell_neither_spikes_nor_has_a_derivative(x64: None) -> None:
    net, cell = one(n=4, refract_time=3.0)
    net.state = {"cell": {"refrac": [[2.0, 2.0, 0.0, 0.0]]}}
    x = cell.State(V, jnp.zeros_like(V))
    done = after(Surrogate(), cell, x)
    assert done.s.tolist() == [[0, 0, 0, 1]]
    able = np.array([[0.0, 0.0, 1.0, 1.0]])
    ds, dv = (
        jax.grad(lambda v, read=read: read(after(Surrogate(), cell, x._replace(v=v))).sum())(V)
        for read in (lambda c: c.s, lambda c: c.x.v)
    )
    np.testing.assert_allclose(ds, able * PSI)
    np.testing.assert_allclose(dv, [[1.0, 1.0, 1.0, 0.0]] - able * PSI * V)


def test_parameters_of_threshold_and_reset(x64: None) -> None:
    """dv+ by v_thr is -psi (v_reset - v); by v_reset it is s."""
    net, cell = one(n=4, v_reset=-0.2)
    x = cell.State(V, jnp.zeros_like(V))

    def v(v_thr: Any, v_reset: Any) -> Any:
        with running(Frame(net, {"cell": {**net.live["cell"], "v_thr": v_thr, "v_reset": v_reset}})):
            return after(Surrogate(), cell, x).x.v.sum()

    by_thr, by_reset = jax.grad(v, (0, 1))(jnp.ones(4), jnp.full(4, -0.2))
    np.testing.assert_allclose(by_thr, (PSI * (0.2 + V))[0])
    np.testing.assert_allclose(by_reset, SPIKED[0] * 1.0)


@pytest.mark.parametrize("reset_gradient", [True, False])
def test_any_cell_through_its_interface(reset_gradient: bool, x64: None) -> None:
    """All that the reset touches, by all fields: dx+ = dx + s (dR - dx) + (R - x) psi(h) dh, h = 2 (v - a - 1)."""
    _net, cell = one(Adapting, n=4)
    rule = Surrogate("sigmoid", reset_gradient)
    x = cell.State(jnp.asarray(V), jnp.array([[0.1, 0.3, 0.0, 0.4]]), jnp.zeros((1, 4)))
    rng = np.random.default_rng(0)
    dx = cell.State(*(jnp.asarray(rng.normal(size=(1, 4))) for _ in x))
    done, moved = jax.jvp(lambda x: after(rule, cell, x)[:2], (x,), (dx,))
    h, dh = 2.0 * (x.v - 1.0 - x.a), 2.0 * (dx.v - dx.a)
    ds = Surrogate("sigmoid").function.psi(h) * dh
    assert done[1].tolist() == (h > 0).astype(float).tolist() == [[0, 0, 0, 1]]
    np.testing.assert_allclose(moved[1], ds)
    kept = 1.0 if reset_gradient else 0.0
    np.testing.assert_allclose(moved[0].v, dx.v - 1.1 * kept * ds)
    np.testing.assert_allclose(moved[0].a, dx.a + 0.3 * kept * ds)
    np.testing.assert_array_equal(moved[0].i_syn, dx.i_syn)


def test_a_recomputed_step_replays_its_spikes(x64: None) -> None:
    """Whatever h says by then: value, reset and derivative of the reset follow the stored decision."""
    net, cell = one(n=4)

    def run(v: Any, memo: Memo) -> Any:
        frame = Frame(net, net.live)
        frame.memo = memo
        with running(frame):
            return after(Surrogate(), cell, cell.State(v, jnp.zeros_like(v)))

    first = Memo()
    run(V, first)
    (stored,) = first.items
    assert stored.tolist() == (SPIKED * 1.0).tolist()
    other = run(V, Memo([1.0 - stored]))
    assert other.s.tolist() == (~SPIKED * 1.0).tolist() and other.x.v.tolist() == np.where(SPIKED, V, 0.0).tolist()
    slope = jax.grad(lambda v: run(v, Memo([1.0 - stored])).x.v.sum())(V)
    np.testing.assert_allclose(slope, SPIKED - V * PSI)


class Counter(NamedTuple):
    v: Any
    n: Any


class Counting:
    """A cell that counts its spikes in an integer, and resets to a plain number."""

    def threshold(self, x: Counter) -> Any:
        return x.v - 1.0

    def reset_map(self, x: Counter) -> Counter:
        return Counter(-1, x.n + 1)

    def before_reset(self, x: Counter) -> Counter:
        return x

    def may_spike(self, x: Counter) -> Any:
        return True


@pytest.mark.parametrize("reset_gradient", [True, False])
def test_states_that_nothing_differentiates(reset_gradient: bool, x64: None) -> None:
    def v(v: Any) -> Any:
        done = Surrogate(reset_gradient=reset_gradient).cross(
            Counting(), Counter(jnp.asarray(v), jnp.array([[3, 4, 5, 6]])), 0.0
        )
        return done.x.v.sum(), done.x

    slope, x = jax.grad(v, has_aux=True)(V)
    assert x.n.tolist() == [[4, 4, 5, 7]] and x.n.dtype == jnp.int64
    assert x.v.tolist() == [[-1.0, 0.4, 0.97, -1.0]] and x.v.dtype == jnp.float64
    want = np.where(SPIKED, 0.0, 1.0) + (-1.0 - V) * PSI * reset_gradient
    np.testing.assert_allclose(slope, want)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_finite_whatever_the_state(kind: str, dtype: str) -> None:
    """Values and gradients of three steps, from silent to far beyond saturated."""
    with jax.enable_x64(dtype == "float64"):
        net, cell = one(n=7, refract_time=[0.0, 1.5, 0.0, 0.0, 2.0, 0.0, 0.0], timing="grid")
        rule = Surrogate(kind)
        values = net.state
        big = 1e10 if dtype == "float32" else 1e100
        v = jnp.asarray([[1.0, 1.0 + 1e-7, -1e4, 1e4, big, -big, 0.0]], dtype)

        def total(v: Any, current: Any) -> Any:
            now = {"cell": {**values["cell"], "v": v, "i_syn": current}}
            for _ in range(3):
                frame = Frame(net, now, rule)
                with running(frame):
                    cell.advance()
                now = frame.values
            return jnp.sum(now["cell"]["v"] * 1e-3 + now["cell"]["s"])

        out, grads = jax.jit(jax.value_and_grad(total, (0, 1)))(v, v[:, ::-1])
        for array in (out, *grads):
            assert array.dtype == dtype and np.all(np.isfinite(array)), array


def test_what_it_is_made_from() -> None:
    assert Surrogate() == Surrogate({"fast_sigmoid": {"slope": 10.0}}) == Surrogate(FastSigmoid(10.0), True)
    assert Surrogate("arctan").function == Arctan() and not Surrogate(reset_gradient=False).reset_gradient
    assert not Surrogate().timed and not Surrogate().orders
    with pytest.raises(UnknownNameError, match="unknown surrogate function 'arktan'; did you mean 'arctan'"):
        Surrogate("arktan")
    with pytest.raises(GraphError, match="`reset_gradient` must be True or False, got 1"):
        Surrogate(reset_gradient=1)  # type: ignore[arg-type]
