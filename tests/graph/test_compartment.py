import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell, LIFCell, SpikeSource
from ngcsnn.graph import (
    Component,
    Frame,
    GraphError,
    ShapeError,
    WireError,
    checks,
    input_,
    output,
    param,
    running,
    state,
)


class Box(Component):
    gain = param(1.0, shape=(3,), check=checks.positive, unit="ms")
    x = state(shape=(3,))
    n = state(shape=(3,), dtype="int32")
    j = input_(shape=(3,))
    port = input_(shape=(3,), timed=True)
    s = output(shape=(3,), timed=True)
    table = input_(shape=(3,), batched=False)


def box(name: str = "box") -> Box:
    return Box(name)


@pytest.mark.parametrize("value", [2.0, [1, 2, 3], np.ones((1, 3)), np.ones(3, np.float64), jnp.ones((1, 3)), True])
def test_set_takes_what_broadcasts_and_keeps_shape_and_type(context, value):
    b = box()
    b.x.set(value)
    assert b.x.get().shape == (1, 3) and b.x.get().dtype == context.dtype and not b.x.get().weak_type
    assert np.all(b.x.get() == np.broadcast_to(np.asarray(value), (1, 3)))


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.ones(4), ShapeError, r"box.x (state) has shape (1, 3), cannot take an array of shape (4,)"),
        (np.ones((2, 3)), ShapeError, r"box.x (state) has shape (1, 3), cannot take an array of shape (2, 3)"),
        ("a", GraphError, "box.x takes numbers, got 'a'"),
        (None, GraphError, "box.x takes numbers, got None"),
        ([[1], [1, 2]], GraphError, "box.x takes numbers, got [[1], [1, 2]]"),
        (1j, GraphError, "box.x takes real numbers"),
    ],
)
def test_set_refuses_the_rest(context, value, error, message):
    b = box()
    with pytest.raises(error) as caught:
        b.x.set(value)
    assert message in str(caught.value)
    assert np.all(b.x.get() == 0)


def test_set_without_get_says_so(context):
    a, b = box("a"), box("b")
    with pytest.raises(GraphError, match=r"b.x"):
        a.x.set(b.x)


def test_integers_stay_integers(context):
    b = box()
    b.n.set(b.n.get() + 1)
    assert b.n.get().dtype == jnp.int32
    with pytest.raises(GraphError, match="box.n holds int32, got an array of float"):
        b.n.set(1.5)


def test_parameters_are_checked_whenever_they_are_set_from_outside(context):
    b = box()
    b.gain.set(2.0)
    with pytest.raises(GraphError, match=r"box.gain must be finite and > 0 \(in ms\), got -5.0"):
        b.gain.set(-5.0)
    with pytest.raises(GraphError, match=r"box.gain must not be NaN"):
        b.gain.set(np.nan)
    assert b.gain.get() == 2.0


def test_a_traced_value_cannot_be_set_from_outside(context):
    b = box()
    with pytest.raises(GraphError, match=r"box.x cannot be set to a traced value .* process.pure"):
        jax.jit(b.x.set)(jnp.ones(3))
    assert np.all(b.x.get() == 0)


def test_arrays_in_a_users_hands_survive_donation(context):
    b = box()
    given, unbatched = jnp.ones((1, 3)), jnp.ones((3,))
    b.x.set(given)
    b.table.set(unbatched)
    got = b.x.get()
    for _ in range(2):
        context.advance.run()
    assert float(given.sum() + unbatched.sum() + got.sum()) == 9.0


def test_set_shares_no_memory_with_numpy(context, aligned):
    cell, given = LICell("a", n_units=64), aligned((1, 64))
    cell.v.set(given)
    given[:] = 5.0
    assert np.all(cell.v.get() == 0)


def test_a_wired_input_reads_its_source_and_cannot_be_set(context):
    a, b = box("a"), box("b")
    a.x >> b.j
    a.x.set(2.0)
    assert np.all(b.j.get() == 2.0)
    with pytest.raises(WireError, match=r"b.j is driven by the wire a.x >> b.j; it cannot be set"):
        b.j.set(1.0)
    assert np.all(a.x.get() == 2.0)


