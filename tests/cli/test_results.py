"""How figures are printed."""

from ngcsnn.cli.results import figure_lines, result_lines


def test_the_result() -> None:
    assert result_lines({"loss": 0.2, "accuracy": 0.9784}) == ["test accuracy: 0.978"]
    assert result_lines({"a.accuracy": 1.0, "loss": 0.2, "b.accuracy": 0.5}) == [
        "test a.accuracy: 1.000",
        "test b.accuracy: 0.500",
    ]
    assert result_lines({"loss": 0.123456, "mean_square_error": 0.1}) == ["test loss: 0.1235"]


def test_all_figures_with_every_digit() -> None:
    assert figure_lines({"loss": 0.1 + 0.2, "hidden.silent": 3, "seconds": 1.0}) == [
        "loss: 0.30000000000000004",
        "hidden.silent: 3",
    ]
