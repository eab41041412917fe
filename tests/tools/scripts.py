"""Answers of a model, for scripted loops."""

from __future__ import annotations

import json

from franca.io.fake import FakeTransport


def call(name, arguments="{}", id="call_1"):
    """A tool call as it travels; arguments that are no str become JSON. `id` None leaves it out."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    made = {"id": id, "type": "function", "function": {"name": name, "arguments": text}}
    return {key: value for key, value in made.items() if value is not None}


def asks(*calls, finish="tool_calls", **message):
    """An answer that asks for these calls."""
    message = {"role": "assistant", "content": None, "tool_calls": list(calls), **message}
    return answer(message, finish)


def says(text, finish="stop", **fields):
    """An answer with this text."""
    return answer({"role": "assistant", "content": text}, finish, **fields)


def answer(message, finish, **fields):
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "a", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage, **fields}


def streamed(item):
    """A plain answer as a stream of two events and the usage."""
    (choice,) = item["choices"]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": place, **one} for place, one in enumerate(delta["tool_calls"])]
    first = {"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = {"id": "a", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    return FakeTransport.stream([first, last, {"id": "a", "choices": [], "usage": item["usage"]}])
