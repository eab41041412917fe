"""Chat completions on the wire: the whole object, and its stream of chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import http
from .ask import Ask
from .draft import Draft
from .logprobs import chat_entry
from .models import draft
from .pace import delayed, streamed
from .steps import Answer
from .tokens import pieces, prompt_tokens
from .validate import check_chat

__all__ = ["answer_chat", "stamp", "usage_of"]

_EPOCH = 1_790_000_000
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")


def stamp(ask: Ask, prefix: str, object_: str) -> dict[str, Any]:
    """The first fields of an answer: `id` and `created` are made from the request and the seed."""
    digest = ask.digest()
    return {
        "id": prefix + digest,
        "object": object_,
        "created": _EPOCH + int(digest[:5], 16),
        "model": ask.body.get("model") or ask.argument,
    }


def usage_of(prompt: int, drafts: list[Draft]) -> dict[str, Any]:
    """The `usage` object."""
    completion = sum(made.size for made in drafts)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(len(made.reasoning) for made in drafts),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def answer_chat(ask: Ask, model: str, variant: str, headers: list[tuple[str, str]]) -> Answer:
    """The answer to a chat completions request."""
    check_chat(ask)
    body = ask.body
    drafts = [draft(ask, model, variant, index) for index in range(body.get("n") or 1)]
    usage = usage_of(prompt_tokens(body["messages"], body.get("tools")), drafts)
    tail = {
        "service_tier": _tier(body),
        "system_fingerprint": f"fp_{ask.dials.seed & 0xFFFFFFFF:010x}",
    }
    if body.get("stream"):
        return _stream(ask, drafts, usage, tail, headers)
    chat = stamp(ask, "chatcmpl-", "chat.completion")
    top = body.get("top_logprobs") or 0 if body.get("logprobs") else None
    chat["choices"] = [_choice(index, made, top) for index, made in enumerate(drafts)]
    chat["usage"] = usage
    chat.update(tail)
    rate = ask.dials.tokens_per_second
    seconds = ask.dials.latency + (usage["completion_tokens"] / rate if rate else 0.0)
    return delayed(http.answer(200, chat, headers), seconds)


def _tier(body: dict[str, Any]) -> str:
    tier = body.get("service_tier") or "auto"
    return "default" if tier == "auto" else str(tier)


def _thoughts(made: Draft) -> dict[str, Any]:
    """The reasoning fields of a message or delta."""
    if not made.reasoning:
        return {}
    text = "".join(made.reasoning)
    if made.reasoning_field != "reasoning_details":
        return {made.reasoning_field or "reasoning_content": text}
    return {
        "reasoning": text,
        "reasoning_details": [{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}],
    }


def _choice(index: int, made: Draft, top: int | None) -> dict[str, Any]:
    refusal = "".join(made.refusal) or None
    message = {"role": "assistant", "content": made.text, "refusal": refusal, **_thoughts(made), "annotations": []}
    if made.calls:
        message["tool_calls"] = made.calls
    logprobs = None
    if top is not None:
        logprobs = {"content": [chat_entry(token, top) for token in made.content or ()], "refusal": None}
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": made.finish}


# ---- streams ----------------------------------------------------------------------------------


def _stream(
    ask: Ask, drafts: list[Draft], usage: dict[str, Any], tail: dict[str, Any], headers: list[tuple[str, str]]
) -> Answer:
    body = ask.body
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    opening = http.encode({**stamp(ask, "chatcmpl-", "chat.completion.chunk"), **tail})[:-1]
    closing = b',"usage":null}\n\n' if with_usage else b"}\n\n"
    top = body.get("top_logprobs") or 0 if body.get("logprobs") else None
    sheets = [_Sheet(index, made, b"data: " + opening, closing, top) for index, made in enumerate(drafts)]
    end = [sheet.end() for sheet in sheets]
    if with_usage:
        end.append(http.chunk(b"data: " + opening + b',"choices":[],"usage":' + http.encode(usage) + b"}\n\n"))
    end += http.chunk(http.DONE), http.LAST_CHUNK
    head = http.head(200, [*headers, *_STREAM_HEAD, ("transfer-encoding", "chunked")])
    first = head + b"".join(sheet.start() for sheet in sheets)
    size = sum(made.size for made in drafts)
    return streamed(first, _interleaved([sheet.frames() for sheet in sheets]), b"".join(end), size, ask.dials)


def _interleaved(streams: list[Iterator[bytes]]) -> Iterator[bytes]:
    """A frame of each in turn, as long as there are any."""
    if len(streams) == 1:
        yield from streams[0]
        return
    while streams:
        for stream in list(streams):
            frame = next(stream, None)
            if frame is None:
                streams.remove(stream)
            else:
                yield frame


class _Sheet:
    """The chunks of one choice, each a chunk of HTTP too. Frames of equal tokens are made once."""

    def __init__(self, index: int, made: Draft, opening: bytes, closing: bytes, top: int | None) -> None:
        self.made = made
        self.top = top
        self.before = opening + b',"choices":[{"index":%d,"delta":' % index
        self.after = b',"logprobs":null,"finish_reason":null}]' + closing
        self.closing = closing

    def frame(self, delta: dict[str, Any]) -> bytes:
        return http.chunk(self.before + http.encode(delta) + self.after)

    def start(self) -> bytes:
        """The role, before any content."""
        if self.made.calls or self.made.refusal:
            return self.frame({"role": "assistant", "content": None, "refusal": None})
        return self.frame({"role": "assistant", "content": "", "refusal": None})

    def end(self) -> bytes:
        """The chunk with the finish reason."""
        finish = http.encode(self.made.finish)
        return http.chunk(self.before + b'{},"logprobs":null,"finish_reason":' + finish + b"}]" + self.closing)

    def frames(self) -> Iterator[bytes]:
        """A chunk for every token."""
        made = self.made
        for token in made.reasoning:
            one = Draft([], reasoning=[token], reasoning_field=made.reasoning_field)
            yield self.frame(_thoughts(one))
        if self.top is not None:
            for token in made.content or ():
                yield self._with_logprobs(token, self.top)
        else:
            known: dict[str, bytes] = {}
            for token in made.content or ():
                frame = known.get(token)
                if frame is None:
                    frame = known[token] = self.frame({"content": token})
                yield frame
        for token in made.refusal:
            yield self.frame({"refusal": token})
        for position, call in enumerate(made.calls):
            yield from self._call(position, call)

    def _with_logprobs(self, token: str, top: int) -> bytes:
        logprobs = http.encode({"content": [chat_entry(token, top)], "refusal": None})
        middle = b',"logprobs":' + logprobs + b',"finish_reason":null}]'
        return http.chunk(self.before + http.encode({"content": token}) + middle + self.closing)

    def _call(self, position: int, call: dict[str, Any]) -> Iterator[bytes]:
        """A tool call as OpenAI streams it: id and name first, then the arguments piece by piece."""
        type_ = call["type"]
        text_field = "arguments" if type_ == "function" else "input"
        opening = {**call, type_: {"name": call[type_]["name"], text_field: ""}}
        yield self.frame({"tool_calls": [{"index": position, **opening}]})
        for piece in pieces(call[type_][text_field]):
            yield self.frame({"tool_calls": [{"index": position, type_: {text_field: piece}}]})
