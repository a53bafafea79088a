"""Gradients of event-exact LIF networks (`oracles/event_driven_lif.py`) through the public API.

`gradients(net, ...)` builds any such network as components and returns what `loss_and_grads` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData


def build(net: Any, dt: float) -> ng.Context:
    """The network of an oracle's `Network` on the graph; float64."""
    n_in, n_hid = np.shape(net.w_in)
    n_out = np.shape(net.w_out)[1]
    with ng.Context("exact", dt=dt, dtype="float64") as context:
        source = SpikeSource("input", n_units=n_in)
        hidden = LIFCell(
            "hidden", n_units=n_hid, tau_m=net.tau_m_hid, tau_syn=net.tau_s_hid, v_thr=net.v_thr, v_reset=net.v_reset
        )
        delays = {name: getattr(net, f"d_{name}", None) for name in ("in", "rec", "out")}
        output = LICell("output", n_units=n_out, tau_m=net.tau_m_out, tau_syn=net.tau_s_out)
        w_in = DenseSynapse("w_in", shape=(n_in, n_hid), weights=net.w_in, delays=delays["in"])
        w_out = DenseSynapse("w_out", shape=(n_hid, n_out), weights=net.w_out, delays=delays["out"])
        source.s >> w_in.inputs
        hidden.s >> w_out.inputs
        w_out.outputs >> output.syn
        if net.w_rec is None:
            w_in.outputs >> hidden.syn
        else:
            w_rec = DenseSynapse("w_rec", shape=(n_hid, n_hid), weights=net.w_rec, delays=delays["rec"])
            hidden.s >> w_rec.inputs
            w_in.outputs + w_rec.outputs >> hidden.syn
    return context


def events(trials: Sequence[Any], n_units: int, t_end: float) -> EventData:
    """Trials of (time, input) events in any order, as an event container."""
    lists = []
    for trial in trials:
        ordered = sorted(trial)
        lists.append(([t for t, _ in ordered], [i for _, i in ordered]))
    return EventData.from_lists(lists, n_units, t_end)


def gradients(
    net: Any,
    trials: Sequence[Any],
    labels: Any,
    t_end: float,
    dt: float,
    weight_rate: float = 0.0,
    spike_timing: str = "exact",
) -> tuple[float, dict[str, np.ndarray]]:
    """(loss, {name: gradient}) of the mean cross-entropy over the trials, in float64.

    Names: w_in, w_out, w_rec, d_in, d_out, d_rec (those that there are), tau_m_hid, tau_s_hid, with the shapes of the
    network. The readout is (1 / t_end) times the integral of exp(-weight_rate t) v_out(t), as in the oracle.
    """
    with jax.enable_x64(True):
        context = build(net, dt)
        n_steps = round(t_end / dt)
        compiler = EventPropCompiler(
            example_timesteps=n_steps,
            losses={"output": "sparse_categorical_crossentropy"},
            readouts={"output": {"avg_var_exp_weight": {"rate": float(weight_rate)}}},
            batch_size=len(trials),
            spike_timing=spike_timing,
            trainable=["w_*.weights", "hidden.tau_m", "hidden.tau_syn", *(f"{w}.delays" for w in delayed(context))],
        )
        data = events(trials, np.shape(net.w_in)[0], t_end)
        loss, grads = compiler.compile(context).loss_and_grads({"input": data}, {"output": np.asarray(labels)})
    names = {"tau_m_hid": ("hidden", "tau_m"), "tau_s_hid": ("hidden", "tau_syn")}
    for w in ("w_in", "w_out", "w_rec"):
        names |= {w: (w, "weights"), w.replace("w_", "d_"): (w, "delays")}
    found = {k: np.asarray(grads[part][key]) for k, (part, key) in names.items() if key in grads.get(part, {})}
    return float(loss), found


def delayed(context: ng.Context) -> list[str]:
    """The synapses that have delays."""
    return [c.name for c in context.components.values() if getattr(c, "delayed", False)]
