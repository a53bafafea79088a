import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.core import Tracer

import ngcsnn as ng
from ngcsnn.graph import Component, GraphError, UnknownNameError, input_, output, param, state


class Cell(Component):
    """A leaky cell with float spikes made from a comparison: weakly typed unless somebody cares."""

    gain = param(0.5, shape=(3,))
    j = input_(shape=(3,))
    port = input_(shape=(3,), timed=True)
    v = state(shape=(3,))
    s = output(shape=(3,), timed=True)
    count = state(shape=(3,), dtype="int32")

    def advance(self):
        v = self.v.get() * 0.9 + self.gain.get() * self.j.get() + self.port.get()
        s = (v > 1.0) * 1.0
        self.v.set(v - s)
        self.s.set_moments(s, -0.5 * s)
        self.count.set(self.count.get() + (v > 1.0))

    def decay(self, factor=0.5):
        self.v.set(self.v.get() * factor)

    def need(self, factor):
        self.v.set(factor)


@pytest.fixture
def cell(context):
    c = Cell("c")
    context.reset(batch_size=2)
    return c


@pytest.fixture
def rows():
    return np.random.default_rng(1).random((7, 2, 3)).astype(np.float32) * 2


def by_steps(cell, rows, **how):
    cell.context.reset()
    out = []
    for row in rows:
        cell.context.advance.run({cell.j: row}, **how)
        out.append([np.asarray(c.get()) for c in (cell.v, cell.s, cell.s.offset, cell.count)])
    return [np.stack(x) for x in zip(*out, strict=True)]


def by_scan(cell, rows, **how):
    cell.context.reset()
    out = cell.context.advance.scan({cell.j: rows}, watch=[cell.v, cell.s, cell.s.offset, cell.count], **how)
    assert list(out) == ["c.v", "c.s", "c.s.offset", "c.count"]
    return [np.asarray(x) for x in out.values()]


