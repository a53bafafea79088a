import io
import os
import stat
import sys
import zipfile

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import Component, Context, GraphError, YamlError, output, param, state


class Noisy(Component):
    """A component of the user's own, with chance, state and a parameter."""

    gain = param(0.5, shape=(3,), fill=True)
    x = state(shape=(3,), keep=True)
    total = output(shape=(3,))

    def advance(self):
        self.x.set(0.9 * self.x.get() + self.gain.get() * jax.random.normal(self.context.next_key(), (1, 3)))
        self.total.set(self.total.get() + self.x.get())


def small_network(dtype="float32"):
    with ng.Context("small", dt=0.5, seed=3, dtype=dtype) as net:
        inp = SpikeSource("input", n_units=5)
        hid = LIFCell(
            "hidden", n_units=4, tau_m=ng.init.Uniform(10, 30), tau_syn=[4.0, 5.0, 6.0, 1 / 7], refract_time=1.0
        )
        w = DenseSynapse("w", shape=(5, 4), weights=ng.init.Normal(1.5, 0.8), bias=np.arange(4) / 30)
        noisy = Noisy("noisy")
        inp.s >> w.inputs
        w.outputs >> hid.syn
    net.process("step") >> w.advance >> inp.advance >> hid.advance >> noisy.advance
    return net


@pytest.fixture(scope="module")
def prepared():
    net = small_network()
    net.reset(batch_size=2)
    net.processes["step"].scan({"input.s": np.random.default_rng(1).random((12, 2, 5)) < 0.3})
    net.find("w.weights").set(np.random.default_rng(5).normal(size=(5, 4)))
    net.find("hidden.tau_m").set([11.0, 12.0, 13.0, 1 / 3])
    return net, net.state


@pytest.fixture
def used(prepared):
    """A network in mid-trial: random stream moved on, weights trained, two samples side by side."""
    net, state = prepared
    net.state = state
    return net


def assert_same(one, two):
    assert one.to_yaml() == two.to_yaml() and one.batch_size == two.batch_size
    assert one.state.keys() == two.state.keys()
    for name, part in one.state.items():
        assert part.keys() == two.state[name].keys()
        for key, value in part.items():
            other = two.state[name][key]
            assert value.dtype == other.dtype
            data = [jax.random.key_data(x) if key == "key" else x for x in (value, other)]
            np.testing.assert_array_equal(*data, err_msg=f"{name}.{key}")


def test_what_was_saved_comes_back_to_the_bit_and_goes_on_alike(used, tmp_path):
    used.save(tmp_path / "model")
    loaded = Context.load(tmp_path / "model")
    assert loaded is not used
    assert_same(used, loaded)
    out = [n.processes["step"].scan(n_steps=5, watch=["hidden.v", "noisy.total"]) for n in (used, loaded)]
    for key in out[0]:
        np.testing.assert_array_equal(out[0][key], out[1][key])
    assert_same(used, loaded)


def test_the_loaded_context_is_a_stranger_to_the_saved_one(used, tmp_path):
    used.save(tmp_path / "model")
    loaded = Context.load(tmp_path / "model")
    before = np.asarray(used.find("hidden.v").get())
    loaded.find("hidden.v").set(0.9)
    loaded.processes["step"].run()
    np.testing.assert_array_equal(used.find("hidden.v").get(), before)


def test_two_files_that_others_can_read(used, tmp_path):
    used.save(tmp_path / "deep" / "model")
    folder = tmp_path / "deep" / "model"
    assert sorted(p.name for p in folder.iterdir()) == ["model.yaml", "state.npz"]
    assert [p.name for p in folder.parent.iterdir()] == ["model"], "nothing is left beside it"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~umask
    assert Context.from_yaml(folder / "model.yaml").components.keys() == used.components.keys()
    with np.load(folder / "state.npz", allow_pickle=False) as arrays:
        assert arrays["w.weights"].shape == (5, 4) and arrays["batch_size"] == 2 and "hidden.s.offset" in arrays


