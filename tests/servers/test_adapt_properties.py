"""What holds of every request and every row: nothing is touched, nothing is changed twice, every change is told."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from franca.adapt import adapted
from franca.errors import BadUsage
from franca.servers import NO_QUIRKS, SERVERS, Quirks, Server

TEXT = st.text("ab<>/", max_size=4)
JUNK = st.none() | st.booleans() | st.integers(-5, 40000) | TEXT | st.just([]) | st.just({})
PART = st.one_of(
    TEXT,
    st.builds(lambda text: {"type": "text", "text": text}, TEXT),
    st.builds(lambda text: {"type": "thinking", "thinking": [{"type": "text", "text": text}]}, TEXT),
    st.builds(lambda url: {"type": "image_url", "image_url": {"url": url}}, st.just("data:x") | TEXT),
    st.builds(lambda data: {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}, JUNK),
    JUNK,
)
CALL = st.fixed_dictionaries(
    {"id": TEXT, "type": st.just("function"), "function": st.just({"name": "f", "arguments": "{}"})},
    optional={"extra_content": JUNK},
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user", "assistant", "assistant", "tool", "x"])},
    optional={
        "content": JUNK | st.lists(PART, max_size=3),
        "name": JUNK,
        "tool_calls": st.lists(CALL, max_size=2) | JUNK,
        "function_call": JUNK,
        "reasoning_content": JUNK,
        "reasoning": JUNK,
        "reasoning_details": st.lists(st.just({"text": "d"}), max_size=2),
        "thinking": JUNK,
        "thinking_blocks": JUNK,
        "extra_content": JUNK,
        "refusal": JUNK,
    },
)
TOOL = st.fixed_dictionaries(
    {"type": st.just("function"), "function": st.fixed_dictionaries({"name": TEXT}, optional={"strict": JUNK})}
)
BODY = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.lists(MESSAGE | JUNK, max_size=4)},
    optional={
        "max_tokens": JUNK,
        "max_completion_tokens": JUNK,
        "temperature": JUNK | st.floats(),
        "seed": JUNK,
        "stream_options": JUNK,
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max", None]),
        "thinking": JUNK,
        "extra_body": JUNK | st.just({"google": {"a": 1}}),
        "tools": st.lists(TOOL | JUNK, max_size=3) | JUNK,
        "tool_choice": st.sampled_from(["auto", "required"]) | TOOL | JUNK,
        "response_format": JUNK | st.just({"type": "json_object"}),
        "user": JUNK,
        "provider": JUNK | st.just({"sort": "price"}),
        "provider_sort": JUNK,
        "provider_require_parameters": JUNK,
        "transforms": JUNK | st.just(["middle-out"]),
        "plugins": JUNK | st.just([{"id": "context-compression"}]),
    },
)
BUDGETED = st.builds(
    lambda body, budget: {**body, "reasoning_budget": budget}, BODY, st.integers(0, 100000) | st.none()
)
MODEL = st.sampled_from(["m", "openai/o3", "gpt-5.1", "gpt-5.5", "zai-glm-4.7", "claude-opus-4-7", "kimi-k3"])
ROW = st.sampled_from([*SERVERS.values()]) | st.builds(
    lambda **quirks: Server("x", "http://x", quirks=Quirks(**quirks)),
    flat_content=st.booleans(),
    single_system=st.booleans(),
    audio_data_uri=st.booleans(),
    empty_tool_calls=st.booleans(),
    null_function_call=st.booleans(),
    named_tool_choice=st.booleans(),
    reasoning_echo=st.sampled_from(["same", "own", "never", "tools", "always"]),
    reasoning_field=st.sampled_from(["", "reasoning", "reasoning_content", "thinking"]),
    reasoning_also=st.sampled_from([(), ("reasoning_details",), ("extra_content", "thinking_parts")]),
    reasoning_tags=st.sampled_from([(), ("",)]),
    reasoning_blank=st.sampled_from([None, "", " "]),
    message_fields=st.sampled_from([(), ("role", "content")]),
    defaults=st.sampled_from([(), (("top_k", 1),)]),
)


def result(body: dict[str, Any], row: Server | None, model: str) -> tuple[dict[str, Any], tuple[Any, ...]] | None:
    try:
        return adapted(body, row, model)
    except BadUsage:
        return None


@settings(max_examples=400, deadline=None)
@given(BODY | BUDGETED, ROW, MODEL)
def test_the_callers_objects_are_left_alone(body: dict[str, Any], row: Server, model: str) -> None:
    """And a body that differs has its changes told, one that does not is the same object."""
    before = copy.deepcopy(body)
    done = result(body, row, model)
    assert repr(body) == repr(before)
    if done is not None:
        made, changes = done
        assert "reasoning_budget" not in made
        if not changes and body.get("reasoning_budget", 0) is not None:
            assert made is body
        if changes:
            assert repr(sorted(made.items())) != repr(sorted(body.items()))
        assert len(set(changes)) == len(changes)


@settings(max_examples=400, deadline=None)
@given(BODY | BUDGETED, ROW, MODEL)
def test_adapting_twice_changes_nothing_more(body: dict[str, Any], row: Server, model: str) -> None:
    """So a body may safely pass through again, as it does in a fallback to the same kind of server."""
    done = result(body, row, model)
    if done is not None:
        made, _ = done
        again = adapted(made, row, model)
        assert again[1] == ()
        assert again[0] is made


@given(BODY, MODEL)
def test_unknown_servers_get_what_was_written(body: dict[str, Any], model: str) -> None:
    """Nor is anything changed for a row without quirks."""
    for row in (None, Server("x", "http://x"), Server("x", "http://x", quirks=NO_QUIRKS._replace())):
        made, changes = adapted(body, row, model)
        assert made is body
        assert changes == ()
