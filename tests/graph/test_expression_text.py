import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.expression_text import parse_wire, wire_text


@pytest.fixture
def cells(context):
    a, b, c = LICell("a", n_units=3), LICell("b", n_units=3), LICell("c", n_units=3)
    a.v.set([1.0, 2.0, 3.0])
    b.v.set([-1.0, 0.5, 2.0])
    return a, b, c


WIRES = [
    lambda a, b: a.v,
    lambda a, b: a.v + b.v,
    lambda a, b: a.v - (b.v - a.v),
    lambda a, b: a.v + (b.v + a.v) * 2,
    lambda a, b: -(a.v + b.v),
    lambda a, b: (a.v * 0.1 + b.v)[::-1],
    lambda a, b: a.v * (b.v @ np.random.default_rng(0).normal(size=(3, 3))),
    lambda a, b: (a.v @ np.eye(3) * 1e-3)[0:3],
    lambda a, b: [-1.0, 2.0, 1 / 3] * a.v - 1,
    lambda a, b: ng.apply(jnp.tanh, a.v + b.v),
    lambda a, b: ng.apply(jax.nn.identity, a.v) * -1.5,
    lambda a, b: ng.apply("roll", a.v, 1, 1),
]


@pytest.mark.parametrize("wire", WIRES)
def test_text_and_back_to_the_bit(cells, wire):
    a, b, c = cells
    wire(a, b) >> c.j
    text = wire_text(c.j)
    source, target = parse_wire(text, c.context.find)
    assert target is c.j
    np.testing.assert_array_equal(source.get(), c.j.get())
    copy = Context.from_yaml(c.context.to_yaml())
    copy.state = c.context.state
    np.testing.assert_array_equal(copy.find("c.j").get(), c.j.get())
    assert copy.to_yaml() == c.context.to_yaml()


def test_long_constants_are_written_in_full_but_shown_in_short(cells):
    a, _, c = cells
    a.v @ np.full((3, 3), 0.1) >> c.j
    assert repr(c.j.source) == "a.v @ <array (3, 3)>"
    assert wire_text(c.j).count("0.1") == 9


@pytest.mark.parametrize("fn", [lambda x: x, lambda x: x + 1])
def test_a_function_without_a_name_cannot_be_written(cells, fn):
    a, _, c = cells
    2.0 * ng.apply(fn, a.v) >> c.j
    with pytest.raises(GraphError, match=r"apply\(<.*lambda>, a.v\) >> c.j cannot be written as YAML"):
        c.context.to_yaml()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.v", "a wire reads 'component.compartment >> component.compartment'"),
        ("a.v >> b.j >> c.j", "a wire reads"),
        (3, "a wire reads"),
        ({"a.v >> c.j": 1}, "a wire reads"),
        (">> c.j", "cannot read ''"),
        ("a.v + >> c.j", "cannot read 'a.v +'"),
        ("a.v\0 >> c.j", "cannot read"),
        ("a >> c.j", "'a' in the wire 'a >> c.j' is a component; name one of its compartments"),
        ("a.v >> c", "must end at a compartment"),
        ("a.vv >> c.j", "LICell 'a' has no compartment 'vv'; did you mean 'v'?"),
        ("aa.v >> c.j", "has no component 'aa'; did you mean 'a'?"),
        ("a.v >> c.jj", "LICell 'c' has no compartment 'jj'; did you mean 'j'?"),
        ("1.0 >> c.j", "starts at no compartment"),
        ("1 + 2 >> c.j", "has no compartment in it"),
        ("[0] * 1000000000 >> c.j", "has no compartment in it"),
        ("a.v / 2 >> c.j", "'a.v / 2' in the wire 'a.v / 2 >> c.j' is not understood"),
        ("a.v ** 2 >> c.j", "is not understood"),
        ("open('x') >> c.j", "is not understood"),
        ("a.v[x] >> c.j", "'x' in the wire 'a.v[x] >> c.j' must be made of plain numbers"),
        ("[a.v, 1] * b.v >> c.j", "must be made of plain numbers"),
        ("apply(sigmiod, a.v) >> c.j", "did you mean 'sigmoid'?"),
        ("apply(tanh, 'a') >> c.j", "at least one compartment"),
        ("'x' + a.v >> c.j", "takes finite numbers"),
        ("a.v[7] >> c.j", "lies outside"),
    ],
)
def test_what_cannot_be_read_is_quoted(cells, text, message):
    with pytest.raises(GraphError) as error:
        parse_wire(text, cells[0].context.find)
    assert message in str(error.value)
