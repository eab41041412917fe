"""Bytes of a text/event-stream in, whole events out; the rules are those of the WHATWG HTML standard.

The usual block, `data: {json}` and a blank line, repeated, is taken apart by a handful of calls on the whole block
(`feed`). Everything else goes, still in linear time, through `_slow`, `_take` and `_line`.

Two deliberate departures from the standard, both because of real servers of chat completions:
- an event whose blank line is missing at the end of the stream is dispatched by `end` (the standard drops it);
- an event with empty data is not dispatched (the standard dispatches one that has a bare `data` line).
"""

from __future__ import annotations

from .errors import ProtocolError

__all__ = ["Decoder"]

_BOM = b"\xef\xbb\xbf"
_16_MIB = 16 * 1024 * 1024
_LONGEST_RETRY = 18  # digits; int() of thousands of digits is slow, then an error


class Decoder:
    """Feed it blocks of bytes, cut anywhere; it gives the events that they complete.

    `max_event` bounds, in bytes, one line and the joined data of one event. Past it comes a `ProtocolError`: from
    the call that saw it, or from the next one when that call had whole events to give first. So the events and the
    error that come out of a stream do not depend on how it was cut. After an error every call raises it again.

    `last_id` is the last event id that the server told, `retry` the wait before a reconnection that it asked for, in
    milliseconds, `comments` the number of comment lines so far.
    """

    __slots__ = (
        "_broken",
        "_cr",
        "_data",
        "_head",
        "_id",
        "_idle",
        "_max",
        "_partial",
        "_size",
        "_type",
        "comments",
        "last_id",
        "retry",
    )

    def __init__(self, max_event: int = _16_MIB) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self.comments = 0
        self._max = max_event
        self._idle = False  # nothing half-read of any kind, so that `feed` may take its short way
        self._head: bytes | None = b""  # the first bytes while they may yet become a BOM, then None
        self._cr = False  # the last byte was CR: a LF that follows belongs to the same line end
        self._partial = bytearray()  # a line whose end has not come; a bytearray grows in amortised linear time
        self._data: list[bytes] = []  # the data lines of the open event
        self._size = 0  # bytes in them, line ends included
        self._type = ""
        self._id = ""
        self._broken = ""

    def feed(self, block: bytes) -> list[tuple[str, bytes]]:
        """The events that this block completes, each as (event type or "", data)."""
        # CR and LF are looked for as numbers: CPython takes `bytes in bytes` for a number first, at 5 times the cost.
        if (
            self._idle
            and block[-2:] == b"\n\n"
            and block[:6] == b"data: "
            and 13 not in block
            and len(block) <= self._max
        ):
            data = block[6:-2]
            if 10 not in data:
                return [("", data)] if data else []
            found = data.split(b"\n\ndata: ")
            events = [("", data) for data in found if data and 10 not in data]
            if len(events) == len(found):
                return events
        return self._slow(block, last=False)

    def end(self) -> list[tuple[str, bytes]]:
        """The stream is over: the last event, when its blank line (or even its line end) never came."""
        return self._slow(b"", last=True)

    def _slow(self, block: bytes, *, last: bool) -> list[tuple[str, bytes]]:
        events: list[tuple[str, bytes]] = []
        if self._broken:
            raise ProtocolError(self._broken)
        try:
            text = self._plain(block)
            if 10 in text:
                if self._partial:
                    text = b"".join((self._partial, text))
                    self._partial.clear()
                self._take(text, events)
            elif text:
                self._hold(text)
            if last:
                self._line(bytes(self._partial), events)
                self._partial.clear()
                self._dispatch(events)
        except ProtocolError as error:
            self._broken = error.message
            self._partial.clear()
            self._data.clear()
            if not events:
                raise
        self._idle = self._head is None and not (self._cr or self._partial or self._broken) and self._clean()
        return events

    def _plain(self, block: bytes) -> bytes:
        """The block without a BOM at the stream's start and with LF for every line end."""
        if self._head is not None:
            block = self._head + block
            if len(block) < len(_BOM) and _BOM.startswith(block):
                self._head = block
                return b""
            self._head = None
            block = block.removeprefix(_BOM)
        if self._cr and block:
            self._cr = False
            block = block.removeprefix(b"\n")
        if 13 in block:
            self._cr = block.endswith(b"\r")
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return block

    def _take(self, text: bytes, events: list[tuple[str, bytes]]) -> None:
        """Read text that has LF line ends only and starts at the start of a line; its last line stays open."""
        *whole, rest = text.split(b"\n\n")
        small = len(text) <= self._max
        clean = small and self._clean()
        for part in whole:
            if clean and part[:6] == b"data: " and 10 not in part:
                if data := part[6:]:
                    events.append(("", data))
            else:
                for line in part.split(b"\n"):
                    self._line(line, events)
                self._dispatch(events)
                clean = small
        *lines, open_line = rest.split(b"\n")
        for line in lines:
            self._line(line, events)
        self._hold(open_line)

    def _hold(self, piece: bytes) -> None:
        self._partial += piece
        if len(self._partial) > self._max:
            raise self._too_long("a line")

    def _line(self, line: bytes, events: list[tuple[str, bytes]]) -> None:
        if not line:
            self._dispatch(events)
            return
        if len(line) > self._max:
            raise self._too_long("a line")
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            if self._size - 1 > self._max:
                raise self._too_long("the data of an event")
        elif not name:
            self.comments += 1
        elif name == b"event":
            self._type = value.decode("utf-8", "replace")
        elif name == b"id":
            if 0 not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_RETRY:
            self.retry = int(value)

    def _dispatch(self, events: list[tuple[str, bytes]]) -> None:
        """A blank line: give the event, if it has data, and forget it either way."""
        self.last_id = self._id
        if self._data:
            data = b"\n".join(self._data)
            if data:
                events.append((self._type, data))
            self._data.clear()
            self._size = 0
        self._type = ""

    def _clean(self) -> bool:
        """Whether no line of an open event has been read."""
        return not self._data and not self._type and self._id == self.last_id

    def _too_long(self, what: str) -> ProtocolError:
        return ProtocolError(f"the event stream is malformed: {what} is longer than {self._max} bytes")
