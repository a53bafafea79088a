"""A web server on this machine that can be told to misbehave."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # small_files


@dataclass
class Server:
    """files: what it serves, by path. log: (path, Range header or None) of every request.

    cuts: bytes after which it hangs up, one for each request to come. statuses: an answer other than the file.
    ranges: whether it knows `Range`. shift: how far off the part is that it sends for a `Range`.
    """

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    log: list[tuple[str, str | None]] = field(default_factory=list)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    shift: int = 0
    watch: Path | None = None  # whether this existed at each request
    seen: list[bool] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            told.log.append((self.path, wanted))
            if told.watch is not None:
                told.seen.append(told.watch.exists())
            whole = told.files.get(self.path)
            status = told.statuses.get(self.path, 404 if whole is None else 200)
            if status != 200 or whole is None:
                self.send_error(status)
                return
            body, match = whole, re.fullmatch(r"bytes=(\d+)-", wanted or "")
            if match and told.ranges:
                start = int(match[1]) + told.shift
                if start >= len(whole):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(whole)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = whole[start:]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cuts = told.cuts.get(self.path)
            self.wfile.write(body[: cuts.pop(0)] if cuts else body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told = Server(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        http.shutdown()
        thread.join()
