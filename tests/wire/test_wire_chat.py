"""What a chat answer says, in the forms that servers give it."""

from __future__ import annotations

import dataclasses
from typing import TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from wire_strategies import json_objects

from franca.errors import BadUsage, OutputInvalid
from franca.wire.chat import Chat, Choice, FunctionCall, Message, ToolCall
from franca.wire.finish import finish_kind
from franca.wire.usage import Usage


def chat_of(message, **choice):
    return Chat({"choices": [{"index": 0, "message": message, **choice}]})


def call_of(arguments, name="f"):
    return ToolCall({"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}})


def test_every_field():
    """All fields of OpenAI's answer have a name."""
    data = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1795215020,
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "refusal": None,
                    "annotations": [{"type": "url_citation"}],
                    "audio": {"id": "a"},
                    "images": [{"type": "image_url"}],
                    "function_call": {"name": "g", "arguments": "{}"},
                },
                "logprobs": {"content": []},
                "finish_reason": "stop",
                "stop_reason": 7,
            }
        ],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "cost": 0.25,
            "prompt_tokens_details": {
                "cached_tokens": 4,
                "audio_tokens": 5,
                "cache_write_tokens": 6,
                "image_tokens": 12,
                "text_tokens": 13,
            },
            "completion_tokens_details": {
                "reasoning_tokens": 7,
                "audio_tokens": 8,
                "accepted_prediction_tokens": 9,
                "rejected_prediction_tokens": 10,
                "text_tokens": 11,
                "image_tokens": 14,
            },
        },
        "system_fingerprint": "fp",
        "service_tier": "flex",
        "metadata": {"k": "v"},
        "moderation": {"input": {}},
    }
    chat = Chat(data)
    assert (chat.id, chat.object, chat.created, chat.model) == ("chatcmpl-1", "chat.completion", 1795215020, "gpt-4o")
    assert (chat.system_fingerprint, chat.service_tier, chat.metadata) == ("fp", "flex", {"k": "v"})
    assert chat.moderation == {"input": {}}
    assert chat.extra == {}
    (choice,) = chat.choices
    assert (choice.index, choice.finish_reason, choice.stop_reason, choice.logprobs) == (0, "stop", 7, {"content": []})
    assert choice.finish_kind == chat.finish_kind == "stop"
    assert choice.extra == choice.message.extra == {}
    message = chat.message
    assert message == choice.message
    assert (message.role, message.content, message.text, message.refusal) == ("assistant", "Hi", "Hi", None)
    assert (message.annotations, message.audio) == ([{"type": "url_citation"}], {"id": "a"})
    assert message.images == [{"type": "image_url"}]
    assert isinstance(message.function_call, FunctionCall)
    assert (message.function_call.name, message.function_call.arguments_map()) == ("g", {})
    usage = chat.usage
    assert isinstance(usage, Usage)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, chat.cost) == (1, 2, 3, 0.25)
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert prompt is not None
    assert completion is not None
    assert (prompt.cached_tokens, prompt.audio_tokens, prompt.cache_write_tokens) == (4, 5, 6)
    assert (prompt.image_tokens, prompt.text_tokens) == (12, 13)
    assert (completion.reasoning_tokens, completion.audio_tokens, completion.text_tokens) == (7, 8, 11)
    assert (completion.accepted_prediction_tokens, completion.rejected_prediction_tokens) == (9, 10)
    assert completion.image_tokens == 14
    assert usage.extra == prompt.extra == completion.extra == {}
    assert (chat.content, chat.finish_reason, chat.logprobs, chat.refusal) == ("Hi", "stop", {"content": []}, None)


def test_real_chats(chat_sample):
    """Every recorded answer tells its text, why it ended and what it used, as the raw JSON does."""
    data = msgspec.json.decode(chat_sample)
    chat = Chat(data)
    first = data["choices"][0]
    assert chat.content == first["message"].get("content")
    assert chat.finish_reason == first["finish_reason"]
    assert len(chat.choices) == len(data["choices"])
    assert chat.usage == data["usage"]
    assert chat.usage.total_tokens == data["usage"]["total_tokens"]
    assert [call.name for call in chat.tool_calls] == [
        call["function"]["name"] for call in first["message"].get("tool_calls") or []
    ]


