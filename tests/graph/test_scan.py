"""`Process.scan`: what it records, in which pieces, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.graph import Component, GraphError, input_, param, state


class Cell(Component):
    gain = param(0.5, shape=(3,))
    j = input_(shape=(3,))
    v = state(shape=(3,))

    def advance(self):
        self.v.set(self.v.get() * 0.9 + self.gain.get() * self.j.get())


@pytest.fixture
def cell(context):
    c = Cell("c")
    context.reset(batch_size=2)
    return c


@pytest.fixture
def rows():
    return np.random.default_rng(1).random((7, 2, 3)).astype(np.float32)


def test_recordings_in_chunks_are_on_the_host(cell, rows):
    whole = cell.context.advance.scan({cell.j: rows}, watch=[cell.v])["c.v"]
    assert isinstance(whole, jax.Array)
    cell.context.reset()
    chunked = cell.context.advance.scan({cell.j: jnp.asarray(rows)}, watch=[cell.v], chunk=3)["c.v"]
    assert type(chunked) is np.ndarray
    np.testing.assert_allclose(chunked, whole, rtol=1e-6)


def test_progress_is_printed_with_and_without_chunk(cell, capsys):
    cell.context.advance.scan(n_steps=40, progress=True)
    assert "advance: 40/40 steps (100 %)" in capsys.readouterr().err
    cell.context.advance.scan(n_steps=40, chunk=30, progress=True)
    assert "\radvance: 30/40 steps (75 %)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "watch", [lambda c: c.v, lambda c: "c.v", lambda c: [c.v], lambda c: ("c.v",), lambda c: [c.v, c.v]]
)
def test_one_watched_compartment_needs_no_list(cell, watch):
    assert list(cell.context.advance.scan(n_steps=2, watch=watch(cell))) == ["c.v"]


def test_wired_inputs_and_parameters_can_be_watched(context):
    a, b = Cell("a"), Cell("b")
    2 * a.v >> b.j
    a.j.set(1.0)
    out = context.advance.scan(n_steps=3, watch=[a.v, b.j, a.gain])
    np.testing.assert_allclose(out["b.j"], 2 * out["a.v"])
    assert out["a.gain"].shape == (3,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "process 'advance': scan needs `n_steps`, or inputs"),
        ({"n_steps": 0}, "`n_steps` must be an integer >= 1, got 0"),
        ({"n_steps": 2.0}, "`n_steps` must be an integer >= 1, got 2.0"),
        ({"n_steps": True}, "`n_steps` must be an integer >= 1, got True"),
        ({"n_steps": 5, "chunk": 0}, "`chunk` must be an integer >= 1, got 0"),
        ({"n_steps": 5, "watch": ["c"]}, "watch a compartment of 'c' (gain, j, v), not all of it"),
        ({"n_steps": 5, "watch": ["c.x"]}, "Cell 'c' has no compartment 'x'"),
        ({"n_steps": 5, "watch": 3}, "3 does not belong to context 'net'"),
    ],
)
def test_scan_checks_its_arguments(cell, arguments, message):
    with pytest.raises(GraphError) as error:
        cell.context.advance.scan(**arguments)
    assert message in str(error.value)
    assert cell.context.t == 0
