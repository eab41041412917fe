"""The window itself: what it shows, keeps and leaves alone, whatever the server sent."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_strategies import answers, json_objects, json_values

from franca.errors import OutputInvalid
from franca.wire import fields
from franca.wire.base import Answer, Window, copy_json
from franca.wire.calls import FunctionCall, ToolCall
from franca.wire.chat import Chat, Choice
from franca.wire.chunk import ChatEvent, Delta, EventChoice
from franca.wire.completions import Completion, CompletionChoice, CompletionEvent
from franca.wire.embeddings import Embeddings
from franca.wire.headers import Headers
from franca.wire.message import Message
from franca.wire.models import Model
from franca.wire.usage import CompletionTokensDetails, PromptTokensDetails, Usage

WINDOWS = [
    Chat,
    Choice,
    Message,
    ToolCall,
    FunctionCall,
    Usage,
    PromptTokensDetails,
    CompletionTokensDetails,
    ChatEvent,
    EventChoice,
    Delta,
    Completion,
    CompletionChoice,
    CompletionEvent,
    Embeddings,
    Model,
]


class Thing(Window):
    """One field of each kind."""

    __slots__ = ()
    _shown = ("word", "count", "share", "many", "inside")

    word = fields.text("word", "A text.")
    count = fields.whole("count", "An integer.")
    share = fields.number("share", "A number.")
    sure = fields.flag("sure", "A boolean.")
    any = fields.raw("any", "Anything.")
    object = fields.mapping("object", "An object.")
    many = fields.items("many", "A list.")
    inside = fields.child("inside", Usage, "A window.")
    all = fields.children("all", Usage, "Windows.")


EMPTY = {"many": [], "all": []}
FIELDS = ("word", "count", "share", "sure", "any", "object", "many", "inside", "all")


@given(json_objects)
@settings(max_examples=50)
def test_round_trip(data):
    """JSON decoded, seen through a window and turned back is what it was."""
    raw = msgspec.json.encode(data)
    window = Chat(msgspec.json.decode(raw))
    assert msgspec.json.encode(window.to_dict()) == raw
    assert window.to_dict() == msgspec.json.decode(raw)


def test_real_answers_round_trip(sample):
    """Answers of real servers come back from a window as they were, with every field reachable."""
    data = msgspec.json.decode(sample)
    window = Chat(data)
    assert window.to_dict() == msgspec.json.decode(sample)
    assert set(window.extra) <= set(data)
    assert all(window[key] == window.get(key) == data[key] and key in window for key in data)
    assert pickle.loads(pickle.dumps(window)) == window


PROPERTIES = {
    window: [name for name in dir(window) if isinstance(getattr(window, name), property)] for window in WINDOWS
}


@given(data=answers)
def test_no_garbage_raises(data):
    """Whatever the types, properties answer; only `vectors` and the argument decoders may say OutputInvalid."""
    before = copy.deepcopy(data)
    for window, names in PROPERTIES.items():
        made = window(data)
        for name in names:
            try:
                getattr(made, name)
            except OutputInvalid:
                assert name == "vectors"
        assert len(repr(made)) <= 120
    assert made.to_dict() == before == data, "reading changed the answer"


@pytest.mark.parametrize("window", WINDOWS)
def test_named_fields_are_not_extra(window):
    """Each key that has a property is absent from `extra`, every other is in it."""
    data = dict.fromkeys(window._named, 1) | {"x_unknown": {"a": 1}}
    assert window._named, "no field has a name"
    assert window(data).extra == {"x_unknown": {"a": 1}}
    for key in window._named:
        assert isinstance(getattr(window, key), property)


@pytest.mark.parametrize("window", WINDOWS)
def test_every_field_says_what_it_is(window):
    """Every property of a window has a docstring, as `help()` shows it."""
    for name in dir(window):
        found = getattr(window, name)
        if isinstance(found, property) and not name.startswith("_"):
            assert found.__doc__, f"{window.__name__}.{name}"


def test_fields_of_the_right_type_are_given():
    """Each kind of field gives its value."""
    data = {
        "word": "w",
        "count": 3,
        "share": 0.5,
        "sure": False,
        "any": [1],
        "object": {"a": 1},
        "many": [1, {}],
        "inside": {"total_tokens": 1},
        "all": [{}, {"total_tokens": 2}],
    }
    thing = Thing(data)
    assert {name: getattr(thing, name) for name in FIELDS} == data
    assert thing.object is data["object"]
    assert thing.many is data["many"]
    assert isinstance(thing.inside, Usage)
    assert isinstance(thing.all[0], Usage)


@pytest.mark.parametrize("data", [{}, dict.fromkeys(FIELDS)])
def test_absent_and_null(data):
    """Absent and null fields are None, lists are empty, and nothing appears in the dict."""
    thing = Thing(dict(data))
    assert {name: getattr(thing, name) for name in FIELDS} == dict.fromkeys(FIELDS) | EMPTY
    assert thing.to_dict() == data


def test_wrong_types_are_none():
    """A value of another type than the field's is None; the raw value stays reachable."""
    thing = Thing(
        {"word": 1, "count": True, "share": "2", "sure": 1, "object": [], "many": {}, "inside": [], "all": {}}
    )
    assert {name: getattr(thing, name) for name in FIELDS} == dict.fromkeys(FIELDS) | EMPTY
    assert thing["share"] == "2"
    assert Thing({"count": "3"}).count is None
    assert Thing({"share": True}).share is None


