"""Think tags: a block of reasoning at the beginning of the content, whole and in pieces."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.wire.chat import Chat
from franca.wire.chunk import ChatEvent
from franca.wire.message import Message
from franca.wire.think import ThinkSplitter, split_thinking
from franca.wire.thoughts import ThinkingEvent, ThinkingReader

CASES = [
    # text, reasoning, content
    ("<think>Hm.</think>Hello", "Hm.", "Hello"),
    ("<think>\nHm.\n</think>\n\nHello\n", "Hm.", "Hello\n"),
    (" \n<think>Hm.</think>Hello", "Hm.", "Hello"),
    ("<thinking>Hm.</thinking> Hello", "Hm.", " Hello"),
    ("<thought>Hm.</thought>\r\nHello", "Hm.", "Hello"),
    ("[THINK]Hm.[/THINK]Hello", "Hm.", "Hello"),
    ("<think>\n\n</think>\n\nHello", None, "Hello"),
    ("<think></think>", None, None),
    ("<think>I was cut off here", "I was cut off here", None),
    ("<think>cut in the tag</thi", "cut in the tag</thi", None),
    ("<think>cut </thi", "cut </thi", None),
    ("<think> ", None, None),
    ("<think>a</thinking>b</think>c", "a</thinking>b", "c"),
    ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    ("The tag <think> opens a block", None, "The tag <think> opens a block"),
    ("<thinker>no</thinker>", None, "<thinker>no</thinker>"),
    ("<thi", None, "<thi"),
    ("  ", None, "  "),
    ("[1, 2]", None, "[1, 2]"),
    ("reasoning</think>Hello", None, "reasoning</think>Hello"),
    ("<reasoning>x</reasoning>y", None, "<reasoning>x</reasoning>y"),
    ("<THINK>x</THINK>y", None, "<THINK>x</THINK>y"),
    ("", None, ""),
]


def chat_of(content, **more):
    return Chat({"choices": [{"message": {"role": "assistant", "content": content, **more}, "finish_reason": "stop"}]})


@pytest.mark.parametrize(("text", "reasoning", "content"), CASES)
def test_a_leading_block_is_reasoning(text, reasoning, content):
    """And nothing else is; `message.content` and `to_dict` stay as it came."""
    chat = chat_of(text)
    assert (chat.reasoning, chat.content) == (reasoning, content)
    assert (chat.message.reasoning, chat.message.text) == (reasoning, content)
    assert chat.message.content == text
    assert chat.to_dict()["choices"][0]["message"]["content"] == text


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "thinking"])
def test_where_there_is_a_field_for_reasoning_tags_are_text(field):
    chat = chat_of("<think>a</think>b", **{field: "thoughts"})
    assert (chat.reasoning, chat.content) == ("thoughts", "<think>a</think>b")


def test_only_what_the_assistant_says_is_split():
    """A user may write about tags; a message without a role is taken for an answer."""
    text = "<think>a</think>b"
    assert Message({"role": "user", "content": text}).text == text
    assert Message({"role": "user", "content": text}).reasoning is None
    assert Message({"content": text}).text == "b"
    parts = [{"type": "text", "text": text}]
    assert Message({"role": "assistant", "content": parts}).text == text


def test_a_splitter_keeps_back_only_what_may_become_either():
    splitter = ThinkSplitter()
    said = [
        splitter.feed(piece) for piece in ("\n<th", "ink>\nI ", "am", "\n\n", "here</", "i></thin", "k>\n", "\nHi", "!")
    ]
    assert said == [
        ("", ""),
        ("I", ""),
        (" am", ""),
        ("", ""),
        ("\n\nhere", ""),
        ("</i>", ""),
        ("", ""),
        ("", "Hi"),
        ("", "!"),
    ]
    assert splitter.settled
    assert splitter.found


# ---- streams -----------------------------------------------------------------------------------------

TAGS = ["<think>", "</think>", "<thinking>", "</thinking>", "<thi", "</thin", "[THINK]", "[/THINK]", "<thought>"]
WORDS = st.sampled_from([*TAGS, "<", ">", "[", "a", "Hello", "é", "/", "k>", " ", "\n", "\t", "\r\n"])
TEXTS = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=40)


@st.composite
def cut(draw):
    """A text and the pieces it comes in."""
    text = draw(TEXTS)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return text, [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def chunk(*parts, finish=None):
    return {"id": "c", "choices": [{"index": i, "delta": delta, "finish_reason": finish} for i, delta in parts]}


@given(cut())
@settings(deadline=None)
def test_pieces_give_what_the_whole_gives(given_):
    text, pieces = given_
    whole = split_thinking(text)
    splitter = ThinkSplitter()
    said = [splitter.feed(piece) for piece in pieces] + [splitter.end()]
    thought, rest = "".join(t for t, _ in said), "".join(c for _, c in said)
    assert (thought, rest) == (("", text) if whole is None else whole)
    assert splitter.settled


@given(st.lists(cut(), min_size=1, max_size=3), st.randoms(use_true_random=False), st.booleans())
@settings(deadline=None)
def test_events_of_interleaved_choices_add_up(given_, chance, finished):
    """Over all choices of a stream: what the events add is what the whole says; nothing is lost at the end."""
    waiting = {index: list(pieces) for index, (_, pieces) in enumerate(given_)}
    reader, texts, thoughts = ThinkingReader(), dict.fromkeys(waiting, ""), dict.fromkeys(waiting, "")

    def take(event):
        for choice in event.choices:
            texts[choice.index] += choice.delta.text or ""
            thoughts[choice.index] += choice.delta.reasoning or ""

    while waiting:
        index = chance.choice(sorted(waiting))
        piece = waiting[index].pop(0)
        last = not waiting[index]
        payload = chunk((index, {"content": piece}), finish="stop" if last and finished else None)
        before = copy.deepcopy(payload)
        event = reader.event(payload) if reader.wants(payload) else ChatEvent(payload)
        assert event.to_dict() == before
        take(event)
        if last:
            del waiting[index]
    rest = reader.rest()
    if rest is not None:
        take(rest)
    assert reader.settled
    for index, (text, _) in enumerate(given_):
        chat = chat_of(text)
        assert (texts[index], thoughts[index]) == (chat.content or "", chat.reasoning or "")


def test_an_ordinary_stream_gets_plain_events():
    """From the first character that can be no tag on, nothing is looked at any more."""
    reader = ThinkingReader()
    first = chunk((0, {"role": "assistant", "content": ""}))
    assert reader.wants(first)
    assert type(reader.event(first)) is ChatEvent
    assert not reader.settled
    second = chunk((0, {"content": "Hello"}))
    assert type(reader.event(second)) is ChatEvent
    assert reader.settled
    assert not reader.wants(second)
    assert reader.wants(chunk((1, {"content": "Hello"})))
    assert not reader.wants({"usage": {}})
    assert not reader.wants({"choices": ["odd"]})
    assert reader.rest() is None


def test_a_thinking_event_reads_like_any_other():
    reader = ThinkingReader()
    event = reader.event(chunk((0, {"role": "assistant", "content": "<think>Hm. "}), (1, {"content": "Hi"})))
    assert isinstance(event, ThinkingEvent)
    assert (event.content, event.reasoning, event.role) == (None, "Hm.", "assistant")
    assert event.delta.content == "<think>Hm. "  # as it came
    assert [(c.delta.text, c.delta.reasoning) for c in event.choices] == [(None, "Hm."), ("Hi", None)]
    for twin in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert twin == event
        assert twin.reasoning == "Hm."
        assert pickle.loads(pickle.dumps(twin.choices[0])).delta.reasoning == "Hm."
        assert copy.copy(twin.delta).reasoning == "Hm."
    assert "Hm." in repr(event)
    assert event.extra == {}
    assert event.choices[0].extra == {}
    other = ThinkingEvent(
        chunk((0, {"content": "Hi", "reasoning": "Hm."}), (1, {"content": "<think>"})), {1: (None, None)}
    )
    assert (other.content, other.reasoning, other.delta.text) == ("Hi", "Hm.", "Hi")
    assert ThinkingEvent({"choices": ["odd", *chunk((0, {}))["choices"]]}, {1: ("a", "b")}).content == "a"
    empty = ThinkingEvent({"choices": "odd"})
    assert (empty.content, empty.reasoning, empty.choices) == (None, None, [])
    assert empty.delta == {}


def test_a_field_for_reasoning_ends_the_looking():
    """What was kept back until then is text, also in front of a list of parts."""
    for delta, content, reasoning in (
        ({"reasoning": "Hm."}, "<thi", "Hm."),
        ({"reasoning": "Hm.", "content": "nk>"}, "<think>", "Hm."),
        ({"content": [{"type": "text", "text": "!"}]}, "<thi!", None),
    ):
        reader = ThinkingReader()
        assert reader.event(chunk((0, {"content": "<thi"}))).content is None
        event = reader.event(chunk((0, delta)))
        assert (event.content, event.reasoning) == (content, reasoning)
        assert reader.settled


def test_a_choice_is_found_as_the_accumulator_finds_it():
    """By its own index, else its delta's, else it is the first."""
    reader = ThinkingReader()
    reader.event({"choices": [{"delta": {"index": 1, "content": "<think>a"}}, "odd"]})
    reader.event({"choices": [{"delta": {"content": "b"}}, {"index": "x", "delta": {"content": "c"}}]})
    assert not reader.wants({"choices": []}) or not reader.settled
    event = reader.event({"choices": [{"index": 1, "delta": {"content": "d"}}, {"delta": None}]})
    assert event.reasoning == "d"
    assert type(reader.event({"choices": None})) is ChatEvent


def test_what_was_kept_back_comes_with_the_end_of_its_choice():
    """Also when that event holds no text, and before it, events without text change nothing."""
    reader = ThinkingReader()
    reader.event(chunk((0, {"content": "<think>a</th"})))
    assert type(reader.event(chunk((0, {})))) is ChatEvent
    assert not reader.wants(chunk((0, {"tool_calls": []})))
    assert reader.wants(chunk((0, {"tool_calls": []}), finish="tool_calls"))
    assert reader.event(chunk((0, {}), finish="length")).reasoning == "</th"
    assert reader.settled
    assert type(reader.event(chunk((0, {"content": "late"})))) is ChatEvent
