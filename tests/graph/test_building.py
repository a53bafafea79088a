import threading

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell, LIFCell
from ngcsnn.graph import GraphError, NameClashError
from ngcsnn.graph.building import building


def test_there_is_no_context_outside_a_block():
    with pytest.raises(GraphError, match="made inside a context"):
        building()
    net = ng.Context("net")
    with net:
        assert building() is net
    with pytest.raises(GraphError):
        LICell("a", n_units=1)


def test_blocks_nest_and_the_same_context_opens_again():
    one, two = ng.Context("one"), ng.Context("two")
    with one:
        LICell("a", n_units=1)
        with two, one:
            LICell("b", n_units=1)
        LICell("c", n_units=1)
        with two:
            LICell("a", n_units=2)
    with one:
        LICell("d", n_units=1)
    assert list(one.components) == ["a", "b", "c", "d"] and list(two.components) == ["a"]


def test_an_exception_leaves_nothing_behind():
    net = ng.Context("net")
    with pytest.raises(ZeroDivisionError), net:
        a, b = LICell("a", n_units=1), LICell("b", n_units=1)
        a.v >> b.j
        net.process("p") >> a.advance
        1 / 0  # noqa: B018
    assert not net.components and not net.processes and set(net.live) == {"clock"}
    with pytest.raises(GraphError, match="made inside a context"):
        LICell("a", n_units=1)
    with net:
        LICell("a", n_units=3)
    net.advance.run()


def test_an_exception_in_a_reopened_block_keeps_what_was_there():
    with ng.Context("net") as net:
        a, b = LICell("a", n_units=1), LICell("b", n_units=1)
        a.v >> b.j
    step = net.process("step") >> a.advance
    a.v.set(3.0)
    with pytest.raises(ZeroDivisionError), net:
        c = LICell("c", n_units=1)
        c.v >> a.j
        step >> c.advance
        net.process("other")
        a.v.set(5.0)
        net.reset(batch_size=2)
        a.v.set(7.0)
        1 / 0  # noqa: B018
    assert list(net.components) == ["a", "b"] and list(net.processes) == ["step"]
    assert repr(step) == "Process('step': a.advance)"
    assert a.j.source is None and b.j.source is a.v
    assert np.all(a.v.get() == 7.0) and a.v.get().shape == (2, 1), "values are no structure: none is lost"
    net.advance.run()
    step.run()


def test_an_inner_failure_spares_the_outer_block():
    with ng.Context("net") as net:
        LICell("a", n_units=1)
        with pytest.raises(ZeroDivisionError), net:
            LICell("b", n_units=1)
            1 / 0  # noqa: B018
        LICell("c", n_units=1)
    assert list(net.components) == ["a", "c"]


def test_a_run_inside_a_failed_block_leaves_usable_arrays():
    with ng.Context("net") as net:
        a = LICell("a", n_units=1)
    with pytest.raises(ZeroDivisionError), net:
        net.advance.run()
        1 / 0  # noqa: B018
    assert net.t == 1.0 and np.isfinite(a.v.get()).all()


def test_another_thread_sees_no_open_block():
    errors = []

    def build():
        try:
            LICell("a", n_units=1)
        except GraphError as error:
            errors.append(error)

    with ng.Context("net") as net:
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
    assert len(errors) == 1 and not net.components


def test_a_refused_component_is_not_half_there():
    with ng.Context("net") as net:
        with pytest.raises(NameClashError):
            LIFCell("a", n_units=2), LIFCell("a", n_units=3)
        with pytest.raises(GraphError):
            LIFCell("b", n_units=-1)
    assert list(net.components) == ["a"] and net.find("a").n_units == 2
