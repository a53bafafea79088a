"""One file over HTTP, taken up again where an earlier attempt stopped."""

from __future__ import annotations

import http.client
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 30.0  # seconds without a byte
MAX_ATTEMPTS = 10  # of one transfer; each but the last must have brought something
PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
_PIECE = 1 << 16
Show = Callable[[int, int | None], None]  # bytes held, bytes in all (None: not known)
_NETWORK = (urllib.error.URLError, http.client.HTTPException, OSError)


class TransferError(Exception):
    """Why a file could not be had from one address."""


def transfer(url: str, part: Path, label: str = "") -> bool:
    """Fetch `url` into the file `part`, which may hold the beginning already; only what lacks is asked for.

    Args:
        url: an http or https address.
        part: the file; what has arrived stays in it whatever happens.
        label: what progress is called; shown on standard error.
    Returns: whether the file was begun by an earlier call (so that what it began with may be of another version).
    Raises: TransferError: the server refuses, cannot be reached, or breaks off without having sent anything;
        OSError where `part` cannot be written.
    """
    begun = _size(part) > 0
    with _progress(label) as show:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            before = _size(part)
            problem = _attempt(url, part, show)
            if problem is None:
                return begun
            if _size(part) <= before or attempt == MAX_ATTEMPTS:
                raise TransferError(problem)
    return begun


def _attempt(url: str, part: Path, show: Show) -> str | None:
    """Ask once for what `part` lacks and append it; returns what went wrong, None where the file is complete."""
    start = _size(part)
    headers = {"User-Agent": "ngcsnn", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        opener = urllib.request.build_opener()  # which reads the proxies of the environment now
        response = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            total = _total(error.headers.get("Content-Range"))
        if error.code != 416 or not start:
            return f"{error.code} {error.reason}"
        if total == start:  # an earlier attempt was ended between the last byte and the check
            return None
        part.unlink()  # longer than the file: not its beginning
        return _attempt(url, part, show)
    except _NETWORK as error:
        return _reason(error) + _by_proxy(url)
    with response:
        if response.status not in (200, 206):  # such as 202, with which some servers answer what is no browser
            return f"{response.status} {response.reason} in place of the file"
        if response.status == 206:
            sent = response.headers.get("Content-Range")
            total = _total(sent)
            if not re.match(rf"bytes {start}-", sent or ""):
                return f"asked for the bytes from {start} on, was sent {sent!r}"
        else:  # the server sends the whole file, whatever was asked for
            start = 0
            length = response.headers.get("Content-Length")
            total = int(length) if length is not None and length.isdigit() else None
        with open(part, "ab" if start else "wb") as file:
            held = start
            while True:
                try:
                    piece = response.read(_PIECE)
                except _NETWORK as error:
                    return f"{_reason(error)} after {held} bytes"
                if not piece:
                    break
                file.write(piece)
                held += len(piece)
                show(held, total)
    if total is not None and held < total:
        return f"the connection ended after {held} of {total} bytes"
    return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _total(content_range: str | None) -> int | None:
    """The length of the whole file, as `Content-Range: bytes 5-9/10` or `bytes */10` states it."""
    match = re.search(r"/(\d+)$", content_range or "")
    return int(match[1]) if match else None


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(reason).__name__


def _by_proxy(url: str) -> str:
    """Which proxy stood between, without the password that its address may hold."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    return f" (through the proxy {proxy.rpartition('@')[2].rpartition('//')[2]})"


@contextmanager
def _progress(label: str) -> Iterator[Show]:
    """A function that shows how far a transfer is: in one line of a terminal, ten times a second; elsewhere in a line
    of its own every ten seconds."""
    stream = sys.stderr
    terminal = stream.isatty()
    begin = last = time.monotonic()
    first: int | None = None

    def show(held: int, total: int | None) -> None:
        nonlocal last, first
        now = time.monotonic()
        first = held if first is None else first
        if now - last < (0.1 if terminal else PLAIN_EVERY) and not (terminal and held == total):
            return
        last = now
        share = f"{held / 1e6:.1f} MB" if total is None else f"{held / 1e6:.1f} of {total / 1e6:.1f} MB"
        line = f"{label}  {share}  {(held - first) / 1e6 / max(now - begin, 1e-3):.1f} MB/s"
        stream.write(f"\r{line}\x1b[K" if terminal else f"{line}\n")
        stream.flush()

    try:
        yield show
    finally:
        if terminal and first is not None:
            stream.write("\n")
