# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Remembering for two seconds: evidence accumulation by e-prop
#
# A mouse runs along a corridor and sees seven cues, each on the left or on the right. A second after the last one it
# must turn to the side that had more. The membranes of the cells below forget within 20 ms: what carries the count over
# the delay are thresholds that rise with every spike and take two seconds to come back. e-prop reaches as far back as
# the cells themselves remember, without a step of backpropagation through the recurrent network.
#
# Open this file as a notebook with jupytext, or run it as a script. `SMOKE=1` makes it small.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DeltaLIFCell, DenseSynapse, LICell, SpikeSource
from ngcsnn.data import load_dataset
from ngcsnn.viz import draw, learning_curve, raster, recorded_spikes

SMOKE = os.environ.get("SMOKE") == "1"
steps, batch = 2250, 32
data = load_dataset("evidence_accumulation", {"train": 64 if SMOKE else 6400, "test": 32 if SMOKE else 1024})
print(data.train.events, data.class_names)

# %% [markdown]
# ## A trial
# Ten units fire during cues on the left, ten during those on the right, ten ask for the answer in the last 150 ms, and
# ten are noise.

# %%
first = data.test.events[:1]
raster(
    first.times, first.units, n_units=40, t_end=float(steps), title=f"answer: {data.class_names[data.test.labels[0]]}"
)

# %% [markdown]
# ## The network
# Half of the cells adapt (`beta`).

# %%
with ng.Context("evidence_accumulation", dt=1.0, seed=0) as net:
    inp = SpikeSource("input", n_units=40)
    hid = DeltaLIFCell(
        "hidden",
        n_units=100,
        tau_m=20.0,
        v_thr=0.6,
        beta=ng.init.Parted(first=0.0, second=0.0174242),
        tau_adapt=2000.0,
        refract_time=5.0,
        arrival="end",
        spike_reset="delayed",
        refractory_period="silent",
    )
    out = LICell("output", n_units=2, tau_m=20.0)
    w_in = DenseSynapse("in_hid", shape=(40, 100), weights=ng.init.FanInNormal())
    w_rec = DenseSynapse("hid_hid", shape=(100, 100), weights=ng.init.FanInNormal(), mask=ng.init.OffDiagonal())
    w_out = DenseSynapse("hid_out", shape=(100, 2), weights=ng.init.FanInUniform(gain=1.4))
    inp.s >> w_in.inputs
    hid.s >> w_rec.inputs
    w_in.outputs + w_rec.outputs >> hid.jump
    hid.s >> w_out.inputs
    w_out.outputs >> out.j
draw(net)

# %% [markdown]
# ## Training
# The loss is that of the recall alone: everything before it is learned from what the cells still remember then.

# %%
epochs = 1 if SMOKE else 6
compiled = EPropCompiler(
    example_timesteps=steps,
    losses={out: "sparse_categorical_crossentropy"},
    readouts={out: {"var": {"integral": "steps"}}},
    optimiser={
        "nest_adam": {
            "eta": {"cosine": {"peak": 0.005, "decay_steps": epochs * len(data.train.labels) // batch}},
            "eps": 1e-8,
        }
    },
    batch_size=batch,
    error_start_timestep=2100,
    surrogate={"piecewise_linear": {"height": 0.5, "width": 0.6}},
    c_reg=60.0,
    f_target=10.0,
).compile(net)
metrics, recorded = compiled.train(
    {inp: data.train.events},
    {out: data.train.labels},
    num_epochs=epochs,
    validation_inputs={inp: data.test.events[: 32 if SMOKE else 320]},
    validation_targets={out: data.test.labels[: 32 if SMOKE else 320]},
)
learning_curve(recorded["history"])

# %%
result = compiled.evaluate({inp: data.test.events}, {out: data.test.labels})
print(f"test accuracy: {result['accuracy']:.3f}, hidden rate {result['hidden.rate_hz']:.1f} Hz")

# %% [markdown]
# ## What the network does in a trial
# Above its spikes (the adaptive cells are the upper half), then the adaptation that carries the count, then the answer.

# %%
seen = compiled.simulate({inp: first}, record=[hid.s, hid.a, out.v])
figure, axes = plt.subplots(3, 1, figsize=(9.0, 7.0), sharex=True, layout="constrained", height_ratios=(2, 1, 1))
raster(*recorded_spikes(seen["hidden.s"][:, 0]), ax=axes[0], n_units=100, t_end=float(steps))
axes[1].plot(np.asarray(seen["hidden.a"])[:, 0, 50:], linewidth=0.6)
axes[1].set(ylabel="adaptation (spikes)")
for side, name in enumerate(data.class_names):
    axes[2].plot(np.asarray(seen["output.v"])[:, 0, side], label=name)
axes[2].axvspan(2100, steps, color="0.9")
axes[2].set(xlabel="time (ms)", ylabel="output")
axes[2].legend(loc="upper center", frameon=False)
