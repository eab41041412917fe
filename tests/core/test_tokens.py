"""The token estimate: near what real tokenizers count, for texts, messages and whole requests, and for anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca import BadUsage, Message, estimate_tokens, function_tool, image_part, user_message
from franca.tokens import tokens_to_reserve

# The median of five tokenizers (o200k, cl100k, Llama 3, Qwen, Tekken), by benchmarks/token_estimate.py.
KNOWN = [
    ("The quick brown fox jumps over the lazy dog, and nobody seems to mind.", 16),
    ("Die Geschwindigkeitsbegrenzung auf der Umgehungsstraße wurde aufgehoben.", 21),
    ("昨天下午，城市图书馆举办了一场关于古代地图的展览。", 21),
    ("Вчера вечером над городом прошла сильная гроза.", 16),
    ("for (int i = 0; i < count; i++) { total += values[i]; }", 21),
    ('{"id":12345,"name":"Agnes","active":true,"tags":["a","b"]}', 22),
    ("SGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0IG9mIGJhc2U2NCBkYXRhIQ==", 41),
]


@pytest.mark.parametrize(("text", "tokens"), KNOWN, ids=[text[:20] for text, _ in KNOWN])
def test_it_is_near_what_tokenizers_count(text, tokens):
    assert 0.7 * tokens <= estimate_tokens(text) <= 1.4 * tokens


def test_nothing_is_nothing():
    assert estimate_tokens("") == 0
    assert estimate_tokens([]) == 0
    assert estimate_tokens({}) == 0
    assert estimate_tokens("a") == 2
    assert estimate_tokens(["a", "b"]) > estimate_tokens("a")


@given(st.text(st.characters(codec=None)))
def test_any_text_has_an_estimate(text):
    """Half surrogates too; and a text twice as long costs about twice as much."""
    once = estimate_tokens(text)
    assert 0 <= once <= 4 * len(text) + 2
    assert estimate_tokens(text + "\n" + text) <= 2 * once + 4


def test_long_texts_are_the_sum_of_their_parts():
    """Linear: 100 times the text is 100 times the tokens, a slice's edge more or less."""
    text = "The council met on Tuesday; nobody objected to line 42. "
    assert estimate_tokens(text * 3000) == pytest.approx(3000 * estimate_tokens(text * 10) / 10, rel=0.05)


def test_messages_carry_a_frame():
    text = estimate_tokens("Hello there")
    assert estimate_tokens(user_message("Hello there")) == text + 3
    assert estimate_tokens([user_message("Hello there")]) == text + 6
    assert estimate_tokens(Message({"role": "user", "content": "Hello there"})) == text + 3
    named = {"role": "user", "name": "ann", "content": "Hello there"}
    assert estimate_tokens([named]) > text + 6
    assert estimate_tokens({"role": "assistant", "content": None}) == 3


def test_what_an_assistant_did_counts():
    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    plain = estimate_tokens({"role": "assistant", "content": "x"})
    assert estimate_tokens({"role": "assistant", "content": "x", "tool_calls": [call]}) > plain + 8
    assert estimate_tokens({"role": "assistant", "content": "x", "tool_calls": [None]}) == plain + 8
    assert estimate_tokens({"role": "assistant", "content": "x", "function_call": call["function"]}) > plain + 8
    assert estimate_tokens({"role": "assistant", "content": "x", "reasoning_content": "because of it"}) > plain + 2


def test_pictures_sound_and_files_have_constants():
    def cost(part):
        return estimate_tokens({"role": "user", "content": [part]}) - 3

    assert cost(image_part("https://example.org/a.png")) == 765
    assert cost(image_part("https://example.org/a.png", detail="low")) == 85
    assert cost({"type": "input_audio", "input_audio": {"data": "A" * 640_000, "format": "wav"}}) == 100
    assert cost({"type": "input_audio", "input_audio": {"data": "A" * 21_000, "format": "mp3"}}) == 10
    assert cost({"type": "input_audio"}) == 1
    assert cost({"type": "file", "file": {"file_data": "A" * 500_000}}) == 10_000
    assert cost({"type": "file", "file": {"file_id": "f"}}) == 1500
    assert cost({"type": "video_url", "video_url": {"url": "x"}}) == 5000
    assert cost({"type": "text", "text": "Hello there", "cache_control": {"type": "ephemeral"}}) < 8
    assert cost("Hello there") == estimate_tokens("Hello there")
    assert cost(7) == 0
    assert cost(Message({"type": "image_url"})) == 765


def test_a_request_counts_all_that_the_model_reads():
    def area(width: float, height: float) -> float:
        """The area of a rectangle."""
        return width * height

    messages = [user_message("Hello there")]
    bare = estimate_tokens({"model": "m", "messages": messages, "temperature": 1})
    assert bare == estimate_tokens(messages)
    assert estimate_tokens({"messages": messages, "tools": [function_tool(area)]}) > bare + 30
    assert estimate_tokens({"messages": messages, "functions": [{"name": "f"}]}) > bare + 8
    assert estimate_tokens({"messages": messages, "tools": "x"}) > bare
    schema = {"type": "json_schema", "json_schema": {"name": "point", "schema": {"type": "object", "required": ["x"]}}}
    assert estimate_tokens({"messages": messages, "response_format": schema}) > bare + 10
    assert estimate_tokens({"messages": messages, "response_format": {"type": "json_object"}}) == bare
    guess = {"type": "content", "content": "a b c d e f"}
    assert estimate_tokens({"messages": messages, "prediction": guess}) > bare + 4
    assert estimate_tokens({"prompt": "Hello there"}) == estimate_tokens("Hello there")
    assert estimate_tokens({"input": ["Hello", [1, 2, 3], 4]}) == estimate_tokens("Hello") + 4


def test_deep_schemas_do_not_end_the_stack():
    deep: dict = {}
    for _ in range(20_000):
        deep = {"properties": deep}
    assert estimate_tokens({"tools": [deep]}) > 20_000
    assert estimate_tokens({"tools": [Message({"name": None})]}) > 0


@pytest.mark.parametrize("wrong", [None, 5, b"bytes", [None], [5.0]])
def test_anything_else_is_refused(wrong):
    with pytest.raises(BadUsage):
        estimate_tokens(wrong)


def test_what_a_request_may_take():
    messages = [user_message("Hello there")]
    prompt = estimate_tokens(messages)
    assert tokens_to_reserve({"messages": messages}) == prompt
    assert tokens_to_reserve({"messages": messages, "max_tokens": 100}) == prompt + 100
    assert (
        tokens_to_reserve({"messages": messages, "max_completion_tokens": 50, "max_tokens": 9, "n": 2}) == prompt + 100
    )
    assert tokens_to_reserve({"messages": messages, "max_tokens": True, "n": 0}) == prompt