@pytest.mark.parametrize(
    "other",
    [
        lambda c, r: by_steps(c, r),
        lambda c, r: by_scan(c, r),
        lambda c, r: by_scan(c, r, chunk=3),
        lambda c, r: by_scan(c, r, chunk=50),
        lambda c, r: by_scan(c, r, progress=True),
    ],
)
def test_eager_compiled_scanned_and_chunked_runs_agree(cell, rows, other, capsys):
    eager = by_steps(cell, rows, compiled=False)
    assert eager[1].sum() > 0 and eager[3].max() > 1
    for a, b in zip(eager, other(cell, rows), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
        assert a.dtype == b.dtype
    assert cell.context.t == len(rows)


def test_methods_called_by_hand_are_a_step_too(cell, rows):
    cell.context.advance.run({cell.j: rows[0]})
    v = cell.v.get()
    cell.context.reset()
    cell.j.set(rows[0])
    cell.advance()
    np.testing.assert_allclose(cell.v.get(), v, rtol=1e-6)


def test_one_trace_for_each_kind_of_call(cell, rows):
    advance = cell.context.advance
    for _ in range(3):
        by_steps(cell, rows)
    assert advance.traces == 1
    for _ in range(3):
        by_scan(cell, rows)
    assert advance.traces == 2
    by_scan(cell, rows, chunk=4)
    by_scan(cell, rows[:5], chunk=4)
    by_scan(cell, rows[:3], chunk=4)
    assert advance.traces == 3, "a remainder is no reason to trace again"
    by_steps(cell, rows)
    assert advance.traces == 3


def test_one_trace_after_set_state_and_eager_runs(cell, rows):
    advance = cell.context.advance
    advance.run({cell.j: rows[0]})
    cell.v.set(1)
    cell.count.set(True)
    cell.gain.set(np.float64(0.25))
    advance.run({cell.j: rows[0]})
    cell.context.state = {"c": {"v": np.ones((2, 3), int)}}
    advance.run({cell.j: rows[0]}, compiled=False)
    advance.run({cell.j: rows[0]})
    assert advance.traces == 1


def test_another_batch_size_is_another_trace_and_works(cell, rows):
    by_scan(cell, rows)
    cell.context.reset(batch_size=1)
    assert by_scan(cell, rows[:, :1])[0].shape == (7, 1, 3)
    assert cell.context.advance.traces == 2


def test_a_structural_change_is_traced_again(cell, rows):
    advance = cell.context.advance
    advance.run({cell.j: rows[0]})
    with cell.context:
        Cell("d").v >> cell.port
    advance.run({cell.j: rows[0]})
    assert advance.traces == 2
    with ng.Context("elsewhere"):
        Cell("e")
    step = cell.context.process("step") >> cell.decay
    step.run()
    advance.run({cell.j: rows[0]})
    assert advance.traces == 2, "other contexts and other processes are no change"


def test_pure_is_pure(cell, rows):
    start = cell.context.state
    new = cell.context.advance.pure(start, {cell.j: rows[0]})
    assert np.all(start["c"]["v"] == 0) and np.all(cell.v.get() == 0) and cell.context.t == 0
    assert np.any(new["c"]["v"] != 0) and new["clock"]["step"] == 1
    cell.context.advance.run({cell.j: rows[0]})
    np.testing.assert_allclose(cell.v.get(), new["c"]["v"], rtol=1e-6)


def test_pure_under_jit_grad_and_vmap(cell, rows):
    start, advance = cell.context.state, cell.context.advance

    def total(gain, row):
        state = {**start, "c": {**start["c"], "gain": gain}}
        return advance.pure(state, {cell.j: row})["c"]["v"].sum()

    gain, row = jnp.asarray(0.01), jnp.asarray(rows[0])
    np.testing.assert_allclose(jax.grad(total)(gain, row), row.sum(), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(jax.grad(total))(gain, row), row.sum(), rtol=1e-6)
    gains = jnp.arange(1.0, 4.0) / 100
    np.testing.assert_allclose(jax.vmap(total, (0, None))(gains, row), gains * row.sum(), rtol=1e-6)
    many = jax.vmap(lambda r: advance.pure(start, {cell.j: r})["c"]["v"])(jnp.asarray(rows))
    assert many.shape == (7, 2, 3)
    assert np.all(cell.v.get() == 0)


def test_pure_wants_a_whole_state(cell):
    with pytest.raises(GraphError, match=r"process 'advance': state lacks \['clock'\], has unknown \['d'\]"):
        cell.context.advance.pure({"c": {}, "d": {}})


def test_running_inside_a_transformation_points_to_pure(cell, rows):
    for call in (
        lambda row: cell.context.advance.run({cell.j: row}),
        lambda row: cell.context.advance.run({cell.j: row}, compiled=False),
        lambda row: cell.context.advance.scan({cell.j: row[None]}),
        lambda row: cell.context.advance.scan(n_steps=2),
        lambda row: cell.context.reset(),
        lambda row: cell.context.next_key(),
        lambda row: cell.advance(),
        lambda row: cell.v.set(row),
    ):
        with pytest.raises(GraphError, match=r"use process.pure\(state, inputs\)|with process.pure\(state, inputs\)"):
            jax.jit(call)(rows[0])
        assert all(not isinstance(a, Tracer) for a in jax.tree.leaves(cell.context.live))
    assert np.isfinite(cell.v.get()).all()


def test_what_is_fed_to_an_input_acts_at_once(cell):
    out = cell.context.advance.scan({cell.port: np.eye(3)[:, None, :1] * np.ones((1, 2, 3))}, watch=[cell.v])["c.v"]
    assert out[0, 0, 0] == 1.0


def test_what_is_fed_to_an_output_is_emitted_in_the_step_and_acts_one_later():
    with ng.Context("net") as net:
        a, b = Cell("a"), Cell("b")
        a.s >> b.port
    emitted = np.zeros((4, 1, 3), np.float32)
    emitted[1] = 0.75
    out = net.advance.scan({a.s: emitted}, watch=[a.s, b.v])
    np.testing.assert_array_equal(out["a.s"], emitted)
    assert out["b.v"][:, 0, 0].tolist()[:3] == [0, 0, 0.75]


def test_traces_and_rules_read_what_is_fed_as_emitted_in_the_same_step():
    class Follower(Cell):
        stage = "trace"

    with ng.Context("net") as net:
        a, follower = Cell("a"), Follower("follower")
        a.s >> follower.j
    emitted = np.zeros((3, 1, 3), np.float32)
    emitted[1] = 0.5
    out = net.advance.scan({a.s: emitted}, watch=[a.s, follower.v])
    np.testing.assert_array_equal(out["a.s"], emitted)
    assert out["follower.v"][0, 0, 0] == 0 and out["follower.v"][1, 0, 0] != 0
    net.advance.run({follower.v: np.full((1, 3), 9.0)}, compiled=False)
    assert np.all(follower.v.get() == 9.0), "fed values stay until the step's end"


def test_an_input_lasts_for_its_run_and_a_set_value_until_reset(cell):
    advance, ones = cell.context.advance, np.ones((2, 3))
    advance.run({cell.j: ones})
    assert np.all(cell.j.get() == 1), "it can be looked at afterwards"
    v = np.asarray(cell.v.get())
    advance.run()
    np.testing.assert_allclose(cell.v.get(), 0.9 * v, rtol=1e-6)
    cell.context.reset()
    advance.scan({cell.j: np.ones((1, 2, 3))})
    np.testing.assert_allclose(advance.scan(n_steps=1, watch=[cell.v])["c.v"][0], 0.9 * v, rtol=1e-6)
    advance.run({cell.j: ones, cell.port: ones})
    advance.run()
    assert np.all(cell.j.get() == 0) and np.all(cell.port.get() == 0)
    cell.context.reset()
    advance.run({cell.j: ones})
    cell.j.set(0.0)
    cell.v.set(0.0)
    cell.j.set(1.0)
    for n in (1, 2, 3):
        advance.run(compiled=n != 2)
        np.testing.assert_allclose(cell.v.get(), 0.5 * sum(0.9**i for i in range(n)) - (n == 3), rtol=1e-5)
    cell.context.reset()
    advance.run()
    assert np.all(cell.v.get() == 0)


def test_run_and_scan_both_move_the_live_state_on(cell, rows):
    advance = cell.context.advance
    advance.run({cell.j: rows[0]})
    advance.scan({cell.j: rows[1:]})
    v, t = np.asarray(cell.v.get()), cell.context.t
    cell.context.reset()
    advance.scan({cell.j: rows})
    np.testing.assert_allclose(cell.v.get(), v, rtol=1e-6)
    assert t == cell.context.t == 7


def test_arrays_in_a_users_hands_survive_donation(cell, rows):
    advance, j, v = cell.context.advance, jnp.asarray(rows[0]), jnp.ones((2, 3))
    cell.v.set(v)
    held = [j, v, cell.v.get(), cell.gain.get(), *jax.tree.leaves(cell.context.state)]
    for compiled in (True, False, True):
        advance.run({cell.j: j, cell.s: j}, compiled=compiled)
        held += [cell.j.get(), cell.s.get()]
    out = advance.scan({cell.j: jnp.asarray(rows)}, watch=[cell.v, cell.j, cell.gain])
    advance.scan({cell.j: jnp.asarray(rows)})
    assert not any(a.is_deleted() for a in [*held, *out.values()])


def test_a_table_of_the_component_survives_donation(context):
    class Table(Component):
        x = state(shape=(3,))

        def setup(self):
            self.table = jnp.arange(3.0)[None]

        def advance(self):
            self.x.set(self.table)

    t = Table("t")
    for compiled in (True, False, True, True):
        context.advance.run(compiled=compiled)
    t.advance()
    context.advance.run()
    assert not t.table.is_deleted() and t.x.get().tolist() == [[0, 1, 2]]


def test_processes_are_lists_of_methods(cell):
    net = cell.context
    step = net.process("step") >> cell.advance >> cell.decay
    assert (
        repr(step) == "Process('step': c.advance >> c.decay)" and repr(net.process("none")) == "Process('none': empty)"
    )
    both = net.process("both") >> step >> cell.decay
    assert [m.__name__ for m in both.methods] == ["advance", "decay", "decay"]
    cell.v.set(0.8)
    both.run()
    np.testing.assert_allclose(cell.v.get(), 0.8 * 0.9 / 4, rtol=1e-6)
    whole = net.process("whole") >> net.advance >> cell.decay
    assert [m.__name__ for m in whole.methods] == ["advance", "decay"]


def test_adding_a_method_later_takes_effect(cell):
    step = cell.context.process("step") >> cell.decay
    cell.v.set(1.0)
    step.run()
    step >> cell.decay
    step.run()
    assert np.all(cell.v.get() == 0.125)


def test_a_process_may_stand_outside_time(cell):
    cell.context.process("still", ticks=False) >> cell.decay
    cell.context.processes["still"].scan(n_steps=3)
    assert cell.context.t == 0


def test_what_is_no_method_of_the_context_is_refused(cell):
    step = cell.context.process("step")
    with ng.Context("other") as other:
        foreign = Cell("c")
    for wrong in (foreign.advance, print, lambda: None, other.process("p"), other.process, cell, None, step.run):
        with pytest.raises((GraphError, TypeError)):
            step >> wrong
    with pytest.raises(
        GraphError, match="process 'step': c.need cannot be called: missing a required argument: 'factor'"
    ):
        step >> cell.need
    with pytest.raises(AttributeError, match="Cell 'c' has no 'evolve'"):
        step >> cell.evolve
    assert step.methods == ()


def test_the_default_process_is_not_extended_by_accident(cell):
    with pytest.raises(GraphError, match=r"the default process is fixed: build on it with net.process\('step'\)"):
        cell.context.advance >> cell.decay


def test_an_error_while_tracing_leaves_the_live_state(context, rows):
    class Fragile(Component):
        x = state(shape=(2,))
        broken = True

        def advance(self):
            self.x.set(self.x.get() + 1)
            if self.broken:
                raise RuntimeError("no")

    f = Fragile("f")
    held = f.x.get()
    for call in (
        context.advance.run,
        lambda: context.advance.scan(n_steps=3),
        lambda: context.advance.run(compiled=False),
    ):
        with pytest.raises(RuntimeError, match="no"):
            call()
    assert f.x.get().tolist() == [[0, 0]] and context.t == 0
    f.broken = False
    context.advance.run()
    assert f.x.get().tolist() == [[1, 1]] and held.tolist() == [[0, 0]]


def test_unknown_names_in_inputs(cell):
    with pytest.raises(UnknownNameError, match="has no component 'cc'; did you mean 'c'"):
        cell.context.advance.run({"cc.j": 1})


def test_in_float64(x64, rows):
    with ng.Context("net") as net:
        c = Cell("c")
    net.reset(batch_size=2)
    eager, scanned = by_steps(c, rows, compiled=False), by_scan(c, rows)
    for a, b in zip(eager, scanned, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert scanned[0].dtype == np.float64
    by_steps(c, rows)
    assert net.advance.traces == 2
