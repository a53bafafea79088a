"""`ngcsnn eval`."""

from pathlib import Path

from ngcsnn.io import read_metrics


def figures(out: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in out.splitlines())


def test_a_run_gives_its_test_figures_to_the_last_digit(ngcsnn, trained) -> None:
    said = ngcsnn("eval", trained.folder)
    assert (said.code, said.err) == (0, "")
    test = read_metrics(trained.folder / "metrics.jsonl")[-1]
    expected = {k: repr(v) for k, v in test.items() if k not in ("epoch", "split", "seconds")}
    assert figures(said.out) == {**expected, "test accuracy": f"{test['accuracy']:.3f}"}
    assert said.out.splitlines()[-1] == trained.said.out.strip()


def test_the_weights_of_a_run_in_another_model(ngcsnn, trained, model: Path) -> None:
    there = figures(ngcsnn("eval", trained.folder).out)
    model.write_text(model.read_text().replace("epochs: 2", "epochs: 7"))
    assert figures(ngcsnn("eval", model, "--weights", trained.folder).out) == there
    said = ngcsnn("eval", model)
    assert said.code == 0 and "these are the start values" in said.err
    assert figures(said.out)["loss"] != there["loss"]


def test_what_does_not_fit(ngcsnn, trained, model: Path) -> None:
    wider = ["hidden.n_units=21", "in_hid.shape.1=21", "hid_out.shape.0=21"]
    said = ngcsnn("eval", trained.folder, *wider)
    assert (said.code, said.out) == (2, "")
    assert "in_hid.weights has shape (5, 20) there, (5, 21) here" in said.err
    for arguments in ((model.parent,), (model, "--weights", model.parent)):
        said = ngcsnn("eval", *arguments)
        assert said.code == 2 and "holds no weights" in said.err
    assert ngcsnn("eval", trained.folder / "weights").err.endswith("which the model has not\n")
