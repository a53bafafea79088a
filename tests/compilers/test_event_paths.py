"""Spikes must not lose their times on the way to an output, or EventProp has no gradient for them."""

from __future__ import annotations

import pytest
from networks import NETWORKS

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.compilers.event_paths import check_event_paths
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import GraphError

LOSS = {"output": "sparse_categorical_crossentropy"}


def network(wire):
    """input -> hidden, then whatever `wire(hidden, synapse, output)` does."""
    with ng.Context("net") as net:
        source, hidden, output = (
            SpikeSource("input", n_units=2),
            LIFCell("hidden", n_units=3),
            LICell("output", n_units=3),
        )
        first = DenseSynapse("first", shape=(2, 3), weights=5.0)
        second = DenseSynapse("second", shape=(3, 3), weights=1.0)
        source.s >> first.inputs
        first.outputs >> hidden.syn
        wire(hidden, second, output)
    return net


def through_a_synapse(hidden, synapse, output):
    hidden.s >> synapse.inputs
    2.0 * synapse.outputs >> output.j


def at_once(hidden, synapse, output):
    hidden.s >> output.j


@pytest.mark.parametrize("wire", [through_a_synapse, at_once])
def test_spikes_that_end_in_a_current_are_refused_by_name(wire):
    text = r">> output.j: output.j takes values.*spikes of hidden; wire to an input that receives events \(output.syn\)"
    with pytest.raises(GraphError, match=text):
        EventPropCompiler(10, LOSS).compile(network(wire))


def test_a_cell_behind_the_output_does_not_matter():
    def wire(hidden, synapse, output):
        hidden.s >> synapse.inputs
        synapse.outputs >> output.syn

    net = network(wire)
    check_event_paths(net, ["output"])
    with net:
        after = LICell("after", n_units=3)
        net.find("hidden").s >> after.j
    check_event_paths(net, ["output"])
    with pytest.raises(GraphError, match="after.j"):
        check_event_paths(net, ["output", "after"])


def test_graded_values_may_drive_currents():
    def wire(hidden, synapse, output):
        hidden.v >> synapse.inputs
        synapse.outputs >> output.j

    check_event_paths(network(wire), ["output"])


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_wrong_with_the_usual_networks(name):
    """Among them one whose input spikes, behind which nothing is learned, act as currents."""
    check_event_paths(NETWORKS[name](), ["output"])
