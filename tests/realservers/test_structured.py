"""Structured output on the real llama.cpp server, whose tiny models have random weights: what a grammar enforces comes
out right, what is only asked for never does, and the error then says what came and what was wrong with it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import jsonschema
import pytest

import franca
from franca.errors import BadRequest, OutputInvalid, ServerFault, StatusError
from franca.servers import SERVERS

from .drivers import Both
from .llama import KEY, MODEL, LlamaServer
from .prompts import PERSON_SCHEMA

FIXED: dict[str, Any] = {"temperature": 0.7, "seed": 7, "max_tokens": 900, "retries": 0}
MODES = ("strict", "native", "tool", "json_object", "prompt")

SCHEMAS: dict[str, dict[str, Any]] = {
    "an object": PERSON_SCHEMA,
    "optional fields": {
        "type": "object",
        "properties": {"id": {"type": "integer", "minimum": 1}, "note": {"type": "string", "maxLength": 9}},
        "required": ["id"],
    },
    "a list at the root": {"type": "array", "items": {"enum": ["x", "y", 3]}, "minItems": 1, "maxItems": 3},
    "a number at the root": {"type": "integer", "minimum": 1, "maximum": 9},
    "a choice at the root": {"enum": ["red", "green"]},
    "a union": {
        "type": "object",
        "properties": {
            "shape": {
                "anyOf": [
                    {"type": "object", "properties": {"kind": {"const": "dot"}}, "required": ["kind"]},
                    {
                        "type": "object",
                        "properties": {"kind": {"const": "box"}, "side": {"type": "integer"}},
                        "required": ["kind", "side"],
                    },
                ]
            }
        },
        "required": ["shape"],
    },
    "references": {
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
        "type": "object",
        "properties": {"from": {"$ref": "#/$defs/point"}, "to": {"$ref": "#/$defs/point"}},
        "required": ["from", "to"],
    },
    "a pattern": {
        "type": "object",
        "properties": {"code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"}},
        "required": ["code"],
    },
}

# A grammar of so many items is more than llama.cpp can hold. Objects without the list fit, whatever else they have.
TOO_MUCH: dict[str, Any] = {
    "type": "object",
    "properties": {"rows": {"type": "array", "items": {"type": "string"}, "minItems": 5000, "maxItems": 100_000}},
}


class Colour(Enum):
    RED = "red"
    GREEN = "green"


@dataclass
class Label:
    colour: Colour
    size: Literal[1, 2, 3]
    bold: bool
    angle: int | None = None


def at(server: LlamaServer) -> Any:
    return SERVERS["llamacpp"].at(server.base_url)


def told(found: franca.Structured[Any]) -> tuple[Any, str, list[tuple[str, str]]]:
    """What must be the same with both clients: the value, its mode, and how each attempt ended."""
    ends = [(one.mode, type(one.error).__name__ if one.error else "taken") for one in found.attempts]
    return found.data, found.mode, ends


@pytest.mark.parametrize("mode", [None, "native"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_what_a_grammar_enforces(both: Both, json_server: LlamaServer, name: str, mode: str | None) -> None:
    """The value fits the schema at the first attempt, and nothing had to be mended in the text."""
    schema = SCHEMAS[name]

    def case(client: Any) -> Any:
        found = client.structured("Anna?", schema, mode=mode, **FIXED)
        assert found.value is found.data
        assert found.attempts[0].repairs == ()
        return told(found)

    value, used, attempts = both(at(json_server), case)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert used == (mode or "strict")
    assert attempts == [(used, "taken")]


def test_an_instance_of_a_type(both: Both, json_server: LlamaServer) -> None:
    """A dataclass with an enum, a literal and an optional field comes back as an instance."""

    def case(client: Any) -> Any:
        found = client.structured("A label?", Label, **FIXED)
        assert isinstance(found.value, Label)
        assert isinstance(found.value.colour, Colour)
        assert found.usage.completion_tokens > 0
        return told(found)

    value, mode, _ = both(at(json_server), case)
    assert mode == "strict"
    assert value["size"] in (1, 2, 3)


def test_the_items_of_a_streamed_list(both: Both, json_server: LlamaServer) -> None:
    """Items come one by one while the list is written, as many as the whole has."""
    schema = {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 4, "maxItems": 6}
    blocking, awaiting = both.pair(at(json_server))
    with blocking.client.structured_stream("Letters?", schema, **FIXED) as stream:
        items = list(stream)
    assert items == stream.final.value
    assert len(items) >= 4

    async def collect() -> Any:
        async with awaiting.client.structured_stream("Letters?", schema, **FIXED) as stream:
            return [item async for item in stream]

    assert awaiting.runner.run(collect()) == items


@pytest.mark.parametrize("name", ["an object", "a list at the root"])
def test_a_forced_tool(both: Both, tools: LlamaServer, name: str) -> None:
    """The arguments of the call are the value; what is no object at its root comes out of its box."""
    schema = SCHEMAS[name]
    case = lambda client: told(client.structured("Anna?", schema, mode="tool", **FIXED))  # noqa: E731
    value, mode, attempts = both(at(tools), case)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert (mode, attempts) == ("tool", [("tool", "taken")])


@pytest.mark.parametrize("server", ["json_server", "words"])
def test_what_is_only_asked_for(both: Both, server: str, request: pytest.FixtureRequest) -> None:
    """Random weights cannot do it by a prompt: as many answers as allowed are asked for, then the error has the last
    text, what was wrong with it, and every attempt with its answer."""
    running: LlamaServer = request.getfixturevalue(server)
    asked = {**FIXED, "max_tokens": 200}

    def case(client: Any) -> Any:
        with pytest.raises(OutputInvalid) as caught:
            client.structured("Anna?", PERSON_SCHEMA, mode="prompt", attempts=3, **asked)
        error = caught.value
        assert [one.mode for one in error.attempts] == ["prompt"] * 3
        for one in error.attempts:
            assert isinstance(one.error, OutputInvalid)
            assert one.problems == tuple(one.error.problems) != ()
            assert one.chat.usage.completion_tokens > 0
        assert error.text == error.attempts[-1].chat.content
        assert error.partial.content == error.text
        # Each answer but the last went back with what was wrong with it.
        prompts = [one.chat.usage.prompt_tokens for one in error.attempts]
        assert prompts == sorted(set(prompts))
        again = pickle.loads(pickle.dumps(error))
        assert (again.text, again.problems) == (error.text, error.problems)
        assert KEY not in str(error) + repr(error)
        return error.text, error.problems, str(error)

    text, problems, message = both(at(running), case)
    assert text.strip()
    assert problems
    assert "3 answers, mode prompt" in message


@pytest.mark.parametrize("server", ["json_server", "no_tools"])
def test_a_schema_that_is_too_much_for_the_grammar(server: str, request: pytest.FixtureRequest) -> None:
    """mode=None goes down rung by rung, each refused by the real server in words of its own, to one that it takes."""
    running: LlamaServer = request.getfixturevalue(server)
    with franca.Client(at(running), api_key=KEY, model=MODEL) as client:
        found = client.structured("Anything?", TOO_MUCH, **FIXED)
        value, mode, attempts = told(found)
        refused = ["strict", "native", "tool"]
        assert attempts == [*((one, "BadRequest") for one in refused), ("json_object", "taken")]
        assert [one.chat for one in found.attempts[:-1]] == [None] * 3
        jsonschema.Draft202012Validator(TOO_MUCH).validate(value)
        # What was refused is not tried again.
        assert told(client.structured("Anything?", TOO_MUCH, **FIXED))[1:] == (mode, [(mode, "taken")])


@pytest.mark.parametrize(("server", "kind"), [("no_tools", BadRequest), ("plain_template", ServerFault)])
def test_a_server_that_refuses_tools(
    both: Both, server: str, kind: type[StatusError], request: pytest.FixtureRequest
) -> None:
    """A refused tool is a step down to the next mode given; where there is none, the refusal is raised."""
    running: LlamaServer = request.getfixturevalue(server)

    def down(client: Any) -> Any:
        return told(client.structured("Anna?", PERSON_SCHEMA, mode=("tool", "native"), **FIXED))

    def alone(client: Any) -> Any:
        return client.structured("Anna?", PERSON_SCHEMA, mode="tool", **FIXED)

    value, mode, attempts = both(at(running), down)
    jsonschema.Draft202012Validator(PERSON_SCHEMA).validate(value)
    assert (mode, attempts) == ("native", [("tool", kind.__name__), ("native", "taken")])
    error = both(at(running), alone)
    assert type(error) is kind
    assert [one.mode for one in error.attempts] == ["tool"]


def test_a_schema_that_is_taken_and_not_enforced(plain_template: LlamaServer) -> None:
    """Without Jinja the server takes a schema that is too much for its grammar, and answers in words: that is seen,
    other modes are tried, and what was ignored is not tried again."""
    wanted = {**TOO_MUCH, "required": ["rows"]}
    with franca.Client(at(plain_template), api_key=KEY, model=MODEL) as client:
        with pytest.raises(OutputInvalid) as caught:
            client.structured("Anything?", wanted, attempts=2, **FIXED)
        assert [one.mode for one in caught.value.attempts] == ["strict", "tool", "json_object"]
        assert isinstance(caught.value.attempts[1].error, ServerFault)
        with pytest.raises(OutputInvalid) as caught:
            client.structured("Anything?", wanted, attempts=1, **{**FIXED, "max_tokens": 50})
        assert caught.value.attempts[0].mode not in ("strict", "native")
