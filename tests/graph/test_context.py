import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell
from ngcsnn.graph import Component, GraphError, NameClashError, ShapeError, UnknownNameError, output, state


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a b"}, "a context's name must be an identifier, got 'a b'"),
        ({"name": "class"}, "must be an identifier"),
        ({"name": 3}, "must be an identifier"),
        ({"dt": 0}, "context 'net': `dt` must be a finite number > 0 (in ms), got 0"),
        ({"dt": -1.0}, "`dt` must be a finite number > 0"),
        ({"dt": float("nan")}, "`dt` must be a finite number > 0"),
        ({"dt": "1"}, "`dt` must be a finite number > 0 (in ms), got '1'"),
        ({"dt": True}, "`dt` must be a finite number > 0"),
        ({"seed": -1}, "context 'net': `seed` must be an integer >= 0, got -1"),
        ({"seed": 1.0}, "`seed` must be an integer >= 0, got 1.0"),
        ({"seed": 2**32}, "`seed` must be < 2**32, got 4294967296"),
        ({"dtype": "float16"}, "`dtype` must be 'float32' or 'float64', got 'float16'"),
        ({"dtype": np.float32}, "`dtype` must be 'float32' or 'float64'"),
        ({"dtype": "float64"}, "needs jax.config.update('jax_enable_x64', True)"),
        ({"spike_timing": "precize"}, "must be 'precise', 'exact' or 'grid', got 'precize'; did you mean 'precise'?"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with jax.enable_x64(False), pytest.raises(GraphError) as error:
        ng.Context(**{"name": "net", **arguments})
    assert message in str(error.value)


def test_numpy_numbers_are_fine():
    net = ng.Context("net", dt=np.float32(0.5), seed=np.int64(3))  # type: ignore[arg-type]
    assert net.dt == 0.5 and type(net.dt) is float and net.seed == 3


def test_the_number_type(x64):
    assert ng.Context("net").dtype == np.float64
    with ng.Context("net", dtype="float32") as net:
        cell = LICell("a", n_units=2)
    net.advance.scan({cell.j: np.ones((3, 1, 2))}, watch=[cell.v])
    net.advance.run()
    assert {a.dtype for part in net.state.values() for k, a in part.items() if k not in ("step", "key")} == {
        np.dtype("float32")
    }


def test_a_float64_context_asks_for_its_switch(make):
    with jax.enable_x64(True):
        n = make(dtype="float64")
    with jax.enable_x64(False), pytest.raises(GraphError, match="'net' is float64: it needs jax.config.update"):
        n.net.advance.run()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dt", 0.5, "`dt` of context 'net' cannot be assigned: it is fixed when the context is made"),
        ("seed", 1, "`seed` of context 'net' cannot be assigned"),
        ("name", "other", "`name` of context 'net' cannot be assigned"),
        ("dtype", "float64", "`dtype` of context 'net' cannot be assigned"),
        ("batch_size", 4, r"`batch_size` of context 'net' cannot be assigned: call reset\(batch_size=...\)"),
        ("spike_timing", "gird", "must be 'precise', 'exact' or 'grid', got 'gird'; did you mean 'grid'"),
    ],
)
def test_what_compiled_steps_have_read_cannot_be_assigned(network, key, value, message):
    with pytest.raises(GraphError, match=message):
        setattr(network.net, key, value)


def test_the_spike_timing_may_change_and_takes_effect(context):
    class Asking(Component):
        precise = output(shape=())

        def advance(self):
            self.precise.set(self.context.crossing == "precise")

    asking = Asking("a")
    for timing in ("grid", "precise", "grid"):
        context.spike_timing = timing
        context.advance.run()
        assert asking.precise.get() == (timing == "precise")


def test_find_takes_names_and_objects(network):
    net, hid = network.net, network.hid
    assert net.find("hidden") is hid and net.find(hid) is hid
    assert net.find("hidden.v") is hid.v and net.find(hid.v) is hid.v
    assert net.find("hidden.s.offset") is hid.s.offset
    for wrong, message in (
        ("hiden", "context 'net' has no component 'hiden'; did you mean 'hidden'?"),
        ("hidden.vv", "Cell 'hidden' has no compartment 'vv'; did you mean 'v'?"),
        ("", "context 'net' has no component ''"),
    ):
        with pytest.raises(UnknownNameError) as error:
            net.find(wrong)
        assert message in str(error.value)


