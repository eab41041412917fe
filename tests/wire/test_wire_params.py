"""Request bodies: fields, order, tools, and their JSON."""

from __future__ import annotations

import dataclasses
import decimal
import enum
import json

import msgspec
import numpy
import pytest
from hypothesis import given, settings
from wire_strategies import json_objects

from franca.errors import BadUsage
from franca.wire.build import function_tool, user_message
from franca.wire.encode import encode_body
from franca.wire.params import (
    ChatParams,
    CompletionParams,
    EmbeddingParams,
    build_chat_body,
    build_completion_body,
    build_embedding_body,
)
from franca.wire.usage import Usage


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_all_openai_fields():
    """Every field of OpenAI's request types has a name here (its own package is the witness)."""
    chat = pytest.importorskip("openai.types.chat.completion_create_params").CompletionCreateParamsBase
    text = pytest.importorskip("openai.types.completion_create_params").CompletionCreateParamsBase
    embed = pytest.importorskip("openai.types.embedding_create_params").EmbeddingCreateParams
    assert set(chat.__annotations__) - set(ChatParams.__annotations__) == {"model", "messages"}
    assert set(text.__annotations__) - set(CompletionParams.__annotations__) == {"model", "prompt"}
    assert set(embed.__annotations__) - set(EmbeddingParams.__annotations__) == {"model", "input"}


def test_order():
    """`model` and `stream` come first, `messages` last."""
    body = build_chat_body("m", "Hi", {"temperature": 0.5, "seed": 1}, {"top_k": 3}, stream=True)
    assert list(body) == ["model", "stream", "temperature", "seed", "top_k", "messages"]
    assert body["stream"] is True
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert encode_body(body).startswith(b'{"model":"m","stream":true,')


def test_absent():
    """None leaves a parameter, the model and `stream=False` out."""
    assert build_chat_body(None, "Hi", {"temperature": None}) == {"messages": [{"role": "user", "content": "Hi"}]}
    assert "stream" not in build_chat_body("m", "Hi", {})


def test_every_parameter_goes_through():
    """Each named parameter travels under its own name."""
    params = {name: {"x": 1} for name in ChatParams.__annotations__ if name != "tools"}
    body = build_chat_body("m", [], params)
    assert body == {"model": "m", **params, "messages": []}


def test_extra():
    """`extra` goes in as it is, null too, but replaces nothing that was given by name, and decides no streaming."""
    extra = {"temperature": 1, "seed": 5, "top_k": None, "model": "x", "messages": [], "stream": True}
    body = build_chat_body("m", "Hi", {"temperature": 0.5, "seed": None}, extra)
    assert body == {"model": "m", "temperature": 0.5, "seed": 5, "top_k": None, "messages": normalized("Hi")}
    assert list(build_chat_body(None, "Hi", {"seed": 1}, {"model": "x"})) == ["model", "seed", "messages"]


def normalized(text):
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (
            "temprature",
            "unknown parameter 'temprature'; did you mean 'temperature'? Other fields go through extra={...}",
        ),
        ("zzz", "unknown parameter 'zzz'. Other fields go through extra={...}"),
    ],
)
def test_unknown_parameters(name, hint):
    """A misspelt parameter is told the right one."""
    with pytest.raises(BadUsage) as caught:
        build_chat_body("m", "Hi", {name: 1})
    assert (str(caught.value), caught.value.param) == (hint, name)
    with pytest.raises(BadUsage, match="unknown parameter"):
        build_completion_body("m", "Hi", {name: 1})
    with pytest.raises(BadUsage, match="unknown parameter 'tools'"):
        build_embedding_body("m", "Hi", {"tools": []})


def test_tools():
    """Tools are dicts or Python functions; an empty list is left out."""
    plain = {"type": "web_search"}
    body = build_chat_body("m", "Hi", {"tools": (plain, add)})
    assert body["tools"] == [plain, function_tool(add)]
    assert "tools" not in build_chat_body("m", "Hi", {"tools": [], "seed": 1})


@pytest.mark.parametrize(
    ("tools", "problem"), [(add, "tools: .* got function"), ([add, "add"], r"tools\[1\]: .* got str")]
)
def test_wrong_tools(tools, problem):
    """What is no tool is refused, with its place."""
    with pytest.raises(BadUsage, match=problem):
        build_chat_body("m", "Hi", {"tools": tools})


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("add", {"type": "function", "function": {"name": "add"}}),
        (add, {"type": "function", "function": {"name": "add"}}),
        ("server-word", "server-word"),
        ({"type": "x"}, {"type": "x"}),
    ],
)
def test_tool_choice(choice, expected):
    """A mode stays; a function, or the name of an offered tool, is forced."""
    assert build_chat_body("m", "Hi", {"tools": [add], "tool_choice": choice})["tool_choice"] == expected


