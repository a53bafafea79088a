"""Pictures on dark ground."""

from typing import Any

import numpy as np
import pytest

from ngcsnn import viz
from ngcsnn.viz.darkening import DARK, DARK_PAPER
from ngcsnn.viz.style import INK, MUTED, PAPER

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def light(colour: Any) -> float:
    from matplotlib.colors import to_rgb

    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


def test_every_text_can_be_read(feed_forward: Any) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    pictures: list[Any] = [
        viz.draw(feed_forward), viz.raster([1.0], [0], title="hidden"), viz.weight_matrix(rng.normal(size=(3, 4))),
        viz.learning_curve([{"epoch": 0, "split": "train", "loss": 1.0}]), viz.confusion_matrix(labels, labels),
    ]  # fmt: skip
    from matplotlib.colors import to_hex
    from matplotlib.text import Text

    for picture in pictures:
        viz.darken(picture)
        figure = (picture if hasattr(picture, "transData") else picture[0]).figure
        figure.canvas.draw()
        assert light(figure.get_facecolor()) < 0.11
        on_cells = set(picture.texts) if getattr(picture, "images", None) else set()  # numbers on bright cells
        texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t not in on_cells]
        assert texts and min(light(t.get_color()) for t in texts) > 0.3
        assert {to_hex(t.get_color()) for t in on_cells} <= {DARK_PAPER, DARK[INK]}


def test_the_ticks_of_a_scale_stay() -> None:
    labels = np.arange(30)
    ax = viz.confusion_matrix(labels, labels)
    viz.darken(ax)
    image: Any = ax.images[0]
    ticks = [t.get_text() for t in image.colorbar.ax.get_yticklabels()]
    assert ticks == ["0", "1 %", "10 %", "50 %", "100 %"]
    assert light(ax.images[0].get_cmap()(0.0)[:3]) < 0.14


def test_colours_turn_round() -> None:
    assert light(DARK[INK]) > light(DARK[MUTED]) > light(DARK[PAPER])