def test_find_refuses_foreign_objects(network, make):
    other = make()
    for foreign in (other.hid, other.hid.v, None, 3, network.hid.v + 1):
        with pytest.raises(GraphError, match="does not belong to context 'net'"):
            network.net.find(foreign)


def test_two_contexts_of_the_same_name_are_strangers(make):
    one, two = make("same"), make("same")
    one.hid.v.set(0.5)
    one.net.advance.run()
    assert np.all(two.hid.v.get() == 0) and two.net.t == 0 and one.net.t == 1
    assert one.net.state.keys() == two.net.state.keys()


def test_state_is_an_ordinary_pytree(network):
    state = network.net.state
    assert list(state) == ["clock", "input", "hidden", "in_hid"]
    assert set(state["hidden"]) >= {"v", "s", "s.offset", "i_syn", "tau_m"}
    assert all(isinstance(a, jax.Array) for a in jax.tree.leaves(state))


def test_state_read_is_a_snapshot(network):
    before = network.net.state
    network.net.advance.run({network.hid.j: np.ones((1, 4))})
    before["hidden"]["v"] = before["hidden"]["v"] + 5
    assert np.all(np.asarray(before["hidden"]["i_syn"]) == 0)
    assert 0 < network.hid.v.get()[0, 0] < 1


def test_state_can_be_put_back(network):
    net, hid = network.net, network.hid
    start = net.state
    net.advance.run({hid.j: np.ones((1, 4))})
    net.state = start
    assert np.all(hid.v.get() == 0) and net.t == 0
    net.advance.run()
    net.state = start
    assert net.t == 0, "what was assigned survives the runs in between"


def test_a_part_of_the_state_can_be_assigned(network):
    network.net.state = {"hidden": {"v": np.full((1, 4), 0.5)}}
    assert np.all(network.hid.v.get() == 0.5)