def test_whole_and_decimal_numbers_meet():
    """A count written as 3.0 is 3, one of 3.5 is none; a number written as 3 is 3.0; a huge one is None."""
    assert Thing({"count": 3.0}).count == 3
    assert type(Thing({"count": 1e9}).count) is int
    assert Thing({"count": 3.5}).count is None
    assert type(Thing({"share": 3}).share) is float
    assert Thing({"share": 10**400}).share is None


def test_windows_inside_handmade_dicts():
    """A dict made by hand may hold windows where JSON has objects."""
    usage = Usage({"total_tokens": 1})
    thing = Thing({"inside": usage, "all": [usage, 3, {"total_tokens": 2}]})
    assert thing.inside is usage
    assert thing.all == [{"total_tokens": 1}, {"total_tokens": 2}]
    assert thing.to_dict() == {"inside": {"total_tokens": 1}, "all": [{"total_tokens": 1}, 3, {"total_tokens": 2}]}
    assert type(thing.to_dict()["inside"]) is dict
    chat = Chat({"choices": [Choice({"message": Message({"content": "hi"})})]})
    assert chat.content == "hi"


def test_dict_like_access():
    """`[]`, `get`, `in` and iteration go by the server's own keys."""
    thing = Thing({"word": "w", "x": None})
    assert thing["x"] is None
    assert thing.get("y") is None
    assert thing.get("y", 3) == 3
    assert "x" in thing
    assert "y" not in thing
    assert list(thing) == ["word", "x"]
    with pytest.raises(KeyError):
        thing["y"]


def test_compare():
    """Windows of one class and dicts compare by content; of two classes, or with others, they differ."""
    data = {"word": "w"}
    assert Thing(data) == Thing(dict(data)) == data
    assert Thing(data) != Thing({})
    assert Thing({}) != Usage({})
    assert Thing(data) != "w"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Thing(data))


def test_to_dict_may_be_changed():
    """Changing the copy changes nothing in the window."""
    thing = Thing({"object": {"list": [{"deep": 1}]}})
    thing.to_dict()["object"]["list"][0]["deep"] = 2
    assert thing["object"]["list"][0]["deep"] == 1


