import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.graph import Component, WireError, output, param, state
from ngcsnn.graph.wire_shapes import per_sample_shape


class Cell(Component):
    x = state(shape=(3,))
    y = state(shape=(4,))
    grid = output(shape=(2, 3))
    one = state(shape=())
    w = param(1.0, shape=(3, 5), fill=True)


def test_shapes_without_the_batch_axis(context):
    c = Cell("c")
    for wire, shape in (
        (c.x, (3,)),
        (c.grid, (2, 3)),
        (c.grid[1], (3,)),
        (c.w, (3, 5)),
        (c.w[0], (5,)),
        (c.x @ np.ones((3, 7)), (7,)),
        (c.x @ c.w, (5,)),
        (c.one * 2, ()),
        (ng.apply(lambda x: x.reshape(x.shape[0], -1), c.grid), (6,)),
    ):
        assert per_sample_shape(wire) == shape


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda c: c.x + c.y, r"c.x \+ c.y does not fit together \(c.x \(3,\), c.y \(4,\)\)"),
        (lambda c: c.x @ np.ones((4, 2)), r"does not fit together \(c.x \(3,\)\)"),
        (lambda c: c.x + c.grid, "does not fit together"),
        (lambda c: c.one * c.x, "does not fit together"),
        (lambda c: np.ones((4, 1)) * c.x, "does not fit together"),
        (lambda c: ng.apply("sum", c.x), "loses the batch axis"),
        (lambda c: ng.apply("transpose", c.x), "loses the batch axis"),
        (lambda c: ng.apply(lambda x: 3.0, c.x), "loses the batch axis"),
        (lambda c: ng.apply(np.tanh, c.x), "does not fit together"),
    ],
)
def test_what_does_not_fit_names_every_end(context, build, message):
    c = Cell("c")
    with pytest.raises(WireError, match=message):
        per_sample_shape(build(c))


def test_nothing_fits_by_the_batch_size_of_the_day(context):
    """(batch, 3) and (batch,) would broadcast for a batch of 3."""
    c = Cell("c")
    context.reset(batch_size=3)
    with pytest.raises(WireError):
        per_sample_shape(c.x + c.one)
