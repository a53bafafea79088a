"""`ngcsnn plot` and `ngcsnn report`, on one run."""

import base64
import io
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

ALL = [
    "learning_curve", "rates", "confusion", "decision_regions", "raster", "potentials_hidden", "potentials_output",
    "statistics_hidden", "weights_in_hid", "weights_hid_out", "network",
]  # fmt: skip
WITHOUT_DATA = [n for n in ALL if not re.match("confusion|decision|raster|potentials|statistics", n)]


class Reader(HTMLParser):
    """Every tag must be closed in its turn; what it refers to and what it says is kept."""

    VOID = {"meta", "img", "source", "!doctype"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        given = {key: value or "" for key, value in attrs}
        self.inline += [given[k] for k in ("src", "srcset") if k in given]
        self.links += [given["href"]] if "href" in given else []
        self.ids += [given["id"]] if "id" in given else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.words.append(data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def test_the_report_is_one_file_with_everything(ngcsnn, trained, tmp_path: Path, monkeypatch) -> None:
    from PIL import Image

    monkeypatch.setattr("ngcsnn.io.report.whole_report._DPI", 30)

    out = tmp_path / "report.html"
    said = ngcsnn("report", trained.folder, "--out", out)
    assert (said.code, said.out) == (0, f"{out}\n") and "open it in any browser" in said.err
    page = read(out)
    assert {link.removeprefix("#") for link in page.links} == set(page.ids) and len(page.ids) == 8
    assert len(page.inline) == 2 * len(ALL)
    for light, dark in zip(page.inline[1::2], page.inline[::2], strict=True):
        corner = []
        for text in (light, dark):
            assert text.startswith("data:image/png;base64,")
            image = Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2]))).convert("L")
            corner.append(image.getpixel((0, 0)))
        assert corner[0] > 250 and corner[1] < 40
    text = out.read_text(encoding="utf-8")
    assert "http" not in re.sub('data:[^"]*', "", text) and "<script" not in text
    assert "prefers-color-scheme: dark" in text and str(tmp_path) not in text
    words = " ".join(page.words)
    for expected in ("tiny", "eventprop", "hidden.tau_m", "sparse_categorical_crossentropy", "jaxlib", "test accuracy"):
        assert expected in words
    accuracy = float(trained.said.out.split()[-1])
    assert f"{accuracy:.1%}"[:3] in words


def test_every_picture_of_a_run(ngcsnn, trained, tmp_path: Path) -> None:
    said = ngcsnn("plot", trained.folder, "--list")
    assert said.code == 0 and [line.split()[0] for line in said.out.splitlines()] == ALL
    said = ngcsnn("plot", trained.folder, "--no-data", "--out", tmp_path / "p", "--kind", "svg")
    assert said.code == 0 and said.out.splitlines() == [str(tmp_path / "p" / f"{n}.svg") for n in WITHOUT_DATA]
    assert all("<svg" in path.read_text() for path in (tmp_path / "p").iterdir())
    own = tmp_path / "own"
    shutil.copytree(trained.folder, own)
    lines = (own / "metrics.jsonl").read_text().splitlines()
    lines[-1] = lines[-1].removesuffix("}") + ', "confusion_matrix": [[9, 1, 0], [0, 8, 2], [0, 0, 12]]}'
    (own / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    said = ngcsnn("plot", own, "--no-data", "--only", "confusion", "--kind", "svg")  # counted while the run lasted
    assert said.code == 0 and "29 of 32" in (own / "pictures" / "confusion.svg").read_text()
    said = ngcsnn("plot", trained.folder, "--only", "confusio")
    assert said.code == 2 and "and no 'confusio'; did you mean 'confusion'?" in said.err
    assert not (trained.folder / "pictures").exists()


def test_a_run_that_was_cut_short(ngcsnn, trained, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(trained.folder, folder)
    (folder / "metrics.jsonl").write_text("")
    shutil.rmtree(folder / "weights")
    (folder / "versions.json").unlink()
    said = ngcsnn("report", folder, "--no-data")
    assert said.code == 0
    words = " ".join(read(folder / "report.html").words)
    for note in ("no trained weights", "the run did not end", "no epoch has ended", "no learning curve"):
        assert note in words
    (folder / "metrics.jsonl").write_text('{"epoch": 0, "spl')
    said = ngcsnn("plot", folder, "--no-data")
    assert said.code == 2 and "metrics.jsonl:1 is damaged" in said.err


def test_what_is_no_run(ngcsnn, model: Path) -> None:
    for command in ("plot", "report"):
        said = ngcsnn(command, model.parent / "none")
        assert said.code == 2 and "none is no run folder: it has no model.yaml" in said.err