def test_nothing_is_overwritten_unasked(used, tmp_path):
    used.save(tmp_path / "model")
    before = (tmp_path / "model" / "state.npz").read_bytes()
    used.processes["step"].run()
    with pytest.raises(GraphError, match=r"model already exists; nothing was written \(overwrite=True replaces"):
        used.save(tmp_path / "model")
    assert (tmp_path / "model" / "state.npz").read_bytes() == before
    used.save(tmp_path / "model", overwrite=True)
    assert_same(Context.load(tmp_path / "model"), used)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_overwriting_spares_what_is_no_saved_model(used, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    (tmp_path / "file").write_text("more work")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for place in ("thesis", "file", "dangling"):
        with pytest.raises(GraphError, match="is not a saved model, or holds other files too; nothing was written"):
            used.save(tmp_path / place, overwrite=True)
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "years of work"
    assert (tmp_path / "file").read_text() == "more work"


@pytest.mark.parametrize("existing", [True, False])
def test_a_broken_save_leaves_the_old_one(used, tmp_path, monkeypatch, existing):
    if existing:
        used.save(tmp_path / "model")
    real = os.replace

    def fails(source, target):
        if str(source).endswith("-new"):
            raise OSError("disk full")
        real(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        used.save(tmp_path / "model", overwrite=True)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == (["model"] if existing else [])
    if existing:
        assert_same(Context.load(tmp_path / "model"), used)


def test_a_model_that_cannot_be_written_leaves_no_trace(tmp_path):
    with ng.Context("net") as net:
        a, b = LICell("a", n_units=2), LICell("b", n_units=2)
        ng.apply(lambda x: x, a.v) >> b.j
    with pytest.raises(GraphError, match="cannot be written as YAML"):
        net.save(tmp_path / "deep" / "model")
    assert list(tmp_path.iterdir()) == []


def test_float64_comes_back(x64, tmp_path):
    net = small_network("float64")
    net.find("hidden.v").set(1 / 3)
    net.save(tmp_path / "model")
    loaded = Context.load(tmp_path / "model")
    assert loaded.dtype == np.float64
    assert_same(net, loaded)
    with jax.enable_x64(False), pytest.raises(YamlError, match="model.yaml:1: .* needs jax.config.update"):
        Context.load(tmp_path / "model")


def test_a_users_own_class_needs_leave_if_its_module_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "my_own_cells.py").write_text(
        "from ngcsnn.graph import Component, state\n"
        "class Cell(Component):\n    x = state(shape=(2,))\n    def advance(self): self.x.set(self.x.get() + 1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("my_own_cells")
    with ng.Context("net") as net:
        module.Cell("c")
    net.advance.run()
    net.save(tmp_path / "model")
    assert_same(Context.load(tmp_path / "model"), net)
    monkeypatch.delitem(sys.modules, "my_own_cells")
    with pytest.raises(YamlError, match="model.yaml:3: .* needs the module 'my_own_cells', which is not allowed"):
        Context.load(tmp_path / "model")
    assert "my_own_cells" not in sys.modules
    loaded = Context.load(tmp_path / "model", allow_modules=["my_own_cells"])
    monkeypatch.setitem(sys.modules, "my_own_cells", sys.modules["my_own_cells"])
    assert loaded.find("c.x").get().tolist() == [[1, 1]]


@pytest.fixture
def saved(used, tmp_path):
    used.save(tmp_path / "model")
    return tmp_path / "model"


def rewritten(folder, **changes):
    """state.npz with some of its arrays replaced, or taken out (None)."""
    with np.load(folder / "state.npz") as file:
        arrays = {**file, **changes}
    np.savez(folder / "state.npz", allow_pickle=True, **{k: v for k, v in arrays.items() if v is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w.weights": None}, "saved state does not fit context 'small': missing ['w.weights'], not known []"),
        ({"w.wieghts": np.ones(2)}, "missing [], not known ['w.wieghts']"),
        ({"w.weights": np.ones((5, 3), np.float32)}, "w.weights is float32 (5, 4) here and float32 (5, 3) there"),
        ({"w.weights": np.ones((5, 4), "U3")}, "w.weights is float32 (5, 4) here and <U3 (5, 4) there"),
        ({"w.weights": np.ones((5, 4))}, "w.weights is float32 (5, 4) here and float64 (5, 4) there"),
        ({"w.weights": np.array([None])}, "holds no readable state"),
        ({"batch_size": None}, "the saved state lacks its batch size"),
        ({"batch_size": np.array([2, 2])}, "the saved state lacks its batch size"),
        ({"batch_size": np.array("2")}, "the saved state lacks its batch size"),
        ({"batch_size": np.array(0)}, "`batch_size` must be an integer >= 1, got 0"),
        ({"batch_size": np.array(3)}, "saved state does not fit"),
        ({"clock.key": np.zeros(2, np.float32)}, "clock.key is uint32 (2,) here and float32 (2,) there"),
    ],
)  # fmt: skip
def test_a_state_that_does_not_fit_is_refused(saved, changes, message):
    rewritten(saved, **changes)
    with pytest.raises(GraphError) as error:
        Context.load(saved)
    assert message in str(error.value) and "state.npz" in str(error.value)


def test_truncated_files_are_refused(saved):
    whole = (saved / "state.npz").read_bytes()
    for size in [0, 1, 10, 100, len(whole) // 2, len(whole) - 30, len(whole) - 1]:
        (saved / "state.npz").write_bytes(whole[:size])
        with pytest.raises(GraphError, match=r"state.npz holds no readable state|state.npz: saved state does not fit"):
            Context.load(saved)


def test_corrupt_files_are_refused_or_equal(saved, used):
    """A flipped byte is an error with the file's name, unless it lies where it changes no array."""
    whole = (saved / "state.npz").read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for at in rng.integers(0, len(whole), 60):
        broken = bytearray(whole)
        broken[at] ^= 1 << int(rng.integers(8))
        (saved / "state.npz").write_bytes(broken)
        try:
            loaded = Context.load(saved)
        except GraphError as error:
            assert "state.npz" in str(error)
            refused += 1
        else:
            assert_same(loaded, used)
    assert refused > 20


def test_what_is_no_archive_is_refused(saved):
    npy = io.BytesIO()
    np.save(npy, np.ones(3))
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("w.weights.npy", b"no array")
    for content in (npy.getvalue(), foreign.getvalue(), b"\x80\x04N.", b"text"):
        (saved / "state.npz").write_bytes(content)
        with pytest.raises(GraphError, match="state.npz"):
            Context.load(saved)


def test_missing_and_broken_parts_are_named(saved, tmp_path):
    with pytest.raises(GraphError, match="nowhere is no saved model: there is no model.yaml in it"):
        Context.load(tmp_path / "nowhere")
    model = (saved / "model.yaml").read_text()
    (saved / "model.yaml").write_text(model[: len(model) // 2])
    with pytest.raises(YamlError, match=r"model.yaml:\d+: "):
        Context.load(saved)
    (saved / "model.yaml").write_text(model)
    (saved / "state.npz").unlink()
    with pytest.raises(GraphError, match="state.npz holds no readable state"):
        Context.load(saved)


def test_a_context_without_components(tmp_path):
    ng.Context("empty").save(tmp_path / "model")
    assert_same(Context.load(tmp_path / "model"), ng.Context("empty"))
