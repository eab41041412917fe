"""Answers in a dialect: the whole object, and the stream of chunks, both from the same drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from .. import http
from ..ask import Ask
from ..draft import Draft
from ..logprobs import chat_entry
from ..pace import delayed, streamed
from ..steps import Answer
from ..tokens import pieces
from .record import ABSENT, Speech
from .shapes import CREATED

__all__ = ["Speaker"]

_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")


class Speaker:
    """One answer: what is said (`drafts`), to whom (`ask`), and how (`speech`)."""

    def __init__(self, ask: Ask, speech: Speech, drafts: list[Draft], prompt: int, request_id: str) -> None:
        self.ask = ask
        self.speech = speech
        self.drafts = drafts
        thoughts = sum(len(made.reasoning) for made in drafts)
        self.usage = speech.usage(prompt, sum(made.size for made in drafts), thoughts)
        body = ask.body
        self.refuses = "refusal" in speech.message  # elsewhere a refusal is content as any other
        self.context = {"usage": self.usage, "id": request_id, "body": body}
        self.top = body.get("top_logprobs") or 0 if body.get("logprobs") else None
        self.calls = [[self._call(call, at) for at, call in enumerate(made.calls)] for made in drafts]

    def _head(self, kind: str) -> dict[str, Any]:
        speech = self.speech
        prefix = speech.chunk_id if kind == "chat.completion.chunk" and speech.chunk_id else speech.id
        digest = self.ask.digest()
        return {
            "id": prefix + digest,
            "object": kind,
            "created": CREATED + int(digest[:5], 16),
            "model": self.ask.model,
        }

    def _call(self, call: dict[str, Any], position: int) -> dict[str, Any]:
        """A tool call with an id as this server makes them."""
        name = call[call["type"]]["name"]
        digest = blake2b(call["id"].encode(), digest_size=16).hexdigest()
        more = {key: position if value == "$at" else value for key, value in self.speech.call.items()}
        return {**call, "id": self.speech.call_id(digest, name, position), **more}

    def _finish(self, made: Draft) -> str:
        return self.speech.finish.get(made.finish, made.finish)

    # ---- whole --------------------------------------------------------------------------------

    def whole(self, headers: list[tuple[str, str]]) -> Answer:
        """The answer in one piece."""
        speech = self.speech
        choices = []
        for index, made in enumerate(self.drafts):
            choice = {"index": index, "message": self._message(index, made), **speech.choice}
            if self.top is not None:
                choice["logprobs"] = self._logprobs(made.content or [])
            choices.append({**choice, "finish_reason": self._finish(made)})
        answer = {**self._head("chat.completion"), "choices": choices, "usage": self.usage, **speech.top}
        if speech.finishing is not None:
            speech.finishing(answer, "whole", self.context)
        rate = self.ask.dials.tokens_per_second
        seconds = self.ask.dials.latency + (self.usage["completion_tokens"] / rate if rate else 0.0)
        return delayed(http.answer(200, answer, headers), seconds)

    def _message(self, index: int, made: Draft) -> dict[str, Any]:
        speech = self.speech
        content: Any = speech.call_content if made.content is None else made.text
        thoughts = "".join(made.reasoning)
        refusal = "".join(made.refusal)
        if refusal and not self.refuses:
            content = refusal
        if thoughts and made.reasoning_field == "parts":
            content = [{"type": "thinking", "thinking": [{"type": "text", "text": thoughts}]}]
            content += [{"type": "text", "text": made.text}] if made.text else []
        elif thoughts and made.reasoning_field == "think":
            content = f"<think>{thoughts}</think>{content or ''}"
        message = {"role": "assistant", "content": content, **speech.message}
        if content is ABSENT:
            del message["content"]
        if refusal and self.refuses:
            message |= {"content": None, "refusal": refusal}
        message |= self._thoughts(made.reasoning_field, thoughts)
        if made.calls:
            message["tool_calls"] = self.calls[index]
        return message

    def _thoughts(self, field: str, text: str) -> dict[str, Any]:
        """The fields that thoughts go by, in a message or a delta."""
        if field == "details":
            if not text:
                return {"reasoning": None} if self.speech.empty_reasoning else {}
            detail = {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
            return {"reasoning": text, "reasoning_details": [detail]}
        if field in ("reasoning", "reasoning_content") and (text or self.speech.empty_reasoning):
            return {field: text or None}
        return {}

    def _logprobs(self, tokens: list[str]) -> dict[str, Any]:
        return {"content": [chat_entry(token, self.top or 0) for token in tokens], "refusal": None}

    # ---- streams ------------------------------------------------------------------------------

    def stream(self, headers: list[tuple[str, str]]) -> Answer:
        """The answer as server-sent events."""
        speech = self.speech
        head = http.head(200, [*headers, *_STREAM_HEAD, ("transfer-encoding", "chunked")])
        first = head + http.chunk(speech.before) + b"".join(self._event(dict(one)) for one in speech.lead)
        end = (http.chunk(http.DONE) if speech.done else b"") + http.LAST_CHUNK
        size = sum(made.size for made in self.drafts)
        return streamed(first, map(self._event, self._chunks()), end, size, self.ask.dials)

    def _event(self, payload: dict[str, Any]) -> bytes:
        return http.chunk(http.event(payload))

    def _chunks(self) -> Iterator[dict[str, Any]]:
        for index, made in enumerate(self.drafts):
            yield from self._choice(index, made)
        in_, asked = self.speech.usage_in, self._asked()
        if in_ == "always" or (in_ in ("asked", "finish+asked") and asked):
            yield self._made([], "usage")
        elif in_ == "asked-delta" and asked:
            yield self._made([{"index": 0, "delta": {}}], "usage")

    def _asked(self) -> bool:
        return bool((self.ask.body.get("stream_options") or {}).get("include_usage"))

    def _made(self, choices: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        """A chunk with what belongs on one of its kind."""
        speech = self.speech
        in_ = speech.usage_in
        chunk = {**self._head("chat.completion.chunk"), "choices": choices, **speech.chunk}
        if kind == "usage" or in_ == "every" or (kind == "finish" and in_.startswith("finish")):
            chunk["usage"] = self.usage
        elif speech.usage_null and (self._asked() or in_ != "asked"):
            chunk["usage"] = None
        if kind == "finish":
            chunk |= speech.last
        if speech.finishing is not None:
            speech.finishing(chunk, kind, self.context)
        return chunk

    def _choice(self, index: int, made: Draft) -> Iterator[dict[str, Any]]:
        speech = self.speech
        first, beside = speech.first, dict(speech.delta)
        if made.reasoning:
            beside |= speech.delta_thinking
            first = speech.first_thinking or first
        role = first is None
        if first is not None:
            opening = dict(first)
            if made.calls and opening.get("content") == "" and speech.call_content in (None, ABSENT):
                opening["content"] = None
            yield self._delta(index, opening, "first")
        for delta, token in self._deltas(index, made):
            if role:
                delta, role = {"role": "assistant", **delta}, False
            yield self._delta(index, {**beside, **delta}, "delta", token)
        ending = {**(speech.delta_thinking if made.reasoning else {}), **speech.finish_delta}
        choice = {"index": index, "delta": ending, **speech.chunk_choice, **speech.last_choice}
        yield self._made([{**choice, "finish_reason": self._finish(made)}], "finish")

    def _delta(self, index: int, delta: Mapping[str, Any], kind: str, token: str | None = None) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": index, "delta": delta, **self.speech.chunk_choice}
        if token is not None and self.top is not None:
            choice["logprobs"] = self._logprobs([token])
        if self.speech.finish_null:
            choice["finish_reason"] = None
        return self._made([choice], kind)

    def _deltas(self, index: int, made: Draft) -> Iterator[tuple[dict[str, Any], str | None]]:
        """What the deltas carry; beside it the token of the content, if it is one."""
        field = made.reasoning_field
        if field == "think" and made.reasoning:
            for token in ("<think>", *made.reasoning, "</think>"):
                yield {"content": token}, token
        elif field == "parts":
            for token in made.reasoning:
                yield {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": token}]}]}, None
        elif field != "hidden":
            for token in made.reasoning:
                yield self._thoughts(field, token), None
        for token in made.content or ():
            yield {"content": token}, token
        for token in made.refusal:
            yield {"refusal" if self.refuses else "content": token}, None
        for position, call in enumerate(self.calls[index]):
            for fragment in self._fragments(position, call):
                yield {**self.speech.delta_call, "tool_calls": [fragment]}, None

    def _fragments(self, position: int, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A tool call as this server streams it."""
        how, type_ = self.speech.calls, call["type"]
        field = "arguments" if type_ == "function" else "input"
        name, text = call[type_]["name"], call[type_][field]
        if how.startswith("whole"):
            index = {"whole-index-0": 0, "whole-null-index": None}.get(how, position)
            yield call if how == "whole-no-index" else {**call, "index": index}
            return
        opening = {"name": name} if how == "name-first" else {"name": name, field: ""}
        yield {"index": position, **call, type_: opening}
        for piece in pieces(text):
            yield {"index": position, **self.speech.call_piece, type_: {field: piece}}
