"""Messages and tools to send."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import msgspec
import pytest

from franca.errors import BadUsage
from franca.wire import build
from franca.wire.build import (
    assistant_message,
    developer_message,
    function_tool,
    image_part,
    normalize_messages,
    system_message,
    text_part,
    tool_call,
    tool_choice_function,
    tool_message,
    tool_name,
    user_message,
)
from franca.wire.calls import ToolCall
from franca.wire.chat import Chat
from franca.wire.chunk import Delta
from franca.wire.encode import encode_body
from franca.wire.message import Message
from franca.wire.params import build_chat_body

TEXT = {"type": "text", "text": "b"}
IMAGE = image_part("https://example.com/a.png")


def get_weather(city: Annotated[str, "the city"], days: int = 1) -> str:
    """Weather for a city."""
    return f"{city} {days}"


def test_everything_under_one_roof():
    """`build` has every name that it lists."""
    assert all(hasattr(build, name) for name in build.__all__)
    assert (build.SYSTEM, build.DEVELOPER, build.USER, build.ASSISTANT, build.TOOL) == (
        "system",
        "developer",
        "user",
        "assistant",
        "tool",
    )


@pytest.mark.parametrize(("make", "role"), [(system_message, "system"), (developer_message, "developer")])
def test_instructions(make, role):
    """Instructions are text or parts."""
    assert make("Be brief.") == {"role": role, "content": "Be brief."}
    assert make(["a", TEXT]) == {"role": role, "content": [text_part("a"), TEXT]}
    assert make("a", name="n") == {"role": role, "content": "a", "name": "n"}
    assert make("x").role == role
    assert isinstance(make("x"), Message)


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (("Hi",), "Hi"),
        (("",), ""),
        (("a", TEXT), [text_part("a"), TEXT]),
        (("a", IMAGE, "c"), [text_part("a"), IMAGE, text_part("c")]),
        ((None, IMAGE), [IMAGE]),
        ((IMAGE,), [IMAGE]),
        (([IMAGE, "c"],), [IMAGE, text_part("c")]),
        (((IMAGE,), TEXT), [IMAGE, TEXT]),
    ],
)
def test_user_message(arguments, content):
    """Text alone stays a string; with parts it becomes the first part."""
    assert user_message(*arguments) == {"role": "user", "content": content}
    assert user_message(*arguments, name="Ann") == {"role": "user", "content": content, "name": "Ann"}


@pytest.mark.parametrize("arguments", [(), (None,), ([],)])
def test_empty_user_message(arguments):
    """A user message says something."""
    with pytest.raises(BadUsage, match="give text, parts or both"):
        user_message(*arguments)


@pytest.mark.parametrize("part", [3, b"x", None])
def test_wrong_parts(part, tmp_path):
    """Parts are dicts or text; bytes and paths are told which builder they need."""
    with pytest.raises(BadUsage, match=f"part 1 must be str or dict, got {type(part).__name__}"):
        user_message("a", part)
    with pytest.raises(BadUsage, match="use image_part, audio_part or file_part"):
        user_message("a", tmp_path)
    with pytest.raises(BadUsage, match="system_message: part 0"):
        system_message(3)


def test_assistant_message():
    """Text, tool calls, or other fields; empty lists and None are left out."""
    assert assistant_message("Hi") == {"role": "assistant", "content": "Hi"}
    assert assistant_message(["Hi"]) == {"role": "assistant", "content": [text_part("Hi")]}
    assert assistant_message("Hi", []) == {"role": "assistant", "content": "Hi"}
    call = tool_call("c1", "f", {"a": 1})
    expected = {"role": "assistant", "content": None, "tool_calls": [call.to_dict(), {"id": "c2"}]}
    assert assistant_message(tool_calls=[call, {"id": "c2"}]) == expected
    assert assistant_message(refusal="no", name=None) == {"role": "assistant", "content": None, "refusal": "no"}
    with pytest.raises(BadUsage, match="give text, tool_calls"):
        assistant_message()
    with pytest.raises(BadUsage, match=r"tool_calls\[1\] must be a ToolCall or dict, got str"):
        assistant_message(tool_calls=[call, "x"])


def test_tool_call():
    """Arguments are JSON text, or become it."""
    expected = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    assert tool_call("c1", "f", {"a": 1}) == tool_call("c1", "f", '{"a":1}') == expected
    assert tool_call("c1", "f").arguments == "{}"
    assert isinstance(tool_call("c1", "f"), ToolCall)


@pytest.mark.parametrize(
    ("result", "content"),
    [("sunny", "sunny"), ("", ""), ({"t": 20.5}, '{"t":20.5}'), ([1, "é"], '[1,"é"]'), (None, "null"), (3, "3")],
)
def test_tool_message(result, content):
    """A result that is text is sent as it is, anything else as JSON."""
    expected = {"role": "tool", "tool_call_id": "c1", "content": content}
    assert tool_message("c1", result) == tool_message(tool_call("c1", "f"), result) == expected
    assert tool_message("c1", result).tool_call_id == "c1"


def test_tool_message_limits():
    """A call without an id is answered without one; results that JSON cannot say are refused."""
    assert tool_message(ToolCall({}), "x").tool_call_id == ""
    for result in (object(), float("nan")):
        with pytest.raises(BadUsage):
            tool_message("c1", result)
    with pytest.raises(BadUsage, match="expected a call's id or a ToolCall, got int"):
        tool_message(3, "x")


def test_received_messages_go_back_unchanged(chat_sample):
    """A message of a real server, put into the next request, travels as it came."""
    data = msgspec.json.decode(chat_sample)
    chat = Chat(data)
    body = encode_body(build_chat_body("m", ["Hi", chat.message, *(tool_message(c, "x") for c in chat.tool_calls)], {}))
    sent = msgspec.json.decode(body)["messages"]
    assert sent[1] == data["choices"][0]["message"]


def test_normalize_messages():
    """Text, messages, dicts and lists of them become dicts: the caller's own, not copies."""
    given, message = {"role": "user", "content": "a"}, system_message("b")
    assert normalize_messages("a") == [{"role": "user", "content": "a"}]
    assert normalize_messages(given)[0] is given
    assert normalize_messages(message)[0] is message._data
    assert normalize_messages([message, given, "c"]) == [message, given, {"role": "user", "content": "c"}]
    assert normalize_messages((given,))[0] is given
    assert normalize_messages([]) == []


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        (3, "messages: expected str, dict or Message, got int"),
        (None, "messages: .* got NoneType"),
        (["a", "b", 3], r"messages\[2\]: expected str, dict or Message, got int"),
        ([["a"]], r"messages\[0\]: .* got list"),
        ([Chat({})], r"messages\[0\]: .* got Chat \(did you mean its \.message"),
        ([Delta({})], r"messages\[0\]: .* got Delta"),
        (iter(["a"]), "messages: .* got list_iterator"),
    ],
)
def test_wrong_messages(messages, problem):
    """Anything else is refused, with its place and type."""
    with pytest.raises(BadUsage, match=problem):
        normalize_messages(messages)


