"""Errors inside answers whose status is 200: in the body, in a chunk, in a choice, in an event of their own."""

from __future__ import annotations

from typing import Any

from ..ask import Ask
from ..http import error_body
from ..steps import CLOSE
from .blocks import (
    DONE,
    ID,
    STOP,
    TEXT,
    answer,
    broken,
    by_call,
    choice,
    event,
    hello,
    ok,
    part,
    payload,
    row,
    steps,
    stream,
    whole,
)
from .errors import KEY
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_DOWN = {
    "code": 502,
    "message": "Upstream disconnected",
    "metadata": {"provider_name": "X", "error_type": "provider_unavailable"},
}
_LITELLM = error_body("Connection error.", "internal_server_error", None, "500")
_ONE_SHOT = {"retries": 0}


def _in_stream(name: str, about: str, source: str, *events: Any, outcome: Outcome, done: bool = False) -> Scenario:
    """A row for an error among the events of a stream."""
    return row(f"inside-{name}", about, source, stream(*events, done=done), options=_ONE_SHOT, stream=outcome)


def _down(content: str | None = "Hello, ", **check: Any) -> Outcome:
    return broken(content, "ModelDown", status=502, message="Upstream disconnected", **check)


def _key_echo(ask: Ask) -> bytes:
    """The caller's key in an error in mid-stream."""
    return stream(*hello(2), {"error": {"code": 401, "message": f"Key {ask.key} was revoked"}}, done=False)


