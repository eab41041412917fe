"""Who asks the simulated OpenRouter for inference: chats, whole and as events, over `http.client`."""

from __future__ import annotations

import json
from typing import Any

from .sim_or_account_caller import Answer, Caller

HELLO = [{"role": "user", "content": "Hello there, world"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


class Asker(Caller):
    """One connection; fields of the body by keyword, headers as `told`."""

    def ask(self, model: Any = "author/echo", told: dict[str, str] | None = None, **fields: Any) -> Answer:
        """A chat."""
        return self("/chat/completions", {"model": model, "messages": HELLO, **fields}, **(told or {}))

    def told(self, model: str = "author/echo", told: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        """What the router tells of a chat, also of one that failed."""
        metadata: dict[str, Any] = self.ask(model, {"x-openrouter-metadata": "enabled", **(told or {})}, **fields).body[
            "openrouter_metadata"
        ]
        return metadata

    def provider(self, model: str = "author/echo", **fields: Any) -> str:
        """Who answered."""
        answer = self.ask(model, **fields)
        assert answer.status == 200, answer.raw
        return str(answer.body["provider"])

    def events(self, model: str = "author/echo", told: dict[str, str] | None = None, **fields: Any) -> list[Any]:
        """The events of a streamed chat; those that end with [DONE] have it as their last."""
        answer = self.ask(model, told, stream=True, **fields)
        assert answer.status == 200, answer.raw
        assert answer.raw.startswith(b": OPENROUTER PROCESSING\n\n")
        return events_of(answer)


def events_of(answer: Answer) -> list[Any]:
    """The payloads of a stream; [DONE] as a text."""
    lines = [line[6:] for line in answer.raw.decode().split("\n\n") if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def said(events: list[Any], field: str = "content") -> str:
    """The text of the first choice of a stream."""
    choices = [one for event in events if event != "[DONE]" for one in event["choices"] if one["index"] == 0]
    return "".join(one["delta"].get(field) or "" for one in choices)
