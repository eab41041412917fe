"""What the tests of the model `structured` share: how it is asked, and what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Answer, Caller

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "nick": {"type": ["string", "null"]}},
    "required": ["name", "age", "nick"],
    "additionalProperties": False,
}
QUESTION = 'Who is it?\nanswer: {"name": "Ada", "age": 36, "nick": null}'
ADA = {"name": "Ada", "age": 36, "nick": None}
STATED = {"role": "system", "content": "Answer in JSON:\n{\n  name: string,\n  age: number,\n  nick: string | null\n}"}


def native(schema: Any = None, **more: Any) -> dict[str, Any]:
    """The fields that ask for a schema."""
    named = {"name": "person", "schema": schema or PERSON, **more}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def tool(schema: Any = None, choice: Any = None, **more: Any) -> dict[str, Any]:
    """The fields that force a call."""
    function = {"name": "person", "parameters": schema or PERSON, **more}
    forced = {"type": "function", "function": {"name": "person"}}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": choice or forced}


OBJECT: dict[str, Any] = {"response_format": {"type": "json_object"}}
FORMS: dict[str, dict[str, Any]] = {"schema": native(), "tool": tool(), "object": OBJECT, "text": {}}
every_form = pytest.mark.parametrize("form", FORMS)


class Said:
    """What the model said, whole or in pieces: content, arguments, refusal, thoughts, and why it ended."""

    def __init__(self, answer: Answer) -> None:
        assert answer.status == 200, answer.data
        self.content = self.arguments = self.refusal = self.thoughts = ""
        self.finish = None
        if answer.headers["content-type"].startswith("text/event-stream"):
            for event in (json.loads(line[6:]) for line in answer.data.decode().split("\n\n") if line[:7] == "data: {"):
                for choice in event["choices"]:
                    self.take(choice["delta"], choice.get("finish_reason"))
        else:
            choice = answer.json["choices"][0]
            self.take(choice["message"], choice["finish_reason"])

    def take(self, piece: dict[str, Any], finish: Any) -> None:
        content = piece.get("content") or ""
        if isinstance(content, list):
            self.thoughts += "".join(p["thinking"][0]["text"] for p in content if p["type"] == "thinking")
            content = "".join(part["text"] for part in content if part["type"] == "text")
        self.content += content
        for call in piece.get("tool_calls") or ():
            self.arguments += call["function"].get("arguments") or ""
        self.refusal += piece.get("refusal") or ""
        self.thoughts += piece.get("reasoning_content") or piece.get("reasoning") or ""
        self.finish = finish or self.finish

    @property
    def text(self) -> str:
        return self.arguments or self.content

    @property
    def value(self) -> Any:
        return json.loads(self.text)


def say(call: Caller, variant: str = "", text: Any = QUESTION, /, **fields: Any) -> Said:
    """What a variant says to a question, or to a list of messages."""
    return Said(call.chat(text, model=f"structured:{variant}".rstrip(":"), **fields))


def again(said: str, wish: str = "Try again.", question: str = QUESTION) -> list[dict[str, Any]]:
    """A conversation in which the model has said something, and is told to do it again."""
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": said},
        {"role": "user", "content": wish},
    ]


def found(text: str) -> Any:
    """The JSON in a text: from its first brace to its last."""
    return json.loads(text[text.index("{") : text.rindex("}") + 1])