@given(json_values)
@settings(max_examples=50)
def test_copy_json_is_fresh(value):
    """A copy is equal, and shares no dict and no list with what it was made from."""

    def containers(item):
        if isinstance(item, (dict, list)):
            yield id(item)
            for inner in item.values() if isinstance(item, dict) else item:
                yield from containers(inner)

    made = copy_json(value)
    assert made == value
    assert not set(containers(made)) & set(containers(value))


def test_copy_of_deep_nesting():
    """Nesting as deep as the JSON decoder allows is copied and read without a recursion error."""
    deep = msgspec.json.decode(b'{"choices":' + b'[{"content":' * 400 + b"1" + b"}]" * 400 + b"}")
    assert isinstance(Chat(deep).to_dict(), dict)
    assert copy.deepcopy(Chat(deep))["choices"] is not deep["choices"]
    text = msgspec.json.decode(b'{"type":"text","text":[' * 400 + b"]}" * 400)
    assert Message({"content": [text], "reasoning": text}).text is None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol):
    """Windows pickle with every protocol; an answer keeps its transport facts, without secrets."""
    thing = Thing({"word": "w"})
    assert pickle.loads(pickle.dumps(thing, protocol)) == thing
    headers = Headers([("X-Request-Id", "r1"), ("Set-Cookie", "secret")])
    chat = pickle.loads(pickle.dumps(Chat({"id": "1"}, 200, headers, "there"), protocol))
    assert (chat, chat.status, chat.request_id, chat.server) == ({"id": "1"}, 200, "r1", "there")
    assert chat.headers["set-cookie"] == "***"


def test_copies():
    """`copy` shares what is inside, `deepcopy` does not; both keep class and transport facts."""
    chat = Chat({"usage": {}}, 200, server="s")
    shallow, deep = copy.copy(chat), copy.deepcopy(chat)
    assert type(shallow) is type(deep) is Chat
    assert shallow == deep == chat
    assert shallow["usage"] is chat["usage"]
    assert deep["usage"] is not chat["usage"]
    assert shallow._data is not chat._data
    assert (shallow.status, deep.server) == (200, "s")


def test_transport_facts():
    """An answer tells how it travelled; that has no part in comparison, dict or extra fields."""
    bare = Answer({})
    assert (bare.status, dict(bare.headers), bare.request_id, bare.server) == (None, {}, None, None)
    chat = Chat({"id": "1"})
    chat.status, chat.headers, chat.server = 200, Headers([("x-request-id", "r1")]), "groq"
    assert chat.request_id == "r1"
    assert chat == Chat({"id": "1"})
    assert chat.to_dict() == {"id": "1"}
    assert chat.extra == {}


def test_repr_is_short():
    """A repr has the fields that matter, cut short: no pages, no blobs, no unprintable numbers."""
    chat = Chat(
        {
            "id": "chatcmpl-1",
            "model": "gpt-4o",
            "choices": [{"finish_reason": "stop", "message": {"content": "Hello there, " * 50}}],
        }
    )
    assert repr(chat) == (
        "Chat(id='chatcmpl-1', model='gpt-4o', finish_reason='stop', "
        "content='Hello there, Hello there, Hello there, …')"
    )
    assert repr(Thing({})) == "Thing()"
    assert repr(Thing({"word": "data:image/png;base64," + "A" * 999})) == "Thing(word='data:image/png;base64,…')"
    assert repr(Thing({"many": [1]})) == "Thing(many=<1 item>)"
    assert repr(Thing({"many": [1, 2], "count": 10**5000})) == "Thing(count=<int>, many=<2 items>)"
    assert repr(Thing({"inside": {"total_tokens": 3}})) == "Thing(inside=Usage(total_tokens=3))"
    long = repr(Thing({"word": "é" * 99, "count": 10**37, "share": 1e300, "inside": {"total_tokens": 10**37}}))
    assert len(long) == 120
    assert long.endswith("…)")


@given(st.text())
def test_repr_of_any_text(text):
    """Any text prints on one line."""
    assert "\n" not in repr(Thing({"word": text}))
