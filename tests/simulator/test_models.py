"""The models: what each answers, whole and streamed, and that it is always the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from franca.simulator.tokens import count, pieces

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 3}},
            "required": ["city", "days"],
            "additionalProperties": False,
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time"}}


def test_echo_answers_with_the_last_user_message(call: Any) -> None:
    """The text comes back as it was, with a stop and usage by the documented count."""
    chat = call.chat("Grüße, 花!\n  zwei  Wörter").json
    assert chat["choices"][0]["message"]["content"] == "Grüße, 花!\n  zwei  Wörter"
    assert chat["choices"][0]["finish_reason"] == "stop"
    assert chat["object"] == "chat.completion"
    assert chat["model"] == "echo"
    tokens = count("Grüße, 花!\n  zwei  Wörter")
    assert chat["usage"]["completion_tokens"] == tokens
    assert chat["usage"]["prompt_tokens"] == tokens + 7
    assert chat["usage"]["total_tokens"] == 2 * tokens + 7


def test_echo_ignores_what_others_said_after_the_user(call: Any) -> None:
    """The last user message counts, wherever it stands."""
    messages = [{"role": "user", "content": "mine"}, {"role": "assistant", "content": "theirs"}]
    assert call.chat(messages).text == "mine"


def test_echo_describes_parts_that_are_no_text(call: Any) -> None:
    """Images, sound and files are told by type and size, or by their URL or id."""
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "AAAA" * 22 + "AAA=", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    assert call.chat(parts).text.split("\n") == [
        "Look:",
        "[image image/png 68 bytes detail low]",
        "[image https://example.com/a.png]",
        "[audio wav 3 bytes]",
        "[file a.pdf application/pdf 3 bytes]",
        "[file file-1]",
    ]


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("number", [1, 2, 1000])
def test_lorem_has_as_many_tokens_as_allowed(call: Any, field: str, number: int) -> None:
    """The usage and the text agree on the number, and the reason is length."""
    chat = call.chat(model="lorem", **{field: number}).json
    assert chat["usage"]["completion_tokens"] == number
    assert count(chat["choices"][0]["message"]["content"]) == number
    assert chat["choices"][0]["finish_reason"] == "length"


def test_lorem_ends_by_itself(call: Any) -> None:
    """Without a limit there are 64 tokens and a stop."""
    chat = call.chat(model="lorem").json
    assert chat["usage"]["completion_tokens"] == 64
    assert chat["choices"][0]["finish_reason"] == "stop"


def test_a_long_stream_has_every_token(call: Any) -> None:
    """A stream of several blocks has one event for each token, plus role, end and usage."""
    answer = call.chat(model="lorem", max_tokens=5000, stream=True, stream_options={"include_usage": True})
    assert len(answer.events) == 5003
    assert answer.events[-1]["usage"]["completion_tokens"] == 5000
    assert count(answer.text) == 5000


@pytest.mark.parametrize("model", ["echo", "lorem", "json", "reason", "reason:think"])
def test_a_stream_reads_like_the_plain_answer(call: Any, model: str) -> None:
    """The same text, the same finish reason and the same usage."""
    fields: dict[str, Any] = {"model": model, "max_completion_tokens": 12}
    plain = call.chat(**fields)
    streamed = call.chat(**fields, stream=True, stream_options={"include_usage": True})
    assert streamed.text == plain.text
    assert streamed.events[-1]["usage"] == plain.json["usage"]
    assert streamed.events[-2]["choices"][0]["finish_reason"] == plain.json["choices"][0]["finish_reason"]


def test_usage_in_a_stream_only_when_asked_for(call: Any) -> None:
    """As OpenAI does: null on every chunk but a last one with empty choices; else not at all."""
    asked = call.chat(stream=True, stream_options={"include_usage": True}).events
    assert [event["usage"] for event in asked[:-1]] == [None] * (len(asked) - 1)
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["total_tokens"] == 13
    silent = call.chat(stream=True).events
    assert all("usage" not in event for event in silent)
    assert silent[-1]["choices"][0]["finish_reason"] == "stop"


def test_chunks_share_their_id_and_start_with_the_role(call: Any) -> None:
    """One id, one creation time, the role first, the finish reason last."""
    events = call.chat(stream=True).events
    assert len({(event["id"], event["created"], event["model"]) for event in events}) == 1
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert [event["choices"][0]["finish_reason"] for event in events] == [None] * (len(events) - 1) + ["stop"]


def test_several_choices(call: Any) -> None:
    """`n` gives so many choices, of different filler, interleaved in a stream."""
    plain = call.chat(model="lorem", n=3, max_tokens=5).json["choices"]
    assert [choice["index"] for choice in plain] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in plain}) == 3
    streamed: dict[int, str] = {}
    order = []
    for event in call.chat(model="lorem", n=3, max_tokens=5, stream=True).events:
        for choice in event["choices"]:
            order.append(choice["index"])
            streamed[choice["index"]] = streamed.get(choice["index"], "") + (choice["delta"].get("content") or "")
    assert [streamed[index] for index in range(3)] == [choice["message"]["content"] for choice in plain]
    assert order == [0, 1, 2] * 7


@pytest.mark.parametrize("stop", [", w", ["nowhere", ", w"], ["world", ", w"]])
def test_stop_ends_the_text_before_the_first_of_its_words(call: Any, stop: Any) -> None:
    """The stop sequence itself is not said."""
    assert call.chat(stop=stop).text == "Hello"
    assert call.chat(stop=stop, stream=True).text == "Hello"


def test_logprobs(call: Any) -> None:
    """Every token has its log probability and the asked number of rivals, itself the likeliest."""
    entries = call.chat(logprobs=True, top_logprobs=2).json["choices"][0]["logprobs"]["content"]
    assert [entry["token"] for entry in entries] == pieces("Hello, world")
    for entry in entries:
        assert bytes(entry["bytes"]).decode() == entry["token"]
        assert len(entry["top_logprobs"]) == 2
        assert entry["top_logprobs"][0]["token"] == entry["token"]
        assert 0 >= entry["logprob"] >= entry["top_logprobs"][1]["logprob"]
    streamed = call.chat(logprobs=True, top_logprobs=2, stream=True).events
    found = [event["choices"][0]["logprobs"]["content"][0] for event in streamed if event["choices"][0]["logprobs"]]
    assert found == entries
    assert call.chat().json["choices"][0]["logprobs"] is None


def test_reason_thinks_first(call: Any) -> None:
    """Thoughts in their own field, counted as reasoning tokens, then the answer; under any of their names."""
    message = call.chat(model="reason").json["choices"][0]["message"]
    assert message["content"] == "Hello, world"
    thoughts = message["reasoning_content"]
    assert count(thoughts) == 16
    assert call.chat(model="reason:reasoning").json["choices"][0]["message"]["reasoning"]
    details = call.chat(model="reason:details").json["choices"][0]["message"]["reasoning_details"]
    assert details[0]["type"] == "reasoning.text"
    assert call.chat(model="reason:think").text.startswith("<think>Lorem ")
    events = call.chat(model="reason", stream=True, stream_options={"include_usage": True}).events
    deltas = [event["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == thoughts
    assert events[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] == 16
    first_word = next(at for at, delta in enumerate(deltas) if delta.get("content"))
    assert not any("reasoning_content" in delta for delta in deltas[first_word:])


def test_reason_does_as_much_as_it_is_told(call: Any) -> None:
    """The effort sets the length, none switches it off, and the token limit counts thoughts first."""
    assert "reasoning_content" not in call.chat(model="reason", reasoning_effort="none").json["choices"][0]["message"]
    high = call.chat(model="reason", reasoning_effort="high").json["choices"][0]["message"]["reasoning_content"]
    assert count(high) == 48
    cut = call.chat(model="reason", max_completion_tokens=5).json["choices"][0]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("", "length")


def test_tools_calls_every_offered_tool(call: Any) -> None:
    """One call each, with valid arguments, ids and the right finish reason; without content."""
    choice = call.chat(model="tools", tools=[WEATHER, CLOCK]).json["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    weather, clock = choice["message"]["tool_calls"]
    assert weather["function"]["name"] == "get_weather"
    arguments = json.loads(weather["function"]["arguments"])
    assert set(arguments) == {"city", "days"}
    assert 1 <= arguments["days"] <= 3
    assert clock["function"]["name"] == "get_time"
    assert isinstance(json.loads(clock["function"]["arguments"]), dict)
    assert weather["id"] != clock["id"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"tool_choice": "none"}, []),
        ({"tool_choice": "auto"}, ["get_weather", "get_time"]),
        ({"tool_choice": "required"}, ["get_weather", "get_time"]),
        ({"parallel_tool_calls": False}, ["get_weather"]),
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, ["get_time"]),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "auto",
                        "tools": [{"type": "function", "function": {"name": "get_time"}}],
                    },
                }
            },
            ["get_time"],
        ),
    ],
)
def test_tool_choice(call: Any, fields: dict[str, Any], names: list[str]) -> None:
    """The choice decides which tools are called; none means text."""
    message = call.chat(model="tools", tools=[WEATHER, CLOCK], **fields).json["choices"][0]["message"]
    assert [one["function"]["name"] for one in message.get("tool_calls", [])] == names
    assert (message["content"] == "Hello, world") == (not names)


def test_streamed_tool_calls_are_the_plain_ones(call: Any) -> None:
    """Id and name come first, then the arguments in pieces that add up."""
    plain = call.chat(model="tools", tools=[WEATHER, CLOCK]).json["choices"][0]["message"]["tool_calls"]
    found: dict[int, dict[str, Any]] = {}
    for event in call.chat(model="tools", tools=[WEATHER, CLOCK], stream=True).events:
        for piece in event["choices"][0]["delta"].get("tool_calls", []):
            index = piece.pop("index")
            if index not in found:
                assert piece["function"]["arguments"] == ""
                found[index] = piece
            else:
                assert set(piece) == {"function"}
                found[index]["function"]["arguments"] += piece["function"]["arguments"]
    assert [found[0], found[1]] == plain


def test_tools_answers_with_the_results(call: Any) -> None:
    """After tool messages there is a text that has what they said."""
    calls = call.chat(model="tools", tools=[WEATHER, CLOCK]).json["choices"][0]["message"]["tool_calls"]
    messages = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": calls[1]["id"], "content": "noon"},
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": [{"type": "text", "text": "sunny"}]},
    ]
    choice = call.chat(messages, model="tools", tools=[WEATHER, CLOCK]).json["choices"][0]
    assert choice["message"]["content"] == "The tools say: noon; sunny"
    assert choice["finish_reason"] == "stop"


def test_custom_tools_are_called_too(call: Any) -> None:
    """A custom tool gets a text."""
    tool = {"type": "custom", "custom": {"name": "shell"}}
    made = call.chat(model="tools", tools=[tool]).json["choices"][0]["message"]["tool_calls"][0]
    assert (made["type"], made["custom"]["name"]) == ("custom", "shell")
    assert made["custom"]["input"]


def test_json_without_a_schema_is_a_small_object(call: Any) -> None:
    """JSON mode, or nothing asked for: an object."""
    for fields in ({}, {"response_format": {"type": "json_object"}}):
        assert json.loads(call.chat("Say json", model="json", **fields).text)["answer"] == "Say json"


def test_json_with_a_schema_is_an_instance(call: Any) -> None:
    """The content is JSON, valid for the schema (many schemas: see test_instance)."""
    schema = {"type": "object", "properties": {"n": {"const": 7}}, "required": ["n"], "additionalProperties": False}
    format_ = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    assert json.loads(call.chat(model="json", response_format=format_).text) == {"n": 7}
    assert json.loads(call.chat(model="json", response_format=format_, stream=True).text) == {"n": 7}


def test_a_schema_without_instances_is_refused(call: Any) -> None:
    """400 that names response_format, or the tool's parameters."""
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    format_ = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    answer = call.chat(model="json", response_format=format_)
    assert (answer.status, answer.error["param"]) == (400, "response_format")
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    answer = call.chat(model="tools", tools=[tool])
    assert (answer.status, answer.error["param"]) == (400, "tools[0].function.parameters")


