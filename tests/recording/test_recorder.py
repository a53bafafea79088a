"""Recorders as callbacks of train, evaluate and simulate."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.recording import ConnVarRecorder, SpikeRecorder, VarRecorder, load_recordings, recorded_spikes


def test_a_simulation_is_recorded_as_it_is_returned(small: Any) -> None:
    spikes, v = SpikeRecorder("hidden"), VarRecorder("output.v", example_filter=[1, 5])
    seen = small.seen
    again = small.network.simulate(small.inputs, "output.v", callbacks=[spikes, v])
    assert np.array_equal(again["output.v"], seen["output.v"])
    found = spikes.recording
    assert len(found) == 7 and found.samples.tolist() == list(range(7)) and set(found.epochs.tolist()) == {-1}
    total = 0
    for trial in found:
        times, units = recorded_spikes(
            seen["hidden.s"][:, trial.sample], seen["hidden.s.offset"][:, trial.sample], dt=0.5
        )
        assert np.array_equal(trial.times, times) and np.array_equal(trial.units, units)
        total += len(times)
    assert total > 20 and found.t_end == 6.0 and found.n_units == 5
    assert np.array_equal(found.counts, seen["hidden.s"].sum(axis=0))
    assert v.recording.samples.tolist() == [1, 5]
    assert np.array_equal(v.recording.values, np.moveaxis(seen["output.v"][:, [1, 5]], 1, 0))
    assert v.recording.times[[0, -1]].tolist() == [0.5, 6.0]
    assert small.network.simulate(small.inputs, callbacks=[VarRecorder("output", "v")]) == {}


def test_filters_of_neurons_steps_and_examples(small: Any) -> None:
    seen = small.seen
    v = VarRecorder(
        "hidden", "v", key="few", neuron_filter=[4, 0], step_filter=slice(2, 8, 3), example_filter=slice(4, 6)
    )
    s = SpikeRecorder("hidden", neuron_filter=[1, 3], example_filter=[False] * 6 + [True])
    counts = SpikeRecorder("hidden", key="counts", neuron_filter=[1, 3], record_counts=True)
    small.network.simulate(small.inputs, callbacks=[v, s, counts])
    assert np.array_equal(v.recording.values, seen["hidden.v"][[2, 5]][:, [4, 5]][..., [0, 4]].swapaxes(0, 1))
    assert v.recording.times.tolist() == [1.5, 3.0] and v.recording.units is not None
    assert v.recording.units.tolist() == [0, 4]
    assert set(s.recording[0].units.tolist()) <= {1, 3} and s.recording.samples.tolist() == [6]
    assert np.array_equal(counts.recording.counts, seen["hidden.s"].sum(axis=0)[:, [1, 3]])
    with pytest.raises(GraphError, match="holds counts only"):
        counts.recording[0]


@pytest.mark.parametrize("ending", ["memory", "h5", "npz"])
def test_training_recorded_to_memory_and_to_files(small: Any, ending: str, tmp_path: Path) -> None:
    """The same in every place, and watching changes no number."""
    to = None if ending == "memory" else tmp_path / f"run.{ending}"
    if ending == "h5":
        pytest.importorskip("h5py")
    start, optimiser = small.network.context.state, small.network.opt_state
    weights = ConnVarRecorder("hid_out", start=True, trg_neuron_filter=1, to=to)
    spikes = SpikeRecorder("hidden", example_filter=[2, 6], epoch_filter=slice(0, None, 2), to=to)
    other = VarRecorder("output.v", split="validation", epoch_filter=1, to=to)
    try:
        plain = small.network.train(small.inputs, small.labels, num_epochs=3, callbacks=[])[1]["history"]
        end = np.asarray(small.network.context.find("hid_out.weights").get())
        small.network.context.state, small.network.opt_state = start, optimiser
        validation = {"validation_inputs": small.inputs, "validation_targets": small.labels}
        _, told = small.network.train(
            small.inputs, small.labels, num_epochs=3, callbacks=[weights, spikes, other], **validation
        )
        now = SpikeRecorder("hidden", example_filter=6)
        small.network.simulate(small.inputs, callbacks=[now])
    finally:
        small.network.context.state, small.network.opt_state = start, optimiser
    assert [r["loss"] for r in told["history"] if r["split"] == "train"] == [r["loss"] for r in plain]
    found = told if to is None else load_recordings(to)
    w, s, v = found["hid_out.weights"], found["hidden.s"], found["output.v"]
    assert w.epochs.tolist() == [-1, 0, 1, 2] and w.values.shape == (4, 5, 1)
    assert np.array_equal(w[-1], end[:, [1]]) and not np.array_equal(w[0], w[1])
    assert [(t.epoch, t.sample) for t in s] == [(0, 2), (0, 6), (2, 2), (2, 6)]
    assert s[3].times.size == s.counts[3].sum() == now.recording.counts.sum()
    assert v.epochs.tolist() == [1] * 7 and v.values.shape == (7, 12, 2) and v.samples.tolist() == list(range(7))
    assert np.array_equal(v[-1], v.values[6])


def test_evaluate_is_recorded_too(small: Any) -> None:
    spikes = SpikeRecorder("hidden", example_filter=0)
    plain = small.network.evaluate(small.inputs, small.labels)
    found = small.network.evaluate(small.inputs, small.labels, callbacks=[spikes])
    assert found["loss"] == plain["loss"] and len(spikes.recording) == 1
    small.network.evaluate(small.inputs, small.labels, callbacks=[spikes])
    assert len(spikes.recording) == 2  # what comes later is added


def test_one_batch_is_held_at_a_time(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    recorder = VarRecorder("output", "v")
    grow = recorder.store.grow
    monkeypatch.setattr(recorder.store, "grow", lambda key, a: (sizes.append(len(a["values"])), grow(key, a)))
    small.network.simulate(small.inputs, callbacks=[recorder])
    assert sizes == [3, 3, 1]


def refused(small: Any, recorder: Any, **options: Any) -> str:
    with pytest.raises(GraphError) as caught:
        small.network.train(small.inputs, small.labels, callbacks=[recorder], **options)
    return str(caught.value)


def test_mistakes_are_told_before_anything_is_computed(small: Any, tmp_path: Path) -> None:
    before = dict(small.network.traces)
    assert "no component 'hiden'; did you mean 'hidden'?" in refused(small, SpikeRecorder("hiden"))
    assert "'output' emits no spikes" in refused(small, SpikeRecorder("output"))
    assert "record takes states and outputs" in refused(small, VarRecorder("in_hid.weights"))
    assert "hidden.v is no parameter; 'hidden' has" in refused(small, ConnVarRecorder("hidden", "v"))
    assert "0 to 4, got 5" in refused(small, SpikeRecorder("hidden", neuron_filter=5))
    assert "0 to 6, got 9" in refused(small, SpikeRecorder("hidden", example_filter=9))
    assert "no validation split" in refused(small, SpikeRecorder("hidden", split="validation"))
    assert small.network.traces == before
    with pytest.raises(GraphError, match="h5, .hdf5 or .npz"):
        SpikeRecorder("hidden", to=tmp_path / "x.csv")
    assert "there is no folder" in refused(small, SpikeRecorder("hidden", to=tmp_path / "none" / "x.npz"))
    with pytest.raises(GraphError, match="did you mean 'train'"):
        SpikeRecorder("hidden", split="trian")
    with pytest.raises(GraphError, match="recorded nothing yet"):
        _ = SpikeRecorder("hidden").recording
    with pytest.raises(GraphError, match="takes objects such as"):
        small.network.simulate(small.inputs, callbacks=[SpikeRecorder])


def test_a_mistake_leaves_no_file(small: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with pytest.raises(GraphError, match="no component 'hiden'"):
        small.network.simulate(
            small.inputs, callbacks=[VarRecorder("output.v", to=path), SpikeRecorder("hiden", to=path)]
        )
    assert not path.exists()
    small.network.simulate(small.inputs, callbacks=[VarRecorder("output.v", to=path)])
    with pytest.raises(GraphError, match="holds a recording 'output.v' already"):
        small.network.simulate(small.inputs, callbacks=[VarRecorder("output.v", to=path)])


def test_a_recording_is_gone_on_with(small: Any, tmp_path: Path) -> None:
    """As after a resume: epochs that are there are not recorded twice."""
    path, start = tmp_path / "x.npz", (small.network.context.state, small.network.opt_state)

    def recorders(**options: Any) -> list[Any]:
        return [
            ConnVarRecorder("hid_out", to=path, **options),
            VarRecorder("output.v", example_filter=2, to=path, **options),
        ]

    try:
        small.network.train(small.inputs, small.labels, num_epochs=2, callbacks=recorders())
        again = recorders(append=True)
        small.network.train(small.inputs, small.labels, num_epochs=2, start_epoch=1, callbacks=again)
    finally:
        small.network.context.state, small.network.opt_state = start
    found = load_recordings(path)
    assert [found[k].epochs.tolist() for k in ("hid_out.weights", "output.v")] == [[0, 1, 2]] * 2
    assert again[1].recording.values.shape == (3, 12, 2)
    with pytest.raises(GraphError, match="other units, filters or steps"):
        small.network.simulate(small.inputs, callbacks=[VarRecorder("output.v", neuron_filter=1, to=path, append=True)])
    with pytest.raises(GraphError, match="say which in `to`"):
        VarRecorder("output.v", append=True)