@pytest.mark.parametrize(
    ("connect", "message"),
    [
        (lambda a, b: a.x >> b.x, "a.x >> b.x: b.x is a state, only inputs can be wired"),
        (lambda a, b: a.x >> b.s, "b.s is an output, only inputs can be wired"),
        (lambda a, b: a.x >> b.gain, "b.gain is a param, only inputs can be wired"),
        (lambda a, b: a.x[0:2] >> b.j, "a.x[0:2] is (2,), b.j is (3,)"),
        (lambda a, b: a.x >> b.table, "a.x is (3,), b.table is (3,) without batch axis"),
        (lambda a, b: a.gain >> b.j, "a.gain is () without batch axis, b.j is (3,)"),
        (lambda a, b: a.x >> b.port.offset, "first moments travel along with the values"),
        (lambda a, b: b.j >> b.j, "would run in a circle"),
        (lambda a, b: b.j.connect(3.0), "3.0 cannot drive b.j"),
        (lambda a, b: a.x >> b, "a wire ends at one input compartment; Box('b', gain=1.0) has the inputs b.j, b.port"),
        (lambda a, b: a.x >> 3, "a.x >> 3: a wire ends at one input compartment"),
        (lambda a, b: a.x >> b.j + b.port, "a.x >> b.j + b.port: a wire ends at one input compartment"),
    ],
)
def test_wires_that_do_not_fit_name_both_ends(context, connect, message):
    a, b = box("a"), box("b")
    with pytest.raises(WireError) as caught:
        connect(a, b)
    assert message in str(caught.value)
    assert not b.wired()


def test_a_shape_mismatch_between_layers_names_both_ends_and_shapes(context):
    source, cell = SpikeSource("input", n_units=5), LIFCell("hidden", n_units=4)
    with pytest.raises(WireError, match=r"input.s >> hidden.syn: .* input.s is \(5,\), hidden.syn is \(4,\)"):
        source.s >> cell.syn


def test_an_input_takes_one_wire(context):
    a, b = box("a"), box("b")
    a.x >> b.j
    with pytest.raises(WireError, match=r"a.s >> b.j: b.j already has the wire a.x >> b.j; add them with \+"):
        a.s >> b.j


def test_longer_circles_of_inputs_are_refused(context):
    a, b, c = box("a"), box("b"), box("c")
    a.j >> b.j
    2.0 * b.j >> c.j
    with pytest.raises(WireError, match="would run in a circle"):
        c.j + a.x >> a.j


def test_wires_never_cross_contexts(context):
    a = box("a")
    with ng.Context("other"):
        b = box("b")
    with pytest.raises(WireError, match="a.x >> b.j: the two ends belong to different contexts"):
        a.x >> b.j
    with pytest.raises(WireError, match=r"a.x \+ b.x mixes compartments of different contexts"):
        a.x + b.x


def test_booleans_and_integers_arrive_as_numbers(context):
    a, b = box("a"), box("b")
    a.n.set([1, 2, 3])
    a.n >> b.j
    ng.apply(lambda x: x > 1, a.n) >> b.port
    assert b.j.get().dtype == context.dtype and b.j.get().tolist() == [[1, 2, 3]]
    assert b.port.get().dtype == context.dtype and b.port.get().tolist() == [[0, 1, 1]]


def test_first_moments_come_with_timed_compartments(context):
    a, b = box("a"), box("b")
    assert a.x.offset is None and a.s.offset is not None and a.s.offset.key == "a.s.offset"
    a.s >> b.port
    a.s.set_moments(1.0, -0.25)
    value, moment = b.port.moments()
    assert np.all(value == 1.0) and np.all(moment == -0.25)
    a.s.set_moments(1.0, None)
    assert np.all(b.port.moments()[1] == 0.0), "events without times are at the step's end"
    assert a.x.moments()[1] is None


def test_an_offset_is_declared_as_its_compartment_is(context):
    class Kept(Component):
        s = output(shape=(2,), timed=True, batched=False)

    k = Kept("k")
    assert k.s.offset is not None and k.s.offset.get().shape == (2,)


def test_a_component_of_a_failed_block_says_so():
    net = ng.Context("net")
    with pytest.raises(RuntimeError), net:
        b = box()
        raise RuntimeError
    with pytest.raises(GraphError, match="'box' is no longer part of context 'net'"):
        b.x.get()


def test_a_compartment_copies_with_its_context(network):
    moved = copy.deepcopy({network.hid.v: 1})
    (v,) = moved
    assert v.key == "hidden.v" and v is not network.hid.v and v.component.context is not network.net


def test_is_driven_follows_the_run(context):
    seen = []

    class Asking(Component):
        j = input_(shape=())
        k = input_(shape=())

        def advance(self):
            seen.append((self.j.is_driven, self.k.is_driven))

    a, li = Asking("a"), LICell("li", n_units=2)
    li.v[0] >> a.j
    frame = Frame(context, {c: dict(p) for c, p in context.state.items()})
    with running(frame):
        a.advance()
    context.advance.run()
    assert seen == [(True, False), (True, True)]
