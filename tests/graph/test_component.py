import pickle

import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell
from ngcsnn.graph import Component, GraphError, NameClashError, UnknownNameError, hyper, input_, output, param, state


class Counter(Component):
    step = hyper(1.0)
    gain = param(2.0, shape=())
    x = state(shape=(2,))
    kept = state(shape=(2,), keep=True)

    def setup(self):
        self.offset_value = 0.0

    def advance(self):
        self.x.set(self.x.get() + self.step * self.gain.get() + self.offset_value)
        self.kept.set(self.kept.get() + 1)


def test_methods_run_eagerly(context):
    c = Counter("c")
    c.advance()
    c.advance()
    assert c.x.get().tolist() == [[4.0, 4.0]]


def test_reset_leaves_parameters_and_kept_state(context):
    c = Counter("c")
    c.gain.set(3.0)
    c.advance()
    c.reset()
    assert c.x.get().tolist() == [[0, 0]] and c.kept.get().tolist() == [[1, 1]] and c.gain.get() == 3.0


def test_an_unknown_argument_names_the_closest(context):
    with pytest.raises(UnknownNameError, match=r"LIFCell 'a' has no argument 'tau'; did you mean 'tau_m'\?"):
        LIFCell("a", n_units=3, tau=5.0)


def test_an_unknown_attribute_names_the_closest(context):
    c = Counter("c")
    with pytest.raises(AttributeError, match=r"Counter 'c' has no 'keptt'; did you mean 'kept'\?"):
        _ = c.keptt
    assert not hasattr(c, "nothing_like_it")
    with pytest.raises(UnknownNameError, match=r"Counter 'c' has no compartment 'xx'; did you mean 'x'\?"):
        c.compartment("xx")


@pytest.mark.parametrize("name", ["a.b", "1a", "", "lambda", "clock", 3, None])
def test_names_are_identifiers(context, name):
    with pytest.raises(GraphError):
        Counter(name)
    assert not context.components


def test_names_are_unique_within_a_context(context):
    Counter("c")
    with pytest.raises(NameClashError, match=r"LIFCell 'c': the name 'c' is taken by Counter\('c'"):
        LIFCell("c", n_units=3)
    assert isinstance(context.components["c"], Counter)


def test_components_need_a_context():
    with pytest.raises(GraphError, match="made inside a context"):
        Counter("c")


def test_a_failing_setup_leaves_nothing_behind(context):
    class Broken(Component):
        x = state(shape=())

        def setup(self):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        Broken("b")
    assert not context.components and set(context.live) == {"clock"}
    Counter("b")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("step", "`step` of 'c' is fixed when the component is made"),
        ("x", r"c.x is a compartment: write it with c.x.set\(value\)"),
        ("name", "`name` of 'c' is fixed"),
        ("compartments", "`compartments` of 'c' is fixed"),
    ],
)
def test_what_cannot_change_refuses_assignment(context, key, message):
    with pytest.raises(GraphError, match=message):
        setattr(Counter("c"), key, 5.0)


def test_a_parameter_it_was_made_without_cannot_be_assigned(context):
    w = DenseSynapse("w", shape=(2, 2), weights=1.0)
    with pytest.raises(GraphError, match="'w' was made without `bias`"):
        w.bias = 3.0  # type: ignore[assignment]


def test_a_plain_attribute_is_read_anew_by_compiled_steps(context):
    c = Counter("c")
    context.advance.run()
    c.offset_value = 10.0
    context.advance.run()
    assert c.x.get().tolist() == [[14.0, 14.0]]
    assert context.advance.traces == 2


def test_setting_an_attribute_during_a_step_is_refused(context):
    class Sloppy(Component):
        x = state(shape=())

        def advance(self):
            self.last = self.x.get()

    s = Sloppy("s")
    for compiled in (True, False):
        with pytest.raises(GraphError, match="'s': the attribute `last` cannot be set during a step"):
            context.advance.run(compiled=compiled)
    assert not hasattr(s, "last")


@pytest.mark.parametrize("name", ["reset", "name", "bounds", "context", "wired", "_private"])
def test_a_declaration_cannot_hide_a_part_of_every_component(name):
    with pytest.raises(NameClashError, match=f"Bad cannot declare '{name}'"):
        type("Bad", (Component,), {name: state(shape=())})


def test_a_plain_attribute_cannot_hide_a_declaration():
    with pytest.raises(NameClashError, match=r"Bad.tau_m = 5.0 hides the declaration of `tau_m`"):
        type("Bad", (LIFCell,), {"tau_m": 5.0})


def test_a_subclass_may_declare_again_and_inherits_from_all_its_bases(context):
    class A(Component):
        a = hyper(1.0)
        b = hyper(1.0)

    class B(Component):
        c = hyper(3.0)

    class Both(A, B):
        b = hyper(2.0)

    both = Both("x")
    assert (both.a, both.b, both.c) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("port", ["reset", "threshold", "v", "n_units", "a.b", "in", "_x"])
def test_a_port_cannot_take_a_name_in_use(context, port):
    with pytest.raises(GraphError):
        LIFCell("a", n_units=3, receptors={port: 5.0})
    assert not context.components


def test_declare_refuses_what_is_no_compartment(context):
    class Odd(Component):
        def setup(self):
            self.declare("x", hyper(1.0))

    with pytest.raises(GraphError, match="Odd 'o': 'x' must be declared with param, state, input_ or output"):
        Odd("o")


def test_compartments_of_one_object(context):
    class Ports(Component):
        n = hyper(1, kind=int)

        def setup(self):
            for i in range(self.n):
                self.declare(f"p{i}", input_(shape=(2,), timed=True))
                self.declare(f"w{i}", param(shape=(2,), fill=True), 0.5)

    one, two = Ports("one"), Ports("two", n=2)
    assert list(one.compartments) == ["p0", "w0"] and list(two.compartments) == ["p0", "w0", "p1", "w1"]
    assert [c.name for c in one.owned()] == ["p0", "p0.offset", "w0"]
    assert two.w1.get().tolist() == [0.5, 0.5]


def test_stages_are_checked():
    with pytest.raises(GraphError, match="stage must be source, synapse, cell, trace or rule, got 'neuron'"):
        type("Bad", (Component,), {"stage": "neuron"})


def test_memoryless_means_no_state(context):
    class Through(Component):
        j = input_(shape=())
        z = output(shape=())

    assert Through("t").memoryless and not Counter("c").memoryless


def test_repr_shows_every_argument(context):
    c = Counter("c", step=2)
    assert repr(c) == "Counter('c', step=2.0, gain=2.0)"
    w = DenseSynapse("w", shape=(30, 2), weights=np.ones((30, 2)))
    assert repr(w) == "DenseSynapse('w', shape=(30, 2), weights=<array (30, 2)>)"

    class Bare(Component):
        pass

    assert repr(Bare("b")) == "Bare('b')"


def test_a_component_pickles_with_its_context(network):
    network.hid.v.set(0.25)
    copy = pickle.loads(pickle.dumps(network.hid))
    assert copy is not network.hid and copy.context is not network.net
    assert jnp.all(copy.v.get() == 0.25) and copy.syn.source is copy.context.find("in_hid.outputs")


def test_bounds_come_from_the_declaration(context):
    cell = LIFCell("a", n_units=2)
    assert cell.bounds("tau_m")[0] > 0 and cell.bounds("v_thr") == (-np.inf, np.inf)
    assert isinstance(context, ng.Context)
