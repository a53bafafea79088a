"""Networks that the drawings of this room are tested on, and what all pictures must satisfy."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

ZERO = ng.init.Constant(0.0)


@pytest.fixture
def feed_forward() -> ng.Context:
    with ng.Context("yin_yang", dt=1.0, seed=0) as net:
        inp, hid, out = SpikeSource("input", n_units=5), LIFCell("hidden", n_units=20), LICell("output", n_units=1)
        w1 = DenseSynapse("in_hid", shape=(5, 20), weights=ZERO)
        w2 = DenseSynapse("hid_out", shape=(20, 1), weights=ZERO)
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    return net


@pytest.fixture
def recurrent() -> ng.Context:
    """A recurrent synapse that joins a sum, and a cell wired to itself."""
    with ng.Context("recurrent") as net:
        inp, hid = SpikeSource("input", n_units=3), LIFCell("hidden", n_units=4)
        w, rec = DenseSynapse("w", shape=(3, 4), weights=ZERO), DenseSynapse("rec", shape=(4, 4), weights=ZERO)
        inp.s >> w.inputs
        hid.s >> rec.inputs
        w.outputs + 0.5 * rec.outputs >> hid.syn
        hid.v >> hid.j
    return net


@pytest.fixture
def deep() -> ng.Context:
    """30 components: ten hidden layers, skip connections, recurrent synapses, feedback from layer 6 to 3."""
    with ng.Context("deep") as net:
        cells: list[Any] = [SpikeSource("input", n_units=4)]
        cells += [LIFCell(f"hidden_{i}", n_units=4) for i in range(1, 11)]
        cells += [LICell("output", n_units=2)]
        pairs = [(i, i + 1, "w") for i in range(11)]
        pairs += [(1, 4, "skip"), (3, 6, "skip"), (0, 8, "skip"), (6, 3, "feedback")]
        pairs += [(2, 2, "rec"), (5, 5, "rec"), (9, 9, "rec")]
        drive: dict[int, Any] = {}
        for a, b, kind in pairs:
            synapse = DenseSynapse(f"{kind}_{a}_{b}", shape=(cells[a].n_units, cells[b].n_units), weights=ZERO)
            cells[a].s >> synapse.inputs
            drive[b] = synapse.outputs if b not in drive else drive[b] + synapse.outputs
        for b, outputs in drive.items():
            outputs >> cells[b].syn
    return net


@pytest.fixture
def check_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], np.ndarray]:
    """Saves a picture; fails where it is empty, where text is cut off, or where two texts lie on each other."""

    def check(ax: Any) -> np.ndarray:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.text import Text

        from ngcsnn.viz import save

        path = save(ax, tmp_path / "new" / "picture.png", dpi=100)
        assert path.read_bytes().startswith(b"\x89PNG")
        drawn: list[Any] = []  # tick labels out of sight exist, but are not drawn
        draw_text = Text.draw
        monkeypatch.setattr(Text, "draw", lambda text, renderer: (drawn.append(text), draw_text(text, renderer))[1])
        first = ax if hasattr(ax, "transData") else ax[0]
        canvas = FigureCanvasAgg(first.figure.canvas.figure)
        canvas.draw()
        monkeypatch.undo()
        pixels = np.asarray(canvas.buffer_rgba())
        assert (pixels[..., :3] < 200).any(axis=-1).mean() > 0.002, "nearly nothing on it"
        texts = [t for t in dict.fromkeys(drawn) if t.get_visible() and t.get_text().strip()]
        boxes = {t: t.get_window_extent().padded(-1.0) for t in texts}
        height, width = pixels.shape[:2]
        shown = {t: b for t, b in boxes.items() if b.width > 0 and b.height > 0}
        cut = [t.get_text() for t, b in shown.items() if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]
        assert cut == []
        assert [(a.get_text(), b.get_text()) for a, b in combinations(shown, 2) if shown[a].overlaps(shown[b])] == []
        return pixels

    return check