@pytest.mark.parametrize("data", [{}, {"choices": []}, {"choices": None}, {"choices": [None]}, {"choices": [{}]}])
def test_no_choice(data):
    """Without a choice or message nothing is made up, and the shortcuts still answer."""
    chat = Chat(data)
    assert (chat.content, chat.finish_reason, chat.finish_kind, chat.reasoning) == (None, None, None, None)
    assert (chat.refusal, chat.tool_calls, chat.logprobs, chat.usage, chat.cost) == (None, [], None, None, None)
    assert chat.message == Message({})


def test_what_is_no_choice_is_passed_over():
    """The first choice is the first object of the list."""
    assert Chat({"choices": [None, {"message": {"content": "x"}}]}).content == "x"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, None),
        ("", ""),
        ("Hi", "Hi"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
        ([{"type": "output_text", "text": "a"}, "b", {"text": "c"}], "abc"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}], "a"),
        ([{"type": "thinking", "thinking": "hm"}], None),
        ({"type": "text", "text": "a"}, "a"),
        ([{"type": "text", "text": 3}, None, 7], None),
        ([], None),
        (5, None),
    ],
)
def test_content_forms(content, text):
    """Content is a string or a list of parts; the text is that of the text parts."""
    chat = chat_of({"content": content})
    assert chat.content == chat.message.text == text
    assert chat.message.content == (content if isinstance(content, (str, list)) else None)


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        ({}, None),
        ({"reasoning_content": None, "reasoning": None}, None),
        ({"reasoning_content": "a"}, "a"),
        ({"reasoning": "a"}, "a"),
        ({"reasoning_content": "", "reasoning": "a"}, "a"),
        ({"reasoning_content": "a", "reasoning": "a", "reasoning_details": [{"text": "a"}]}, "a"),
        ({"reasoning": {"text": "a"}}, "a"),
        ({"reasoning": {"content": "a", "effort": "low"}}, "a"),
        ({"reasoning": {"effort": "low"}}, None),
        ({"reasoning": 3}, None),
        ({"thinking": "a"}, "a"),
        ({"content": [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": "b"}]}, "a"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]}, "a"),
        ({"content": [{"type": "reasoning", "text": "a"}, {"type": "reasoning", "reasoning": "b"}]}, "ab"),
        ({"content": [{"type": "text", "text": "b"}]}, None),
        ({"content": {"type": "thinking", "thinking": "a"}}, "a"),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "a"}, {"type": "reasoning.encrypted"}]}, "a"),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "s"}, 3]}, "s"),
        ({"reasoning_details": []}, None),
        ({"reasoning_details": 3}, None),
    ],
)
def test_reasoning_forms(message, reasoning):
    """Reasoning is found wherever a server puts it, and told once."""
    assert chat_of(message).reasoning == Message(message).reasoning == reasoning


def test_raw_reasoning_stays():
    """The fields as they came are there too, for the way back."""
    details = [{"type": "reasoning.encrypted", "data": "x"}]
    message = Message({"reasoning": {"text": "a"}, "reasoning_content": "b", "reasoning_details": details})
    assert message["reasoning"] == {"text": "a"}
    assert (message.reasoning_content, message.reasoning_details) == ("b", details)
    assert Message({"thinking": "x"}).extra == {"thinking": "x"}


def test_several_choices():
    """The shortcuts are the first choice's; all are in `choices`."""
    chat = Chat({"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}, "finish_reason": "length"}]})
    assert (chat.content, chat.finish_reason) == ("a", None)
    assert [choice.message.content for choice in chat.choices] == ["a", "b"]
    assert isinstance(chat.choices[0], Choice)


def test_tool_calls():
    """Tool calls give id, name and arguments; the chat's are the first message's."""
    data = {"id": "c1", "type": "function", "index": 0, "function": {"name": "f", "arguments": '{"a": 1}'}}
    chat = chat_of({"content": None, "tool_calls": [data]}, finish_reason="stop")
    (call,) = chat.tool_calls
    assert (call.id, call.type, call.index, call.name, call.arguments) == ("c1", "function", 0, "f", '{"a": 1}')
    assert call.arguments_map() == {"a": 1}
    assert call.arguments_error is None
    assert call.input is None
    assert call.custom is None
    assert call.function == {"name": "f", "arguments": '{"a": 1}'}
    assert call.extra == {}
    assert repr(call) == "ToolCall(id='c1', name='f', arguments='{\"a\": 1}')"


@pytest.mark.parametrize("arguments", ["", " \n", None])
def test_empty_arguments_are_no_arguments(arguments):
    """Empty text stands for a call without arguments."""
    call = call_of(arguments)
    assert call.arguments_map() == {}
    assert call.arguments_error is None


@given(json_objects)
@settings(max_examples=40)
def test_arguments_as_an_object(arguments):
    """A server may send arguments as an object: they are given as JSON text, and decoded they are the same."""
    assert call_of(arguments).arguments_map() == msgspec.json.decode(msgspec.json.encode(arguments))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("{", "truncated"),
        ("0", "a number, not an object"),
        ("1.5", "a number, not an object"),
        ("[]", "an array, not an object"),
        ('"{}"', "a string, not an object"),
        ("null", "null, not an object"),
        ("true", "a boolean, not an object"),
        ([1], "an array, not an object"),
        ('{"a": NaN}', "malformed"),
        ("{} {}", "trailing"),
        ('{"a": "\ud800"}', "surrogates"),
        ("[" * 5000, ""),  # too deep for Python 3.11, merely cut for 3.13
    ],
)
def test_arguments_that_are_no_object(arguments, problem):
    """A call whose arguments are not the JSON of an object is not executable, and says why, with the text."""
    call = call_of(arguments)
    assert problem in call.arguments_error
    with pytest.raises(OutputInvalid, match="tool call f: ") as caught:
        call.arguments_map()
    assert caught.value.text == call.arguments
    assert caught.value.problems == [call.arguments_error]


