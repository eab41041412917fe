"""Streams that are written in all the ways that text/event-stream allows, and some that it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ..ask import Ask
from ..steps import Step
from .blocks import (
    DONE,
    LAST_CHUNK,
    SSE,
    STOP,
    USAGE_CHUNK,
    broken,
    chunk,
    event,
    good_stream,
    hello,
    ok,
    row,
    say,
    stream,
)
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_ALL = [*hello(), STOP, USAGE_CHUNK]
_LONG = "x" * 1_000_000
_MANY = 5_000
_COMPLETE = ok(usage__total_tokens=12)


def _each(change: Callable[[bytes], bytes]) -> bytes:
    """The good stream, every event (the [DONE] too) changed."""
    return stream(*(change(event(one)) for one in _ALL), change(DONE), done=False)


def _whole_row(name: str, about: str, source: str, data: bytes) -> Scenario:
    """A stream that must read like the good one."""
    return row(f"sse-{name}", about, source, data, stream=_COMPLETE)


def _with_data(data: bytes) -> bytes:
    """The good stream with one further event, or some lines, in the middle of its content."""
    return stream(*hello(2), data, *map(say, ("wor", "ld")), STOP, USAGE_CHUNK)


def _byte_by_byte(ask: Ask) -> Iterator[Step]:
    body = b"".join(map(event, _ALL)) + DONE
    yield SSE
    for number in range(len(body)):
        yield chunk(body[number : number + 1])
        yield 0.0  # a write of its own
    yield LAST_CHUNK


def _split_characters(ask: Ask) -> Iterator[Step]:
    """A stream in which every byte beyond ASCII is a chunk and a write of its own."""
    yield SSE
    for one in (*map(event, [*hello(0), say("grüße"), say(" 花"), STOP]), DONE):
        start = 0
        for at, byte in enumerate(one):
            if byte > 127:
                yield chunk(one[start:at])
                yield chunk(one[at : at + 1])
                yield 0.0
                start = at + 1
        yield chunk(one[start:])
    yield LAST_CHUNK


def _many_lines(data: bytes) -> bytes:
    """An event whose JSON is spread over many data lines."""
    body = data.removeprefix(b"data: ").strip()
    if body == b"[DONE]":
        return data
    lines = json.dumps(json.loads(body), indent=1).splitlines()
    return b"".join(b"data: " + line.encode() + b"\n" for line in lines) + b"\n"


def _huge(ask: Ask) -> bytes:
    return stream(*hello(0), say(_LONG), STOP)


def _numerous(ask: Ask) -> bytes:
    return stream(*hello(0), *[say("a")] * _MANY, STOP)


def _not_an_object(name: str, data: bytes) -> Scenario:
    about = f"An event in mid-stream is JSON, but no object: {data.decode()}."
    return row(f"sse-json-{name}", about, "broken gateways", _with_data(event(data)), stream=broken("Hello, "))


def _lines(*changes: Any) -> list[Scenario]:
    return [_whole_row(*change) for change in changes]


ROWS = [
    *_lines(
        (
            "comments",
            "Comments stand between the events.",
            "OpenRouter (`: OPENROUTER PROCESSING`); openai-python #2722",
            _each(lambda one: b": OPENROUTER PROCESSING\n\n" + one),
        ),
        (
            "keep-alive",
            "`: keep-alive` comments precede the first event.",
            "DeepSeek",
            stream(b": keep-alive\n\n" * 5, *_ALL),
        ),
        (
            "comment-in-event",
            "A comment stands between two lines of one event.",
            "WHATWG",
            _each(lambda one: b": data: no\n" + one),
        ),
        ("crlf", "Lines end with CR LF.", "many servers", _each(lambda one: one.replace(b"\n", b"\r\n"))),
        ("cr", "Lines end with CR.", "WHATWG", _each(lambda one: one.replace(b"\n", b"\r"))),
        (
            "mixed-line-ends",
            "The data line ends with CR LF, the blank one with LF.",
            "proxies that append events",
            _each(lambda one: one[:-2] + b"\r\n\n"),
        ),
        (
            "bom",
            "The stream starts with a byte order mark.",
            "WHATWG",
            stream(b"\xef\xbb\xbf" + event(_ALL[0]), *_ALL[1:]),
        ),
        (
            "no-space",
            "No space follows the colon.",
            "vLLM-like servers",
            _each(lambda one: one.replace(b"data: ", b"data:", 1)),
        ),
        ("multi-line-data", "The JSON of an event is spread over many data lines.", "WHATWG", _each(_many_lines)),
        (
            "retry-only",
            "Events that have only `retry`.",
            "openai-go #556; symfony/ai #1588",
            _with_data(b"retry: 3000\n\n"),
        ),
        ("ids", "Every event has an id.", "WHATWG", _each(lambda one: b"id: 7\n" + one)),
        ("event-names", "Every event has a name.", "some gateways", _each(lambda one: b"event: message\n" + one)),
        ("ping", "`event: ping` in mid-stream.", "Anthropic-like gateways", _with_data(b"event: ping\ndata: {}\n\n")),
        (
            "ping-with-type",
            '`event: ping` whose data are {"type": "ping"}.',
            "Anthropic-like gateways",
            _with_data(b'event: ping\ndata: {"type": "ping"}\n\n'),
        ),
        ("empty-data", "Events with empty data.", "openai-python #2722", _with_data(b"data:\n\ndata: \n\ndata\n\n")),
        ("blank-lines", "Many blank lines between the events.", "proxies", _each(lambda one: b"\n\n\n" + one)),
        (
            "unknown-fields",
            "Lines with fields that nobody knows.",
            "WHATWG",
            _each(lambda one: b"foo: bar\nbaz\n" + one),
        ),
        ("done-without-space", "`data:[DONE]`.", "small servers", stream(*_ALL, b"data:[DONE]\n\n", done=False)),
        (
            "done-with-spaces",
            "`data: [DONE] ` with a space after it.",
            "small servers",
            stream(*_ALL, b"data: [DONE] \n\n", done=False),
        ),
        (
            "done-without-blank-line",
            "The stream ends within the line [DONE].",
            "small servers",
            stream(*_ALL, b"data: [DONE]", done=False),
        ),
        (
            "last-event-unfinished",
            "The last event, with finish reason and usage, has no blank line after it, and no [DONE] follows.",
            "small servers",
            stream(*_ALL[:-2], event({**STOP, "usage": USAGE_CHUNK["usage"]})[:-2], done=False),
        ),
        ("after-done", "Further content follows [DONE].", "gateways", stream(*_ALL, DONE, say("no more"), done=False)),
        (
            "one-write",
            "All events come in one chunk.",
            "buffering proxies",
            SSE + chunk(b"".join(map(event, _ALL)) + DONE) + LAST_CHUNK,
        ),
    ),
    row(
        "sse-byte-by-byte",
        "Every byte is a chunk and a write of its own.",
        "the worst proxy",
        _byte_by_byte,
        stream=_COMPLETE,
    ),
    row(
        "sse-split-characters",
        "Characters of several bytes are split over chunks.",
        "any server",
        _split_characters,
        stream=ok("grüße 花"),
    ),
    row("sse-huge-event", "One event of a megabyte.", "tools that return files", _huge, stream=ok(_LONG)),
    row("sse-many-events", "Five thousand events.", "long answers", _numerous, stream=ok("a" * _MANY)),
    row(
        "sse-garbage-json",
        "An event in mid-stream is no JSON, and good ones follow.",
        "aimock --chaos-malformed",
        _with_data(b'data: {"id": "chatcmpl-sim", "choi\n\n'),
        stream=broken("Hello, "),
    ),
    row(
        "sse-garbage-first",
        "The first event is no JSON.",
        "proxies that answer in text",
        stream(b"data: upstream connect error\n\n", *_ALL),
        stream=broken(),
    ),
    _not_an_object("string", b'"Hello"'),
    _not_an_object("array", b"[1, 2]"),
    _not_an_object("number", b"42"),
    row(
        "sse-bare-done",
        "The end is a line [DONE] without a field name, after the finish reason.",
        "the Azure OpenAI simulator",
        stream(*_ALL, b"[DONE]", done=False),
        stream=_COMPLETE,
    ),
    row(
        "sse-not-a-stream",
        "Status 200 and a page of HTML instead of a stream.",
        "captive portals, wrong base URLs",
        lambda ask: (
            good_stream().partition(b"\r\n\r\n")[0].replace(b"event-stream", b"html")
            + b"\r\n\r\n"
            + chunk(b"<html><title>Welcome</title></html>\n")
            + LAST_CHUNK
        ),
        stream=Outcome("StreamBroken"),
    ),
]
