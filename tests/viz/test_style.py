"""The common look: colours that colour-blind readers tell apart, no global state, a clear error without matplotlib."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ngcsnn as ng
import ngcsnn.viz as viz
from ngcsnn.viz.style import CLASSES, SPLITS, axes_or_new, class_colour, need_matplotlib, new_figure, tidy

ROOT = Path(__file__).resolve().parents[2]

# How dichromats see linear RGB, after Machado, Oliveira, Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.
DICHROMATS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(hexes: list[str], seen_by: str | None) -> np.ndarray:
    """CIELAB coordinates of colours as they are seen."""
    srgb = np.array([[int(h[i : i + 2], 16) / 255 for i in (1, 3, 5)] for h in hexes])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if seen_by is not None:
        linear = np.clip(linear @ np.array(DICHROMATS[seen_by]).T, 0, 1)
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("seen_by", [None, *DICHROMATS])
@pytest.mark.parametrize("colours", [CLASSES[:4], tuple(SPLITS.values())], ids=["classes", "splits"])
def test_colours_are_told_apart(colours: tuple[str, ...], seen_by: str | None) -> None:
    seen = lab(list(colours), seen_by)
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    assert distance[np.triu_indices(len(colours), 1)].min() > 12  # 2.3 is just noticeable


def test_class_colours_repeat() -> None:
    assert class_colour(len(CLASSES)) == class_colour(0)
    assert len(set(CLASSES)) == len(CLASSES)


def test_import_needs_no_matplotlib_and_pictures_no_pyplot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    code = """if True:
        import sys
        import ngcsnn.viz as viz
        assert 'matplotlib' not in sys.modules
        viz.save(viz.raster([1.0, 2.0], [0, 1]), sys.argv[1])
        assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "raster.png")], check=True, cwd=ROOT)


def test_without_matplotlib_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, feed_forward: ng.Context
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    points = np.zeros((2, 2))
    calls = {
        "draw": lambda: viz.draw(feed_forward),
        "learning_curve": lambda: viz.learning_curve([{"epoch": 1, "split": "train", "loss": 1.0}]),
        "decision_regions": lambda: viz.decision_regions(lambda xy: np.zeros(len(xy), int), points, [0, 0]),
        "raster": lambda: viz.raster([1.0], [0]),
        "traces": lambda: viz.traces([1.0]),
        "weight_matrix": lambda: viz.weight_matrix(points),
        "weight_histogram": lambda: viz.weight_histogram(points),
    }
    for name, call in calls.items():
        with pytest.raises(ImportError, match=r'pip install "ngcsnn\[viz\]"'):
            print(name, call())
    assert viz.mermaid(feed_forward).startswith("flowchart")


def test_axes_or_new() -> None:
    pytest.importorskip("matplotlib")
    need_matplotlib()
    made = axes_or_new(None, 3.0, 2.0)
    assert tuple(made.figure.get_size_inches()) == (3.0, 2.0)  # type: ignore[union-attr]
    assert axes_or_new(made, 9.0, 9.0) is made
    with pytest.raises(TypeError, match="`ax` must be matplotlib axes or None, got 3"):
        axes_or_new(3, 1.0, 1.0)  # type: ignore[arg-type]


def test_tidy_leaves_the_global_settings_alone() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    ax = new_figure(3.0, 2.0).add_subplot()
    tidy(ax, "a title", x="time (ms)", y="v", grid="y")
    assert dict(matplotlib.rcParams) == before
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("a title", "time (ms)", "v")
    assert [side for side, spine in ax.spines.items() if spine.get_visible()] == ["left", "bottom"]
