"""Servers that are slow, or silent: before the head, before the first event, in mid-stream, in a body."""

from __future__ import annotations

from collections.abc import Iterator

from ..ask import Ask
from ..http import error_body
from ..steps import HANG, Step
from .blocks import (
    DONE,
    LAST_CHUNK,
    SSE,
    STOP,
    USAGE_CHUNK,
    answer,
    broken,
    by_call,
    chunk,
    event,
    good,
    hello,
    ok,
    row,
    say,
    steps,
    stream,
    whole,
)
from .record import Outcome

__all__ = ["ROWS"]

_LIMIT = 0.6
_BEAT = 0.05
_PLAIN = answer(200, whole())
_BEGUN = stream(*hello(2), done=False, last=b"")
_LATE = Outcome("TimedOut", {"phase": {"answer"}})
_ONE_ATTEMPT = {"timeout": _LIMIT, "retries": 1}
_FIRST_EVENT = {"timeout": _LIMIT, "idle_timeout": _LIMIT, "retries": 1}
_IDLE = {"idle_timeout": _LIMIT, "retries": 1}
_STALLED = broken("Hello, ", "TimedOut", phase={"idle"})


def _slow(ask: Ask) -> Iterator[Step]:
    yield 0.3
    yield good(ask)


def _trickle(ask: Ask) -> Iterator[Step]:
    """An event every tenth of a second."""
    yield SSE
    for one in (*map(event, [*hello(), STOP, USAGE_CHUNK]), DONE):
        yield 0.1
        yield chunk(one)
    yield LAST_CHUNK


def _dripping_head(ask: Ask) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(10_000):
        yield _BEAT
        yield b"x-drip-%d: 1\r\n" % number


def _comments(begun: bytes) -> Iterator[Step]:
    yield begun
    while True:
        yield _BEAT
        yield chunk(b": still here\n\n")


def _dripping_event(ask: Ask) -> Iterator[Step]:
    """An event that never ends, a byte at a time."""
    yield _BEGUN + chunk(b'data: {"choices":[{"delta":{"content":"')
    while True:
        yield _BEAT
        yield chunk(b"x")


def _endless(ask: Ask) -> Iterator[Step]:
    """A stream that goes on for ever, an event at a time."""
    yield _BEGUN
    while True:
        yield _BEAT
        yield chunk(event(say("and ")))


ROWS = [
    row(
        "time-slow-head",
        "The head comes after 0.3 s.",
        "any server",
        _slow,
        options={"timeout": 20.0},
        every=True,
        chat=ok(),
        stream=ok(),
    ),
    row(
        "time-slow-events",
        "The events come a tenth of a second apart.",
        "any server",
        _trickle,
        options={"idle_timeout": 10.0},
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "time-no-answer",
        "No answer comes, ever. It may still be worked on, so it is not asked again.",
        "queues; openai-python #3828",
        steps(HANG),
        options=_ONE_ATTEMPT,
        every=True,
        chat=_LATE,
        stream=_LATE,
        embeddings=_LATE,
    ),
    row(
        "time-dripping-head",
        "Headers come one at a time, for ever.",
        "slow-loris in reverse",
        _dripping_head,
        options=_ONE_ATTEMPT,
        every=True,
        chat=_LATE,
        stream=_LATE,
    ),
    row(
        "time-stall-in-body",
        "Half a plain body, then silence.",
        "mistralai/client-python PR #597",
        steps(_PLAIN[:-40], HANG),
        options=_ONE_ATTEMPT,
        chat=Outcome("TimedOut", {"phase": {"body"}}),
    ),
    row(
        "time-stall-in-error",
        "Status 400, half of its body, then silence: the status is known all the same.",
        "overloaded gateways",
        steps(answer(400, error_body("x" * 200))[:-40], HANG),
        options=_ONE_ATTEMPT,
        every=True,
        chat=Outcome("BadRequest", {"status": 400}),
        stream=Outcome("BadRequest", {"status": 400}),
    ),
    row(
        "time-stall-before-first-event",
        "The head of a stream, then silence.",
        "qwen-code PR #5143",
        steps(SSE, HANG),
        options=_FIRST_EVENT,
        stream=Outcome("TimedOut", {"phase": {"idle", "answer"}, "partial.finish_reason": None}),
    ),
    row(
        "time-comments-before-first-event",
        "The head of a stream, then comments for ever.",
        "OpenRouter, DeepSeek: a model that never starts",
        lambda ask: _comments(SSE),
        options=_FIRST_EVENT,
        stream=Outcome("TimedOut", {"phase": {"idle", "answer"}, "partial.finish_reason": None}),
    ),
    row(
        "time-stall-in-stream",
        "Some content, then silence.",
        "langchain PR #36949; open-webui PR #27522",
        steps(_BEGUN, HANG),
        options=_IDLE,
        stream=_STALLED,
    ),
    row(
        "time-comments-in-stream",
        "Some content, then comments for ever: they are no sign of life.",
        "OpenRouter; anthropic-sdk-typescript PR #1206",
        lambda ask: _comments(_BEGUN),
        options=_IDLE,
        stream=_STALLED,
    ),
    row(
        "time-dripping-event",
        "Some content, then an event that comes byte by byte and never ends.",
        "any broken server",
        _dripping_event,
        options=_IDLE,
        stream=_STALLED,
    ),
    row(
        "time-deadline-in-stream",
        "A stream that goes on for ever, never silent for long: the deadline ends it.",
        "models that repeat themselves",
        _endless,
        options={"deadline": 1.0, "idle_timeout": 10.0, "retries": 1},
        stream=Outcome("TimedOut", {"phase": {"deadline"}, "partial.finish_reason": None}),
    ),
    row(
        "time-stall-after-finish",
        "Content and finish reason, then silence: the answer is whole.",
        "proxies that lose the end",
        steps(stream(*hello(), STOP, done=False, last=b""), HANG),
        options=_IDLE,
        stream=ok(),
    ),
    row(
        "time-stall-after-done",
        "After [DONE] the stream stays open: nothing is waited for.",
        "small servers",
        by_call(stream=steps(stream(*hello(), STOP, USAGE_CHUNK, last=b""), HANG)),
        options={"idle_timeout": 30.0},
        stream=ok(usage__total_tokens=12),
    ),
]
