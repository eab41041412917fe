"""What the simulator has seen: the last requests, how each ended, and waiting for something to happen."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

import msgspec

from franca.wire.headers import Headers, is_secret_header

__all__ = ["Log", "Seen"]

T = TypeVar("T")

_HIDDEN = b"***"
_UNREAD = object()
_decode = msgspec.json.Decoder().decode
_NAMES: dict[bytes, tuple[str, bool]] = {}  # header name on the wire: its text, and whether it is secret
_PLAIN_NAMES: set[bytes] = set()  # those of them that are not secret
_MOST_NAMES = 512
_MOST_BYTES = 64 * 1024 * 1024
_POLL = 0.05  # predicates may look at things outside, of which nobody tells us


class Seen:
    """One request as it came.

    `method`, `path` (with the query), `headers` (values that carry secrets are "***"), `raw` (the bytes of
    the body), `body` (the decoded JSON, or the bytes where they are none), `id` (its x-request-id), `secure`
    (whether it came by TLS), `connection` (the number of its connection, counted from 1), `ended`: None while
    the answer is on its way, then "whole", "cut" (the simulator broke it off, as the scenario wants) or
    "left" (the client went away first).
    """

    __slots__ = ("_body", "_headers", "connection", "ended", "id", "method", "path", "raw", "secure")

    def __init__(
        self,
        id: str,
        method: str,
        path: str,
        headers: list[tuple[bytes, bytes]],
        raw: bytes,
        connection: int,
        secure: bool,
    ) -> None:
        self.id = id
        self.method = method
        self.path = path
        self._headers = [one if one[0] in _PLAIN_NAMES else (one[0], _shown(*one)) for one in headers]
        self.raw = raw
        self._body: Any = _UNREAD
        self.connection = connection
        self.secure = secure
        self.ended: str | None = None

    @property
    def body(self) -> Any:
        """The decoded JSON, or the bytes where they are none. Decoded when first asked for."""
        if self._body is _UNREAD:
            try:
                self._body = _decode(self.raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested too deeply
                self._body = self.raw
        return self._body

    @property
    def headers(self) -> Headers:
        """The headers, secrets masked."""
        return Headers((_known(name)[0], value.decode("latin-1")) for name, value in self._headers)

    def __repr__(self) -> str:
        return f"<Seen {self.id} {self.method} {self.path} {len(self.raw)} bytes, {self.ended or 'open'}>"


def _known(name: bytes) -> tuple[str, bool]:
    known = _NAMES.get(name)
    if known is None:
        text = name.decode("latin-1")
        known = text, is_secret_header(text)
        if len(_NAMES) < _MOST_NAMES:
            _NAMES[name] = known
            if not known[1]:
                _PLAIN_NAMES.add(name)
    return known


def _shown(name: bytes, value: bytes) -> bytes:
    return _HIDDEN if _known(name)[1] else value


class Log:
    """The last requests, oldest first: a read-only sequence, filled by the server's thread.

    Holds at most `most` requests and 64 MiB of bodies. `total` counts all since the start or `clear()`.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: deque[Seen] = deque()
        self._bytes = 0
        self._waiting = 0
        self._changed = threading.Condition()
        self.total = 0

    def add(self, seen: Seen) -> None:
        """Note a request. Called by the server's thread only."""
        with self._changed:
            self.total += 1
            self._bytes += len(seen.raw)
            self._seen.append(seen)
            while len(self._seen) > self._most or (self._bytes > _MOST_BYTES and len(self._seen) > 1):
                self._bytes -= len(self._seen.popleft().raw)
            if self._waiting:
                self._changed.notify_all()

    def tell(self) -> None:
        """Wake whoever waits: something changed."""
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def wait_for(self, predicate: Callable[[], T], timeout: float) -> T:
        """The predicate's value once it is true; TimeoutError after `timeout` seconds."""
        until = time.monotonic() + timeout
        self._waiting += 1
        try:
            while not (value := predicate()):  # without the lock: a predicate may well make requests itself
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"did not happen within {timeout:g} s")
                with self._changed:
                    self._changed.wait(min(left, _POLL))
            return value
        finally:
            self._waiting -= 1

    def clear(self) -> None:
        """Forget everything seen so far."""
        with self._changed:
            self._seen.clear()
            self._bytes = 0
            self.total = 0

    def __len__(self) -> int:
        return len(self._seen)

    @overload
    def __getitem__(self, index: int) -> Seen: ...

    @overload
    def __getitem__(self, index: slice) -> list[Seen]: ...

    def __getitem__(self, index: int | slice) -> Seen | list[Seen]:
        with self._changed:
            return list(self._seen)[index] if isinstance(index, slice) else self._seen[index]

    def __iter__(self) -> Iterator[Seen]:
        with self._changed:
            return iter(list(self._seen))

    def __repr__(self) -> str:
        return f"<Log of {len(self)} requests, {self.total} in all>"