@pytest.mark.parametrize("data", [{}, {"function": None}, {"function": {"name": 3}}, {"function": {"name": ""}}])
def test_a_call_without_a_name(data):
    """A call that names no function is not executable."""
    call = ToolCall(data)
    assert call.arguments_error == "the call names no function"
    assert call.arguments_map() == {}
    with pytest.raises(OutputInvalid, match=r"tool call \(no name\): "):
        ToolCall({"function": {"arguments": "0"}}).arguments_map()


def test_flat_and_custom_calls():
    """Calls without `function` (some gateways), and calls of custom tools, which hold free text."""
    flat = ToolCall({"id": "c", "name": "f", "arguments": "{}"})
    assert (flat.name, flat.arguments, flat.arguments_error) == ("f", "{}", None)
    custom = ToolCall({"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select 1"}})
    assert (custom.name, custom.input, custom.arguments) == ("sql", "select 1", "")
    assert custom.custom == {"name": "sql", "input": "select 1"}
    assert "custom tool" in custom.arguments_error
    assert ToolCall({"custom": {"input": 3}}).input is None


def test_arguments_that_no_json_can_say():
    """A dict made by hand may hold anything; the text is then what Python prints, and not executable."""
    call = call_of({"a": {1, object()}})
    assert "object" in call.arguments
    assert call.arguments_error


def test_arguments_as():
    """Arguments decode into types; what does not fit says where."""

    @dataclasses.dataclass
    class Place:
        city: str
        days: int = 1

    class Typed(TypedDict):
        city: str

    class Model(pydantic.BaseModel):
        city: str

    call = call_of('{"city": "Basel"}')
    assert call.arguments_as(Place) == Place("Basel")
    assert call.arguments_as(Typed) == {"city": "Basel"}
    assert call.arguments_as(dict[str, str]) == {"city": "Basel"}
    assert call.arguments_as(Model) == Model(city="Basel")
    for wrong in (Place, Model):
        with pytest.raises(OutputInvalid, match="city") as caught:
            call_of('{"city": 3}').arguments_as(wrong)
        assert caught.value.text == '{"city": 3}'
    with pytest.raises(OutputInvalid):
        call_of("").arguments_as(Place)
    with pytest.raises(BadUsage, match="arguments_as"):
        call_of('{"a": 1}').arguments_as(dict[int, complex] | dict[str, complex])


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (None, None),
        ("", None),
        ("stop", "stop"),
        ("STOP", "stop"),
        ("eos_token", "stop"),
        ("end_turn", "stop"),
        ("COMPLETE", "stop"),
        ("MAX_TOKENS", "length"),
        ("tool_use", "tool_calls"),
        ("SAFETY", "content_filter"),
        ("ERROR_TOXIC", "content_filter"),
        ("ERROR", "error"),
        ("network_error", "error"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("pause_turn", "other"),
        ("???", "other"),
    ],
)
def test_finish_kinds(reason, kind):
    """Servers' words become a few kinds, an error never a stop; the word itself stays."""
    assert finish_kind(reason) == kind
    chat = chat_of({}, finish_reason=reason)
    assert (chat.finish_reason, chat.finish_kind) == (reason, kind)
