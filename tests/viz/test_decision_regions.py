"""Decision regions with test points."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.data.yin_yang import YIN_YANG_CLASSES, which_class, yin_yang
from ngcsnn.viz import decision_regions
from ngcsnn.viz.style import CLASSES, new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def half_planes(xy: np.ndarray) -> np.ndarray:
    return (xy[:, 0] > 0.5).astype(int)


def disc(xy: np.ndarray) -> np.ndarray:
    return which_class(xy[:, 0], xy[:, 1]) >= 0


POINTS = np.array([[0.1, 0.5], [0.9, 0.5], [0.2, 0.1], [0.8, 0.1]])
LABELS = np.array([0, 1, 1, 1])  # the third is taken for class 0


def on_paper(ax: Any) -> np.ndarray:
    """The ground as it shows on white."""
    image = np.asarray(ax.images[0].get_array())
    return image[..., 3:] * image[..., :3] + 1.0 - image[..., 3:]


def test_ground_points_and_title() -> None:
    from matplotlib.colors import to_rgb

    ax = decision_regions(half_planes, POINTS, LABELS, resolution=10)
    assert ax.get_title(loc="left") == "test accuracy 0.750  (1 of 4 wrong)"
    image = on_paper(ax)
    assert image.shape == (10, 10, 3)
    for column, label in ((0, 0), (9, 1)):
        assert image[4, column] == pytest.approx(0.3 * np.array(to_rgb(CLASSES[label])) + 0.7)
    groups = [(np.asarray(c.get_offsets()).tolist(), c.get_sizes()[0]) for c in ax.collections]  # type: ignore[attr-defined]
    small, large = min(size for _, size in groups), max(size for _, size in groups)
    assert [points for points, size in groups if size == large] == [[[0.2, 0.1]]] and large > 2 * small
    assert sum(len(points) for points, _ in groups) == 4


def test_the_ground_is_asked_only_inside_and_stays_paper_outside() -> None:
    asked: list[np.ndarray] = []

    def predict(xy: np.ndarray) -> np.ndarray:
        asked.append(xy)
        return half_planes(xy)

    ax = decision_regions(predict, POINTS, LABELS, resolution=40, inside=disc)
    ground, points = asked
    assert np.array_equal(points, POINTS)
    radius = np.hypot(*(ground - 0.5).T)
    assert len(ground) < 0.9 * 40**2 and radius.max() < 0.5 + 1 / 40
    image = on_paper(ax)
    assert (image[0, 0] == 1.0).all() and (image[20, 20] < 1.0).any()
    red = image[5, :, 0]
    assert ((red > 0.71) & (red < 0.99)).any()  # pixels on the border: between paper and full tint


def test_yin_yang(check_picture: Any) -> None:
    test = yin_yang(1000, seed=40)

    def predict(xy: np.ndarray) -> np.ndarray:
        found = which_class(xy[:, 0] + 0.02 * np.sin(15 * xy[:, 1]), xy[:, 1])
        return np.where(found < 0, xy[:, 1] > 0.5, found)

    ax = decision_regions(
        predict, test.samples[:, :2], test.labels, inside=disc, class_names=YIN_YANG_CLASSES, resolution=60
    )
    wrong = int(np.sum(predict(test.samples[:, :2]) != test.labels))
    assert ax.get_title(loc="left") == f"test accuracy {1 - wrong / 1000:.3f}  ({wrong} of 1000 wrong)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["yin", "yang", "dot", "wrong"]  # type: ignore[union-attr]
    check_picture(ax)


def test_all_right_on_given_axes_with_another_extent(check_picture: Any) -> None:
    given = new_figure(4.0, 3.0).add_subplot()
    extent = ((-1.0, 3.0), (0.0, 2.0))
    ax = decision_regions(half_planes, POINTS[:2], LABELS[:2], ax=given, extent=extent, resolution=8, title="accuracy")
    assert ax is given and ax.get_title(loc="left") == "accuracy 1.000  (0 of 2 wrong)"
    assert list(ax.images[0].get_extent()) == [-1.0, 3.0, 0.0, 2.0]  # type: ignore[attr-defined]
    image = np.asarray(ax.images[0].get_array())
    assert (image[:, 2] != image[:, 3]).any() and (image[:, 3] == image[:, 7]).all()  # the border is at x = 0.5
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1"]  # type: ignore[union-attr]
    check_picture(ax)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"labels": [0, 1]}, ValueError, "`points` and `labels` must be equally many, got 4 and 2"),
        ({"points": np.zeros((4, 4))}, ValueError, "`points` must have shape \\(n, 2\\), got \\(4, 4\\)"),
        ({"points": np.full((4, 2), np.nan)}, ValueError, "`points` must be finite"),
        ({"points": np.zeros((0, 2)), "labels": []}, ValueError, "`points` is empty"),
        ({"labels": [0, 1, 1, -1]}, ValueError, "labels must be class indices >= 0, got -1"),
        ({"labels": [0.0, 1.0, 1.0, 1.0]}, TypeError, "labels must be class indices \\(integers\\), got float64"),
        ({"predict": lambda xy: np.zeros((len(xy), 3))}, ValueError, "what `predict` answers must be one class"),
        ({"predict": lambda xy: np.zeros(3, int)}, ValueError, "`predict` must answer one class for each point, got 3"),
        ({"inside": lambda xy: True}, ValueError, "`inside` must answer one boolean for each point"),
        ({"class_names": ["yin"]}, ValueError, "`class_names` names 1 classes, but .* reach class 1"),
        ({"extent": ((0, 1), (1, 0))}, ValueError, "`extent` must be .* with low < high"),
        ({"extent": (0, 1)}, ValueError, "`extent` must be"),
        ({"resolution": 1}, ValueError, "`resolution` must be an integer >= 2, got 1"),
    ],
)
def test_errors(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        decision_regions(**{"predict": half_planes, "points": POINTS, "labels": LABELS, "resolution": 8, **change})
