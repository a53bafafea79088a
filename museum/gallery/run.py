"""Every cell's answer to one standard input, drawn: `python museum/gallery/run.py [--out FOLDER] [--smoke]`.

Writes a picture for each cell that `ngcsnn.components` offers, and `README.md`, the page that shows them. A new cell is
drawn as soon as it is exported.

Standard input: a current that is on from 20 % to 80 % of the time. A spiking cell gets the smallest current of a fixed
ladder that makes it spike three times at least; of cells that compete, the one shown gets a third more than two rivals.
A cell with receptors of its own also gets an event at each, before the current. Cells without spikes get the same step,
of height 1, at their first input, and a slow sine at an input called `target`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import ngcsnn as ng
from ngcsnn import components
from ngcsnn.viz import save

BASES = ("DynamicCell", "SpikingCell")  # what cells are made from
LADDER = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
MS, DT = 200.0, 0.1
EVENT = 20.0  # in the unit of the weights
RIVALS = {"WTASCell": (1.0, 0.75, 0.75)}  # what the units of a layer get, where one alone would tell nothing
MADE = {"DiehlCookCell": {"shared_theta": False}}  # the currents of the ladder are samples of one batch
INK, BLUE, RED, FAINT = "#2b2f36", "#0072b2", "#d55e00", "#e4e7eb"


class Answer(NamedTuple):
    """One unit's run: time (ms, step ends), the step's height, {compartment: (T,)}, spike times."""

    t: np.ndarray
    height: float
    values: dict[str, np.ndarray]
    spikes: np.ndarray | None


def cells() -> dict[str, Any]:
    """The cells of the library by name."""
    found = {name: cls for name, cls in vars(components).items() if getattr(cls, "stage", None) == "cell"}
    return {name: found[name] for name in sorted(found) if name not in BASES}


def answer(cls: Any, ms: float = MS) -> Answer:
    """The cell's run, at the smallest current that makes it spike three times where it can spike."""
    n_steps = round(ms / DT)
    t = DT * np.arange(1, n_steps + 1)
    on = ((t > 0.2 * ms) & (t <= 0.8 * ms)).astype(float)
    with ng.Context("net", dt=DT) as net:
        shares = RIVALS.get(cls.__name__, (1.0,))
        cell = cls("cell", n_units=len(shares), **MADE.get(cls.__name__, {}))
    spiking = "s" in cell.compartments
    ladder = LADDER if spiking else (1.0,)
    net.reset(batch_size=len(ladder))
    inputs = [c for c in cell.compartments.values() if c.role == "input"]
    first = next((c for c in inputs if c.name == "j"), inputs[0])
    rows = {first: on[:, None, None] * np.array(ladder)[:, None] * np.ones(first.shape) * np.array(shares)}
    if first.name == "p":  # a probability stays off certainty
        rows[first] = 0.1 + 0.8 * rows[first]
    rows |= {
        c: 0.5 + 0.5 * np.sin(t / 10.0)[:, None, None] * np.ones((1, *c.shape)) for c in inputs if c.name == "target"
    }
    receptors = [c for c in inputs if c.declared.timed and c.name != "syn"]
    for number, c in enumerate(receptors):
        rows[c] = np.where(np.arange(n_steps) == round((0.04 + 0.06 * number) * n_steps), EVENT, 0.0)[:, None, None] * (
            np.ones((len(ladder), *c.shape))
        )
    shown = [c for c in cell.compartments.values() if c.role in ("state", "output")]
    watch = [*shown, cell.s.offset] if spiking else shown
    out = {k.partition(".")[2]: np.asarray(v) for k, v in net.advance.scan(inputs=rows, watch=watch).items()}
    chosen = 0
    if spiking:
        counts = out["s"].reshape(n_steps, len(ladder), -1)[:, :, 0].sum(0)
        sane = np.array([np.isfinite(out["v"][:, b]).all() if "v" in out else True for b in range(len(ladder))])
        enough = np.flatnonzero((counts >= 3) & sane)
        chosen = int(enough[0]) if len(enough) else int(np.argmax(np.where(sane, counts, -1)))
    values = {k: v[:, chosen].reshape(n_steps, -1)[:, 0] for k, v in out.items()}
    spikes = None
    if spiking:
        at = np.flatnonzero(values["s"])
        spikes = t[at] + values["s.offset"][at]
    return Answer(t, ladder[chosen], values, spikes)


