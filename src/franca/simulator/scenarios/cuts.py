"""Answers that end before they should, in every way, and those that only look as if they did."""

from __future__ import annotations

from ..steps import CLOSE, RESET
from .blocks import (
    DONE,
    ID,
    LAST_CHUNK,
    PAUSE,
    SSE,
    STOP,
    USAGE,
    USAGE_CHUNK,
    answer,
    broken,
    by_call,
    choice,
    chunk,
    event,
    good_stream,
    head,
    hello,
    ok,
    part,
    payload,
    row,
    say,
    steps,
    stream,
    whole,
)
from .record import Outcome

__all__ = ["ROWS"]

_ONCE_MORE = {"retries": 1}
_PLAIN_BODY = answer(200, whole())
_PLAIN_CHUNKED = head(200, [("content-type", "application/json"), ("transfer-encoding", "chunked")])
_FLOWER = part({"content": "花"})
_MID_UTF8 = event(_FLOWER)
_MID_UTF8 = _MID_UTF8[: _MID_UTF8.index("花".encode()) + 2]
_BEGUN = stream(*hello(2), done=False, last=b"")
_OPEN = head(200, [("content-type", "text/event-stream"), ("x-request-id", ID), ("connection", "close")])
_UNBOUNDED = _OPEN + b"".join(map(event, hello(2)))
_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"ci'}}


def _with_length(body: bytes, error: int, content_type: str) -> bytes:
    """An answer whose Content-Length is wrong by so many bytes."""
    return head(200, [("content-type", content_type), ("content-length", str(len(body) + error))]) + body


def _lost(requests: int = 1, began: bool = True) -> Outcome:
    return Outcome("ConnectionLost", {"began": began}, requests)


_JSON_BODY = _PLAIN_BODY.partition(b"\r\n\r\n")[2]
_SSE_BODY = b"".join(map(event, [*hello(), STOP, USAGE_CHUNK])) + DONE

