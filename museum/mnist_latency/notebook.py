# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Reading digits by the times of spikes: MNIST by EventProp
#
# Each pixel of a digit is one spike: the brighter, the earlier. 128 leaky integrate-and-fire cells
# have 20 ms to answer, and ten leaky integrators say which digit it is. EventProp trains the weights through the exact
# times of the spikes; surrogate gradients train the same network, for comparison.
#
# Open this file as a notebook with jupytext, or run it as a script. The files of MNIST are taken from the cache
# (`$NGCSNN_DATA/mnist`), or fetched into it. `SMOKE=1` makes it small.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import load_dataset
from ngcsnn.viz import draw, learning_curve, raster, recorded_spikes, traces

SMOKE = os.environ.get("SMOKE") == "1"
BATCH, EPOCHS = 32, 2 if SMOKE else 10
encoding = {"latency": {"t_min": 2.0, "t_max": 18.0, "threshold": 1.0, "t_end": 20.0}}
sizes = {"train": 1024, "test": 256} if SMOKE else {"train": 60000, "test": 10000}
data = load_dataset("mnist", {**sizes, "encoding": encoding})
data.train.events

# %% [markdown]
# ## From a picture to spikes
# A pixel of brightness x becomes a spike at t = 2 + 16 (255 - x) / 255 ms; pixels of 0 and 1 stay silent. Images are
# kept as bytes, and spikes are made of them batch by batch, on the device.

# %%
images, labels = data.raw["test"][:8].reshape(-1, 28, 28), data.test.labels[:8]
figure, (above, below) = plt.subplots(2, 8, figsize=(10, 2.9), layout="constrained")
for image, label, panel in zip(images, labels, above, strict=True):
    panel.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    panel.set_title(data.class_names[label])
for image, panel in zip(images, below, strict=True):
    time = np.where(image > 1, 2.0 + 16.0 * (255.0 - image) / 255.0, np.nan)
    shown = panel.imshow(time, cmap="viridis", vmin=2.0, vmax=18.0)
for panel in (*above, *below):
    panel.set_axis_off()
figure.colorbar(shown, ax=below, label="spike at (ms)", shrink=0.9)

# %% [markdown]
# ## The network


# %%
def build(n_hidden: int = 128, seed: int = 0) -> ng.Context:
    """784 inputs, one for each pixel; one layer of LIF cells; 10 leaky integrators."""
    with ng.Context("mnist_latency", dt=1.0, seed=seed) as net:
        inp = SpikeSource("input", n_units=784)
        hid = LIFCell("hidden", n_units=n_hidden, tau_m=20.0, tau_syn=5.0)
        out = LICell("output", n_units=10, tau_m=20.0, tau_syn=5.0)
        w1 = DenseSynapse("in_hid", shape=(784, n_hidden), weights=ng.init.Normal(0.078, 0.045))
        w2 = DenseSynapse("hid_out", shape=(n_hidden, 10), weights=ng.init.Normal(0.0, 0.1))
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


net = build()
draw(net)

# %% [markdown]
# ## Training
# The answer is the mean membrane potential of each output over the trial. In training, a fifth of the input spikes is
# left out at random. An epoch is one compiled program.

# %%
updates = EPOCHS * -(-sizes["train"] // BATCH)
told = {
    "example_timesteps": 20,
    "batch_size": BATCH,
    "losses": {"output": {"sparse_categorical_crossentropy": {"temperature": 0.25}}},
    "readouts": {"output": "avg_var"},
    "dropout": {"input": 0.2},
    "optimiser": {"adam": {"eta": {"cosine": {"peak": 0.005, "decay_steps": updates}}}},
}
inputs, targets = {"input": data.train.events}, {"output": data.train.labels}
test_inputs, test_targets = {"input": data.test.events}, {"output": data.test.labels}

compiled = EventPropCompiler(**told).compile(net)
metrics, recorded = compiled.train(inputs, targets, num_epochs=EPOCHS)
learning_curve(recorded["history"])

# %%
result = compiled.evaluate(test_inputs, test_targets)
print(f"EventProp: test accuracy {result['accuracy']:.4f}, hidden rate {result['hidden.rate_hz']:.1f} Hz")

# %% [markdown]
# ## One trial
# What the trained network does with the first test image. The hidden spikes lie between the steps of 1 ms: their times
# are computed, not rounded.

# %%
trial = compiled.simulate({"input": data.test.events[:1]}, record=["hidden.s", "hidden.s.offset", "output.v"])
raster(
    *recorded_spikes(trial["hidden.s"][:, 0], trial["hidden.s.offset"][:, 0]),
    n_units=128, t_end=20.0, title=f"hidden spikes, a {data.class_names[labels[0]]}",
)  # fmt: skip

# %%
outputs = np.asarray(trial["output.v"])[:, 0]
traces(outputs, names=data.class_names, title=f"outputs; the mean of {outputs.mean(axis=0).argmax()} is largest")

# %% [markdown]
# ## What the cells look for
# The incoming weights of the 16 hidden cells with the largest outgoing weights, each as an image: red brings the cell
# nearer to its threshold, blue takes it away.

# %%
incoming, outgoing = (
    np.asarray(net.components["in_hid"].weights.get()),
    np.asarray(net.components["hid_out"].weights.get()),
)
strongest = np.argsort(-np.linalg.norm(outgoing, axis=1))[:16]
reach = np.abs(incoming[:, strongest]).max()
figure, panels = plt.subplots(2, 8, figsize=(10, 2.9), layout="constrained")
for unit, panel in zip(strongest, panels.flat, strict=True):
    panel.imshow(incoming[:, unit].reshape(28, 28), cmap="RdBu_r", vmin=-reach, vmax=reach)
    panel.set_title(f"for {outgoing[unit].argmax()}")
    panel.set_axis_off()

# %% [markdown]
# ## The mistakes

# %%
answers = np.argmax(compiled.predict(test_inputs), axis=1)
wrong = np.flatnonzero(answers != data.test.labels)[:16]
figure, panels = plt.subplots(2, 8, figsize=(10, 2.9), layout="constrained")
for panel in panels.flat:
    panel.set_axis_off()
for sample, panel in zip(wrong, panels.flat, strict=False):
    panel.imshow(data.raw["test"][sample].reshape(28, 28), cmap="gray_r")
    panel.set_title(f"{data.test.labels[sample]} read as {answers[sample]}")

# %% [markdown]
# ## The same by surrogate gradients
# One word changes. Spikes now lie on the grid, and each is given the derivative of a smooth function of the potential.

# %%
other = SurrogateCompiler(**told).compile(build())
other.train(inputs, targets, num_epochs=EPOCHS)
result = other.evaluate(test_inputs, test_targets)
print(f"surrogate: test accuracy {result['accuracy']:.4f}, hidden rate {result['hidden.rate_hz']:.1f} Hz")
