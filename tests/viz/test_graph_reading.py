"""What pictures read from a graph."""

import pytest

import ngcsnn as ng
from ngcsnn.components import LIFCell
from ngcsnn.graph import Component, input_, output
from ngcsnn.viz.graph_reading import Box, Wire, read_graph


def test_boxes_and_wires(recurrent: ng.Context) -> None:
    network = read_graph(recurrent)
    assert (network.name, network.dt) == ("recurrent", 1.0)
    assert network.boxes == [
        Box("input", "source", "SpikeSource", "3 units"),
        Box("hidden", "cell", "LIFCell", "4 units"),
        Box("w", "synapse", "DenseSynapse", "3 × 4"),
        Box("rec", "synapse", "DenseSynapse", "4 × 4"),
    ]
    assert sorted(network.wires) == [
        Wire("s → inputs", ("hidden",), "rec", "inputs"),
        Wire("s → inputs", ("input",), "w", "inputs"),
        Wire("v → j", ("hidden",), "hidden", "j"),
        Wire("w.outputs + 0.5 * rec.outputs → syn", ("w", "rec"), "hidden", "syn"),
    ]


def test_a_component_counts_once_in_an_expression_and_long_ones_are_cut() -> None:
    with ng.Context("net") as net:
        a, b = LIFCell("a", n_units=1), LIFCell("b", n_units=1)
        a.s - a.v >> a.j
        total = 1.0 * b.v
        for i in range(2, 30):
            total = total + float(i) * b.v
        total >> b.j
    first, second = read_graph(net).wires
    assert first == Wire("a.s - a.v → j", ("a",), "a", "j")
    assert second.text.startswith("1.0 * b.v + 2.0 * b.v") and second.text.endswith("+ 29.0 * b.v → j")
    assert " … " in second.text and len(second.text) < 120


def test_size_of_a_component_without_declared_size() -> None:
    class Gate(Component):
        """Says nothing of its size."""

        x = input_(shape=lambda c: (2, 3), doc="in")
        y = output(shape=lambda c: (2, 3), doc="out")

    class Quiet(Component):
        """Puts out nothing."""

        x = input_(shape=lambda c: (2,), doc="in")

    with ng.Context("net") as net:
        Gate("gate")
        Quiet("quiet")
    assert [box.size for box in read_graph(net).boxes] == ["2 × 3", ""]


def test_errors() -> None:
    with pytest.raises(TypeError, match="`context` must be an ngcsnn.Context, got 'net' \\(str\\)"):
        read_graph("net")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="context 'empty' has no components"):
        read_graph(ng.Context("empty"))