def test_function_tool_by_name():
    """A tool from name, description and schema; what is not given is left out."""
    schema = {"type": "object", "properties": {}}
    assert function_tool("f") == {"type": "function", "function": {"name": "f"}}
    assert function_tool("f", "does", schema, True) == {
        "type": "function",
        "function": {"name": "f", "description": "does", "parameters": schema, "strict": True},
    }
    assert function_tool("f", strict=False)["function"]["strict"] is False


def test_function_tool_from_python():
    """A typed function says it all; what is given by hand wins."""
    assert function_tool(get_weather) == {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Weather for a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "the city"},
                    "days": {"type": "integer", "default": 1},
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
    own = function_tool(get_weather, "own", {"type": "object"}, strict=True)["function"]
    assert (own["description"], own["parameters"], own["strict"]) == ("own", {"type": "object"}, True)
    assert function_tool(get_weather, "")["function"]["description"] == ""

    def silent(): ...

    assert "description" not in function_tool(silent)["function"]

    @dataclasses.dataclass
    class Place:
        """A place."""

        city: str

    assert function_tool(Place)["function"]["name"] == "Place"


@pytest.mark.parametrize("function", [3, None, ""])
def test_no_tool(function):
    """A tool needs a name or a function."""
    with pytest.raises(BadUsage, match="function_tool"):
        function_tool(function)


@pytest.mark.parametrize("schema", ["x", [], 5])
def test_parameters_that_are_no_schema(schema):
    """It is said before anything is sent, with the name of the tool."""
    with pytest.raises(BadUsage, match="parameters of the tool look_up are a JSON Schema"):
        function_tool("look_up", "Looks a word up.", schema)


def test_tool_choice_function():
    """One function is forced by name, or by itself."""
    expected = {"type": "function", "function": {"name": "get_weather"}}
    assert tool_choice_function("get_weather") == tool_choice_function(get_weather) == expected
    with pytest.raises(BadUsage):
        tool_choice_function(3)


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        (function_tool("f"), "f"),
        ({"type": "web_search"}, None),
        ({"function": {"name": 3}}, None),
        ({"function": 3}, None),
        (3, None),
    ],
)
def test_tool_name(tool, name):
    """The function name inside a tool, when there is one."""
    assert tool_name(tool) == name
