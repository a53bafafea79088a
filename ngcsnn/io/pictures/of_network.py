"""Pictures of a network and of its weights, before and after training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ngcsnn import viz
from ngcsnn.graph import Context
from ngcsnn.io.pictures.picture import Chapter, Picture
from ngcsnn.viz.graph_reading import read_graph
from ngcsnn.viz.receptive_fields import image_shape
from ngcsnn.viz.style import new_figure

_FEWEST, _MOST = 256, 12  # units that are likely an image (16 x 16); synapses that are drawn


def network_chapter(context: Context) -> Chapter:
    """The graph."""
    text = "Boxes are components, arrows wires; green: sources, yellow: synapses, blue: cells."
    return Chapter("Network", [Picture("network", "Network", text, lambda: viz.draw(context))], [])


def weights_chapter(context: Context, start: Mapping[str, np.ndarray]) -> Chapter:
    """The weights of every synapse; those of sources as images too, where their units make one.

    start: the parameters before training, by name.
    """
    pictures: list[Picture] = []
    synapses = [part for part in context.components.values() if "weights" in _params(part)]
    seeing = _of_sources(context)
    for part in synapses[:_MOST]:
        compartment = part.compartments["weights"]
        before, now = start[compartment.key], np.asarray(compartment.get())
        pictures.append(_weights(part.name, before, now))
        if now.ndim == 2 and len(now) >= _FEWEST and image_shape(len(now)) is not None and part.name in seeing:
            pictures.append(_fields(part.name, now))
    notes = [f"{len(synapses) - _MOST} further synapses are left out"] if len(synapses) > _MOST else []
    return Chapter("Weights", pictures, notes if synapses else ["the network has no weights"])


def _params(part: Any) -> list[str]:
    return [c.name for c in part.owned() if c.role == "param"]


def _of_sources(context: Context) -> set[str]:
    """The names of what is driven by sources alone."""
    wires = read_graph(context).wires
    return {w.target for w in wires if all(context.components[s].stage == "source" for s in w.sources)}


def _weights(name: str, before: np.ndarray, now: np.ndarray) -> Picture:
    def draw() -> Any:
        both = now.ndim == 2
        figure = new_figure(8.8 if both else 4.4, 2.9)
        axes = [figure.add_subplot(1, 2, i + 1) for i in range(2)] if both else [figure.add_subplot()]
        if both:
            viz.weight_matrix(now, ax=axes[0], title=name)
        named = {"trained": now} if np.array_equal(before, now) else {"start": before, "trained": now}
        finite = {key: w[np.isfinite(w)] for key, w in named.items()}
        viz.weight_histogram(finite, ax=axes[-1], title="" if both else name)
        return tuple(axes)

    shape = " × ".join(map(str, now.shape))
    return Picture(
        f"weights_{name}", f"Weights of {name}", f"{shape}; start values and what training made of them.", draw
    )


def _fields(name: str, now: np.ndarray) -> Picture:
    shown = min(now.shape[1], 48)
    text = (
        f"The weights of {'the first ' if shown < now.shape[1] else ''}{shown} units, laid out as the image they see."
    )
    draw = lambda: viz.receptive_fields(now, title=name)  # noqa: E731
    return Picture(f"fields_{name}", f"Receptive fields of {name}", text, draw)