def test_tool_choice_without_tools():
    """Without tools a word is a word."""
    assert build_chat_body("m", "Hi", {"tool_choice": "add"})["tool_choice"] == "add"


def test_other_bodies():
    """Legacy completions and embeddings follow the same rules."""
    body = build_completion_body("m", "Once", {"max_tokens": 3, "echo": None}, {"prompt": "x", "top_k": 1}, stream=True)
    assert body == {"model": "m", "stream": True, "max_tokens": 3, "top_k": 1, "prompt": "Once"}
    body = build_embedding_body("m", ["a"], {"dimensions": 3}, {"dimensions": 4, "stream": True, "truncate": True})
    assert body == {"model": "m", "dimensions": 3, "truncate": True, "input": ["a"]}


@given(json_objects)
@settings(max_examples=40)
def test_encode_is_json(value):
    """What is encoded decodes to the same with the standard library."""
    assert json.loads(encode_body(value)) == value


class Colour(enum.Enum):
    RED = "red"


class Word(str):
    __slots__ = ()


class Count(int):
    pass


class Share(float):
    pass


class Settings(dict):
    pass


@dataclasses.dataclass
class Point:
    x: object


class Listed:
    """An array of a library that is not known here."""

    def tolist(self):
        return [None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"m": [user_message("a"), {"u": Usage({"cost": 1})}]},
            '{"m":[{"role":"user","content":"a"},{"u":{"cost":1}}]}',
        ),
        ({"a": Word("x"), "b": Count(3), "c": Share(0.5), "d": Colour.RED}, '{"a":"x","b":3,"c":0.5,"d":"red"}'),
        ({Word("k"): (1, {2})}, '{"k":[1,[2]]}'),
        (Settings(a=1), '{"a":1}'),
        ({"a": decimal.Decimal("0.7"), "b": None}, '{"a":0.7,"b":null}'),
        ({"a": numpy.float32(0.5), "b": numpy.array([1, 2]), "c": numpy.bool_(True)}, '{"a":0.5,"b":[1,2],"c":true}'),
        ({"a": Point(1)}, '{"a":{"x":1}}'),
        ({"a": 2**70}, '{"a":1180591620717411303424}'),
        (msgspec.Raw(b"[1]"), "[1]"),
        (
            {"a": "NaN", "b": Point(decimal.Decimal(1)), "c": b"x", "d": {1}},
            '{"a":"NaN","b":{"x":1},"c":"eA==","d":[1]}',
        ),
        ({"a": None, 1: msgspec.Raw(b"null"), 2: Listed()}, '{"a":null,"1":null,"2":[null]}'),
    ],
)
def test_what_encodes(value, text):
    """Windows, subclasses, enums, decimals, numpy, dataclasses: all become plain JSON."""
    assert encode_body(value).decode() == text


def test_mappings():
    """Mappings that are no dicts are objects too."""
    from types import MappingProxyType

    assert encode_body({"a": MappingProxyType({"b": 1})}) == b'{"a":{"b":1}}'


CIRCLE: list = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"temperature": float("nan")}, "temperature: nan is no JSON number"),
        ({"a": [0, {"b": float("inf")}]}, r"a\[1\]\.b: inf is no JSON number"),
        ({"a": numpy.float64("nan")}, "a: nan is no"),
        ({"a": numpy.array([1, float("nan")])}, r"a\[1\]: nan is no"),
        ({"a": decimal.Decimal("NaN")}, "a: NaN is no"),
        ({"a": decimal.Decimal("-Infinity")}, "a: -Infinity is no"),
        ({"a": Point(float("-inf"))}, r"a\.x: -inf is no"),
        ({"a": Usage({"b": float("nan")})}, r"a\.b: nan"),
        ({"a": None, "b": ("x", Colour.RED, b"y", float("nan"))}, r"b\[3\]: nan"),
        ({"messages": [{"content": "a\ud800"}]}, r"messages\[0\]\.content: text with a lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ({"a": Point("\ud800")}, "a: .*surrogates not allowed"),
        ({"a": [object()]}, r"a\[0\]: object is no JSON type"),
        ({"a": 1, "b": int}, "b: type is no JSON type"),
        ({"a": Point(object())}, "a: object is no JSON type"),
        ({"a": {(1,): 2}}, "a: a key of type tuple"),
        (object(), "the value: object is no JSON type"),
        (CIRCLE, "nested too deeply, or in a circle"),
    ],
)
def test_what_does_not_encode(value, problem):
    """What JSON cannot say is refused, with its place in the body."""
    with pytest.raises(BadUsage, match=problem):
        encode_body(value)
