"""What every adapter shares: reading questions, writing answers, and telling an exception as the client raised it.

Needs nothing but the standard library: it runs in the virtual environment of each client.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

Answer = dict[str, Any]
Ask = Callable[[dict[str, Any], dict[str, Any]], Answer | None]
"""From a question to an answer, None for a call that the client does not have. What came of a stream goes into the
second argument, under "content", so that it is there if the stream fails."""


def serve(client: str, version: str, claims: Sequence[str], ask: Ask) -> None:
    """Answer questions until there are no more."""
    # Only answers may be on standard output: whatever a library prints goes to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        if question["call"] == "hello":
            answer: Answer = {"ok": True, "client": client, "version": version, "claims": list(claims)}
        else:
            answer = _answered(question, ask)
        out.write(json.dumps({"id": question["id"], **answer}, default=str) + "\n")
        out.flush()


def _answered(question: dict[str, Any], ask: Ask) -> Answer:
    partial: dict[str, Any] = {"content": ""}
    try:
        answer = ask(question, partial)
    except Exception as error:
        return {
            "ok": False,
            "error": type(error).__name__,
            "message": str(error),
            "shown": f"{error!r} {error}",
            "status": _status(error),
            "partial": partial,
        }
    return {"ok": False, "unsupported": True} if answer is None else {"ok": True, **answer}


def _status(error: BaseException) -> int | None:
    for name in ("status_code", "status", "http_status", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isdigit():
            return int(value)
    return None


class Assembled:
    """A stream of chunks like OpenAI's put together as its documentation shows: text joined, tool calls by their index,
    the last finish reason and usage that are not null. For clients that hand out chunks and assemble nothing."""

    def __init__(self, partial: dict[str, Any]) -> None:
        self._partial = partial
        self.choices: dict[int, Answer] = {}
        self.calls: dict[Any, Answer] = {}
        self.usage: Any = None
        self.model: Any = None
        self.reasoning: str | None = None

    def take(self, chunk: Any) -> None:
        """Add a chunk: an object with attributes, as all these clients have."""
        self.model = getattr(chunk, "model", None) or self.model
        self.usage = getattr(chunk, "usage", None) or self.usage
        for choice in chunk.choices or ():
            mine = self.choices.setdefault(choice.index, {"content": None, "finish_reason": None})
            mine["finish_reason"] = choice.finish_reason or mine["finish_reason"]
            delta = choice.delta
            if delta is None:
                continue
            if delta.content:
                mine["content"] = (mine["content"] or "") + delta.content
                if choice.index == 0:
                    self._partial["content"] = mine["content"]
            for call in delta.tool_calls or ():
                self._take_call(call)
            thought = thought_of(delta)
            if thought:
                self.reasoning = (self.reasoning or "") + thought

    def _take_call(self, call: Any) -> None:
        function = call.function
        if function is None:
            return
        mine = self.calls.get(call.index)
        if mine is None:
            self.calls[call.index] = {"id": call.id, "name": function.name, "arguments": function.arguments or ""}
        else:
            mine["arguments"] += function.arguments or ""

    def answer(self) -> Answer:
        """The whole as the protocol wants it."""
        first: Answer = self.choices.get(0) or next(iter(self.choices.values()), {})
        return {
            "content": first.get("content"),
            "finish_reason": first.get("finish_reason"),
            "tool_calls": list(self.calls.values()),
            "usage": plain(self.usage),
            "reasoning": self.reasoning,
            "model": self.model,
            "choices": [self.choices[index] for index in sorted(self.choices, key=str)],
        }


def whole(completion: Any) -> Answer:
    """A chat completion with OpenAI's attributes as the protocol wants it."""
    choices = completion.choices
    if not choices:
        return {"choices": 0, "raw": plain(completion)}
    message = choices[0].message
    return {
        "content": message.content,
        "finish_reason": choices[0].finish_reason,
        "tool_calls": [
            {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            for call in message.tool_calls or ()
        ],
        "usage": plain(completion.usage),
        "reasoning": thought_of(message),
        "model": completion.model,
        "choices": [{"content": one.message.content, "finish_reason": one.finish_reason} for one in choices],
        "raw": plain(completion),
    }


def plain(value: Any) -> Any:
    """A model of pydantic as a dict, by its names on the wire."""
    return value.model_dump(mode="json", by_alias=True) if hasattr(value, "model_dump") else value


def thought_of(message: Any) -> str | None:
    """The reasoning text in whichever field a client has it."""
    for name in ("reasoning_content", "reasoning"):
        found = getattr(message, name, None)
        if found and isinstance(found, str):
            return found
    special = getattr(message, "provider_specific_fields", None) or {}  # litellm's place for what is OpenRouter's own
    details = getattr(message, "reasoning_details", None) or special.get("reasoning_details") or ()
    texts = [_text_of(one) for one in details if one]
    return "".join(texts) or None


def _text_of(detail: Any) -> str:
    fields = detail if isinstance(detail, dict) else plain(detail)
    return (fields.get("text") or fields.get("summary") or "") if isinstance(fields, dict) else ""


def vectors(data: Any) -> list[Any]:
    """The vectors of an embeddings answer in the order of their indexes, where these say one."""
    rows = list(data)
    indexes = [getattr(row, "index", None) for row in rows]
    if sorted(indexes, key=str) == list(range(len(rows))):
        rows.sort(key=lambda row: row.index)
    return [row.embedding for row in rows]
