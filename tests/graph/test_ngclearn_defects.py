"""Twelve defects that were found by running ngc-learn 3.2.3, and that this graph must not have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import (
    Component,
    GraphError,
    NameClashError,
    ShapeError,
    UnknownNameError,
    WireError,
    hyper,
    input_,
    known_types,
    output,
    param,
    state,
)
from ngcsnn.graph.frame import current_frame


class Cell(Component):
    j = input_(shape=(2,))
    x = state(shape=(2,))
    out = output(shape=(2,))

    def advance(self):
        self.x.set(self.x.get() + self.j.get())
        self.out.set(self.x.get())


def test_q1_options_are_honoured_or_refused_but_never_swallowed(context):
    """There `p_conn` slid into another argument of 15 synapses and was lost."""
    mask = np.array([[1, 0, 1], [0, 1, 0]])
    w = DenseSynapse("w", shape=(2, 3), weights=ng.init.Normal(1.0, 0.1), mask=mask)
    assert np.all((w.weights.get() != 0) == mask)
    w.inputs.set(np.ones((1, 2)))
    w.advance()
    np.testing.assert_allclose(w.outputs.get(), np.sum(np.asarray(w.weights.get()) * mask, axis=0)[None], rtol=1e-6)
    for wrong in ({"p_conn": 0.1}, {"maks": mask}, {"w_maxx": 1.0}):
        with pytest.raises(UnknownNameError, match="DenseSynapse 'v' has no argument"):
            DenseSynapse("v", shape=(2, 3), weights=1.0, **wrong)
    with pytest.raises(TypeError):
        DenseSynapse("v", (2, 3), 1.0)  # type: ignore[misc]  # nothing goes by position, so nothing can slide
    assert "v" not in context.components


@pytest.mark.parametrize("name", sorted(known_types()))
def test_q1_no_component_of_the_library_swallows_an_argument(context, name):
    with pytest.raises(UnknownNameError, match=f"{name} 'a' has no argument 'p_conn'"):
        known_types()[name]("a", p_conn=0.1)


def test_q2_writes_never_reach_through_a_wire(context):
    """There `reset` and `advance` of a wired cell overwrote the output of the synapse before it."""
    a, b = Cell("a"), Cell("b")
    a.out >> b.j
    a.out.set(2.0)
    b.reset()
    assert np.all(a.out.get() == 2.0)
    with pytest.raises(WireError, match="b.j is driven by the wire a.out >> b.j; it cannot be set"):
        b.j.set(5.0)
    with pytest.raises(WireError):
        (context.process("wrong") >> b.reset).run({b.j: np.ones((1, 2))})
    (context.process("right") >> b.advance >> b.reset).run()
    assert np.all(a.out.get() == 2.0) and np.all(b.j.get() == 2.0)


def test_q2_sums_can_be_wired_into_a_cell_that_resets(context):
    a, b, c = Cell("a"), Cell("b"), Cell("c")
    a.out + 2 * b.out >> c.j
    a.out.set(1.0)
    b.out.set(2.0)
    context.process("step") >> c.advance >> c.reset >> c.advance
    context.processes["step"].run()
    assert np.all(c.x.get() == 5.0)


class Branching(Component):
    positive = hyper(True, kind=bool)
    x = state(shape=(2,))

    def advance(self):
        raise GraphError("each test has its own")

    def plain(self):
        if self.positive:
            self.x.set(self.x.get() + 1)
        else:
            self.x.set(self.x.get() - 1)

    def traced(self):
        if self.x.get().sum() > 0:
            self.x.set(self.x.get() + 1)

    def forgotten_get(self):
        if self.x:
            self.x.set(self.x.get() + 1)

    def compared(self):
        if self.x > 0:  # type: ignore[operator]
            self.x.set(self.x.get() + 1)

    def with_cond(self):
        self.x.set(lax.cond(self.x.get().sum() > 2, lambda x: x * 10, lambda x: x + 1, self.x.get()))


def test_q3_branches_are_plain_python_or_a_clear_error(context):
    """There `if` was decided once, while compiling, whatever it asked for."""
    up, down = Branching("up"), Branching("down", positive=False)
    (context.process("plain") >> up.plain >> down.plain).run()
    assert np.all(up.x.get() == 1) and np.all(down.x.get() == -1)
    traced = context.process("traced") >> up.traced
    with pytest.raises(jax.errors.TracerBoolConversionError):
        traced.run()
    traced.run(compiled=False)
    assert np.all(up.x.get() == 2), "plain Python may branch on values"
    with pytest.raises(GraphError, match=r"up.x is a compartment or wire, not an array: read its value with .get\(\)"):
        (context.process("forgotten") >> up.forgotten_get).run()
    with pytest.raises(TypeError, match="'>' not supported"):
        (context.process("compared") >> up.compared).run()
    assert np.all(up.x.get() == 2)
    out = (context.process("cond") >> down.with_cond).scan(n_steps=5, watch=[down.x])["down.x"]
    assert out[:, 0, 0].tolist() == [0, 1, 2, 20, 200]


class Returning(Component):
    gain = hyper(1.0)
    x = state(shape=(2,))

    def setup(self):
        self.step = 1.0
        self.stop = False

    def advance(self, factor=2.0, *, extra=0.5):
        if self.stop:
            return None
        self.x.set(self.x.get() + self.step * factor + extra)
        return self.x.get()


def test_q4_returns_and_default_arguments_work(context):
    """There `return` was stripped and default arguments were dropped."""
    r = Returning("r")
    context.advance.run()
    assert np.all(r.x.get() == 2.5)
    assert np.all(r.advance(factor=1.0) == 4.0)
    r.stop = True
    assert r.advance() is None
    context.advance.run()
    assert np.all(r.x.get() == 4.0), "an early return ends the method and nothing else"


def test_q4_edits_of_attributes_take_effect_or_are_refused(context):
    """There a hyper-parameter was frozen into the compiled code, and an edit ignored."""
    r = Returning("r")
    context.advance.run()
    context.advance.scan(n_steps=2)
    r.step = 10.0
    context.advance.run()
    assert np.all(r.x.get() == 3 * 2.5 + 20.5)
    context.advance.scan(n_steps=2)
    assert np.all(r.x.get() == 3 * 2.5 + 3 * 20.5)
    with pytest.raises(GraphError, match="`gain` of 'r' is fixed when the component is made"):
        r.gain = 2.0
    cell = LIFCell("cell", n_units=2)
    context.advance.run()
    cell.tau_m.set(5.0)
    traces = context.advance.traces
    context.advance.run({cell.j: np.ones((1, 2))})
    v = cell.v.get()
    np.testing.assert_allclose(v, 1 - np.exp(-1 / 5.0), rtol=1e-5)
    cell.tau_m.set(50.0)
    context.advance.run({cell.j: np.ones((1, 2))})
    np.testing.assert_allclose(cell.v.get(), 1 + (v - 1) * np.exp(-1 / 50.0), rtol=1e-5)
    assert context.advance.traces == traces + 1, "parameters are data, not code"


def test_q5_local_variables_do_not_leak_between_components(context):
    """There the bodies of all methods were spliced into one function."""

    class Writes(Component):
        x = state(shape=())

        def advance(self):
            tmp = self.x.get() + 5
            self.x.set(tmp)

    class Reads(Component):
        x = state(shape=())

        def advance(self):
            self.x.set(tmp)  # type: ignore[name-defined]  # noqa: F821

    writes, reads = Writes("a"), Reads("b")
    with pytest.raises(NameError, match="tmp"):
        context.advance.run()
    assert writes.x.get() == 0 and reads.x.get() == 0


def test_q6_contexts_are_isolated():
    """There one global dictionary held the state of every context, and every jitted call received all of it."""
    nets = []
    for _ in range(2):
        with ng.Context("same") as net:
            Cell("a")
        nets.append(net)
    one, two = nets
    assert one.components["a"] is not two.components["a"], "the same name opens no old context"
    one.advance.run({"a.j": np.ones((1, 2))})
    assert np.all(two.find("a.x").get() == 0) and two.t == 0
    two.find("a.x").set(3.0)
    two.reset()
    assert np.all(one.find("a.x").get() == 1)


def test_q6_a_process_gets_the_state_of_its_context_only_and_is_not_traced_again():
    seen = []

    class Spy(Component):
        x = state(shape=())

        def advance(self):
            frame = current_frame()
            assert frame is not None
            seen.append({f"{c}.{k}" for c, part in frame.values.items() for k in part})

    with ng.Context("other"):
        LIFCell("big", n_units=100)
    with ng.Context("net") as net:
        Spy("spy")
    net.advance.run()
    for i in range(3):
        with ng.Context(f"more{i}") as more:
            Cell("a")
        more.advance.run()
    net.advance.run()
    assert seen == [{"clock.step", "clock.key", "spy.x"}] and net.advance.traces == 1


def test_q6_a_duplicate_name_is_an_error(context):
    first = Cell("a")
    first.x.set(1.0)
    with pytest.raises(NameClashError, match="the name 'a' is taken by Cell"):
        Cell("a")
    assert context.components["a"] is first and np.all(first.x.get() == 1.0)


def test_q7_an_exception_leaves_no_open_context(tmp_path):
    """There an exception inside `with` nested the names of everything built afterwards."""
    with pytest.raises(GraphError), ng.Context("b"):
        LIFCell("cell", n_units=-1)
    with pytest.raises(GraphError), ng.Context("b") as broken:
        a = Cell("a")
        a.x >> a.x
    assert not broken.components
    with ng.Context("d") as net:
        Cell("a")
    with pytest.raises(GraphError, match="made inside a context"):
        Cell("a")
    net.save(tmp_path / "d")
    loaded = ng.Context.load(tmp_path / "d")
    assert loaded.name == "d" and list(loaded.components) == ["a"]


@pytest.mark.parametrize("how", ["run", "scan"])
def test_q8_one_compilation_and_no_weak_types(how):
    """There the first call turned float32 spikes into weakly typed ones, so the second compiled once more."""

    class Spiking(Component):
        v = state(shape=(2,))
        s = output(shape=(2,))

        def advance(self):
            v = self.v.get() + 0.4
            s = (v > 1.0) * 1.0
            self.s.set(s)
            self.v.set(jnp.where(s > 0, 0, v))

    with ng.Context("net") as net:
        cell = Spiking("cell")
    for _ in range(3):
        if how == "run":
            net.advance.run()
        else:
            net.advance.scan(n_steps=4, watch=[cell.s])
        assert not cell.s.get().weak_type and cell.s.get().dtype == jnp.zeros(()).dtype
        net.reset()
    assert net.advance.traces == 1


def test_q8_a_batch_of_another_size_is_an_error(network):
    """There it was broadcast and compiled anew."""
    network.net.reset(batch_size=2)
    with pytest.raises(ShapeError, match=r"input.s must have shape \(2, 5\).*for 3 samples .* reset\(batch_size=3\)"):
        network.net.advance.run({network.inp.s: np.zeros((3, 5))})
    with pytest.raises(ShapeError, match=r"input.s must have shape \(7, 2, 5\).*got \(7, 3, 5\)"):
        network.net.advance.scan({network.inp.s: np.zeros((7, 3, 5))})
    with pytest.raises(ShapeError):
        network.net.advance.run({network.inp.s: np.zeros(5)})


def test_q9_run_and_scan_both_write_the_live_state(context):
    """There `scan` returned a state that the caller had to store."""
    cell = Cell("cell")
    context.advance.scan({cell.j: np.ones((3, 1, 2))})
    context.advance.run({cell.j: np.ones((1, 2))})
    context.advance.scan({cell.j: np.ones((5, 1, 2))}, chunk=2)
    assert np.all(cell.x.get() == 9.0) and context.t == 9.0


def test_q10_inputs_go_by_name_and_unknown_ones_are_refused(context):
    """There rows were packed by hand in the order of a set, and extra keywords were ignored."""
    a, b = Cell("a"), Cell("b")
    ones, twos = np.ones((1, 2)), np.full((1, 2), 2.0)
    context.advance.run({a.j: ones, b.j: twos})
    context.advance.run({b.j: twos, a.j: ones})
    assert np.all(a.x.get() == 2) and np.all(b.x.get() == 4) and context.advance.traces == 1
    with pytest.raises(UnknownNameError, match="context 'net' has no component 'c'"):
        context.advance.run({"c.j": ones})
    with pytest.raises(UnknownNameError, match="Cell 'a' has no compartment 'jj'; did you mean 'j'"):
        context.advance.scan({"a.jj": ones[None]})
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        context.advance.run(t=1.0)  # type: ignore[call-arg]


def test_q11_reset_leaves_wired_inputs_and_gives_the_state_of_construction(network, spikes):
    """There `reset` zeroed wired inputs, and some state differed before and after it."""
    net = network.net
    fresh = {name: dict(part) for name, part in net.state.items() if name != "clock"}
    net.advance.scan({network.inp.s: spikes})
    network.w.outputs.set(3.0)
    network.hid.reset()
    assert np.all(network.hid.syn.get() == 3.0) and np.all(network.w.outputs.get() == 3.0)
    net.reset()
    for name, part in fresh.items():
        for key, value in part.items():
            np.testing.assert_array_equal(net.state[name][key], value, err_msg=f"{name}.{key}")


def test_q11_every_method_runs_eagerly(context):
    """There methods could only run compiled: 'float' has no attribute 'get'."""
    w, cell = DenseSynapse("w", shape=(2, 2), weights=9.0), LIFCell("cell", n_units=2)
    w.outputs >> cell.syn
    w.inputs.set(1.0)
    for _ in range(3):
        w.advance()
        cell.advance()
    assert isinstance(cell.v.get(), jax.Array) and float(cell.s.get().sum()) > 0
    eager = np.asarray(cell.v.get())
    cell.reset()
    w.reset()
    context.advance.scan({w.inputs: np.ones((3, 1, 2))})
    np.testing.assert_allclose(cell.v.get(), eager, rtol=1e-4, atol=1e-6)


def test_q12_everything_prints(network, capsys):
    """There `print(synapse)` crashed."""
    net = network.net
    with net:
        more = [
            DenseSynapse("dense", shape=(5, 4), weights=np.ones((5, 4)), bias=0.5, mask=np.eye(5, 4), w_max=2.0),
            LICell("li", n_units=4, bias=ng.init.Normal()),
            SpikeSource("source", n_units=1),
            LIFCell("ports", n_units=2, receptors={"exc": 5.0, "inh": np.array([1.0, 2.0])}, tau_m=[1.0, 2.0]),
        ]
    parts = [net, net.advance, net.process("p"), network.hid.v, network.hid.s.offset, network.hid.s * 2 + 1, *more]
    parts += [c for component in net.components.values() for c in component.owned()]
    parts += [net.components, net.state, param(1.0, shape=()), hyper(1.0), ng.init.Normal(), GraphError("x")]
    for part in parts:
        print(part, repr(part), f"{part}")
    assert "<array (5, 4)>" in capsys.readouterr().out
    for cls in known_types().values():
        assert cls.__doc__ and cls.__doc__.strip()
