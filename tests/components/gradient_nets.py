"""A small recurrent network compiled for EventProp, and how far its gradients are from finite differences."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, TrainableNetwork
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.data import EventData

N_IN, N_HID, N_OUT, LABELS = 4, 5, 2, [0, 1]
WEIGHTS = ("w_in.weights", "w_rec.weights", "w_out.weights")


class Case(NamedTuple):
    """cell, arguments: the hidden cells. drive: weight of an input event; recurrent weights have a tenth of it.
    parameters: of the hidden cells, by name. t_end: length of a trial in ms. seed: of weights and events."""

    cell: Any
    arguments: dict[str, Any]
    drive: float
    parameters: tuple[str, ...]
    t_end: float = 40.0
    seed: int = 0


def compiled(case: Case, dt: float, timing: str) -> TrainableNetwork:
    """inp -> hid (recurrent) -> out (avg_var, cross-entropy); parameters do not depend on dt."""
    w = case.drive
    with ng.Context("net", dt=dt, seed=case.seed) as net:
        inp, hid = SpikeSource("inp", n_units=N_IN), case.cell("hid", n_units=N_HID, **case.arguments)
        out = LICell("out", n_units=N_OUT, tau_m=18.0, tau_syn=4.0)
        w_in = DenseSynapse("w_in", shape=(N_IN, N_HID), weights=ng.init.Normal(w, 0.3 * w))
        w_rec = DenseSynapse("w_rec", shape=(N_HID, N_HID), weights=ng.init.Normal(0.0, 0.1 * w))
        w_out = DenseSynapse("w_out", shape=(N_HID, N_OUT), weights=ng.init.Normal(0.3, 0.8))
        inp.s >> w_in.inputs
        w_in.outputs + w_rec.outputs >> hid.syn
        hid.s >> w_rec.inputs
        hid.s >> w_out.inputs
        w_out.outputs >> out.syn
    return EventPropCompiler(
        round(case.t_end / dt),
        {"out": "sparse_categorical_crossentropy"},
        batch_size=len(LABELS),
        spike_timing=timing,
        trainable=[*WEIGHTS, *(f"hid.{p}" for p in case.parameters)],
    ).compile(net)


def events(case: Case) -> EventData:
    """Four events for each input, in continuous time, the same at every dt."""
    rng = np.random.default_rng(case.seed)
    times = np.sort(rng.uniform(0.0, 0.6 * case.t_end, (len(LABELS), 4 * N_IN)), axis=1)
    return EventData.from_lists([(t, rng.permutation(np.arange(4 * N_IN) % N_IN)) for t in times], N_IN)


def directions(case: Case, net: TrainableNetwork) -> dict[str, np.ndarray]:
    """A random direction for each trained parameter, of the size of its values."""
    rng, out = np.random.default_rng(7), {}
    for key in (*WEIGHTS, *(f"hid.{p}" for p in case.parameters)):
        value = np.asarray(net.context.find(key).get())
        out[key] = rng.normal(size=value.shape) * max(float(np.abs(value).max()), 0.1)
    return out


def along(case: Case, net: TrainableNetwork) -> dict[str, float]:
    """The derivative of the loss along each direction, from `loss_and_grads`."""
    _, grads = net.loss_and_grads({"inp": events(case)}, LABELS)
    out = {}
    for key, way in directions(case, net).items():
        component, name = key.split(".")
        gradient = np.asarray(grads[component][name])
        assert np.all(np.isfinite(gradient)), key
        out[key] = float(np.sum(gradient * way))
    return out


def differences(case: Case, net: TrainableNetwork, eps: float = 1e-6) -> dict[str, float]:
    """The same by central differences of `evaluate`."""
    out = {}
    for key, way in directions(case, net).items():
        parameter, losses = net.context.find(key), []
        value = jnp.array(parameter.get())
        for step in (eps, -eps):
            parameter.set(value + step * way)
            losses.append(net.evaluate({"inp": events(case)}, LABELS)["loss"])
        parameter.set(value)
        out[key] = (losses[0] - losses[1]) / (2.0 * eps)
    return out


def n_spikes(case: Case, net: TrainableNetwork) -> int:
    return int(np.sum(np.asarray(net.simulate({"inp": events(case)}, "hid.s")["hid.s"])))


def errors(got: dict[str, float], want: dict[str, float]) -> dict[str, float]:
    """Relative errors, of the weights by themselves, of small derivatives against the largest's hundredth."""
    scale = 0.01 * max(abs(w) for w in want.values())
    return {k: abs(got[k] - want[k]) / max(abs(want[k]), scale) for k in want}
