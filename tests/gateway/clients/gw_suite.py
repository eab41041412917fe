"""What every client of others is put to at every place: `ClientSuite`.

A test module has a class that inherits from it, and a fixture `program`; `place` is where it asks.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from gw_programs import Program, Raised

WRONG_KEY = "sk-wrong-0123456789abcdefghij"
TEXT = "Seven rivers, one sea."

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather for a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 12},
                "days": {"type": "integer", "minimum": 1, "maximum": 9},
            },
            "required": ["city", "days"],
            "additionalProperties": False,
        },
    },
}


@dataclass
class Place:
    """A server that is asked, the models to ask there, and what is true of it."""

    base_url: str
    api_key: str
    chat: str
    tools: str
    parse: str
    embed: str
    others: tuple[str, ...]
    """Further chat models, at other servers, that are asked at the same time as `chat`."""
    listed: tuple[str, ...]
    echoes: bool = True
    """Whether its chat models answer with what they are told."""
    counts_unasked: bool = False
    """Whether its chat models tell the usage of a stream in the chunk with the finish reason, asked or not."""
    params: dict[str, Any] = field(default_factory=dict)
    """Of every chat."""
    refused: dict[str, Any] = field(default_factory=lambda: {"temperature": 9})
    """Parameters that it refuses with 400."""
    no_such_model: str | None = "model_not_found"
    """The code of its error for a model that is not there; None: it has no such error."""
    gateway: bool = True

    @property
    def where(self) -> dict[str, str]:
        return {"base_url": self.base_url, "api_key": self.api_key}


class ClientSuite:
    """The tests that are the same for every client."""

    @pytest.fixture
    def ask(self, program: Program, place: Place) -> Any:
        """Does a task at the place; a task that the client does not have is skipped."""

        def asked(task: str, model: str, text: str = TEXT, **question: Any) -> Any:
            if task not in program.client.tasks:
                pytest.skip(f"{program.client.name} has no such thing: {task}")
            params = {**place.params, **question.pop("params", {})}
            where = {**place.where, **question.pop("where", {})}
            return program.ask(task, where, model=model, text=text, params=params, **question)

        return asked

    def test_it_has_the_tasks_of_the_table(self, program: Program) -> None:
        """So that no task is passed over because a program forgot it."""
        assert set(program.hello["tasks"]) == program.client.tasks

    def test_chat(self, ask: Any, place: Place) -> None:
        """The text, why it ended, counts that add up, and the id of the request."""
        told = ask("chat", place.chat)
        assert told["content"].strip()
        assert not place.echoes or told["content"] == TEXT
        assert told.get("finish_reason", "stop") in ("stop", "length")
        usage = told["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        assert usage["completion_tokens"] > 0
        assert not place.gateway or told.get("request_id", "req_").startswith("req_")

    def test_a_system_prompt(self, ask: Any, place: Place) -> None:
        """It reaches the model, and is no part of the answer."""
        bare = ask("chat", place.chat)
        told = ask("chat", place.chat, system="Answer in few words, and never with a question.")
        assert told["usage"]["prompt_tokens"] > bare["usage"]["prompt_tokens"]
        assert not place.echoes or told["content"] == TEXT

    def test_a_stream_with_its_usage(self, ask: Any, place: Place) -> None:
        """Piece by piece the same text as whole; its counts come once."""
        whole = ask("chat", place.chat)
        told = ask("stream", place.chat, usage=True)
        assert "".join(told["pieces"]).strip() == whole["content"].strip()
        assert len([piece for piece in told["pieces"] if piece]) > 1
        assert told.get("finish_reason", ["stop"]) in (["stop"], ["length"])
        usage, *others = told["usage"]
        assert not others or (place.counts_unasked and others == [usage])
        assert usage["completion_tokens"] == whole["usage"]["completion_tokens"]
        assert usage["prompt_tokens"] == whole["usage"]["prompt_tokens"]

    def test_a_stream_without_its_usage(self, ask: Any, place: Place, program: Program) -> None:
        """Who did not ask for the counts is sent no chunk of them, though the gateway asked for itself."""
        if program.client.name == "llm":
            pytest.skip("llm always asks for the usage")
        told = ask("stream", place.chat, usage=False)
        assert "".join(told["pieces"]).strip()
        assert told.get("empty", 0) == 0
        assert place.counts_unasked or not told["usage"]

    @pytest.mark.parametrize("task", ["tools", "tools_stream"])
    def test_tools_there_and_back(self, ask: Any, place: Place, task: str) -> None:
        """A call with arguments that fit, its result sent back by the client's own message, and words in the end."""
        told = ask(task, place.tools, "What is the weather in Oslo?", tool=WEATHER, result="sunny, 21 degrees")
        assert told.get("finish_reason", "tool_calls") == "tool_calls"
        assert told["calls"]
        assert len({call[0] for call in told["calls"]}) == len(told["calls"])
        for _, name, arguments in told["calls"]:
            assert name == "get_weather"
            given = json.loads(arguments)
            assert set(given) == {"city", "days"}
            assert isinstance(given["city"], str)
            assert 1 <= given["days"] <= 9
        assert told["content"].strip()
        assert not place.echoes or "sunny, 21 degrees" in told["content"]

    @pytest.mark.parametrize("task", ["parse", "parse_stream"])
    def test_an_object_of_a_type(self, ask: Any, place: Place, task: str) -> None:
        """The client makes an instance of its own type of what came."""
        told = ask(task, place.parse, "Who was here?")
        assert set(told) == {"name", "age", "tags"}
        assert 0 <= told["age"] <= 150
        assert set(told["tags"]) <= {"a", "b"}

    def test_embeddings(self, ask: Any, place: Place) -> None:
        """As numbers, as base64 and as the client likes best, the vectors are the same."""
        texts = ["first", "second"]
        floats, packed, chosen = (
            ask("embeddings", place.embed, texts=texts, format=f) for f in ("float", "base64", "")
        )
        first, second = floats["vectors"]
        assert len(first) == len(second) > 8
        assert first != second
        for others in (packed, chosen):
            for mine, theirs in zip(floats["vectors"], others["vectors"], strict=True):
                assert _numbers(theirs) == pytest.approx(mine, rel=1e-5, abs=1e-7)
        assert floats.get("prompt_tokens", 1) > 0

    def test_the_list_of_models(self, ask: Any, place: Place) -> None:
        """It has the models that are asked here."""
        assert set(place.listed) <= set(ask("models", place.chat))

    def test_one_model_of_the_list(self, ask: Any, place: Place) -> None:
        """A name with slashes in it, too."""
        for name in place.listed:
            assert ask("model", name) == name

    def test_a_model_that_is_not_there(self, ask: Any, place: Place, program: Program) -> None:
        """The client's own class for it."""
        if place.no_such_model is None:
            pytest.skip("this server has every model")
        with pytest.raises(Raised) as caught:
            ask("chat", "nowhere/no-such-model")
        _check(caught.value, program, 404, "invalid_request_error", place.no_such_model)
        assert "no-such-model" in caught.value.told["message"]

    def test_a_refusal_of_the_server(self, ask: Any, place: Place, program: Program) -> None:
        """What the server behind refuses, the client sees as if it had asked there."""
        if program.client.name == "llm":
            pytest.skip("llm checks its options itself")
        with pytest.raises(Raised) as caught:
            ask("chat", place.chat, params=place.refused)
        _check(caught.value, program, 400, None, None)

    def test_a_wrong_key(self, ask: Any, place: Place, program: Program) -> None:
        """The client's own class for it, and the key is nowhere in the text."""
        with pytest.raises(Raised) as caught:
            ask("chat", place.chat, where={"api_key": WRONG_KEY})
        _check(caught.value, program, 401, "authentication_error" if place.gateway else None, None)
        assert WRONG_KEY not in caught.value.told["message"]

    def test_several_servers_at_once(self, ask: Any, place: Place) -> None:
        """Twenty-four requests at once to all servers: each gets its own answer."""
        models = (place.chat, *place.others)
        asked = [[models[number % len(models)], f"number {number}"] for number in range(24)]
        told = ask("together", place.chat, asked=asked)
        assert len(told) == len(asked)
        assert all(answer.strip() for answer in told)
        assert not place.echoes or told == [text for _, text in asked]


def _check(raised: Raised, program: Program, status: int, kind: str | None, code: str | None) -> None:
    """An error as the client should raise it; llm tells only a text."""
    told = raised.told
    expected = program.client.errors.get(status)
    if expected is None:
        assert str(status) in told["message"], told
        return
    assert told["class"] == expected, told
    assert told["status"] == status
    if program.client.name == "litellm":  # it makes up type and code of its own
        return
    assert kind is None or told["type"] == kind, told
    assert code is None or told["code"] == code, told


def _numbers(vector: Any) -> list[float]:
    """A vector of an answer: numbers, or little-endian float32 in base64 for clients that leave it so."""
    if isinstance(vector, str):
        from array import array
        from base64 import b64decode

        return list(array("f", b64decode(vector)))
    assert all(math.isfinite(number) for number in vector)
    return list(vector)