def picture(name: str, cls: Any, found: Answer) -> Any:
    """Input, potential and spikes, the other variables, and the phase plane of two state variables."""
    from matplotlib.figure import Figure

    own = [f for f in getattr(cls, "fields", ()) if f in found.values and np.ptp(found.values[f]) > 0]
    quiet = {"s", "s.offset", "counted", "refrac", "since", "above", "spiked", "sticky", "r_prime"}
    others: list[str] = [k for k, v in found.values.items() if k not in quiet and k not in own[:1] and np.ptp(v) > 0]
    plane = len(own) > 1
    main = own[0] if own else others.pop(0)
    heights = (1, 3, 2) if others else (1, 3)
    figure = Figure(figsize=(9.0 if plane else 6.5, 4.2 if others else 3.2), layout="constrained")
    columns = {"ncols": 2, "width_ratios": (2, 1)} if plane else {"ncols": 1}
    grid = figure.add_gridspec(len(heights), height_ratios=heights, **columns)
    top, middle, *bottom = (figure.add_subplot(grid[row, 0]) for row in range(len(heights)))
    on = (found.t > 0.2 * found.t[-1]) & (found.t <= 0.8 * found.t[-1])
    top.plot(found.t, found.height * on, color=INK)
    top.set_ylabel("input")
    middle.plot(found.t, found.values[main], color=BLUE)
    middle.set_ylabel(main)
    if found.spikes is not None and len(found.spikes):
        high = middle.get_ylim()[1]
        middle.plot(found.spikes, np.full(len(found.spikes), high), "|", color=RED, markersize=9, clip_on=False)
    for axes in bottom:
        for key in others[:4]:
            axes.plot(found.t, found.values[key], label=key, linewidth=1.0)
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 0.96), ncols=4, frameon=False)  # above the lines
    for axes in figure.axes:
        axes.set_xlim(0.0, found.t[-1])
    figure.axes[-1].set_xlabel("time (ms)")
    if plane:
        side = figure.add_subplot(grid[:, 1])
        side.plot(found.values[own[0]], found.values[own[1]], color=BLUE, linewidth=0.8)
        side.plot(found.values[own[0]][0], found.values[own[1]][0], "o", color=RED, markersize=4)
        side.set_xlabel(own[0])
        side.set_ylabel(own[1])
        side.set_title("phase plane", fontsize=9)
    for axes in figure.axes:
        axes.grid(color=FAINT, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    told = f"input {found.height:g}" + (f", {len(found.spikes)} spikes" if found.spikes is not None else "")
    figure.suptitle(f"{name}: {told}", color=INK)
    return figure


def page(drawn: dict[str, str]) -> str:
    """The text of the page; drawn: {name: what one line says of the cell}."""
    lines = [
        "# Every cell's answer to one input",
        "",
        "Drawn by `python museum/gallery/run.py`, which says what the input is.",
        "",
    ]
    for name, told in drawn.items():
        lines += [f"## {name}", "", told, "", f"![{name}](pictures/{name}.png)", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--smoke", action="store_true", help="a short run of every cell")
    told = parser.parse_args()
    (told.out / "pictures").mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, cls in cells().items():
        found = answer(cls, 40.0 if told.smoke else MS)
        save(picture(name, cls, found).axes, told.out / "pictures" / f"{name}.png", dpi=60)
        drawn[name] = str(cls.__doc__).partition("\n")[0]
    (told.out / "README.md").write_text(page(drawn))
    print(f"drawn: {', '.join(drawn)}")


if __name__ == "__main__":
    main()
