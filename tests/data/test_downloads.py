"""Fetching of published files: checked, whole or not at all, and clear when it cannot be."""

from __future__ import annotations

import gzip
import hashlib
import threading
from pathlib import Path

import pytest

from ngcsnn.data.downloads import DownloadError, RemoteFile, data_folder, fetch, mirrors_of

BODY = bytes(range(256)) * 400


def remote(name: str, body: bytes = BODY, of_content: bool = False) -> RemoteFile:
    return RemoteFile(name, hashlib.sha256(body).hexdigest(), of_content)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGCSNN_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("NGCSNN_MIRROR", raising=False)
    return tmp_path / "cache"


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_where_data_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("NGCSNN_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for platform, place in (("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")):
        monkeypatch.setattr("sys.platform", platform)
        assert data_folder() == tmp_path / place / "ngcsnn"
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert data_folder() == tmp_path / "x" / "ngcsnn"
    monkeypatch.setenv("NGCSNN_DATA", "~/mine")
    assert data_folder() == tmp_path / "mine"


def test_a_good_file_is_fetched_once(server, cache):
    server.files["/a/one"] = server.files["/a/two"] = BODY
    files = [remote("one"), remote("two")]
    server.watch = cache / "set" / "one"
    assert fetch("set", files, [f"{server.address}/a"]) == cache / "set"
    assert server.seen == [False, True]
    assert held(cache / "set") == ["one", "two"]
    assert (cache / "set" / "two").read_bytes() == BODY
    fetch("set", files, ["http://127.0.0.1:9"])
    assert len(server.log) == 2


def test_only_what_the_cache_lacks_is_fetched(server, cache):
    server.files["/two"] = BODY
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "one").write_bytes(b"mine")
    fetch("set", [remote("one"), remote("two")], [server.address])
    assert [path for path, _ in server.log] == ["/two"]
    assert (cache / "set" / "one").read_bytes() == b"mine"


def test_the_next_mirror_is_tried(server, cache):
    server.files["/b/one"] = BODY
    fetch("set", [remote("one")], [f"{server.address}/a/", f"{server.address}/b/"])
    assert [path for path, _ in server.log] == ["/a/one", "/b/one"]
    assert (cache / "set" / "one").read_bytes() == BODY


def test_a_wrong_checksum_is_refused_and_nothing_stays(server, cache):
    server.files["/a/one"], server.files["/b/one"] = BODY[:-1] + b"x", b"<html>"
    with pytest.raises(DownloadError) as caught:
        fetch("set", [remote("one")], [f"{server.address}/a", f"{server.address}/b"])
    expected = hashlib.sha256(BODY).hexdigest()
    for body, place in ((BODY[:-1] + b"x", "a"), (b"<html>", "b")):
        text = f"{server.address}/{place}/one: its sha256 is {hashlib.sha256(body).hexdigest()}, expected {expected}"
        assert text in str(caught.value)
    assert held(cache / "set") == []
    server.files["/b/one"] = BODY  # and a good one after a bad one is taken
    fetch("set", [remote("one")], [f"{server.address}/a", f"{server.address}/b"])
    assert (cache / "set" / "one").read_bytes() == BODY


def test_a_truncated_transfer_is_taken_up_in_a_later_call(server, cache):
    server.files["/one"] = BODY
    server.cuts["/one"] = [30_000, 0]
    with pytest.raises(DownloadError, match="the connection ended after 30000 of 102400 bytes"):
        fetch("set", [remote("one")], [server.address])
    assert held(cache / "set") == ["one.part"]
    server.log.clear()
    fetch("set", [remote("one")], [server.address])
    assert server.log == [("/one", "bytes=30000-")]
    assert held(cache / "set") == ["one"]
    assert (cache / "set" / "one").read_bytes() == BODY


def test_what_was_begun_with_other_bytes_is_fetched_anew(server, cache):
    server.files["/one"] = BODY
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "one.part").write_bytes(b"x" * 1000)
    fetch("set", [remote("one")], [server.address])
    assert [wanted for _, wanted in server.log] == ["bytes=1000-", None]
    assert (cache / "set" / "one").read_bytes() == BODY
    assert held(cache / "set") == ["one"]


def test_the_checksum_of_the_content_holds_however_it_was_packed(server, cache):
    server.files["/one.gz"] = gzip.compress(BODY, compresslevel=1, mtime=7)
    fetch("set", [remote("one.gz", of_content=True)], [server.address])
    assert gzip.decompress((cache / "set" / "one.gz").read_bytes()) == BODY
    server.files["/two.gz"] = gzip.compress(BODY[1:])
    server.files["/three.gz"] = b"<html>"
    server.files["/four.gz"] = gzip.compress(BODY)[:-9]
    for name, message in (("two", "its sha256 is [0-9a-f]{64}, exp"), ("three", "no gzip"), ("four", "no gzip")):
        with pytest.raises(DownloadError, match=message):
            fetch("set", [remote(f"{name}.gz", of_content=True)], [server.address])
    assert held(cache / "set") == ["one.gz"]


def test_another_server_can_be_named(server, cache, monkeypatch):
    server.files["/base/set/one"] = BODY
    monkeypatch.setenv("NGCSNN_MIRROR", f"{server.address}/base/")
    assert mirrors_of("set", ["http://official/"]) == (f"{server.address}/base/set/",)
    fetch("set", [remote("one")], ["http://127.0.0.1:9/"])
    assert [path for path, _ in server.log] == ["/base/set/one"]
    monkeypatch.setenv("NGCSNN_MIRROR", "file:///etc")
    with pytest.raises(ValueError, match="NGCSNN_MIRROR must be an http or https address, got 'file:///etc'"):
        fetch("set", [remote("two")], [server.address])


def test_without_a_network_it_says_what_to_put_where(cache, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DownloadError) as caught:
        fetch("set", [remote("one"), remote("two")], ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"])
    message = str(caught.value)
    assert "data set 'set' cannot be fetched: http://127.0.0.1:9/a/one: " in message
    assert "http://127.0.0.1:9/b/one: " in message
    assert f"put one, two into {str(cache / 'set')!r}" in message
    assert "NGCSNN_DATA" in message and "NGCSNN_MIRROR" in message


def test_a_folder_that_cannot_be_written(server, cache):
    server.files["/one"] = BODY
    cache.write_bytes(b"a file where the folder should be")
    with pytest.raises(DownloadError, match="data set 'set' cannot be kept in .*NGCSNN_DATA names another folder"):
        fetch("set", [remote("one")], [server.address])


def test_two_at_once_fetch_once(server, cache):
    pytest.importorskip("fcntl", reason="needs locks of files")
    server.files["/one"] = BODY
    threads = [threading.Thread(target=fetch, args=("set", [remote("one")], [server.address])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (cache / "set" / "one").read_bytes() == BODY
    assert len(server.log) == 1
