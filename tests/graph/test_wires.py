from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.graph import Component, GraphError, WireError, input_, output, param, state

MATRIX = np.arange(6.0).reshape(3, 2)


class Cell(Component):
    x = state(shape=(3,))
    s = output(shape=(3,), timed=True)
    pair = output(shape=(2, 3))
    count = state(shape=(3,), dtype="int32")
    gain = param(2.0, shape=(3,), fill=True)
    j = input_(shape=(3,), timed=True)
    two = input_(shape=(2,), timed=True)


@pytest.fixture
def cells(context):
    a, b = Cell("a"), Cell("b")
    context.reset(batch_size=2)
    rng = np.random.default_rng(0)
    for cell in (a, b):
        cell.x.set(rng.normal(size=(2, 3)))
        cell.pair.set(rng.normal(size=(2, 2, 3)))
        cell.s.set_moments(rng.normal(size=(2, 3)), -rng.random(size=(2, 3)))
    return a, b


EXPRESSIONS: dict[str, tuple[Callable, Callable]] = {
    "a.x + b.x": (lambda a, b: a.x + b.x, lambda a, b: a + b),
    "a.x - b.x": (lambda a, b: a.x - b.x, lambda a, b: a - b),
    "a.x * b.x": (lambda a, b: a.x * b.x, lambda a, b: a * b),
    "-a.x": (lambda a, b: -a.x, lambda a, b: -a),
    "-(a.x + b.x)": (lambda a, b: -(a.x + b.x), lambda a, b: -(a + b)),
    "a.x - (b.x - a.x)": (lambda a, b: a.x - (b.x - a.x), lambda a, b: a - (b - a)),
    "a.x + (b.x + a.x)": (lambda a, b: a.x + (b.x + a.x), lambda a, b: a + (b + a)),
    "(a.x + b.x) * 0.5": (lambda a, b: (a.x + b.x) * 0.5, lambda a, b: (a + b) * 0.5),
    "2 * a.x + 1.5": (lambda a, b: 2 * a.x + 1.5, lambda a, b: 2 * a + 1.5),
    "1.5 - a.x * -2.0": (lambda a, b: 1.5 - a.x * -2.0, lambda a, b: 1.5 + 2 * a),
    "(a.x + b.x)[1:3]": (lambda a, b: (a.x + b.x)[1:3], lambda a, b: (a + b)[:, 1:3]),
    "a.x[::-1]": (lambda a, b: a.x[::-1], lambda a, b: a[:, ::-1]),
    "a.x[-1]": (lambda a, b: a.x[-1], lambda a, b: a[:, -1]),
    "(-a.x)[0:2]": (lambda a, b: (-a.x)[0:2], lambda a, b: -a[:, :2]),
    "a.x @ <array (3, 2)>": (lambda a, b: a.x @ np.repeat(MATRIX, 2, 1), lambda a, b: a @ np.repeat(MATRIX, 2, 1)),
    "a.x * (b.x @ <array (3, 3)>)": (
        lambda a, b: a.x * (b.x @ np.full((3, 3), 0.5)),
        lambda a, b: a * (b @ np.full((3, 3), 0.5)),
    ),
    "[1.0, 2.0, 3.0] * a.x": (lambda a, b: np.array([1.0, 2.0, 3.0]) * a.x, lambda a, b: a * [1, 2, 3]),
    "[1, 2, 3] + a.x": (lambda a, b: [1, 2, 3] + a.x, lambda a, b: a + [1, 2, 3]),
    "a.x * a.gain": (lambda a, b: a.x * a.gain, lambda a, b: a * 2.0),
    "apply(tanh, a.x)": (lambda a, b: ng.apply(jnp.tanh, a.x), lambda a, b: np.tanh(a)),
    "apply(maximum, a.x, b.x * 2)": (lambda a, b: ng.apply("maximum", a.x, b.x * 2), lambda a, b: np.maximum(a, 2 * b)),
}
EXPRESSIONS["a.x @ <array (3, 4)>"] = EXPRESSIONS.pop("a.x @ <array (3, 2)>")


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_compute_and_show_what_was_written(cells, text):
    build, truth = EXPRESSIONS[text]
    a, b = cells
    wire = build(a, b)
    expected = truth(np.asarray(a.x.get()), np.asarray(b.x.get()))
    np.testing.assert_allclose(wire.get(), expected, rtol=1e-6)
    assert wire.get().dtype == a.context.dtype and not wire.get().weak_type
    assert repr(wire) == text


def test_slices_index_the_per_sample_axes(cells):
    a, _ = cells
    assert a.pair[0, 1:].get().shape == (2, 2)
    np.testing.assert_array_equal(a.pair[0, 1:].get(), np.asarray(a.pair.get())[:, 0, 1:])
    assert a.gain[np.int64(1)].get().shape == (), "a parameter has no batch axis"


@pytest.mark.parametrize("index", [3, -4, (0, 0), True, 1.0, "x", None, [0, 1], slice(None, 1.5)])
def test_wrong_indices_are_refused(cells, index):
    with pytest.raises(WireError, match=r"a\.x"):
        cells[0].x[index]


@pytest.mark.parametrize("value", ["a", None, True, [True, False, True], np.nan, np.inf, [1.0, np.nan, 2.0], 1j])
def test_wrong_constants_are_refused(cells, value):
    with pytest.raises((WireError, TypeError)):
        cells[0].x + value


