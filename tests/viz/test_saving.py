"""Pictures to files."""

from pathlib import Path

import pytest

from ngcsnn.viz import learning_curve, raster, save
from ngcsnn.viz.style import new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89P")]
)
def test_kinds(tmp_path: Path, kind: str, start: bytes) -> None:
    path = save(raster([1.0], [0]), tmp_path / "a" / "b" / f"spikes.{kind}")
    assert path == tmp_path / "a" / "b" / f"spikes.{kind}"
    assert path.read_bytes().startswith(start)


def test_several_axes_of_one_figure(tmp_path: Path) -> None:
    axes = learning_curve([{"epoch": 1, "split": "train", "loss": 1.0, "accuracy": 0.5}])
    assert len(axes) == 2
    assert save(axes, str(tmp_path / "curve.png")).stat().st_size > 1000


def test_axes_of_a_part_of_a_figure(tmp_path: Path) -> None:
    whole = new_figure(4.0, 2.0)
    left, _ = whole.subfigures(1, 2)
    path = save(raster([1.0], [0], ax=left.add_subplot()), tmp_path / "spikes.png", dpi=50)
    assert int.from_bytes(path.read_bytes()[16:20], "big") == 200  # the whole figure


def test_dpi_sets_the_size(tmp_path: Path) -> None:
    ax = raster([1.0], [0])
    small, large = save(ax, tmp_path / "s.png", dpi=50).read_bytes(), save(ax, tmp_path / "l.png", dpi=100).read_bytes()
    width = [int.from_bytes(data[16:20], "big") for data in (small, large)]
    assert width == [320, 640]


def test_errors(tmp_path: Path) -> None:
    ax = raster([1.0], [0])
    with pytest.raises(ValueError, match=r"`path` must end in .png, .svg or .pdf, got '.*curve.pngg' .*`png`"):
        save(ax, tmp_path / "curve.pngg")
    with pytest.raises(ValueError, match="`dpi` must be a finite number > 0"):
        save(ax, tmp_path / "a.png", dpi=0.0)
    assert list(tmp_path.iterdir()) == []
