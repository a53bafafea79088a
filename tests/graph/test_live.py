import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.graph.live import LiveState


def live(**arrays):
    return LiveState({"a": {k: jnp.asarray(v) for k, v in arrays.items()}})


def doubled(values):
    return jax.jit(lambda v: jax.tree.map(lambda x: 2 * x, v), donate_argnums=0)(values), "out"


def test_a_run_moves_the_values_on():
    state = live(x=[1.0, 2.0])
    assert state.run(doubled) == "out"
    assert state.values["a"]["x"].tolist() == [2.0, 4.0]


def test_lent_arrays_are_copied_once():
    state = live(x=[1.0], y=[1.0])
    x, y = state.values["a"]["x"], state.values["a"]["y"]
    state.lend("a", "x")
    state.run(doubled)
    assert not x.is_deleted() and y.is_deleted()
    second = state.values["a"]["x"]
    state.run(doubled)
    assert second.is_deleted()


def test_an_array_held_twice_is_copied():
    x = jnp.ones(3)
    state = LiveState({"a": {"x": x, "y": x}})
    state.run(doubled)
    assert state.values["a"]["y"].tolist() == [2.0, 2.0, 2.0]


def test_a_failing_step_changes_nothing_and_forgets_no_loan():
    state = live(x=[1.0])
    x = state.values["a"]["x"]
    state.lend("a", "x")

    def fails(values):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        state.run(fails)
    assert state.values["a"]["x"] is x
    state.run(doubled)
    assert not x.is_deleted()


def test_a_run_that_fails_after_consuming_its_arrays_says_what_is_lost():
    state = live(x=[1.0])

    def fails(values):
        values["a"]["x"].delete()
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory") as error:
        state.run(fails)
    assert "after it had consumed the live state" in error.value.__notes__[0]


def test_traced_values_are_not_stored():
    state = live(x=[1.0])
    with pytest.raises(GraphError, match=r"inside jit, grad or vmap use process.pure"):
        jax.jit(lambda v: state.run(lambda values: ({"a": {"x": v}}, None), donate=False))(jnp.ones(1))
    with pytest.raises(GraphError, match="a traced value cannot be stored in the live state"):
        jax.jit(lambda v: state.replace("net", {"a": {"x": v}}))(jnp.ones(1))
    assert state.values["a"]["x"].tolist() == [1.0]


def test_replaced_arrays_share_no_memory_with_numpy(aligned):
    state, given = live(x=np.ones(64, np.float32)), aligned((64,))
    state.replace("net", {"a": {"x": given}})
    given[:] = 5.0
    assert np.all(state.values["a"]["x"] == 0)


def test_without_donation_everything_counts_as_lent():
    state = live(x=[1.0])
    given = jnp.full(1, 7.0)
    state.run(lambda values: ({"a": {"x": given}}, None), donate=False)
    state.run(doubled)
    assert not given.is_deleted() and np.all(state.values["a"]["x"] == 14.0)