@pytest.mark.parametrize(
    ("new", "error", "message"),
    [
        ({"hiden": {}}, UnknownNameError, "has no component 'hiden'; did you mean 'hidden'?"),
        ({"hidden": {"vv": 1}}, UnknownNameError, "'hidden' has no compartment 'vv'; did you mean 'v'?"),
        ({"hidden": {"v": np.ones((2, 4))}}, ShapeError, "hidden.v has shape (1, 4), got (2, 4)"),
        ({"clock": {"key": np.float32(1.0)}}, GraphError, "clock.key must be a key of jax.random"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(network, new, error, message):
    with pytest.raises(error) as caught:
        network.net.state = {"input": {"s": np.ones((1, 5))}, **new}
    assert message in str(caught.value)
    assert np.all(network.inp.s.get() == 0)


def test_reset_takes_a_batch_size(network):
    net, hid = network.net, network.hid
    net.reset(batch_size=np.int64(3))
    assert net.batch_size == 3 and hid.v.get().shape == (3, 4) and hid.tau_m.get().shape == ()
    net.advance.run({hid.j: np.ones((3, 4))})
    net.reset()
    assert net.batch_size == 3 and np.all(hid.v.get() == 0) and net.t == 0


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True, "3"])
def test_reset_refuses_other_batch_sizes(network, batch_size):
    with pytest.raises(GraphError, match="`batch_size` must be an integer >= 1"):
        network.net.reset(batch_size=batch_size)
    assert network.net.batch_size == 1


class Noise(Component):
    x = output(shape=(3,))
    kept = state(shape=(3,), keep=True)

    def advance(self):
        self.x.set(jax.random.normal(self.context.next_key(), (self.context.batch_size, 3)))
        self.kept.set(self.x.get())


def noise(seed=0):
    with ng.Context("net", seed=seed) as net:
        n = Noise("n")
    return net, n


def test_random_numbers_differ_per_step_and_come_from_the_seed():
    runs = []
    for seed in (0, 0, 1):
        net, n = noise(seed)
        runs.append(np.asarray(net.advance.scan(n_steps=6, watch=[n.x])["n.x"]))
    assert len(np.unique(runs[0])) == 18
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.any(runs[0] == runs[2])


def test_random_numbers_are_the_same_eagerly_compiled_and_scanned():
    collected = []
    for compiled in (True, False):
        net, n = noise()
        rows = []
        for _ in range(4):
            net.advance.run(compiled=compiled)
            rows.append(np.asarray(n.x.get()))
        collected.append(rows)
    net, n = noise()
    np.testing.assert_array_equal(collected[0], collected[1])
    np.testing.assert_array_equal(collected[0], net.advance.scan(n_steps=4, watch=[n.x])["n.x"])


def test_reset_does_not_repeat_the_random_stream():
    net, n = noise()
    first = net.advance.scan(n_steps=2, watch=[n.x])["n.x"]
    net.reset()
    assert not np.any(np.asarray(first) == np.asarray(net.advance.scan(n_steps=2, watch=[n.x])["n.x"]))


def test_kept_state_survives_a_reset_but_not_a_new_batch_size():
    net, n = noise()
    net.advance.run()
    net.reset()
    assert np.any(n.kept.get() != 0)
    net.reset(batch_size=2)
    assert np.all(n.kept.get() == 0)


def test_time_is_that_of_the_step_in_progress():
    class Clock(Component):
        t = output(shape=())

        def advance(self):
            self.t.set(self.context.t)

    with ng.Context("net", dt=0.25) as net:
        c = Clock("c")
    assert net.advance.scan(n_steps=4, watch=[c.t])["c.t"][:, 0].tolist() == [0, 0.25, 0.5, 0.75]
    assert net.t == 1.0


def test_processes_have_names(network):
    net = network.net
    step = net.process("step")
    assert net.processes == {"step": step}
    for name in ("step", "advance"):
        with pytest.raises(NameClashError, match=f"context 'net' already has a process '{name}'"):
            net.process(name)
    with pytest.raises(GraphError, match="a process's name must be an identifier"):
        net.process("a step")


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda n: pickle.loads(pickle.dumps(n))])
def test_copies_and_pickles_are_independent_and_equal(network, spikes, copied):
    net, hid = network.net, network.hid
    net.process("step") >> net.advance
    net.reset(batch_size=2)
    net.advance.scan({network.inp.s: np.repeat(spikes, 2, 1)})
    other = copied(net)
    assert other is not net and other.to_yaml() == net.to_yaml() and other.batch_size == 2 and other.t == net.t
    jax.tree.map(np.testing.assert_array_equal, *(_plain(c.state) for c in (other, net)))
    v = np.asarray(hid.v.get())
    other.processes["step"].run()
    np.testing.assert_array_equal(hid.v.get(), v)
    net.advance.run()
    np.testing.assert_array_equal(hid.v.get(), other.find("hidden.v").get())


def test_a_context_that_cannot_be_written_says_so_when_copied(network):
    with network.net as net:
        a = LICell("a", n_units=4)
        ng.apply(lambda x: x * 2, network.hid.s) >> a.j
    with pytest.raises(GraphError, match="cannot be written as YAML"):
        copy.deepcopy(net)


def test_repr_lists_components_and_wires(network):
    text = repr(network.net)
    assert text.splitlines()[0] == "Context('net', dt=1.0 ms, seed=0, batch_size=1)"
    assert "  input.s >> in_hid.inputs" in text and "  Cell('hidden', n_units=4" in text


def test_the_default_process_follows_the_structure(network):
    advance = network.net.advance
    advance.run()
    with network.net:
        late = LICell("late", n_units=4)
        network.hid.v >> late.j
    assert network.net.advance is advance and late.advance in advance.methods
    advance.run()
    assert advance.traces == 2


def _plain(state):
    return {
        c: {k: jax.random.key_data(a) if k == "key" else jnp.asarray(a) for k, a in p.items()} for c, p in state.items()
    }
