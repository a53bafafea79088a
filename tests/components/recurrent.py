"""A recurrent network of LIF cells with a readout, that the gradient tests share, and its losses."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from cell_nets import rollout

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

N_IN, N_HID, N_OUT, T_END = 6, 4, 2, 30.0


def network(dt: float, timing: str, cell: Any = LIFCell, scale: float = 1.0, **arguments: Any) -> ng.Context:
    """inp -> hid (recurrent) -> out; weights do not depend on dt. scale: of those into the cells."""
    with ng.Context("net", dt=dt, seed=5, spike_timing=timing) as net:
        inp = SpikeSource("inp", n_units=N_IN)
        hid = cell("hid", n_units=N_HID, **arguments)
        out = LICell("out", n_units=N_OUT, tau_m=18.0, tau_syn=4.0)
        w_in = DenseSynapse("w_in", shape=(N_IN, N_HID), weights=ng.init.Normal(1.7 * scale, 0.8 * scale))
        w_rec = DenseSynapse("w_rec", shape=(N_HID, N_HID), weights=ng.init.Normal(0.0, 0.3 * scale))
        w_out = DenseSynapse("w_out", shape=(N_HID, N_OUT), weights=ng.init.Normal(0.3, 0.5))
        inp.s >> w_in.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_rec.inputs
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    return net


def drive(dt: float, seed: int = 1) -> dict[str, np.ndarray]:
    """Two events per input at random times in (0, 20) ms."""
    n_steps = round(T_END / dt)
    size, moment = np.zeros((2, n_steps, 1, N_IN))
    for k, t in enumerate(np.random.default_rng(seed).uniform(0.0, 20.0, 2 * N_IN)):
        n = int(np.ceil(t / dt)) - 1
        size[n, 0, k % N_IN] += 1.0
        moment[n, 0, k % N_IN] += t - (n + 1) * dt
    return {"inp.inputs": size, "inp.inputs.offset": moment}


def loss_of(net: ng.Context):
    """loss(params): the squared mean of the readout, plus the spike times of each cell with weights of their own.

    params: {(component, parameter): array}, and ("hid", "j"): the current into each cell.
    """
    dt, inputs = net.dt, {net.find(k): v for k, v in drive(net.dt).items()}
    n_steps = round(T_END / dt)
    read = rollout(net, inputs, lambda s: (s["out"]["v_mean"], s["hid"]["s"], s["hid"]["s.offset"]))

    def loss(params: dict[tuple[str, str], Any]) -> Any:
        kept = {k: v for k, v in params.items() if k[1] != "j"}
        current = jnp.broadcast_to(params.get(("hid", "j"), 0.0), (n_steps, 1, N_HID))
        v, s, offset = read(kept, {net.find("hid.j"): current})
        times = jnp.sum(s * ((1.0 + jnp.arange(n_steps)) * dt)[:, None, None] + offset, axis=(0, 1))
        return 100.0 * jnp.sum(jnp.mean(v, axis=0) ** 2) + jnp.sum(times * jnp.array([0.01, -0.02, 0.03, 0.015]))

    return loss


def values_of(net: ng.Context, *keys: tuple[str, str]) -> dict[tuple[str, str], Any]:
    """The parameters as they stand; `j` is 0.1."""
    return {(c, k): net.state[c][k] if k != "j" else jnp.full(N_HID, 0.1) for c, k in keys}