def test_the_same_request_has_the_same_answer(dialled: Any) -> None:
    """Ids, times, texts: equal for equal seed and request, on another server too; another seed changes them."""
    first, second, other = dialled(seed=1), dialled(seed=1), dialled(seed=2)
    for fields in ({"model": "lorem"}, {"model": "lorem", "stream": True}, {"model": "tools", "tools": [WEATHER]}):
        data = first.chat(**fields).data
        assert first.chat(**fields).data == data
        assert second.chat(**fields).data == data
        assert other.chat(**fields).data != data
    assert first.chat(model="lorem", seed=3).text != first.chat(model="lorem", seed=4).text


def test_service_tier_and_fingerprint(dialled: Any) -> None:
    """The tier is told as OpenAI tells it; the fingerprint stands for the seed."""
    call = dialled(seed=1)
    assert call.chat(service_tier="auto").json["service_tier"] == "default"
    assert call.chat(service_tier="flex").json["service_tier"] == "flex"
    assert call.chat().json["system_fingerprint"] == call.chat("other").json["system_fingerprint"]
    assert call.chat().json["system_fingerprint"] != dialled(seed=2).chat().json["system_fingerprint"]


def test_completions(call: Any) -> None:
    """Prompt completions: several prompts, echo, limits, log probabilities."""
    answer = call("/v1/completions", {"model": "lorem", "prompt": ["a", "b"], "max_tokens": 3, "n": 2}).json
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
    assert answer["usage"]["completion_tokens"] == 12
    assert call("/v1/completions", {"model": "lorem", "prompt": "a"}).json["usage"]["completion_tokens"] == 16
    said = call("/v1/completions", {"model": "echo", "prompt": "one two", "echo": True, "logprobs": 2}).json["choices"][
        0
    ]
    assert said["text"] == "one twoone two"
    assert said["logprobs"]["text_offset"] == [0, 7, 10]
    assert call("/v1/completions", {"model": "lorem", "prompt": [[1, 2], [3]]}).status == 200


