"""The chat models: functions from a request to a draft. The same seed and request give the same answer."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from .ask import Ask, Refused
from .calls import call_tools
from .draft import Draft, apply_stop, limit
from .http import encode
from .instance import NoInstance, instance
from .parts import last_text, text_of
from .structured import STRUCTURED_VARIANTS, structured
from .tokens import lorem, pieces

__all__ = ["MODELS", "draft"]

_NATURAL_LENGTH = 64
_THOUGHTS = {"none": 0, "minimal": 4, "low": 8, None: 16, "medium": 16, "high": 48, "xhigh": 96, "max": 192}
_REASON_FIELDS = {
    "": "",
    "reasoning": "reasoning",
    "reasoning_content": "reasoning_content",
    "details": "reasoning_details",
    "think": "",
}


def draft(ask: Ask, model: str, variant: str, index: int) -> Draft:
    """One choice of the answer: what the model says, cut by `stop` and by the token limits."""
    body = ask.body
    made = MODELS[model](ask, variant, index)
    apply_stop(made, body.get("stop"))
    limit(made, _most(body))
    return made


def _most(body: dict[str, Any]) -> int | None:
    most = body.get("max_completion_tokens")
    return body.get("max_tokens") if most is None else most


def _prompt(body: dict[str, Any]) -> str:
    messages = body.get("messages")
    if messages:
        return last_text(messages)
    prompt = body["prompt"]
    return prompt if isinstance(prompt, str) else str(prompt)


def echo(ask: Ask, variant: str, index: int) -> Draft:
    """Answers with the text of the last user message; of a prompt completion, with the prompt."""
    return Draft(pieces(_prompt(ask.body)))


def lorem_model(ask: Ask, variant: str, index: int) -> Draft:
    """Filler text of exactly the allowed number of tokens ("length"), or of 64 ("stop")."""
    most = _most(ask.body)
    key = ask.text_key(index)
    if most is None:
        return Draft([*lorem(key, _NATURAL_LENGTH - 1), "."])
    return Draft(lorem(key, most), "length")


def json_model(ask: Ask, variant: str, index: int) -> Draft:
    """A valid instance of the schema that `response_format` asks for; else a small object."""
    format_ = ask.body.get("response_format") or {}
    if format_.get("type") != "json_schema":
        text = _prompt(ask.body)
        return Draft(pieces(encode({"answer": text, "tokens": len(pieces(text)), "ok": True}).decode()))
    try:
        value = instance(format_["json_schema"]["schema"], ask.text_key(index))
    except NoInstance as error:
        message = f"Invalid schema for response_format '{format_['json_schema']['name']}': {error}"
        raise Refused(400, message, "response_format") from None
    return Draft(pieces(encode(value).decode()))


def tools_model(ask: Ask, variant: str, index: int) -> Draft:
    """Calls the offered tools with valid arguments; after their results, a text made from these."""
    messages = ask.body.get("messages") or []
    results = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.append(text_of(message["content"]))
    if results:
        return Draft(pieces("The tools say: " + "; ".join(reversed(results))))
    calls = call_tools(ask, index)
    if calls:
        return Draft(None, "tool_calls", calls=calls)
    return Draft(pieces(_prompt(ask.body)))


def reason(ask: Ask, variant: str, index: int) -> Draft:
    """Thinks, then answers with the user's text.

    The thoughts go by `reasoning_content`; model "reason:reasoning" says `reasoning`, "reason:details"
    OpenRouter's `reasoning_details`, and "reason:think" puts them into the content as <think> ... </think>.
    """
    number = _THOUGHTS[ask.body.get("reasoning_effort")]
    thoughts = lorem(ask.text_key(index) + b"reason", number)
    content = pieces(_prompt(ask.body))
    if variant == "think" and thoughts:
        return Draft(["<think>", *thoughts, "</think>", *content])
    return Draft(content, reasoning=thoughts, reasoning_field=_REASON_FIELDS[variant])


MODELS: dict[str, Callable[[Ask, str, int], Draft]] = {
    "echo": echo,
    "lorem": lorem_model,
    "json": json_model,
    "tools": tools_model,
    "reason": reason,
    "structured": structured,
}
VARIANTS: dict[str, Container[str]] = {"reason": frozenset(_REASON_FIELDS), "structured": STRUCTURED_VARIANTS}
