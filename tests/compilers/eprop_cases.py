"""Networks, data and truths that the tests of e-prop share."""

from __future__ import annotations

from typing import Any

import numpy as np
from plain_eprop import Cells, Readout, eprop

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

STEPS, N, START = 30, 6, 5
MSE, CE = {"output": "mean_square_error"}, {"output": "sparse_categorical_crossentropy"}
STEP_ENDS = {"output": {"var": {"integral": "steps"}}}


def network(
    cell: Any = LIFCell,
    layers: int = 1,
    to_output: tuple[int, ...] = (0,),
    bias: Any = None,
    n: int = 8,
    **arguments: Any,
) -> ng.Context:
    """input -> hidden_0 (recurrent) -> ... ; the layers `to_output` have a synapse to the output."""
    with ng.Context("net", dt=1.0, seed=4) as net:
        before, size = SpikeSource("input", n_units=5), 5
        onto: Any = None
        output = LICell("output", n_units=3, tau_m=15.0, bias=bias)
        for k in range(layers):
            hidden = cell(f"hidden_{k}", n_units=n, **arguments)
            forward = DenseSynapse(f"forward_{k}", shape=(size, n), weights=ng.init.Normal(14.0 / size, 10.0 / size))
            back = DenseSynapse(f"back_{k}", shape=(n, n), weights=ng.init.Normal(0.0, 0.4))
            before.s >> forward.inputs
            hidden.s >> back.inputs
            forward.outputs + back.outputs >> hidden.syn
            if k in to_output:
                readout = DenseSynapse(f"readout_{k}", shape=(n, 3), weights=ng.init.Normal())
                hidden.s >> readout.inputs
                onto = readout.outputs if onto is None else onto + readout.outputs
            before, size = hidden, n
        onto >> output.syn
    return net


def spikes(seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((N, STEPS, 5)) < 0.15).astype(float)


def targets(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 1.0, (N, STEPS, 3))


def truth(net: ng.Context, cells: Cells, error: Any, **options: Any) -> dict[str, np.ndarray]:
    """Gradients by the name of the synapse, sums over the batch."""
    w = {k: np.asarray(c["weights"]) for k, c in net.live.items() if "weights" in c}
    depth = sum(k.startswith("forward") for k in w)
    layers = [tuple(w.get(f"{name}_{k}") for name in ("forward", "back", "readout")) for k in range(depth)]
    found = eprop([cells] * depth, layers, Readout(tau_m=15.0), np.moveaxis(spikes(), 0, 1), error, **options)
    assert all(20 < c.sum() < 0.5 * N * STEPS * 8 for c in found["counts"])
    grads = {}
    for k, part in enumerate(found["grads"]):
        grads.update({f"{name}_{k}": g for name, g in zip(("forward", "back", "readout"), part, strict=True)})
    return {name: g for name, g in grads.items() if name in w}


def square(t: int, y: np.ndarray) -> np.ndarray:
    """Of the mean square error over units and the window from START on."""
    return (t >= START) * 2.0 * (y - targets()[:, t]) / (3 * (STEPS - START))


def check(got: Any, want: dict[str, np.ndarray], tolerance: float = 1e-12) -> None:
    assert got.keys() == want.keys()
    for name, g in want.items():
        assert np.abs(g).max() > 1e-4, name
        assert np.abs(g / N - got[name]["weights"]).max() < tolerance * np.abs(g / N).max(), name