@pytest.mark.parametrize(
    ("build", "linear"),
    [
        (lambda a, b: a.s + b.s, lambda a, b: a + b),
        (lambda a, b: a.s - b.s, lambda a, b: a - b),
        (lambda a, b: 0.5 * a.s, lambda a, b: 0.5 * a),
        (lambda a, b: -a.s, lambda a, b: -a),
        (lambda a, b: a.s[0:2], lambda a, b: a[:, 0:2]),
        (lambda a, b: a.s @ MATRIX, lambda a, b: a @ MATRIX),
        (lambda a, b: (a.s + b.s)[1:] @ np.eye(2), lambda a, b: (a + b)[:, 1:]),
    ],
)
def test_linear_operations_treat_both_moments_alike(cells, build, linear):
    a, b = cells
    m0, m1 = build(a, b).moments()
    np.testing.assert_allclose(m0, linear(*(np.asarray(c.s.get()) for c in cells)), rtol=1e-6)
    np.testing.assert_allclose(m1, linear(*(np.asarray(c.s.offset.get()) for c in cells)), rtol=1e-6)


def test_constants_and_untimed_values_have_no_moment(cells):
    a, b = cells
    assert (a.x + b.x).moments()[1] is None and not (a.x + b.x).timed
    wire = a.s + b.x + 1.0
    assert wire.timed
    np.testing.assert_allclose(wire.moments()[1], a.s.offset.get(), rtol=1e-6)


def test_a_product_moves_with_either_factor(cells):
    a, b = cells
    (x, dx), (y, dy) = a.s.moments(), b.s.moments()
    np.testing.assert_allclose((a.s * b.s).moments()[1], x * dy + y * dx, rtol=1e-5)


def test_apply_moves_moments_through_its_derivative(cells):
    a, _ = cells
    m0, m1 = ng.apply(jnp.tanh, a.s).moments()
    s, offset = a.s.moments()
    np.testing.assert_allclose(m0, np.tanh(s), rtol=1e-6)
    np.testing.assert_allclose(m1, offset * (1 - np.tanh(s) ** 2), rtol=1e-5)


def test_a_wire_carries_both_moments_on_to_its_end(cells):
    a, b = cells
    2.0 * a.s >> b.j
    b.j[0:2] >> a.two
    np.testing.assert_allclose(a.two.moments()[0], 2 * np.asarray(a.s.get())[:, :2], rtol=1e-6)
    np.testing.assert_allclose(a.two.moments()[1], 2 * np.asarray(a.s.offset.get())[:, :2], rtol=1e-6)


def test_moments_of_what_does_not_move_are_zero(cells):
    a, _ = cells
    m0, m1 = ng.apply(lambda x: x > 0, a.s).moments()
    assert m0.dtype == bool and m1.dtype == a.context.dtype and np.all(m1 == 0)


def test_constants_never_raise_the_number_type(x64):
    with ng.Context("net", dtype="float32"):
        a, b = Cell("a"), Cell("b")
    for wire in (a.x * np.ones(3), a.x + 0.5, a.x @ np.eye(3), a.x[0:2] - [1.0, 2.0], np.float64(2) * a.x + b.x):
        assert wire.get().dtype == np.float32
        a.s.set_moments(1.0, -0.5)
    assert all(m.dtype == np.float32 for m in (a.s * np.ones(3)).moments())


def test_integers_may_be_scaled(cells):
    a, _ = cells
    a.count.set([1, 2, 3])
    assert (0.5 * a.count).get()[0].tolist() == [0.5, 1.0, 1.5]


def test_an_expression_chains_through_an_input(context):
    a, b, c = Cell("a"), Cell("b"), Cell("c")
    a.x.set([1, 2, 3])
    a.x >> b.j >> c.j
    assert c.j.get().tolist() == [[1, 2, 3]]


def test_a_value_is_never_made_from_a_wire_by_accident(cells):
    a, b = cells
    for accident in (
        lambda: bool(a.x),
        lambda: [v for v in a.x],
        lambda: np.asarray(a.x),
        lambda: a.x == 0,
        lambda: a.x != np.zeros(3),
        lambda: 1.0 in (a.x, b.x),
        lambda: (a.x + b.x) == jnp.zeros(3),
        lambda: [*(a.x + b.x)],
    ):
        with pytest.raises(GraphError, match=r"is a compartment or wire, not an array: read its value with .get\(\)"):
            accident()
    for accident in (lambda: a.x > 0, lambda: float(a.x), lambda: len(a.x), lambda: np.sin(a.x), lambda: MATRIX @ a.x):
        with pytest.raises(TypeError):
            accident()
    with pytest.raises((GraphError, TypeError)):
        jnp.sin(a.x)


def test_identity_is_what_tells_compartments_apart(cells):
    a, b = cells
    assert a.x == a.x and a.x != b.x and a.x in (b.x, a.x) and a.x != "a.x"
    assert {a.x: 1, b.x: 2}[a.x] == 1


def test_summands_are_the_terms_of_a_sum(cells):
    a, b = cells
    product = 2.0 * b.s
    terms = (a.s + product + b.s).summands()
    assert [repr(t) for t in terms] == [repr(a.s), repr(product), repr(b.s)]
    assert len((a.s + 1.0).summands()) == len((a.s - b.s).summands()) == 1