ROWS = [
    row(
        "inside-body",
        "Status 200, and the body is an error object with a code; also in answer to a request for a stream.",
        "OpenRouter; OpenRouterTeam/python-sdk #44",
        answer(200, {"error": _DOWN}, [("x-request-id", ID)]),
        options=_ONE_SHOT,
        every=True,
        chat=Outcome("ModelDown", {"status": 502, "message": "Upstream disconnected", "request_id": ID}),
        stream=Outcome("ModelDown", {"status": 502, "message": "Upstream disconnected"}),
        embeddings=Outcome("ModelDown", {"status": 502}),
        models=Outcome("ModelDown", {"status": 502}),
    ),
    row(
        "inside-body-rate-limit",
        "Status 200, and the error says 429 in a text.",
        "gateways that lose the status",
        answer(200, error_body("Slow down", "rate_limit_exceeded", None, "429")),
        options=_ONE_SHOT,
        chat=Outcome("RateLimited", {"status": 429, "message": "Slow down"}),
    ),
    row(
        "inside-body-string",
        "Status 200, and `error` is a text.",
        "Ollama-like servers",
        answer(200, {"error": "model is loading"}),
        options=_ONE_SHOT,
        chat=Outcome("ServerFault", {"status": None, "message": "model is loading"}),
    ),
    row(
        "inside-body-null",
        "A good answer has `error: null`.",
        "gateways in Go",
        by_call(
            chat=answer(200, whole(error=None)),
            stream=stream(*({**one, "error": None} for one in hello()), {**STOP, "error": None}),
        ),
        chat=ok(),
        stream=ok(),
    ),
    row(
        "inside-body-not-json",
        "Status 200, and the body is a page of HTML.",
        "captive portals, wrong base URLs",
        answer(200, b"<html><title>Welcome</title></html>", content_type="text/html"),
        every=True,
        chat=Outcome("ProtocolError"),
        embeddings=Outcome("ProtocolError"),
        models=Outcome("ProtocolError"),
    ),
    row(
        "inside-body-json-string",
        "Status 200, and the body is a JSON text.",
        "home-made servers",
        answer(200, b'"Hello"'),
        every=True,
        chat=Outcome("ProtocolError"),
        embeddings=Outcome("ProtocolError"),
    ),
    row(
        "inside-choice",
        "A choice has an error of its own, after some content.",
        "OpenRouter",
        by_call(
            chat=answer(
                200,
                whole(
                    choices=[
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "Hello, "},
                            "finish_reason": "error",
                            "error": _DOWN,
                        }
                    ]
                ),
            ),
            stream=stream(*hello(2), payload(choice({"content": ""}, "error", error=_DOWN)), done=False),
        ),
        options=_ONE_SHOT,
        chat=Outcome("ModelDown", {"status": 502, "message": "Upstream disconnected", "partial.content": "Hello, "}),
        stream=Outcome("ModelDown", {"status": 502, "message": "Upstream disconnected", "partial.content": "Hello, "}),
    ),
    _in_stream(
        "first-event",
        "The first event of a stream is an error.",
        "OpenRouter, vLLM",
        {"error": _DOWN},
        outcome=_down(None),
        done=True,
    ),
    row(
        "inside-chunk",
        "A chunk in mid-stream has an error and the finish reason error.",
        "OpenRouter; goose PR #8027",
        stream(*hello(2), part({"content": ""}, "error", error=_DOWN, provider="X"), done=False),
        options=_ONE_SHOT,
        stream=Outcome(
            "ModelDown",
            {
                "status": 502,
                "type": "provider_unavailable",
                "message": "Upstream disconnected",
                "metadata.provider_name": "X",
                "partial.content": "Hello, ",
            },
        ),
    ),
    _in_stream(
        "chunk-without-choices",
        "An event in mid-stream is an error object with a code in a text, and the stream ends.",
        "LiteLLM",
        *hello(2),
        _LITELLM,
        outcome=broken("Hello, ", "ServerFault", status=500, message="Connection error."),
    ),
    _in_stream(
        "chunk-then-done",
        "An error in mid-stream is followed by [DONE].",
        "gateways; vercel/ai PR #2720",
        *hello(2),
        {"error": _DOWN},
        outcome=_down(),
        done=True,
    ),
    _in_stream(
        "chunk-string",
        "An event in mid-stream has an `error` that is a text.",
        "Ollama-like servers; go-openai #69",
        *hello(2),
        {"error": "out of memory"},
        outcome=broken("Hello, ", "ServerFault", status=None, message="out of memory"),
    ),
    _in_stream(
        "chunk-lm-studio",
        "An event in mid-stream has the message twice, and no code.",
        "LM Studio; zendev-sh/goai PR #110",
        *hello(2),
        {"error": {"message": "The model crashed"}, "message": "The model crashed"},
        outcome=broken("Hello, ", "ServerFault", status=None, message="The model crashed"),
    ),
    _in_stream(
        "event-error",
        "`event: error` with an error object.",
        "Anthropic-like gateways",
        *hello(2),
        event({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "error"),
        outcome=broken("Hello, ", "NoProvider", status=529, message="Overloaded"),
    ),
    _in_stream(
        "event-error-bare",
        "`event: error` whose data are the fields of the error themselves.",
        "OpenAI-like gateways",
        *hello(2),
        event({"code": 429, "message": "Slow down"}, "error"),
        outcome=broken("Hello, ", "RateLimited", status=429, message="Slow down"),
    ),
    _in_stream(
        "event-error-text",
        "`event: error` whose data are plain text.",
        "home-made servers",
        *hello(2),
        event(b"the model crashed", "error"),
        outcome=broken("Hello, ", "ServerFault", status=None, message="the model crashed"),
    ),
    _in_stream(
        "after-finish",
        "An error comes after the finish reason.",
        "OpenRouter plugins that run after the model",
        *hello(),
        STOP,
        {"error": _DOWN},
        outcome=Outcome("ModelDown", {"status": 502, "partial.content": TEXT, "partial.finish_reason": "stop"}),
    ),
    _in_stream(
        "rate-limit",
        "A rate limit in mid-stream.",
        "Groq, OpenRouter",
        *hello(2),
        {"error": {"code": "rate_limit_exceeded", "type": "tokens", "message": "Limit reached"}},
        outcome=broken("Hello, ", "RateLimited", status=429, message="Limit reached"),
    ),
    _in_stream(
        "content-filter",
        "The content policy stops an answer in mid-stream.",
        "Azure OpenAI, OpenRouter",
        *hello(2),
        {"error": {"code": 400, "message": "Flagged", "metadata": {"error_type": "content_policy_violation"}}},
        outcome=broken("Hello, ", "Flagged", status=400, message="Flagged"),
    ),
    row(
        "inside-key-echo",
        "An error in mid-stream repeats the caller's key.",
        "gateways that forward upstream texts",
        _key_echo,
        options={"retries": 0, "api_key": KEY},
        stream=Outcome(
            "Unauthorized",
            {"status": 401, "message": "was revoked", "partial.content": "Hello, "},
            absent=(KEY,),
        ),
    ),
    row(
        "inside-error-then-close",
        "An error in mid-stream, and the connection is closed without the last chunk.",
        "vLLM",
        steps(stream(*hello(2), {"error": _DOWN}, done=False, last=b""), CLOSE),
        options=_ONE_SHOT,
        stream=_down(),
    ),
    row(
        "no-choices",
        "The list of choices is empty.",
        "Azure's filter, OpenRouter",
        by_call(chat=answer(200, whole(choices=[])), stream=stream(payload(), payload())),
        chat=Outcome("NoChoices"),
        stream=Outcome("NoChoices"),
    ),
    row(
        "no-choices-null",
        "`choices` is null.",
        "OpenRouter when a provider fails; pydantic-ai #2323",
        by_call(
            chat=answer(200, whole(choices=None)),
            stream=stream({"id": "chatcmpl-sim", "choices": None}, DONE, done=False),
        ),
        chat=Outcome("NoChoices"),
        stream=Outcome("NoChoices"),
    ),
    row(
        "no-choices-field",
        "There is no `choices` at all, and no error either.",
        "gateways",
        by_call(chat=answer(200, {"id": "x", "object": "chat.completion"})),
        chat=Outcome("NoChoices"),
    ),
]