def test_streamed_completions(call: Any) -> None:
    """The texts add up, the finish reason is there, usage when asked for."""
    body = {"model": "lorem", "prompt": "a", "max_tokens": 4}
    plain = call("/v1/completions", body).json["choices"][0]
    events = call("/v1/completions", {**body, "stream": True, "stream_options": {"include_usage": True}}).events
    assert "".join(event["choices"][0]["text"] for event in events[:-1]) == plain["text"]
    assert events[-2]["choices"][0]["finish_reason"] == plain["finish_reason"] == "length"
    assert events[-1]["usage"]["completion_tokens"] == 4


def test_models(call: Any) -> None:
    """The list, single models, scenarios as models, and an unknown one."""
    names = [model["id"] for model in call("/v1/models").json["data"]]
    assert names == ["echo", "lorem", "json", "tools", "reason", "structured", "embed"]
    assert call("/v1/models/echo").json["id"] == "echo"
    assert call("/v1/models/scenario:cut-mid-line").json["id"] == "scenario:cut-mid-line"
    answer = call("/v1/models/nope")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_pieces_add_up() -> None:
    """Tokens joined are the text, whatever it is."""
    for text in ("", " ", "a  b\t\nc", "…–“x”", "e\u0301 \U0001f600!", "\r\n\x00"):
        assert "".join(pieces(text)) == text
