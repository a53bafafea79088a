import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import Component, WireError, in_order, input_, output


class Through(Component):
    """A synapse that passes on what it gets."""

    stage = "synapse"
    inputs = input_(shape=(2,))
    outputs = output(shape=(2,))

    def advance(self):
        self.outputs.set(self.inputs.get())


class Relay(Component):
    j = input_(shape=(2,))
    x = output(shape=(2,))

    def advance(self):
        self.x.set(self.j.get() + 1)


class Rule(Component):
    stage = "rule"


def names(net):
    return [c.name for c in in_order(net)]


class Trace(Relay):
    stage = "trace"


def test_traces_run_after_what_they_read(context):
    last, first, cell = Trace("last"), Trace("first"), Relay("cell")
    cell.x >> first.j
    first.x >> last.j
    assert names(context) == ["cell", "first", "last"]
    context.advance.run({cell.j: [[1.0, 2.0]]})
    assert last.x.get()[0].tolist() == [4.0, 5.0]  # all within one step


def test_synapses_then_cells_then_traces_then_rules(context):
    Rule("rule")
    Trace("trace")
    Relay("cell")
    SpikeSource("source", n_units=2)
    Through("synapse")
    assert names(context) == ["synapse", "cell", "source", "trace", "rule"]


def test_a_synapse_runs_after_those_that_feed_it(context):
    a, b, c = Through("a"), Through("b"), Through("c")
    relay = Relay("relay")
    c.outputs >> b.inputs
    b.outputs >> relay.j
    relay.j >> a.inputs  # through the input of a cell
    assert names(context) == ["c", "b", "a", "relay"]
    c.inputs.set([1.0, 2.0])
    context.advance.run()
    assert a.outputs.get().tolist() == [[1, 2]], "all within the same step"


def test_synapses_in_a_circle_are_refused(context):
    a, b = Through("a"), Through("b")
    a.outputs >> b.inputs
    b.outputs >> a.inputs
    with pytest.raises(WireError, match=r"synapses wired in a circle \(a - b - a\)"):
        context.advance.run()


@pytest.mark.parametrize("reader_first", [True, False])
def test_what_a_cell_emits_acts_one_step_later_in_any_order(reader_first):
    with ng.Context("net") as net:
        first = [Relay("reader"), Relay("emitter")] if reader_first else [Relay("emitter"), Relay("reader")]
        reader, emitter = sorted(first, key=lambda c: c.name, reverse=True)
        emitter.x >> reader.j
    assert names(net) == ["reader", "emitter"]
    seen = net.advance.scan({emitter.j: np.arange(4.0)[:, None, None] * np.ones((1, 2))}, watch=[emitter.x, reader.x])
    assert seen["emitter.x"][:, 0, 0].tolist() == [1, 2, 3, 4]
    assert seen["reader.x"][:, 0, 0].tolist() == [1, 2, 3, 4], "its own + 1 on what was emitted the step before"


@pytest.mark.parametrize("between", ["wire", "synapse"])
def test_a_wire_and_a_synapse_of_weight_one_are_the_same(between, spikes):
    with ng.Context("net") as net:
        inp, out = SpikeSource("input", n_units=5), LICell("out", n_units=5)
        if between == "wire":
            inp.s >> out.syn
        else:
            w = DenseSynapse("w", shape=(5, 5), weights=np.eye(5))
            inp.s >> w.inputs
            w.outputs >> out.syn
    seen = np.asarray(net.advance.scan({inp.inputs: spikes}, watch=[out.v])["out.v"])
    emitted = int(np.argmax(spikes[:, 0].any(axis=1)))
    assert np.all(seen[: emitted + 1] == 0) and np.any(seen[emitted + 1] != 0)


def test_a_cell_may_read_itself(context):
    relay = Relay("relay")
    relay.x >> relay.j
    assert context.advance.scan(n_steps=3, watch=[relay.x])["relay.x"][:, 0, 0].tolist() == [1, 2, 3]


def test_cells_in_a_circle_need_a_process_of_their_own(context):
    a, b = Relay("a"), Relay("b")
    a.x >> b.j
    b.x >> a.j
    with pytest.raises(WireError, match=r"cells wired in a circle \(a - b - a\).*put a synapse between two of them"):
        context.advance.run()
    step = context.process("step") >> a.advance >> b.advance
    step.run()
    assert a.x.get()[0, 0] == 1 and b.x.get()[0, 0] == 2


def test_recurrent_synapses_are_no_circle(context):
    cell = LIFCell("cell", n_units=3)
    w = DenseSynapse("rec", shape=(3, 3), weights=0.5)
    cell.s >> w.inputs
    w.outputs >> cell.syn
    assert names(context) == ["rec", "cell"]


def test_reading_a_parameter_orders_nothing(context):
    a, b, c = Relay("a"), LICell("b", n_units=2), LICell("c", n_units=2)
    b.tau_m * c.v >> a.j
    a.x >> b.j
    assert names(context) == ["b", "a", "c"]
