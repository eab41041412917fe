"""How fast an answer goes out: all at once in few large writes, or token by token at a given rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from time import monotonic

from .ask import Dials
from .steps import Answer, Step, Steps

__all__ = ["delayed", "streamed"]

_AT_ONCE = 2048  # events that are joined into one write; about half a megabyte


def streamed(first: bytes, frames: Iterator[bytes], last: bytes, size: int, dials: Dials) -> Answer:
    """A stream: its head and first event, `size` frames (about a token each), its end."""
    if dials.tokens_per_second:
        return _paced(first, frames, last, dials.latency, dials.tokens_per_second)
    if size <= _AT_ONCE:
        return delayed(b"".join((first, *frames, last)), dials.latency)
    return _in_blocks(first, frames, last, dials.latency)


def delayed(answer: bytes, seconds: float) -> Answer:
    """A whole answer, after a pause."""
    return iter((seconds, answer)) if seconds > 0 else answer


def _in_blocks(first: bytes, frames: Iterator[bytes], last: bytes, latency: float) -> Steps:
    if latency > 0:
        yield latency
    yield first
    while block := b"".join(islice(frames, _AT_ONCE)):
        yield block
    yield last


def _paced(first: bytes, frames: Iterable[bytes], last: bytes, latency: float, rate: float) -> Iterator[Step]:
    if latency > 0:
        yield latency
    yield first
    start = monotonic()
    for number, frame in enumerate(frames, 1):
        wait = start + number / rate - monotonic()  # against the start, so that delays do not add up
        if wait > 0:
            yield wait
        yield frame
    yield last
