# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Learning digits without labels: Diehl & Cook 2015
#
# Poisson trains, as fast as the pixels are bright, reach 100 cells that compete. When a cell spikes, the synapses that
# just brought it spikes grow; a threshold that rises with every spike keeps any cell from answering everything. So each
# cell comes to stand for a way of writing a digit. Labels are used at the end only: to name what a cell has learned.
#
# Open this file as a notebook with jupytext, or run it as a script. The files of MNIST are taken from the cache
# (`$NGCSNN_DATA/mnist`), or fetched into it. `SMOKE=1` makes it small; else it takes a few minutes.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import PlasticityCompiler
from ngcsnn.components import (
    AllButSelfSynapse,
    DenseSynapse,
    DiehlCookCell,
    SpikeSource,
    Trace,
    TraceSTDP,
)
from ngcsnn.data import PoissonCode, load_dataset
from ngcsnn.viz import draw

SMOKE = os.environ.get("SMOKE") == "1"
N, SAMPLES, TESTED = (16, 200, 100) if SMOKE else (100, 20000, 5000)
data = load_dataset("mnist", {"train": SAMPLES, "test": TESTED})
images, labels_of_images = data.raw["train"].reshape(-1, 784), data.train.labels

# %% [markdown]
# ## The network
# A spike of a cell silences all others. The learning rule is a component beside the synapse: it reads spikes and their
# traces, and puts out a change of weights.

# %%
with ng.Context("diehl_cook", dt=1.0, spike_timing="grid") as net:
    inp = SpikeSource("input", n_units=784)
    w = DenseSynapse(
        "in_exc", shape=(784, N), weights=ng.init.Uniform(0.0, 0.2), w_min=0.0, w_max=1.0, total=78.4,
        optim={"sgd": {"eta": {"cosine": {"peak": 1.0, "decay_steps": 200 * SAMPLES}}}},
    )  # fmt: skip
    exc = DiehlCookCell(
        "exc", n_units=N, tau_syn=1.0, v_reset=-60.0, tau_theta=2e6, one_spike="strongest", losers="reset"
    )
    silence = AllButSelfSynapse("exc_exc", n_units=N, weights=-12000.0)
    inp.s >> w.inputs
    100.0 * w.outputs + silence.outputs >> exc.syn
    exc.s >> silence.inputs

    pre, post = Trace("pre", n_units=784, mode="set"), Trace("post", n_units=N, mode="set")
    inp.s >> pre.inputs
    exc.s >> post.inputs
    rule = TraceSTDP("rule", synapse=w, A_plus=0.01, A_minus=1e-4)
    inp.s >> rule.pre
    exc.s >> rule.post
    pre.trace >> rule.pre_trace
    post.trace >> rule.post_trace
    rule.dweights >> w.dweights
    net.process("end", ticks=False) >> w.normalise
draw(net)

# %% [markdown]
# ## Learning
# 200 ms for every digit, one after the other; a digit that fewer than five spikes answer is shown again, brighter. The
# whole pass is one compiled program, in which a step touches the synapses of units that spiked and no others.

# %%
again = {"cell": "exc", "spikes": 5, "times": 6, "louder": 0.5}
labels = {"cell": "exc", "by": "average", "samples": TESTED}
evaluation = {"example_timesteps": 350, "batch_size": 100, "values": {"exc.theta_plus": 0.0}}
compiled = PlasticityCompiler(200, at_end="end", again=again, labels=labels, evaluation=evaluation).compile(net)
metrics, _ = compiled.train({"input": PoissonCode(images)})
print({name: round(value, 3) for name, value in metrics.items()})

# %% [markdown]
# ## What the cells have learned
# The weights that reach each cell, as an image.

# %%
fields = np.asarray(w.weights.get()).T.reshape(-1, 28, 28)
side = int(np.sqrt(N))
figure, panels = plt.subplots(side, side, figsize=(7, 7), layout="constrained")
for field, panel in zip(fields, panels.flat, strict=False):
    panel.imshow(field, cmap="magma", vmin=0.0)
    panel.set_axis_off()

# %% [markdown]
# ## Names for the cells
# Now the labels: each cell stands for the digit it answers most, and a test image is what the cells of one digit answer
# most to. No rule learns meanwhile, and thresholds rest (`evaluation`).

# %%
tested = compiled.at_rest
known = tested.name_units({"input": PoissonCode(images)}, labels_of_images, n_classes=10)
answers = tested.predict({"input": PoissonCode(data.raw["test"].reshape(-1, 784))}).argmax(axis=1)
print(known)
print(f"test accuracy: {np.mean(answers == data.test.labels):.3f}")

# %%
confusion = np.zeros((10, 10), int)
np.add.at(confusion, (data.test.labels, answers), 1)
figure, panel = plt.subplots(figsize=(4.5, 4), layout="constrained")
shown = panel.imshow(
    confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1), cmap="viridis", vmin=0.0, vmax=1.0
)
panel.set(xticks=range(10), yticks=range(10), xlabel="read as", ylabel="digit")
figure.colorbar(shown, label="share")
