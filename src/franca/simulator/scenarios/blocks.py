"""What scenarios are built of: good answers, their parts, ways to play them, and outcomes often demanded."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from struct import pack
from typing import Any

from ..ask import Ask
from ..http import DONE, LAST_CHUNK, answer, chunk, chunks, event, head
from ..steps import Answer, Step
from .record import Outcome, Play, Scenario

__all__ = [
    "DONE",
    "ID",
    "INPUTS",
    "LAST_CHUNK",
    "PAUSE",
    "SSE",
    "STOP",
    "TEXT",
    "USAGE",
    "USAGE_CHUNK",
    "VECTORS",
    "always",
    "answer",
    "broken",
    "by_call",
    "choice",
    "chunk",
    "chunks",
    "embeddings_object",
    "event",
    "good",
    "good_stream",
    "head",
    "hello",
    "model_list",
    "ok",
    "part",
    "payload",
    "row",
    "say",
    "steps",
    "stream",
    "whole",
]

TEXT = "Hello, world"
PIECES = ("Hel", "lo, ", "wor", "ld")
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
ID = "req_scenario"
PAUSE = 0.05  # before a reset, so that what was sent before it is read
SSE = head(
    200, [("content-type", "text/event-stream; charset=utf-8"), ("x-request-id", ID), ("transfer-encoding", "chunked")]
)
INPUTS = ("alpha", "beta", "gamma")
VECTORS = ([0.5, -0.25, 1.0], [0.0, 2.0, -0.5], [-1.0, 0.75, 0.125])  # all exact in float32

# ---- answers ------------------------------------------------------------------------------------


def choice(delta: Any, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """A choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish, **more}


def payload(*choices: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A chunk of a stream."""
    opening = {"id": "chatcmpl-sim", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "scenario"}
    return {**opening, "choices": list(choices), **more}


def part(delta: Any, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    return payload(choice(delta, finish, index), **more)


def say(text: str, index: int = 0) -> dict[str, Any]:
    """A chunk with a piece of content."""
    return part({"content": text}, index=index)


def hello(pieces: int = len(PIECES)) -> list[dict[str, Any]]:
    """The first chunks of "Hello, world": the role, and so many pieces."""
    return [part({"role": "assistant", "content": ""}), *map(say, PIECES[:pieces])]


STOP = part({}, "stop")
USAGE_CHUNK = payload(usage=USAGE)


def stream(*events: Any, first: bytes = SSE, done: bool = True, last: bytes = LAST_CHUNK) -> bytes:
    """A whole stream. An event is a payload, or bytes that are sent as they are."""
    blocks = [one if isinstance(one, bytes) else event(one) for one in events]
    return first + chunks([*blocks, DONE] if done else blocks) + last


def whole(message: Mapping[str, Any] | None = None, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    """A whole chat completion."""
    said = {"role": "assistant", "content": TEXT} if message is None else {"role": "assistant", **message}
    opening = {"id": "chatcmpl-sim", "object": "chat.completion", "created": 1_790_000_000, "model": "scenario"}
    return {
        **opening,
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": USAGE,
        # OpenAI documents both; the openrouter package insists on the first, litellm for Groq on the second.
        "system_fingerprint": "fp_sim",
        "service_tier": "default",
        **more,
    }


def good_stream() -> bytes:
    """The stream that nothing is wrong with."""
    return stream(*hello(), STOP, USAGE_CHUNK)


def embeddings_object(items: Sequence[Any], **more: Any) -> dict[str, Any]:
    """An answer to an embeddings request."""
    return {
        "object": "list",
        "data": items,
        "model": "scenario",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
        **more,
    }


def model_list() -> dict[str, Any]:
    """An answer to `GET /v1/models`."""
    items = [{"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "sim"} for name in ("one", "two")]
    return {"object": "list", "data": items}


def good(ask: Ask) -> bytes:
    """The right answer to any call."""
    told = [("x-request-id", ID)]
    if ask.call == "stream":
        return good_stream()
    if ask.call == "chat":
        return answer(200, whole(), told)
    if ask.call == "models":
        return answer(200, model_list(), told)
    if ask.call == "embeddings":
        base64 = ask.body.get("encoding_format") == "base64"
        items = [
            {"object": "embedding", "index": at, "embedding": b64encode(pack("<3f", *one)).decode() if base64 else one}
            for at, one in enumerate(VECTORS)
        ]
        return answer(200, embeddings_object(items), told)
    if ask.call == "completions":
        choices = [{"text": TEXT, "index": 0, "logprobs": None, "finish_reason": "stop"}]
        if ask.body.get("stream"):
            return stream({"id": "cmpl-sim", "object": "text_completion", "choices": choices})
        return answer(200, {"id": "cmpl-sim", "object": "text_completion", "choices": choices, "usage": USAGE}, told)
    return answer(200, model_list()["data"][0], told)


# ---- plays --------------------------------------------------------------------------------------


def always(data: bytes) -> Play:
    """The same bytes to every call."""
    return lambda ask: data


def by_call(**answers: bytes | Play) -> Play:
    """An answer for each call: bytes, or a play. Calls that are not named get the right answer."""

    def play(ask: Ask) -> Answer:
        found = answers.get(ask.call, good)
        return found if isinstance(found, bytes) else found(ask)

    return play


def steps(*taken: Step) -> Play:
    """The steps, one after the other."""
    return lambda ask: iter(taken)


# ---- outcomes and rows --------------------------------------------------------------------------


def ok(content: str | None = TEXT, finish: str | None = "stop", requests: int = 1, **check: Any) -> Outcome:
    """Success; in `check` two underscores stand for the dot of a path."""
    told = {"content": content, "finish_reason": finish}
    return Outcome(None, told | {path.replace("__", "."): value for path, value in check.items()}, requests)


def broken(content: str | None = None, error: str = "StreamBroken", **check: Any) -> Outcome:
    """An error once the stream had begun, with what had arrived by then; nothing is sent again."""
    told: dict[str, Any] = {"partial.finish_reason": None}
    if content is not None:
        told["partial.content"] = content
    return Outcome(error, told | {path.replace("__", "."): value for path, value in check.items()})


def row(
    name: str,
    about: str,
    source: str,
    play: Play | bytes,
    *,
    options: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
    every: bool = False,
    attempts: int = 0,
    **expect: Outcome,
) -> Scenario:
    """A scenario, its outcomes by call as keywords."""
    played = always(play) if isinstance(play, bytes) else play
    return Scenario(name, about, source, played, expect, options or {}, request or {}, every, attempts)
