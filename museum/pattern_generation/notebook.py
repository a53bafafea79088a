# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Drawing a line with spikes: pattern generation by e-prop
#
# A hundred recurrently connected cells always hear the same one second of noise. One leaky integrator listens to them
# and is to follow a sum of four sines. e-prop multiplies, for every synapse, what arrives later (a learning signal: by
# how much the output errs) with what was remembered locally (an eligibility). No credit travels backward through the
# recurrent connections, so all of it could run online.
#
# Open this file as a notebook with jupytext, or run it as a script. `SMOKE=1` makes it small.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DeltaLIFCell, DenseSynapse, LICell, SpikeSource
from ngcsnn.data import lemniscate, load_dataset
from ngcsnn.viz import draw, learning_curve, raster, recorded_spikes

SMOKE = os.environ.get("SMOKE") == "1"
n_hidden, steps = 100, 1000
data = load_dataset("pattern_generation", {"seed": 1, "train": 20 if SMOKE else 100})
data.train.events

# %% [markdown]
# ## The network
# The cells are NEST's `eprop_iaf_bsshslm_2020`: an event moves the membrane potential, all over its step; a spike takes
# the threshold off one step later.

# %%
with ng.Context("pattern_generation", dt=1.0, seed=0) as net:
    inp = SpikeSource("input", n_units=100)
    hid = DeltaLIFCell(
        "hidden",
        n_units=n_hidden,
        tau_m=30.0,
        v_thr=0.03,
        arrival="spread",
        spike_reset="delayed",
        refractory_period="silent",
    )
    out = LICell("output", n_units=1, tau_m=30.0)
    w_in = DenseSynapse("in_hid", shape=(100, n_hidden), weights=ng.init.FanInNormal())
    w_rec = DenseSynapse(
        "hid_hid", shape=(n_hidden, n_hidden), weights=ng.init.FanInNormal(), mask=ng.init.OffDiagonal()
    )
    w_out = DenseSynapse("hid_out", shape=(n_hidden, 1), weights=ng.init.FanInNormal())
    inp.s >> w_in.inputs
    hid.s >> w_rec.inputs
    w_in.outputs + w_rec.outputs >> hid.jump
    hid.s >> w_out.inputs
    w_out.outputs >> out.j
draw(net)

# %% [markdown]
# ## Before training

# %%
compiled = EPropCompiler(
    example_timesteps=steps,
    losses={out: "mean_square_error"},
    readouts={out: {"var": {"integral": "steps"}}},
    optimiser={"nest_adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": 2000}}}},
    batch_size=1,
    surrogate={"piecewise_linear": {"height": 10.0, "width": 0.03}},
    c_reg=600.0,
    f_target=10.0,
).compile(net)


def follow(ax, title):
    """Draw target and output."""
    y = np.asarray(compiled.predict({inp: data.test.events}))[0]
    ax.plot(data.test.labels[0], color="0.6", linewidth=3.0, label="target")
    ax.plot(y, linewidth=1.2, label="output")
    ax.set(title=f"{title}: loss {0.5 * np.sum((y - data.test.labels[0]) ** 2):.2f}", xlabel="time (ms)")
    ax.legend(loc="upper center", ncols=2, frameon=False)


figure, (before, after) = plt.subplots(2, 1, figsize=(8.0, 5.0), sharex=True, sharey=True, layout="constrained")
follow(before, "before training")

# %% [markdown]
# ## Training
# The loss of the records is the mean square error; NEST's is half the sum over the 1000 steps, 500 times as large.

# %%
metrics, recorded = compiled.train({inp: data.train.events}, {out: data.train.labels}, num_epochs=1 if SMOKE else 20)
learning_curve(recorded["history"], metrics=["loss"], loss_scale="log")

# %%
follow(after, "after training")
figure

# %%
spikes = compiled.simulate({inp: data.test.events}, record=[hid.s])["hidden.s"]
print(f"hidden rate {1000 * float(np.mean(spikes)):.1f} Hz")
raster(*recorded_spikes(spikes[:, 0]), n_units=n_hidden, t_end=float(steps))

# %% [markdown]
# ## Two dimensions
# The same network with two outputs draws the sign of infinity, `{"pattern": "lemniscate"}`, or joined letters,
# `{"pattern": "handwriting"}`: change `n_units` of the output and `example_timesteps` above.

# %%
x, y = lemniscate().T
_, ax = plt.subplots(figsize=(4.0, 2.5), layout="constrained")
ax.plot(x, y)
ax.set(title="lemniscate", aspect="equal")
