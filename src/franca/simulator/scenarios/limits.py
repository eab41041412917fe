"""Waiting and trying again: every form of Retry-After, hints against it, and servers that recover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ask import Ask
from ..http import error_body
from ..steps import CLOSE, RESET, Answer, Step
from .blocks import ID, answer, good, ok, row
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_SLOW_DOWN = error_body("Slow down", "requests", None, "rate_limit_exceeded")
_BUSY = error_body("Busy", "server_error")
_SOON = ("retry-after-ms", "10")
_QUICK = {"retries": 3}


def _limited(
    name: str,
    about: str,
    source: str,
    retry_after: Any,
    *headers: tuple[str, str],
    options: Mapping[str, Any] | None = None,
) -> Scenario:
    """A 429 with some form of Retry-After, as the error tells it."""
    outcome = Outcome("RateLimited", {"status": 429, "retry_after": retry_after, "message": "Slow down"})
    data = answer(429, _SLOW_DOWN, [("x-request-id", ID), *headers])
    return row(
        f"limit-{name}",
        about,
        source,
        data,
        options=options or {"retries": 0},
        every=True,
        chat=outcome,
        stream=outcome,
    )


def _recovers(name: str, about: str, source: str, failure: bytes | Step, times: int) -> Scenario:
    """A server that fails so many times, then answers."""

    def play(ask: Ask) -> Answer:
        return iter((failure,)) if ask.attempt < times else good(ask)

    outcome = ok(requests=times + 1)
    return row(
        f"limit-{name}",
        about,
        source,
        play,
        options=_QUICK,
        every=True,
        attempts=times + 1,
        chat=outcome,
        stream=outcome,
        embeddings=Outcome(None, {"model": "scenario"}, times + 1),
        models=Outcome(None, {"ids": ["one", "two"]}, times + 1),
    )


def _gives_up(name: str, about: str, source: str, data: bytes, error: str, status: int, requests: int) -> Scenario:
    """A server that always fails; so many requests are sent in all."""
    outcome = Outcome(error, {"status": status}, requests)
    return row(f"limit-{name}", about, source, data, options={"retries": 2}, every=True, chat=outcome, stream=outcome)


def _dated(ask: Ask) -> bytes:
    """A 429 that names the time half a minute from now."""
    from time import gmtime, strftime, time

    date = strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(time() + 30))
    return answer(429, _SLOW_DOWN, [("x-request-id", ID), ("retry-after", date)])


_DATED = Outcome("RateLimited", {"status": 429, "retry_after": (20.0, 31.0)})

ROWS = [
    _limited("none", "429 without a word on when to return.", "many servers", None),
    _limited("seconds", "`Retry-After: 59`.", "Azure OpenAI", 59.0, ("retry-after", "59")),
    _limited("fraction", "`Retry-After: 0.25`.", "Groq", 0.25, ("retry-after", "0.25")),
    _limited("milliseconds", "`retry-after-ms: 1500`.", "OpenAI", 1.5, ("retry-after-ms", "1500")),
    _limited(
        "milliseconds-first",
        "`retry-after-ms` and a coarser `Retry-After`: the finer one counts.",
        "OpenAI, Azure OpenAI",
        1.2,
        ("retry-after", "2"),
        ("retry-after-ms", "1200"),
    ),
    _limited("zero", "`Retry-After: 0`.", "proxies", 0.0, ("retry-after", "0")),
    _limited("garbage", "`Retry-After: soon`.", "home-made servers", None, ("retry-after", "soon")),
    _limited("negative", "`Retry-After: -5`.", "servers with clocks that differ", None, ("retry-after", "-5")),
    row(
        "limit-date",
        "`Retry-After` is a date half a minute away.",
        "RFC 9110, 10.2.3",
        _dated,
        options={"retries": 0},
        every=True,
        chat=_DATED,
        stream=_DATED,
    ),
    _limited(
        "huge",
        "`Retry-After` is a day: more than the deadline leaves, so waiting makes no sense.",
        "daily quotas",
        86_400.0,
        ("retry-after", "86400"),
        options={"retries": 2, "deadline": 3.0},
    ),
    _limited(
        "headers",
        "429 with all of x-ratelimit-*.",
        "OpenAI, Groq",
        2.0,
        ("retry-after", "2"),
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ),
    _gives_up(
        "should-not-retry",
        "503 with `x-should-retry: false`.",
        "OpenAI",
        answer(503, _BUSY, [("x-should-retry", "false"), _SOON]),
        "NoProvider",
        503,
        1,
    ),
    _gives_up(
        "always-500",
        "500, every time: three requests in all with two retries.",
        "any server",
        answer(500, _BUSY, [_SOON]),
        "ServerFault",
        500,
        3,
    ),
    _gives_up(
        "always-429",
        "429, every time: three requests in all with two retries.",
        "any server",
        answer(429, _SLOW_DOWN, [_SOON]),
        "RateLimited",
        429,
        3,
    ),
    _gives_up("never-400", "400 is not tried again.", "any server", answer(400, _BUSY, [_SOON]), "BadRequest", 400, 1),
    _recovers("503-then-good", "503 once, then the answer.", "llama.cpp", answer(503, _BUSY, [_SOON]), 1),
    _recovers(
        "should-retry-then-good",
        "503 with `x-should-retry: true` once, then the answer.",
        "OpenAI",
        answer(503, _BUSY, [("x-should-retry", "true"), _SOON]),
        1,
    ),
    _recovers("500-twice-then-good", "500 twice, then the answer.", "any server", answer(500, _BUSY, [_SOON]), 2),
    _recovers("429-twice-then-good", "429 twice, then the answer.", "any server", answer(429, _SLOW_DOWN, [_SOON]), 2),
    _recovers("529-then-good", "529 once, then the answer.", "Anthropic", answer(529, _BUSY, [_SOON]), 1),
    _recovers("408-then-good", "408 once, then the answer.", "nginx", answer(408, _BUSY, [_SOON]), 1),
    _recovers("409-then-good", "409 once, then the answer.", "OpenAI", answer(409, _BUSY, [_SOON]), 1),
    _recovers(
        "503-closing-then-good",
        "503 with `Connection: close` once, then the answer.",
        "HAProxy",
        answer(503, b"<html><body>503</body></html>", [("connection", "close"), _SOON], "text/html"),
        1,
    ),
    _recovers("reset-then-good", "The connection is reset once, then the answer.", "any server", RESET, 1),
    _recovers("close-then-good", "The connection is closed once, then the answer.", "any server", CLOSE, 1),
]
