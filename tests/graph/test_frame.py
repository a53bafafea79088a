import jax
import jax.numpy as jnp
import pytest

import ngcsnn as ng
from ngcsnn.graph import Component, Frame, GraphError, Memo, count, decide, keep, running, state
from ngcsnn.graph.frame import current_frame


class Cell(Component):
    x = state(shape=(2,))

    def advance(self):
        self.x.set(self.x.get() + 1)


def test_a_frame_stands_in_for_the_live_state(context):
    c = Cell("c")
    values = {name: dict(part) for name, part in context.state.items()}
    with running(Frame(context, values)):
        c.advance()
        assert c.x.get().tolist() == [[1, 1]]
    assert c.x.get().tolist() == [[0, 0]] and values["c"]["x"].tolist() == [[1, 1]]


def test_frames_nest_and_end_with_an_error(context):
    outer, inner = Frame(context, {}), Frame(context, {})
    with running(outer):
        with pytest.raises(RuntimeError), running(inner):
            assert current_frame() is inner
            raise RuntimeError
        assert current_frame() is outer
    assert current_frame() is None


def test_a_compartment_of_another_context_is_refused(context):
    with ng.Context("other"):
        foreign = Cell("f")
    with running(Frame(context, context.state)), pytest.raises(GraphError, match=r"f.x belongs to context 'other'"):
        foreign.x.get()


def test_decisions_are_kept_and_replayed(context):
    frame = Frame(context, {})
    assert decide(3) == 3, "outside a frame they pass through"
    with running(frame):
        assert decide(3) == 3
        frame.memo = Memo()
        assert [decide(1), decide(2)] == [1, 2]
        frame.memo = Memo(frame.memo.items)
        assert [decide(7), decide(8)] == [1, 2]


def test_kept_arrays_replace_values_and_not_derivatives(context):
    """What is computed again serves its derivative alone."""
    frame = Frame(context, {})
    assert keep(3) == 3, "outside a frame they pass through"
    with running(frame):
        assert keep(3) == 3, "and without a memo"
        frame.memo = Memo()
        assert keep(jnp.asarray(5.0)) == 5.0 and decide(True) and keep(7.0) == 7.0
        kept = frame.memo.items
        assert kept == [5.0, True, 7.0], "in order with the decisions"

        def again(x):
            frame.memo = Memo(kept)
            return keep(x**2) ** 2 + decide(False) + 0.0 * keep(x)

        value, slope = jax.value_and_grad(again)(jnp.asarray(3.0))
        assert value == 5.0**2 + 1 and slope == 2 * 5.0 * (2 * 3.0)
        assert jax.jvp(again, (3.0,), (2.0,))[1] == 2 * slope
        assert frame.memo.items == [] and kept == [5.0, True, 7.0]


def test_counts_add_up(context):
    count("a", 5)
    frame = Frame(context, {})
    with running(frame):
        count("a", jnp.asarray([True, False]))
        count("a", jnp.asarray([2, 3]))
    assert frame.counts["a"].dtype == jnp.int32 and frame.counts["a"].tolist() == [3, 3]


def test_a_failing_trace_leaves_no_frame(context):
    c = Cell("c")

    def fails(state):
        with running(Frame(context, state)):
            c.advance()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        jax.jit(fails)(context.state)
    assert current_frame() is None
