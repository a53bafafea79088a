import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.components import LICell
from ngcsnn.graph import Component, GraphError, ShapeError, UnknownNameError, WireError, input_, output
from ngcsnn.graph.feed import on_device


class Cell(Component):
    j = input_(shape=(3,))
    table = input_(shape=(2, 2), batched=False)
    x = output(shape=(3,))

    def advance(self):
        self.x.set(self.x.get() + self.j.get() + self.table.get().sum())


@pytest.fixture
def cell(context):
    c = Cell("c")
    context.reset(batch_size=2)
    return c


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ({"c.j": np.ones(3)}, ShapeError, "input for c.j must have shape (2, 3) (batch, units), got (3,)"),
        ({"c.j": 1.0}, ShapeError, "input for c.j must have shape (2, 3) (batch, units), got ()"),
        ({"c.j": np.ones((5, 3))}, ShapeError, "for 5 samples side by side call reset(batch_size=5) first, got (5, 3)"),
        ({"c.j": np.ones((2, 4))}, ShapeError, "input for c.j must have shape (2, 3) (batch, units), got (2, 4)"),
        ({"c.table": np.ones((2, 2, 2))}, ShapeError, "input for c.table must have shape (2, 2), got (2, 2, 2)"),
        ({"c.j": [[1, 2, 3], [1, 2]]}, GraphError, "input for c.j must be an array of numbers"),
        ({"c.j": "abc"}, GraphError, "input for c.j must be an array of numbers, got 'abc'"),
        ({"c.j": None}, GraphError, "input for c.j must be an array of numbers, got None"),
        ({"c.j": np.ones((2, 3), complex)}, GraphError, "must be an array of numbers"),
        ({"c.jj": 1.0}, UnknownNameError, "Cell 'c' has no compartment 'jj'; did you mean 'j'?"),
        (
            {"c": np.ones((2, 3))},
            GraphError,
            "process 'advance': feed a compartment of 'c' (j, table, x), not all of it",
        ),
        ([1, 2], GraphError, "process 'advance': inputs are given as {compartment: array}, got [1, 2]"),
    ],
)
def test_wrong_inputs_are_refused_by_name(cell, inputs, error, message):
    with pytest.raises(error) as caught:
        cell.context.advance.run(inputs)
    assert message in str(caught.value)
    assert np.all(cell.x.get() == 0) and cell.context.t == 0


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5, 3), "must have shape (4, 2, 3) (steps, batch, units); for 5 samples side by side call"),
        ((2, 3), "must have shape (2, 2, 3) (steps, batch, units), got (2, 3)"),
        ((), "must have shape (1, 2, 3) (steps, batch, units), got ()"),
        ((0, 2, 3), "scan needs `n_steps`, or inputs (T, batch, n) of at least one step"),
    ],
)
def test_wrong_rows_are_refused(cell, shape, message):
    for chunk in (None, 2):
        with pytest.raises(GraphError) as caught:
            cell.context.advance.scan({cell.j: np.ones(shape)}, chunk=chunk)
        assert message in str(caught.value)


def test_all_inputs_have_as_many_rows(cell):
    with pytest.raises(ShapeError, match=r"input for c.table must have shape \(4, 2, 2\)"):
        cell.context.advance.scan({cell.j: np.ones((4, 2, 3)), cell.table: np.ones((5, 2, 2))})
    with pytest.raises(ShapeError, match=r"input for c.j must have shape \(3, 2, 3\)"):
        cell.context.advance.scan({cell.j: np.ones((4, 2, 3))}, n_steps=3)


def test_names_and_objects_mean_the_same_and_nothing_is_fed_twice(cell):
    cell.context.advance.run({"c.j": np.ones((2, 3))})
    cell.context.advance.run({cell.j: np.ones((2, 3))})
    assert np.all(cell.x.get() == 2) and cell.context.advance.traces == 1
    with pytest.raises(GraphError, match="process 'advance': c.j is fed twice"):
        cell.context.advance.run({"c.j": np.ones((2, 3)), cell.j: np.ones((2, 3))})


def test_the_order_of_inputs_does_not_matter(cell):
    j, table = np.ones((2, 3)), np.full((2, 2), 10.0)
    cell.context.advance.run({cell.j: j, cell.table: table})
    cell.context.advance.run({cell.table: table, cell.j: j})
    assert np.all(cell.x.get() == 82) and cell.context.advance.traces == 1


@pytest.mark.parametrize("dtype", [bool, int, np.uint8, np.float16, np.float32, np.float64])
def test_every_number_type_is_taken_without_another_trace(cell, dtype):
    rows = np.ones((2, 3), dtype)
    for value in (rows, rows.tolist(), jnp.asarray(rows)):
        cell.context.advance.run({cell.j: value})
    assert np.all(cell.x.get() == 3) and cell.context.advance.traces == 1


@pytest.mark.parametrize("copy", [True, False])
def test_what_is_fed_shares_no_memory_with_numpy(context, aligned, copy):
    cell, given = LICell("a", n_units=64), aligned((1, 64))
    rows = on_device(cell.j, given, copy=copy)
    given[:] = 5.0
    assert np.all(rows == 0)
    held = jnp.ones((1, 64))
    assert (on_device(cell.j, held, copy=copy) is held) is (not copy)


def test_wired_inputs_and_parameters_are_not_fed(context):
    a, b = LICell("a", n_units=3), LICell("b", n_units=3)
    a.v >> b.j
    with pytest.raises(WireError, match="b.j is driven by a.v and cannot be fed"):
        context.advance.run({b.j: np.ones((1, 3))})
    with pytest.raises(GraphError, match=r"a.tau_m is a parameter: write it with .set\(value\)"):
        context.advance.run({a.tau_m: 3.0})


def test_expressions_are_not_fed_nor_watched(cell):
    with pytest.raises(GraphError, match=r"feed compartments one by one, not the expression c.x \+ c.j"):
        cell.context.advance.run({cell.x + cell.j: 1.0})
    with pytest.raises(GraphError, match=r"watch compartments one by one, not the expression c.x \* 2"):
        cell.context.advance.scan(n_steps=1, watch=[cell.x * 2])
