# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Learning with spike times: Yin-Yang by EventProp
#
# Five input neurons each fire once, at a time that codes a number. Two hundred leaky integrate-and-fire cells answer,
# and three leaky integrators say which part of the Yin-Yang sign the point lies in. A spike's *size* has no derivative,
# but its *time* has: that is all EventProp needs. Nothing here is approximated by a surrogate.
#
# Open this file as a notebook with jupytext, or run it as a script. `SMOKE=1` makes it small.

# %%
import os

import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import load_dataset, which_class
from ngcsnn.viz import decision_regions, draw, learning_curve, raster, recorded_spikes

SMOKE = os.environ.get("SMOKE") == "1"
data = load_dataset("yin_yang", {"train": 256 if SMOKE else 5000, "test": 128 if SMOKE else 1000, "seed": 42})
data.train.events

# %% [markdown]
# ## The network
# Components are made inside a context and wired with `>>`. `hid.s` carries events: spikes with their exact times within
# the step. `hid.syn` receives them as exponential currents.

# %%
n_hidden = 50 if SMOKE else 200
with ng.Context("yin_yang", dt=1.0, seed=0) as net:
    inp = SpikeSource("input", n_units=5)
    hid = LIFCell("hidden", n_units=n_hidden, tau_m=20.0, tau_syn=5.0)
    out = LICell("output", n_units=3, tau_m=20.0, tau_syn=5.0)
    w1 = DenseSynapse("in_hid", shape=(5, n_hidden), weights=ng.init.Normal(1.5, 0.78))
    w2 = DenseSynapse("hid_out", shape=(n_hidden, 3), weights=ng.init.Normal(0.0, 0.1))
    inp.s >> w1.inputs
    w1.outputs >> hid.syn
    hid.s >> w2.inputs
    w2.outputs >> out.syn
print(net)

# %%
draw(net)

# %% [markdown]
# ## What one trial looks like

# %%
compiler = EventPropCompiler(
    example_timesteps=30,
    losses={out: {"sparse_categorical_crossentropy": {"temperature": 0.0625}}},
    readouts={out: "avg_var"},
    optimiser={"adam": {"eta": {"exponential": {"initial": 0.005, "factor": 0.95, "every": 157}}}},
    batch_size=32,
    spike_timing="exact",
)
compiled = compiler.compile(net)
recording = compiled.simulate({inp: data.test.events[:1]}, record=[hid.v, hid.s, hid.s.offset, out.v])
print({name: array.shape for name, array in recording.items()})
print("hidden spikes in this trial:", int(np.sum(recording["hidden.s"])))
raster(*recorded_spikes(recording["hidden.s"][:, 0], recording["hidden.s.offset"][:, 0]), n_units=n_hidden, t_end=30.0)

# %% [markdown]
# ## The gradient
# `loss_and_grads` is the mean over the samples. The derivative of a hidden weight runs through the times of the spikes
# it moves. A finite difference of the loss says the same, unless a spike appears or vanishes between its two points:
# such a jump of the loss is what no gradient sees.

# %%
few = data.train.events[:64], data.train.labels[:64]
loss, grads = compiled.loss_and_grads({inp: few[0]}, {out: few[1]})
gradient, weights = np.asarray(grads["in_hid"]["weights"]), np.array(w1.weights.get())
for place in zip(*np.unravel_index(np.argsort(-np.abs(gradient), axis=None)[:4], w1.shape), strict=True):
    losses = []
    for step in (0.002, -0.002):
        changed = weights.copy()
        changed[place] += step
        w1.weights.set(changed)
        losses.append(float(compiled.loss_and_grads({inp: few[0]}, {out: few[1]})[0]))
    difference = (losses[0] - losses[1]) / 0.004
    print(f"weight {tuple(map(int, place))}: gradient {gradient[place]:.4f}, difference {difference:.4f}")
w1.weights.set(weights)

# %% [markdown]
# ## Training
# An epoch is one compiled program. The last line of output is the accuracy on 1000 points that were never trained on.

# %%
metrics, recorded = compiled.train(
    {inp: data.train.events}, {out: data.train.labels}, num_epochs=2 if SMOKE else 60, validation_split=0.1
)
learning_curve(recorded["history"])

# %%
result = compiled.evaluate({inp: data.test.events}, {out: data.test.labels})
print(f"test accuracy: {result['accuracy']:.3f}, hidden rate {result['hidden.rate_hz']:.1f} Hz")


# %%
def predict(points):
    """Class of points (m, 2) in the plane, encoded like the data."""
    return np.argmax(compiled.predict({inp: data.encode(np.concatenate([points, 1.0 - points], axis=1))}), axis=1)


def inside(points):
    return which_class(points[:, 0], points[:, 1]) >= 0


decision_regions(
    predict, data.raw["test"][:, :2], data.test.labels, inside=inside, resolution=40 if SMOKE else 120,
    class_names=data.class_names,
)  # fmt: skip
