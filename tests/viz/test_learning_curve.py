"""Loss and accuracy over epochs."""

import math
from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import learning_curve
from ngcsnn.viz.style import SPLITS, new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def a_run(epochs: int = 60) -> list[dict[str, Any]]:
    records = []
    for e in range(1, epochs + 1):
        loss, accuracy = 1.1 * math.exp(-e / 10) + 0.05, 1 - 0.7 * math.exp(-e / 8)
        records.append({"epoch": e, "split": "train", "loss": loss, "accuracy": accuracy, "seconds": 0.5})
        records.append({"epoch": e, "split": "validation", "loss": 1.1 * loss, "accuracy": accuracy - 0.02})
    return [*records, {"epoch": epochs, "split": "test", "loss": 0.0721, "accuracy": 0.976}]


def lines(ax: Any) -> dict[str, Any]:
    return {line.get_label().split()[0]: line for line in ax.get_lines()}


def test_a_run_of_60_epochs(check_picture: Any) -> None:
    loss, accuracy = learning_curve(a_run())
    assert [ax.get_title(loc="left") for ax in (loss, accuracy)] == ["loss", "accuracy"]
    assert list(lines(loss)) == ["train", "validation", "test"]
    assert {name: line.get_color() for name, line in lines(loss).items()} == SPLITS
    x, y = lines(accuracy)["train"].get_data()
    assert list(x) == list(range(1, 61)) and y[-1] == pytest.approx(1 - 0.7 * math.exp(-7.5))
    assert [text.get_text() for text in accuracy.get_legend().get_texts()][-1] == "test  0.976"  # type: ignore[union-attr]
    assert lines(accuracy)["test"].get_marker() == "o" and lines(accuracy)["train"].get_marker() == "None"
    check_picture((loss, accuracy))


def test_records_in_any_order_and_repeated_epochs() -> None:
    records = [{"epoch": e, "split": "train", "loss": float(e)} for e in (3, 1, 2, 2)]
    records[-1]["loss"] = 20.0  # epoch 2 again, from a resumed run
    (ax,) = learning_curve(records)
    x, y = ax.get_lines()[0].get_data()
    assert (list(np.asarray(x)), list(np.asarray(y))) == ([1, 2, 3], [1.0, 20.0, 3.0])


def test_missing_and_not_finite_values(check_picture: Any) -> None:
    losses = [1.0, None, math.nan, 0.5, math.inf]
    records = [{"epoch": i, "split": "train", "loss": v} for i, v in enumerate(losses)]
    (ax,) = learning_curve([*records, {"epoch": 9, "split": "train"}])
    assert [text.get_text() for text in ax.texts] == ["2 values not finite"]
    assert ax.get_lines()[0].get_label() == "train  0.5"
    assert len(np.asarray(ax.get_lines()[0].get_xdata())) == 4
    check_picture(ax)


def test_other_metrics_other_splits_and_given_axes(check_picture: Any) -> None:
    records = [{"epoch": e, "split": s, "spike_rate": 10.0 / e} for e in (1, 2) for s in ("train", "fold_1", "fold_2")]
    given = new_figure(4.0, 3.0).add_subplot()
    (ax,) = learning_curve(records, ax=given, metrics=["spike_rate"])
    assert ax is given and ax.get_title(loc="left") == "spike rate"
    assert len({line.get_color() for line in ax.get_lines()}) == 3
    check_picture(ax)


def test_several_outputs_have_a_panel_each(check_picture: Any) -> None:
    record = {"epoch": 1, "split": "train", "b.accuracy": 0.5, "a.accuracy": 0.75, "loss": 1.0, "hidden.rate_hz": 9.0}
    axes = learning_curve([record])
    assert [ax.get_title(loc="left") for ax in axes] == ["loss", "b: accuracy", "a: accuracy"]
    check_picture(axes)


def test_log_scale(check_picture: Any) -> None:
    loss, accuracy = learning_curve(a_run(), loss_scale="log")
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    check_picture((loss, accuracy))
    with pytest.raises(ValueError, match="`loss_scale` 'log' needs losses > 0"):
        learning_curve([{"epoch": 1, "split": "train", "loss": 0.0}], loss_scale="log")
    with pytest.raises(ValueError, match="'log', but 'loss' is not among the metrics"):
        learning_curve(a_run(), metrics=["accuracy"], loss_scale="log")


def test_errors() -> None:
    good = {"epoch": 1, "split": "train", "loss": 1.0}
    with pytest.raises(ValueError, match="`records` is empty"):
        learning_curve([])
    with pytest.raises(TypeError, match="records\\[1\\] must be a dict"):
        learning_curve([good, 3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="records\\[0\\] has no 'split' .*`splits`"):
        learning_curve([{"epoch": 1, "splits": "train"}])
    with pytest.raises(TypeError, match="records\\[0\\]: 'epoch' must be a number, got 'one'"):
        learning_curve([{"epoch": "one", "split": "train"}])
    with pytest.raises(ValueError, match="no metric to draw.*spike_rate"):
        learning_curve([{"epoch": 1, "split": "train", "spike_rate": 1.0}])
    with pytest.raises(ValueError, match="no record has the metric 'los' .*`loss`"):
        learning_curve([good], metrics=["los"])
    with pytest.raises(ValueError, match="one axes for each of the 2 metrics drawn, got 1"):
        learning_curve(a_run(2), ax=new_figure(2.0, 2.0).add_subplot())
    with pytest.raises(ValueError, match="`loss_scale` must be 'linear' or 'log', got 'lin'"):
        learning_curve([good], loss_scale="lin")


SHAPES = {
    "rising": [0.1, 0.5, 0.8, 0.9], "falling": [0.9, 0.5, 0.2, 0.1], "to and fro": [0.9, 0.1, 0.9, 0.1],
    "a peak": [0.10, 0.23, 0.1, 0.1, 0.1, 0.1], "hills": [0.1, 0.12, 0.14, 0.1, 0.13, 0.1],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_no_line_goes_through_the_legend(shape: str, metric: str) -> None:
    records = [
        {"epoch": e, "split": s, metric: v + k}
        for k, s in ((0, "train"), (0.001, "test"))
        for e, v in enumerate(SHAPES[shape])
    ]
    (ax,) = learning_curve(records)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    legend = ax.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    for line in ax.get_lines():
        points = ax.transData.transform(np.column_stack([np.asarray(line.get_xdata()), np.asarray(line.get_ydata())]))
        x = np.linspace(0, len(points) - 1, 400)
        fine = np.column_stack([np.interp(x, np.arange(len(points)), points[:, i]) for i in (0, 1)])
        assert not any(box.contains(*p) for p in fine)
    assert ax.get_xlabel() == "epoch (the first is 0)"
