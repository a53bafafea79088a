"""Small networks that the compiler tests share."""

from __future__ import annotations

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource


def layered(recurrent: bool = False, layers: int = 1, skip: bool = False, n: int = 12, **cell: object) -> ng.Context:
    """input -> hidden_0 -> ... -> output, optionally recurrent, optionally with a skip connection to the output."""
    with ng.Context("layered", dt=1.0, seed=3) as net:
        source = SpikeSource("input", n_units=5)
        before, size = source, 5
        for k in range(layers):
            hidden = LIFCell(f"hidden_{k}", n_units=n, tau_m=ng.init.Uniform(15.0, 25.0), **cell)
            forward = DenseSynapse(f"forward_{k}", shape=(size, n), weights=ng.init.Normal(1.5, 1.2), bias=0.01)
            before.s >> forward.inputs
            if recurrent:
                back = DenseSynapse(f"back_{k}", shape=(n, n), weights=ng.init.Normal(0.0, 0.2))
                hidden.s >> back.inputs
                forward.outputs + back.outputs >> hidden.syn
            else:
                forward.outputs >> hidden.syn
            before, size = hidden, n
        output = LICell("output", n_units=3, bias=0.02)
        readout = DenseSynapse("readout", shape=(n, 3), weights=ng.init.Normal(0.1, 0.2))
        before.s >> readout.inputs
        if skip:
            direct = DenseSynapse("direct", shape=(5, 3), weights=ng.init.Normal(0.0, 0.3))
            source.s >> direct.inputs
            readout.outputs + 0.5 * direct.outputs >> output.syn
        else:
            readout.outputs >> output.syn
    return net


def circle() -> ng.Context:
    """Two populations that drive each other through two receptors, and a current into one of them."""
    with ng.Context("circle", dt=0.5, seed=1) as net:
        source = SpikeSource("input", n_units=5)
        a = LIFCell("a", n_units=6, receptors={"exc": 4.0, "inh": 8.0}, refract_time=2.25)
        b = LIFCell("b", n_units=4, v_reset=-0.2, relative_reset=True)
        w_in = DenseSynapse("w_in", shape=(5, 6), weights=ng.init.Uniform(1.0, 5.0))
        w_ab = DenseSynapse("w_ab", shape=(6, 4), weights=ng.init.Uniform(2.0, 5.0))
        w_ba = DenseSynapse("w_ba", shape=(4, 6), weights=ng.init.Uniform(-1.0, 0.0))
        output = LICell("output", n_units=2)
        w_out = DenseSynapse("w_out", shape=(4, 2), weights=ng.init.Normal(0.0, 0.5))
        source.s >> w_in.inputs
        w_in.outputs >> a.exc
        a.s >> w_ab.inputs
        w_ab.outputs >> b.syn
        b.s >> w_ba.inputs
        w_ba.outputs >> a.inh
        b.s >> w_out.inputs
        w_out.outputs >> output.syn
    return net


def delta_drive() -> ng.Context:
    """Inputs that act as currents of one step (`j`), and a cell read by another cell's current."""
    with ng.Context("currents", dt=1.0, seed=2) as net:
        source = SpikeSource("input", n_units=5)
        hidden = LIFCell("hidden", n_units=7)
        weights = DenseSynapse("weights", shape=(5, 7), weights=ng.init.Uniform(1.0, 8.0))
        follower = LICell("output", n_units=7)
        source.s >> weights.inputs
        weights.outputs >> hidden.j
        2.0 * hidden.v >> follower.j
    return net


def borrowed_parameter() -> ng.Context:
    """A cell whose current is scaled by the trained bias of another: a parameter read through a wire."""
    with ng.Context("borrowed", dt=1.0, seed=4) as net:
        source = SpikeSource("input", n_units=5)
        hidden = LIFCell("hidden", n_units=4)
        weights = DenseSynapse("weights", shape=(5, 4), weights=ng.init.Uniform(2.0, 4.0), bias=0.4)
        back = DenseSynapse("back", shape=(4, 4), weights=ng.init.Uniform(-0.5, 0.5))
        output = LICell("output", n_units=4)
        source.s >> weights.inputs
        hidden.s >> back.inputs
        weights.outputs + back.outputs * weights.bias >> hidden.syn
        back.outputs >> output.syn
    return net


NETWORKS = {
    "feed-forward": lambda: layered(),
    "recurrent": lambda: layered(recurrent=True),
    "two recurrent layers, skip": lambda: layered(recurrent=True, layers=2, skip=True),
    "refractory": lambda: layered(recurrent=True, refract_time=2.5),
    "three layers, rk4": lambda: layered(layers=3, integration="rk4"),
    "circle of two populations": circle,
    "currents": delta_drive,
    "borrowed parameter": borrowed_parameter,
}
