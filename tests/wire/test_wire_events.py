"""Events of a stream, and legacy completions."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from wire_strategies import answers

from franca.wire.chunk import ChatEvent, Delta, EventChoice
from franca.wire.completions import Completion, CompletionEvent
from franca.wire.texts import reasoning_of, text_of


def event_of(delta, **choice):
    return ChatEvent({"id": "1", "choices": [{"index": 0, "delta": delta, **choice}]})


def test_every_field():
    """All fields of OpenAI's chunk have a name."""
    data = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 2,
        "model": "m",
        "choices": [
            {
                "index": 3,
                "delta": {"role": "assistant", "content": "Hi", "refusal": "no"},
                "finish_reason": "stop",
                "stop_reason": None,
                "logprobs": {"content": []},
            }
        ],
        "usage": {"total_tokens": 4},
        "system_fingerprint": "fp",
        "service_tier": "auto",
        "moderation": {},
        "obfuscation": "xx",
    }
    event = ChatEvent(data)
    assert (event.id, event.object, event.created, event.model) == ("1", "chat.completion.chunk", 2, "m")
    assert (event.system_fingerprint, event.service_tier) == ("fp", "auto")
    assert (event.moderation, event.obfuscation) == ({}, "xx")
    assert event.usage == {"total_tokens": 4}
    (choice,) = event.choices
    assert isinstance(choice, EventChoice)
    assert (choice.index, choice.finish_reason, choice.stop_reason) == (3, "stop", None)
    assert choice.logprobs == event.logprobs == {"content": []}
    assert isinstance(choice.delta, Delta)
    assert choice.delta == event.delta
    assert (event.role, event.content, event.refusal, event.finish_reason) == ("assistant", "Hi", "no", "stop")
    assert (event.delta.role, event.delta.content, event.delta.text) == ("assistant", "Hi", "Hi")
    assert event.extra == choice.extra == choice.delta.extra == {}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": [1]}]},
        {"choices": {"0": 1}},
        {"choices": [{"delta": {}, "finish_reason": 3}]},
    ],
)
def test_events_without_a_delta(data):
    """Usage events, Azure's first event and garbage add nothing."""
    event = ChatEvent(data)
    assert (event.content, event.reasoning, event.tool_calls, event.refusal, event.role) == (None, None, [], None, None)
    assert event.delta == Delta({})
    assert event.finish_reason is event.usage is event.logprobs is None
    assert repr(event) == "ChatEvent()"


def test_first_choice_after_garbage():
    """What is no object is passed over, in the short way and the long."""
    event = ChatEvent({"choices": [None, {"delta": {"content": "x", "tool_calls": [{"id": "1"}]}}]})
    assert (event.content, event.tool_calls[0].id) == ("x", "1")


def test_content_as_parts():
    """Mistral's events hold lists of parts: text is content, thinking is reasoning."""
    thinking = event_of({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]})
    assert (thinking.content, thinking.reasoning) == (None, "hm")
    assert event_of({"content": [{"type": "text", "text": "a"}]}).content == "a"
    assert event_of({"reasoning_content": "r"}).reasoning == "r"


def test_fragments():
    """Tool call fragments come as they are, with missing name, id and index."""
    (call,) = event_of({"tool_calls": [{"index": 0, "function": {"arguments": '{"a'}}]}).tool_calls
    assert (call.index, call.id, call.name, call.arguments) == (0, None, None, '{"a')
    assert event_of({"tool_calls": None}).tool_calls == []


@given(answers)
@settings(max_examples=60)
def test_shortcuts_are_the_first_choice(data):
    """The flat shortcuts say what the windows of the first choice say."""
    event = ChatEvent(data)
    choices = event.choices
    delta = choices[0].delta if choices else Delta({})
    assert event.delta == delta
    assert event.content == text_of(delta._data.get("content"))
    assert event.reasoning == reasoning_of(delta._data)
    assert event.tool_calls == delta.tool_calls
    assert event.finish_reason == (choices[0].finish_reason if choices else None)


def test_completion():
    """The legacy answer has all its fields, and shortcuts to the first text."""
    logprobs = {"tokens": ["a"], "token_logprobs": [-1.0], "top_logprobs": [{}], "text_offset": [0]}
    choices = [{"index": 0, "text": "Hi", "finish_reason": "length", "logprobs": logprobs, "stop_reason": 1}]
    data = {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": {"total_tokens": 2, "cost": 1},
        "system_fingerprint": "fp",
    }
    for window in (Completion, CompletionEvent):
        answer = window(data)
        assert (answer.id, answer.object, answer.created) == ("cmpl-1", "text_completion", 1)
        assert (answer.model, answer.system_fingerprint, answer.usage) == ("m", "fp", {"total_tokens": 2, "cost": 1})
        assert (answer.text, answer.finish_reason, answer.extra) == ("Hi", "length", {})
        (choice,) = answer.choices
        assert (choice.index, choice.text, choice.finish_reason, choice.stop_reason) == (0, "Hi", "length", 1)
        assert (choice.logprobs, choice.finish_kind) == (logprobs, "length")
        assert window({}).text is None
        assert window({}).finish_reason is None
    assert Completion(data).finish_kind == "length"
    assert Completion(data).cost == 1.0
    assert Completion({}).cost is None
    assert repr(Completion(data)) == "Completion(id='cmpl-1', model='m', finish_reason='length', text='Hi')"


def test_real_completion(sample):
    """Recorded completions tell their text."""
    data = msgspec.json.decode(sample)
    if isinstance(data, dict) and data.get("object") == "text_completion":
        assert Completion(data).text == data["choices"][0]["text"]
