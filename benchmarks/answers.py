"""The bytes that the fixed server sends, made once: bodies and heads like those of OpenAI."""

from __future__ import annotations

import struct
from base64 import b64encode
from random import Random
from typing import Any

import msgspec
from cases import EVENTS, TEXTS

__all__ = ["CHAT_ANSWER", "STREAM_HEAD", "embeddings_answer", "stream_events"]

_DIMENSIONS = 1536
_ID = "chatcmpl-BYtKzVv0a7mQ2dXq1hT9sLr5Gc3Nw"
_CREATED = 1795215230
_MODEL = "gpt-4o-mini-2024-07-18"
_FINGERPRINT = "fp_34a54ae93c"
_SENTENCE = (
    "Sunlight meets air molecules, which scatter short blue waves far more than long red ones; in the evening the "
    "light travels through so much air that mostly red is left."
)
_DETAILS = {
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
# A client pays for every header that it reads, so there are as many as OpenAI sends.
_HEADERS = (
    "date: Fri, 20 Nov 2026 22:53:47 GMT",
    "access-control-expose-headers: X-Request-ID",
    "openai-organization: user-0123456789abcdef",
    "openai-processing-ms: 412",
    "openai-project: proj_0123456789abcdef",
    "openai-version: 2020-10-01",
    "x-envoy-upstream-service-time: 418",
    "x-ratelimit-limit-requests: 10000",
    "x-ratelimit-limit-tokens: 2000000",
    "x-ratelimit-remaining-requests: 9999",
    "x-ratelimit-remaining-tokens: 1999958",
    "x-ratelimit-reset-requests: 6ms",
    "x-ratelimit-reset-tokens: 1ms",
    "x-request-id: req_6f1ed002ab5595859014ebf0951522d9",
    "strict-transport-security: max-age=31536000; includeSubDomains; preload",
    "x-content-type-options: nosniff",
    "server: cloudflare",
    "cf-ray: 0123456789abcdef-FRA",
    'alt-svc: h3=":443"; ma=86400',
)


def _head(*own: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *own, *_HEADERS, "", "")).encode()


def _whole(body: dict[str, Any]) -> bytes:
    encoded = msgspec.json.encode(body)
    return _head("content-type: application/json", f"content-length: {len(encoded)}") + encoded


def _usage(completion: int) -> dict[str, Any]:
    return {"prompt_tokens": 39, "completion_tokens": completion, "total_tokens": 39 + completion, **_DETAILS}


CHAT_ANSWER = _whole(
    {
        "id": _ID,
        "object": "chat.completion",
        "created": _CREATED,
        "model": _MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _SENTENCE, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": _usage(36),
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }
)

STREAM_HEAD = _head("content-type: text/event-stream; charset=utf-8", "transfer-encoding: chunked")


def stream_events() -> list[bytes]:
    """The body of a stream, an HTTP chunk for each event as servers send them, the last chunk included."""
    chance = Random(7)
    words = _SENTENCE.split(" ")
    choices = [_choice({"role": "assistant", "content": "", "refusal": None}, None)]
    choices += [_choice({"content": " " + words[number % len(words)]}, None) for number in range(EVENTS - 3)]
    choices.append(_choice({}, "stop"))
    events = [_event([choice], None, chance) for choice in choices]
    events.append(_event([], _usage(EVENTS - 3), chance))
    return [b"%x\r\n%b\r\n" % (len(event), event) for event in (*events, b"data: [DONE]\n\n")] + [b"0\r\n\r\n"]


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(choices: list[dict[str, Any]], usage: dict[str, Any] | None, chance: Random) -> bytes:
    event = {
        "id": _ID,
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": _MODEL,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
        "choices": choices,
        "usage": usage,
        # OpenAI pads every event with a text of random length.
        "obfuscation": "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789", k=chance.randint(1, 10))),
    }
    return b"data: " + msgspec.json.encode(event) + b"\n\n"


def embeddings_answer(*, base64: bool) -> bytes:
    """64 vectors of 1536 float32, as base64 text or as numbers with the digits that OpenAI sends."""
    chance = Random(11)
    data = []
    for index in range(len(TEXTS)):
        vector = struct.pack(f"<{_DIMENSIONS}f", *(chance.gauss(0, 0.025) for _ in range(_DIMENSIONS)))
        numbers = [round(number, 9) for number in struct.unpack(f"<{_DIMENSIONS}f", vector)]
        embedding = b64encode(vector).decode() if base64 else numbers
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    usage = {"prompt_tokens": 1088, "total_tokens": 1088}
    return _whole({"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage})
