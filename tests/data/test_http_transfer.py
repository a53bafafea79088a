"""One file over HTTP: whole, resumed, broken off, refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ngcsnn.data import http_transfer
from ngcsnn.data.http_transfer import TransferError, transfer

BODY = bytes(range(256)) * 1000


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "file.part"


def test_a_whole_file_in_one_request(server, part):
    server.files["/file"] = BODY
    assert transfer(f"{server.address}/file", part) is False
    assert part.read_bytes() == BODY
    assert server.log == [("/file", None)]


def test_only_what_lacks_is_asked_for(server, part):
    server.files["/file"] = BODY
    part.write_bytes(BODY[:100_001])
    assert transfer(f"{server.address}/file", part) is True
    assert part.read_bytes() == BODY
    assert server.log == [("/file", "bytes=100001-")]


def test_a_transfer_that_breaks_off_goes_on_by_itself(server, part):
    server.files["/file"] = BODY
    server.cuts["/file"] = [100_000, 50_000]
    assert transfer(f"{server.address}/file", part) is False
    assert part.read_bytes() == BODY
    assert [wanted for _, wanted in server.log] == [None, "bytes=100000-", "bytes=150000-"]


def test_one_that_brings_nothing_ends(server, part):
    server.files["/file"] = BODY
    server.cuts["/file"] = [1000, 0, 0]
    with pytest.raises(TransferError, match="the connection ended after 1000 of 256000 bytes"):
        transfer(f"{server.address}/file", part)
    assert len(server.log) == 2
    assert part.read_bytes() == BODY[:1000]  # what has come is kept


def test_one_that_drips_ends(server, part, monkeypatch):
    monkeypatch.setattr(http_transfer, "MAX_ATTEMPTS", 4)
    server.files["/file"] = BODY
    server.cuts["/file"] = [1] * 100
    with pytest.raises(TransferError, match="the connection ended after 4 of 256000 bytes"):
        transfer(f"{server.address}/file", part)
    assert len(server.log) == 4


def test_a_server_that_knows_no_range_starts_again(server, part):
    server.files["/file"], server.ranges = BODY, False
    part.write_bytes(b"x" * 5000)
    transfer(f"{server.address}/file", part)
    assert part.read_bytes() == BODY


def test_a_part_that_is_complete_already(server, part):
    server.files["/file"] = BODY
    part.write_bytes(BODY)
    assert transfer(f"{server.address}/file", part) is True
    assert part.read_bytes() == BODY
    assert len(server.log) == 1


def test_a_part_longer_than_the_file_is_thrown_away(server, part):
    server.files["/file"] = BODY
    part.write_bytes(BODY + b"more")
    transfer(f"{server.address}/file", part)
    assert part.read_bytes() == BODY
    assert [wanted for _, wanted in server.log] == ["bytes=256004-", None]


def test_a_server_that_sends_another_part_is_refused(server, part):
    server.files["/file"], server.shift = BODY, 7
    part.write_bytes(BODY[:1000])
    with pytest.raises(TransferError, match="asked for the bytes from 1000 on, was sent 'bytes 1007-"):
        transfer(f"{server.address}/file", part)
    assert part.read_bytes() == BODY[:1000]


@pytest.mark.parametrize("status", [202, 404, 500])
def test_a_refusal_names_its_code_and_leaves_the_part(server, part, status):
    server.files["/file"], server.statuses["/file"] = BODY, status
    part.write_bytes(BODY[:1000])
    with pytest.raises(TransferError, match=f"^{status} "):
        transfer(f"{server.address}/file", part)
    assert part.read_bytes() == BODY[:1000]
    assert len(server.log) == 1


def test_nobody_there(part, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(TransferError, match="refused"):
        transfer("http://127.0.0.1:9/file", part)  # the port that discards
    assert not part.exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_proxy_that_does_not_answer_is_named(part, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    with pytest.raises(TransferError, match=r"refused \(through the proxy 127.0.0.1:9\)"):
        transfer("http://data.invalid/file", part)


def test_progress_in_one_line_of_a_terminal_or_in_plain_lines(server, part, monkeypatch, capsys):
    server.files["/file"] = BODY
    transfer(f"{server.address}/file", part, "a label")
    assert capsys.readouterr().err == ""  # a short one; a long one tells now and then how far it is
    part.unlink()
    monkeypatch.setattr(http_transfer, "PLAIN_EVERY", 0.0)
    transfer(f"{server.address}/file", part, "a label")
    lines = capsys.readouterr().err.splitlines()
    assert lines and all(line.startswith("a label  ") for line in lines)
    assert lines[-1].startswith("a label  0.3 of 0.3 MB")
    part.unlink()
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    transfer(f"{server.address}/file", part, "a label")
    assert "a label  0.3 of 0.3 MB" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
