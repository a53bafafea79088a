# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Spoken digits, and speakers that were never heard
#
# Six people said the ten digits fifty times each. 64 recurrent leaky integrate-and-fire cells hear the loudness of 40
# frequency bands as spikes, and learn by EventProp to say which digit it was. One speaker is held out, to see what the
# network makes of a new voice.
#
# Open this file as a notebook with jupytext, or run it as a script. The recordings are taken from the cache
# (`$NGCSNN_DATA/fsdd`; `ngcsnn data info fsdd` says where to get them). `SMOKE=1` makes it small.

# %%
import os
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import Splitting, augment, load_dataset
from ngcsnn.viz import confusion_matrix, draw, learning_curve, raster, recorded_spikes, traces

SMOKE = os.environ.get("SMOKE") == "1"
EPOCHS, BATCH, HELD_OUT = (2 if SMOKE else 10), 32, "jackson"
every = load_dataset("fsdd", {"t_end": 500.0})
data = Splitting(leave_out=HELD_OUT)(every)
train, held, test = data.train, data.validation, data.test
assert held is not None and train.groups is not None and test.groups is not None
print({"train": len(train.labels), "held out": len(held.labels), "test": len(test.labels)})

# %% [markdown]
# ## From sound to spikes
# The loudness of each band, equally wide in mel, runs from 0 (60 dB below the loudest moment) to 1. Whenever it has
# risen by a tenth, unit k of the first 40 spikes; whenever it has fallen by a tenth, unit k of the other 40. No spike
# is tied to a time step.

# %%
figure, panels = plt.subplots(2, 3, figsize=(10, 5), layout="constrained")
speakers = np.unique(train.groups)[:2]
for row, speaker in zip(panels, speakers, strict=True):
    for digit, panel in zip((1, 3, 7), row, strict=True):
        sample = np.flatnonzero((train.groups == speaker) & (train.labels == digit))[0]
        one: Any = train.events[[sample]]
        raster(one.times, one.units, panel, 80, 500.0, title=f"{speaker} says {digit}")

# %% [markdown]
# ## The network


# %%
def build(seed: int = 0) -> ng.Context:
    """80 inputs, 64 recurrent LIF cells, 10 leaky integrators."""
    with ng.Context("spoken_digits", dt=2.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=80)
        hid = LIFCell("hidden", n_units=64, tau_m=20.0, tau_syn=20.0)
        out = LICell("output", n_units=10, tau_m=20.0, tau_syn=20.0)
        w_in = DenseSynapse("in_hid", shape=(80, 64), weights=ng.init.Normal(0.05, 0.12))
        w_rec = DenseSynapse("hid_hid", shape=(64, 64), weights=ng.init.Normal(0.0, 0.02))
        w_out = DenseSynapse("hid_out", shape=(64, 10), weights=ng.init.Normal(0.0, 0.03))
        inp.s >> w_in.inputs
        hid.s >> w_rec.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    return net


net = build()
draw(net)

# %% [markdown]
# ## Training
# A step of 2 ms brings several input spikes, so the order within the step matters for the gradient:
# `spike_timing="exact"`. Each time a recording is shown, its spikes are stretched or squeezed in time by up to a
# quarter.

# %%
updates = EPOCHS * -(-len(train.labels) // BATCH)
compiled = EventPropCompiler(
    example_timesteps=250, batch_size=BATCH, spike_timing="exact",
    losses={"output": {"sparse_categorical_crossentropy": {"temperature": 0.05}}},
    readouts={"output": {"avg_var_exp_weight": {"rate": 0.005}}},
    optimiser={"adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": updates}}}},
).compile(net)  # fmt: skip
events = augment(train.events, train.labels, time_dilation=(0.8, 1.25))
metrics, recorded = compiled.train(
    {"input": events}, train.labels, num_epochs=EPOCHS,
    validation_inputs={"input": held.events}, validation_targets=held.labels,
)  # fmt: skip
learning_curve(recorded["history"])

# %% [markdown]
# ## Known voices and a new one
# The test takes of each speaker; the one held out was never heard in training.

# %%
answers = np.argmax(compiled.predict({"input": test.events}), axis=1)
for speaker in np.unique(test.groups):
    here = test.groups == speaker
    note = "  (never heard)" if speaker == HELD_OUT else ""
    print(f"{speaker:>10}: {np.mean(answers[here] == test.labels[here]):.3f}{note}")

# %%
new = np.argmax(compiled.predict({"input": held.events}), axis=1)
print(f"{HELD_OUT}, all {len(new)} recordings: {np.mean(new == held.labels):.3f}")
confusion_matrix(held.labels, new, class_names=data.class_names, n_classes=10)

# %% [markdown]
# ## One trial
# Hidden spikes have exact times; the answer is the largest mean of the outputs, where early times count more.

# %%
trial = compiled.simulate({"input": test.events[:1]}, record=["hidden.s", "hidden.s.offset", "output.v"])
offsets = np.asarray(trial["hidden.s.offset"])[:, 0]
times, units = recorded_spikes(np.asarray(trial["hidden.s"])[:, 0], offsets, 2.0)
raster(times, units, n_units=64, t_end=500.0, title=f"hidden spikes, a {test.labels[0]} said by {test.groups[0]}")

# %%
traces(np.asarray(trial["output.v"])[:, 0], dt=2.0, names=data.class_names, title="outputs")