ROWS = [
    row(
        "cut-reset-before-answer",
        "The connection is reset instead of an answer, every time.",
        "overloaded proxies; aimock --chaos-disconnect",
        steps(RESET),
        options=_ONCE_MORE,
        every=True,
        chat=_lost(2, began=False),
        stream=_lost(2, began=False),
        embeddings=_lost(2, began=False),
    ),
    row(
        "cut-close-before-answer",
        "The connection is closed in good order instead of an answer, every time.",
        "servers that restart",
        steps(CLOSE),
        options=_ONCE_MORE,
        every=True,
        chat=_lost(2, began=False),
        stream=_lost(2, began=False),
        models=_lost(2, began=False),
    ),
    row(
        "cut-half-head",
        "The connection is closed in the middle of the answer's head.",
        "proxies under memory pressure",
        steps(b"HTTP/1.1 200 OK\r\ncontent-ty", PAUSE, CLOSE),
        options=_ONCE_MORE,
        every=True,
        chat=_lost(),
        stream=_lost(),
    ),
    row(
        "cut-head-only",
        "A head that promises a body, then the connection is closed.",
        "BerriAI/litellm #33404",
        by_call(
            chat=steps(head(200, [("content-type", "application/json"), ("content-length", "500")]), PAUSE, CLOSE),
            stream=steps(SSE, PAUSE, CLOSE),
        ),
        options=_ONCE_MORE,
        chat=_lost(),
        stream=broken(),
    ),
    row(
        "cut-reset-mid-content",
        "A stream is reset in the middle of its content.",
        "BerriAI/litellm #33404, #40260; vercel/ai #19165",
        steps(_BEGUN, PAUSE, RESET),
        options=_ONCE_MORE,
        stream=broken("Hello, "),
    ),
    row(
        "cut-close-mid-content",
        "A chunked stream is closed (FIN) in the middle of its content, without the last chunk.",
        "BerriAI/litellm #40260",
        steps(_BEGUN, PAUSE, CLOSE),
        options=_ONCE_MORE,
        stream=broken("Hello, "),
    ),
    row(
        "cut-clean-mid-content",
        "A chunked stream ends properly in the middle of its content: HTTP sees nothing wrong.",
        "proxies that turn an upstream cut into a clean end; ollama after a mid-stream error",
        stream(*hello(2), done=False),
        stream=broken("Hello, "),
    ),
    row(
        "cut-unbounded-mid-content",
        "A stream that ends with its connection ends in the middle of its content.",
        "HTTP/1.0 proxies, `Connection: close` servers",
        steps(_UNBOUNDED, CLOSE),
        stream=broken("Hello, "),
    ),
    row(
        "cut-mid-line",
        "A stream ends within the JSON of an event.",
        "BerriAI/litellm #40260",
        stream(*hello(2), b'data: {"id":"chatcmpl-sim","object":"chat.comp', done=False),
        stream=broken("Hello, "),
    ),
    row(
        "cut-mid-character",
        "A stream ends within a character of several bytes.",
        "any server",
        steps(stream(*hello(2), _MID_UTF8, done=False, last=b""), PAUSE, CLOSE),
        stream=broken("Hello, "),
    ),
    row(
        "cut-after-role",
        "A stream ends after the first chunk, which has only the role.",
        "ollama: a mid-stream error can become an empty chunk and a silent end",
        stream(hello(0)[0], done=False),
        stream=broken(),
    ),
    row(
        "cut-before-finish",
        "All content came, but no finish reason and no [DONE].",
        "vercel/ai #19165; opencode-copilot-chat PR #170",
        stream(*hello(), done=False),
        stream=broken("Hello, world"),
    ),
    row(
        "cut-usage-without-finish",
        "All content and the usage came, but no finish reason and no [DONE].",
        "gateways that append usage of their own",
        stream(*hello(), USAGE_CHUNK, done=False),
        stream=broken("Hello, world", partial__usage__total_tokens=12),
    ),
    row(
        "cut-one-of-two-choices",
        "Of two choices only one has a finish reason when the stream ends without [DONE].",
        "any server with n > 1",
        stream(say("left", 0), say("right", 1), payload(choice({}, "stop", 0)), done=False),
        request={"n": 2},
        stream=Outcome(
            "StreamBroken",
            {"partial.choices.0.finish_reason": "stop", "partial.choices.1.finish_reason": None},
        ),
    ),
    row(
        "cut-in-tool-arguments",
        "A stream ends within the arguments of a tool call.",
        "BerriAI/litellm #33404",
        stream(part({"role": "assistant", "tool_calls": [_CALL]}), done=False),
        stream=broken(
            partial__tool_calls=[{"name": "get_weather", "arguments": '{"ci', "id": "call_1", "arguments_map": None}]
        ),
    ),
    row(
        "cut-in-plain-body",
        "The connection is closed in the middle of a plain answer's body.",
        "any server",
        steps(_PLAIN_BODY[:-40], PAUSE, CLOSE),
        options=_ONCE_MORE,
        chat=_lost(),
    ),
    row(
        "cut-reset-in-plain-body",
        "The connection is reset in the middle of a plain answer's body.",
        "any server",
        steps(_PLAIN_BODY[:-40], PAUSE, RESET),
        options=_ONCE_MORE,
        chat=_lost(),
    ),
    row(
        "cut-in-chunked-body",
        "A plain answer in chunks is closed before its last chunk, though its JSON is whole.",
        "any server",
        steps(_PLAIN_CHUNKED + chunk(_JSON_BODY), PAUSE, CLOSE),
        options=_ONCE_MORE,
        chat=_lost(),
    ),
    row(
        "cut-length-too-long",
        "The Content-Length is larger than the body, and the connection is closed after it.",
        "proxies that rewrite bodies",
        by_call(
            chat=steps(_with_length(_JSON_BODY, 7, "application/json"), PAUSE, CLOSE),
            stream=steps(_with_length(_SSE_BODY, 7, "text/event-stream"), PAUSE, CLOSE),
        ),
        options=_ONCE_MORE,
        chat=_lost(),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "cut-length-too-short",
        "The Content-Length is smaller than the body: its end belongs to no answer.",
        "proxies that rewrite bodies",
        by_call(
            chat=steps(_with_length(_JSON_BODY, -9, "application/json"), CLOSE),
            stream=steps(_with_length(_SSE_BODY, 5 - len(_SSE_BODY) // 2, "text/event-stream"), CLOSE),
        ),
        options=_ONCE_MORE,
        chat=Outcome("ProtocolError"),
        stream=broken(),
    ),
    row(
        "cut-empty-body",
        "Status 200 with an empty body.",
        "llama-cpp-python: a streamed prompt that is too long",
        by_call(
            chat=answer(200, b""),
            stream=answer(200, b"", content_type="text/event-stream"),
        ),
        chat=Outcome("ProtocolError"),
        stream=broken(),
    ),
    row(
        "cut-empty-chunked-stream",
        "A stream whose body ends at once, without an event.",
        "gateways whose upstream failed",
        SSE + LAST_CHUNK,
        stream=broken(),
    ),
    row(
        "end-without-done",
        "A stream ends properly after the finish reason, without usage and without [DONE].",
        "transformers serve; Gemini",
        stream(*hello(), STOP, done=False),
        stream=ok(usage=None),
    ),
    row(
        "end-close-without-done",
        "After the finish reason the connection is closed without the last chunk and without [DONE].",
        "Ollama behind proxies; oh-my-pi #9433",
        steps(stream(*hello(), STOP, done=False, last=b""), PAUSE, CLOSE),
        stream=ok(usage=None),
    ),
    row(
        "end-reset-without-done",
        "After the finish reason the connection is reset.",
        "load balancers with short time-outs",
        steps(stream(*hello(), STOP, done=False, last=b""), PAUSE, RESET),
        stream=ok(usage=None),
    ),
    row(
        "end-done-without-finish",
        "A stream ends with [DONE] but says no finish reason.",
        "Ollama; oh-my-pi #9433: do not call such streams truncated",
        stream(*hello()),
        stream=ok(finish=None),
    ),
    row(
        "end-done-then-close",
        "After [DONE] the connection is closed without the last chunk.",
        "small home-made servers",
        steps(stream(*hello(), STOP, USAGE_CHUNK, last=b""), CLOSE),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "end-done-only",
        "A stream that consists of [DONE].",
        "gateways whose upstream failed",
        stream(),
        stream=Outcome("NoChoices"),
    ),
    row(
        "end-closes-every-stream",
        "After a perfect stream the server closes the connection, which it never announced.",
        "llama.cpp",
        steps(good_stream(), CLOSE),
        stream=ok(usage__total_tokens=USAGE["total_tokens"]),
    ),
]
