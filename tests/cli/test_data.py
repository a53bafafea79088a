"""`ngcsnn data`."""

from pathlib import Path

import pytest

from ngcsnn.data import dataset_names


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NGCSNN_MIRROR", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


def test_list_tells_what_is_here(ngcsnn, cache: Path) -> None:
    (cache / "shd").mkdir(parents=True)
    (cache / "shd" / "shd_train.h5").write_bytes(b"")
    said = ngcsnn("data", "list")
    assert said.code == 0
    lines = {line.split()[0]: line for line in said.out.splitlines()}
    assert sorted(lines) == list(dataset_names())
    assert "1 to fetch" in lines["shd"] and "2 to fetch" in lines["nmnist"] and "by hand" in lines["braille"]
    assert "made" in lines["yin_yang"] and "your files" in lines["events"]
    assert max(map(len, said.out.splitlines())) <= 118


def test_fetch_says_what_to_do_when_it_cannot(ngcsnn, cache: Path) -> None:
    said = ngcsnn("data", "fetch", "shd")
    assert said.code == 2 and said.out == ""
    assert "'shd' cannot be fetched" in said.err and "put shd_train.h5.zip, shd_test.h5.zip into" in said.err
    said = ngcsnn("data", "fetch", "braille")
    assert said.code == 2 and "it is published as Python pickles" in said.err
    said = ngcsnn("data", "fetch", "yin_yang")
    assert (said.code, said.err) == (
        2, "error: data set 'yin_yang' has no files to fetch: it is made when it is loaded\n",
    )  # fmt: skip


def test_what_is_there_is_not_fetched_again(ngcsnn, cache: Path) -> None:
    (cache / "shd").mkdir(parents=True)
    for part in ("train", "test"):
        (cache / "shd" / f"shd_{part}.h5").write_bytes(b"")
    assert ngcsnn("data", "fetch", "shd") == (0, f"shd: {cache / 'shd'}\n", "")


def test_info(ngcsnn, cache: Path) -> None:
    said = ngcsnn("data", "info", "shd")
    assert said.code == 0
    assert said.out.startswith("Spiking Heidelberg digits") and "t_end: None" in said.out
    assert "shd_train.h5.zip  to fetch  md5 f3252aeb598ac776c1b526422d90eecb" in said.out
    said = ngcsnn("data", "info", "yin_yang", "--load", "train=30", "test=12")
    assert "train      30 samples" in said.out and "yin_yang: 5 units, 3 classes" in said.out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["info", "sdh"], "no data set is called 'sdh'; did you mean 'shd'?"),
        (["info"], "needs the name of a data set"),
        (["info", "yin_yang", "train=3"], "options such as 'train=3' are for `--load`"),
        (["info", "yin_yang", "--load", "train"], "options are written key=value"),
        (["info", "yin_yang", "--load", "train=[1"], "'train=[1': the value is no YAML"),
        (["info", "yin_yang", "--load", "tarin=1"], "did you mean `train`"),
        (["fetch"], "needs the names"),
        (["list", "shd"], "takes no names"),
    ],
    ids=["name", "none", "load", "form", "yaml", "option", "fetch", "list"],
)
def test_mistakes(ngcsnn, cache: Path, given: list[str], says: str) -> None:
    said = ngcsnn("data", *given)
    assert said.code == 2 and says in said.err
