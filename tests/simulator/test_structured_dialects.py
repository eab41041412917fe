"""The model `structured` in every server's dialect: formats as the rows say, streams, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from franca.servers import SERVERS
from franca.simulator.dialects import DIALECTS

from .conftest import Answer, Caller
from .structured_says import (
    ADA,
    OBJECT,
    QUESTION,
    Said,
    found,
    native,
    tool,
)

# ---- every server's dialect -----------------------------------------------------------------------

EVERY = pytest.mark.parametrize("name", sorted(DIALECTS))


def ask(call: Caller, name: str, variant: str = "", text: str = QUESTION, **fields: Any) -> Answer:
    """A question in a dialect."""
    path = call.simulator.dialect(name).removeprefix(call.simulator.root)
    target, mark, query = path.partition("?")
    model = DIALECTS[name].named("structured")
    if variant:
        model = f"structured:{variant}"
    body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    return call(f"{target}/chat/completions{mark}{query}", body)


def test_the_plain_and_the_own_name(call: Caller) -> None:
    """In the server's style, and with a variant at OpenRouter too."""
    path = call.simulator.dialect("openrouter").removeprefix(call.simulator.root) + "/chat/completions"
    body = {"model": "author/structured:no-schema+second", "messages": [{"role": "user", "content": QUESTION}]}
    assert Said(call(path, body)).value == {"age": 36, "nick": None}
    assert call(path, {**body, **native()}).status == 400


@EVERY
def test_formats_are_honoured_as_the_row_of_the_server_says(call: Caller, name: str) -> None:
    """What the row lists is kept to; the rest is refused, or ignored: prose, and JSON that does not fit."""
    row = SERVERS[name]
    for type_, fields in (("json_schema", native()), ("json_object", OBJECT)):
        answer = ask(call, name, **fields)
        if type_ in row.quirks.response_formats:
            assert Said(answer).value == ADA
        elif answer.status == 200:
            assert found(Said(answer).content) == {"age": 36, "nick": None}
            said = Said(ask(call, name, text=f"name: string, age: number\n{QUESTION}", **fields))
            assert found(said.content) == ADA
        else:
            assert answer.status in (400, 422)
    assert Said(ask(call, name)).value == ADA


@EVERY
def test_pairs_that_a_row_excludes_are_refused(call: Caller, name: str) -> None:
    """Groq's json_schema in a stream, Fireworks' with tools."""
    fields = {"json_schema": native(), "json_object": OBJECT, "stream": {"stream": True}, "tools": tool()}
    for left, right in SERVERS[name].quirks.excludes:
        assert ask(call, name, **fields[left], **fields[right]).status >= 400, (left, right)


def forced(name: str) -> dict[str, Any]:
    """A forced call as the server knows it: by name, or any."""
    return tool() if SERVERS[name].quirks.named_tool_choice else tool(choice="required")


@EVERY
@pytest.mark.parametrize("variant", ["", "second", "messy", "cut", "think", "filtered", "refuses", "empty"])
@pytest.mark.parametrize("form", ["tool", "text"])
def test_a_stream_agrees_in_every_dialect(call: Caller, name: str, variant: str, form: str) -> None:
    """Content, arguments, refusal, thoughts and finish reason."""
    fields = forced(name) if form == "tool" and DIALECTS[name].calls_tools else {}
    whole, streamed = (Said(ask(call, name, variant, stream=stream, **fields)) for stream in (False, True))
    assert vars(whole) == vars(streamed)
    if variant == "refuses":
        assert (whole.refusal or whole.content).startswith("I'm sorry")
    elif variant in ("", "think"):
        assert json.loads(whole.text.partition("</think>")[2] or whole.text) == ADA


@EVERY
def test_a_variant_refuses_in_the_shape_of_the_dialect(call: Caller, name: str) -> None:
    """The words are those of the wording, the body the server's; what it refuses itself comes first."""
    answer = ask(call, name, "no-tools", **forced(name))
    assert answer.status == 400
    assert (b"does not support tools" in answer.data) == DIALECTS[name].calls_tools
