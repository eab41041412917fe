"""The bytes of an event stream, cut where its events end: at blank lines, of any line ends. No byte is changed."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MOST_EVENT", "Blocks", "lines_of"]

MOST_EVENT = 1024 * 1024
"""Bytes of one event that are held back for its end."""

_CR, _LF = 13, 10
_LONGEST_BLANK = 4


class Blocks:
    """Give it bytes, cut anywhere; it gives events with the blank lines that end them.

    What comes out is a list of pairs: bytes, and whether they are one whole event. An event of more than `most` bytes
    is given out as it comes, in pieces that are none. A CR at the very end waits for its LF, so that what comes out
    does not depend on how the bytes were cut.
    """

    __slots__ = ("_held", "_most", "_passing", "_seen", "_tail")

    def __init__(self, most: int = MOST_EVENT) -> None:
        self._most = most
        self._held = bytearray()  # the begin of an event; a bytearray grows in amortised linear time
        self._seen = 0  # where in it the search for its end goes on
        self._passing = False  # within an event that is too long
        self._tail = b""  # its last bytes, which may be the first ones of its end

    @property
    def quiet(self) -> bool:
        """Whether nothing is held, and the next byte begins an event."""
        return not self._held and not self._passing

    def feed(self, data: bytes) -> list[tuple[bytes, bool]]:
        """The events that these bytes complete."""
        out: list[tuple[bytes, bool]] = []
        if self._passing:
            data = self._pass_on(data, out)
        elif self._held:
            held = self._held
            held += data
            if next(_ends(held, self._seen), None) is None and len(held) <= self._most:
                self._seen = max(0, len(held) - _LONGEST_BLANK + 1)
                return out
            data = bytes(held)
            held.clear()
        self._split(data, out)
        return out

    @property
    def passing(self) -> bool:
        """Whether an event that is too long is being passed on in parts."""
        return self._passing

    def rest(self) -> bytes:
        """What is held, of an event whose end never came. It is given once."""
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _pass_on(self, data: bytes, out: list[tuple[bytes, bool]]) -> bytes:
        """More of an event that is too long; gives what follows it."""
        known = self._tail + data
        end = next(_ends(known), None)
        if end is None:
            self._tail = known[1 - _LONGEST_BLANK :]
            cut = len(data)
        else:
            self._passing = False
            cut = end - len(self._tail)
        if cut:
            out.append((data[:cut], False))
        return data[cut:]

    def _split(self, data: bytes, out: list[tuple[bytes, bool]]) -> None:
        start = 0
        for end in _ends(data):
            out.append((data[start:end], end - start <= self._most))
            start = end
        rest = data[start:]
        if len(rest) > self._most:
            self._passing = True
            self._tail = rest[1 - _LONGEST_BLANK :]
            out.append((rest, False))
        elif rest:
            self._held += rest
            self._seen = max(0, len(rest) - _LONGEST_BLANK + 1)


def _ends(data: bytes | bytearray, start: int = 0) -> Iterator[int]:
    """Where events end, behind their blank lines; not where a LF that is to come may still belong to one.

    Every blank line holds one of three pairs, and every such pair is in a blank line. Each of them is looked for once
    over all, so that the work grows with the length alone.
    """
    size = len(data)
    if data.find(b"\r", start) < 0:
        while (start := data.find(b"\n\n", start) + 2) > 1:
            yield start
        return
    nearest = [-1, -1, -1]
    while True:
        for number, pair in enumerate((b"\n\r", b"\n\n", b"\r\r")):
            if nearest[number] < start:
                found = data.find(pair, start)
                nearest[number] = size if found < 0 else found
        end = min(nearest) + 2
        if end > size or (end == size and data[-1] == _CR):
            return
        if data[end - 1] == _CR and data[end] == _LF:
            end += 1
        yield end
        start = end


def lines_of(block: bytes) -> list[bytes]:
    """The lines of an event, whatever their ends."""
    if _CR in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return block.split(b"\n")
