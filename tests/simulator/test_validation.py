"""Requests that OpenAI refuses are refused with the same status, param and code."""

from __future__ import annotations

from typing import Any

import pytest

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASKING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
TOOL = {"type": "function", "function": {"name": "f"}}
STRICT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def _format(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, **more}}


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": 3, "content": "x"}]}, "messages[0].role", "invalid_type"),
        ({"messages": [USER, {"role": "wizard", "content": "x"}]}, "messages[1].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", None),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]", "invalid_type"),
        (
            {"messages": [{"role": "user", "content": [{}]}]},
            "messages[0].content[0].type",
            "missing_required_parameter",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
            "messages[0].content[0].type",
            "invalid_value",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
            "missing_required_parameter",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "http://x"}]}]},
            "messages[0].content[0].image_url",
            "invalid_type",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].image_url.url",
            "missing_required_parameter",
        ),
        ({"messages": [USER, RESULT]}, "messages[1].role", None),
        ({"messages": [USER, ASKING, RESULT, RESULT]}, "messages[3].role", None),
        ({"messages": [USER, ASKING]}, "messages", None),
        ({"messages": [USER, ASKING, USER]}, "messages", None),
        ({"messages": [USER, {**ASKING, "tool_calls": []}]}, "messages[1].tool_calls", "empty_array"),
        ({"messages": [USER, {**ASKING, "tool_calls": {}}]}, "messages[1].tool_calls", "invalid_type"),
        ({"messages": [USER, {**ASKING, "tool_calls": [3]}]}, "messages[1].tool_calls[0]", "invalid_type"),
        (
            {"messages": [USER, {**ASKING, "tool_calls": [{}]}]},
            "messages[1].tool_calls[0].id",
            "missing_required_parameter",
        ),
        (
            {"messages": [USER, {**ASKING, "tool_calls": [{"id": "a", "type": "function"}]}]},
            "messages[1].tool_calls[0].function",
            "invalid_type",
        ),
        (
            {"messages": [USER, {**ASKING, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}]},
            "messages[1].tool_calls[0].function.arguments",
            "invalid_type",
        ),
        (
            {"messages": [USER, ASKING, {"role": "tool", "content": "1"}]},
            "messages[2].tool_call_id",
            "missing_required_parameter",
        ),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"temperature": 9}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 1.0}, "n", "invalid_type"),
        ({"n": 129}, "n", "integer_above_max_value"),
        ({"max_tokens": "x"}, "max_tokens", "invalid_type"),
        ({"max_tokens": -5}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 2_000_000}, "max_tokens", "integer_above_max_value"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens", "invalid_parameter_combination"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"stream": True, "stream_options": {"foo": True}}, "stream_options.foo", "unknown_parameter"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage", "invalid_type"),
        ({"stream": True, "stream_options": 1}, "stream_options", "invalid_type"),
        ({"stop": 3}, "stop", "invalid_type"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
        ({"logit_bias": []}, "logit_bias", "invalid_type"),
        ({"logit_bias": {"5": 101}}, "logit_bias.5", "decimal_above_max_value"),
        ({"top_logprobs": 2}, "top_logprobs", "invalid_parameter_combination"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
        ({"seed": "x"}, "seed", "invalid_type"),
        ({"user": 3}, "user", "invalid_type"),
        ({"service_tier": "gold"}, "service_tier", "invalid_value"),
        ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
        ({"reasoning_effort": 3}, "reasoning_effort", "invalid_type"),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": []}, "tools", "empty_array"),
        ({"tools": [TOOL] * 129}, "tools", "array_above_max_length"),
        ({"tools": ["f"]}, "tools[0]", "invalid_type"),
        ({"tools": [{}]}, "tools[0].type", "missing_required_parameter"),
        ({"tools": [{"type": "magic"}]}, "tools[0].type", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
            "invalid_type",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "string"}}}]},
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"parallel_tool_calls": True}, "parallel_tool_calls", None),
        ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice", "invalid_value"),
        ({"tools": [TOOL], "tool_choice": 3}, "tool_choice", "invalid_type"),
        ({"tools": [TOOL], "tool_choice": {"type": "x"}}, "tool_choice.type", "invalid_value"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function"}},
            "tool_choice.function.name",
            "missing_required_parameter",
        ),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice", None),
        ({"response_format": "json"}, "response_format", "invalid_type"),
        ({"response_format": {}}, "response_format.type", "missing_required_parameter"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            "response_format.json_schema.name",
            "missing_required_parameter",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            "response_format.json_schema.schema",
            "missing_required_parameter",
        ),
        ({"model": 3}, "model", "invalid_type"),
    ],
)
def test_a_wrong_chat_request_names_its_field(call: Any, fields: dict[str, Any], param: str, code: str | None) -> None:
    """400, invalid_request_error, the field's place in param, a word in code, and the message says it too."""
    answer = call("/v1/chat/completions", {"model": "echo", "messages": [USER], **fields})
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code)
    assert answer.error["type"] == "invalid_request_error"
    field = param.split("[")[0].split(".")[0]
    assert field in answer.error["message"] or code == "invalid_function_parameters"


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": None, "stop": None, "tools": None, "response_format": None, "n": None, "stream": None},
        {"temperature": 2, "top_p": 0, "presence_penalty": -2, "frequency_penalty": 1.5, "seed": -1, "n": 2},
        {"logit_bias": {"1": -100}, "user": "u", "metadata": {"a": "b"}, "store": False, "modalities": ["text"]},
        {"messages": [{"role": "system", "content": "x"}, {"role": "developer", "content": "y"}, USER]},
        {"messages": [USER, ASKING, RESULT, {"role": "assistant", "content": "done"}, USER]},
        {"messages": [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, USER]},
        {"stream": True, "stream_options": {"include_usage": False, "include_obfuscation": False}},
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": False},
        {"response_format": {"type": "text"}},
        {"response_format": _format({"type": "object"})},
        {"prediction": {"type": "content", "content": "x"}, "verbosity": "low", "service_tier": "auto"},
        {"unheard_of": 1, "guided_json": {}},
    ],
)
def test_a_right_chat_request_passes(call: Any, fields: dict[str, Any]) -> None:
    """All that OpenAI takes, null for absent, and unknown fields while the simulator is not strict."""
    assert call("/v1/chat/completions", {"model": "echo", "messages": [USER], **fields}).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b'{"model": "ec', b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}'])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"])
def test_a_body_that_is_no_json_object(call: Any, path: str, body: bytes) -> None:
    """400 with OpenAI's error object."""
    answer = call(path, body, method="POST")
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert "JSON" in answer.error["message"]


def test_the_model_is_needed_and_must_exist(call: Any) -> None:
    """400 without one, 404 with a code for an unknown one, also with an unknown variant or scenario."""
    answer = call("/v1/chat/completions", {"messages": [USER]})
    assert (answer.status, answer.error["message"]) == (400, "you must provide a model parameter")
    for model in ("gpt-9", "echo:loud", "reason:x", "scenario:nope", "scenario:"):
        answer = call("/v1/chat/completions", {"model": model, "messages": [USER]})
        assert (answer.status, answer.error["code"], answer.error["param"]) == (404, "model_not_found", "model")


def test_a_model_does_not_serve_every_endpoint(call: Any) -> None:
    """400 for a chat with `embed` and embeddings with `echo`."""
    assert call.chat(model="embed").error["code"] == "model_not_supported"
    assert call("/v1/completions", {"model": "embed", "prompt": "x"}).error["code"] == "model_not_supported"
    assert call("/v1/embeddings", {"model": "echo", "input": "x"}).error["code"] == "model_not_supported"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/completions", {}, "prompt"),
        ("/v1/completions", {"prompt": {}}, "prompt"),
        ("/v1/completions", {"prompt": "x", "logprobs": 6}, "logprobs"),
        ("/v1/completions", {"prompt": "x", "best_of": 0}, "best_of"),
        ("/v1/embeddings", {}, "input"),
        ("/v1/embeddings", {"input": ""}, "input"),
        ("/v1/embeddings", {"input": []}, "input"),
        ("/v1/embeddings", {"input": ["a", ""]}, "input"),
        ("/v1/embeddings", {"input": 3.5}, "input"),
        ("/v1/embeddings", {"input": ["a"] * 2049}, "input"),
        ("/v1/embeddings", {"input": "a", "encoding_format": "hex"}, "encoding_format"),
        ("/v1/embeddings", {"input": "a", "dimensions": 0}, "dimensions"),
    ],
)
def test_other_wrong_requests_name_their_field(call: Any, path: str, body: dict[str, Any], param: str) -> None:
    """400 with the field in param."""
    model = "embed" if "embeddings" in path else "echo"
    answer = call(path, {"model": model, **body})
    assert (answer.status, answer.error["param"]) == (400, param)


def test_strict_refuses_what_only_openai_refuses(dialled: Any, call: Any) -> None:
    """Unknown fields, JSON mode without the word, strict schemas outside the subset; not so by default."""
    strict = dialled(strict=True)
    loose: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "f", "strict": True, "parameters": loose}}
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({"foo": 1}, None),
        ({"response_format": {"type": "json_object"}}, "messages"),
        ({"response_format": _format(loose, strict=True)}, "response_format"),
        ({"tools": [tool]}, "tools[0].function.parameters"),
    ]
    for fields, param in cases:
        answer = strict.chat("Hello", **fields)
        assert (answer.status, answer.error["param"]) == (400, param)
        assert call.chat("Hello", **fields).status == 200
    assert strict.chat("as json", response_format={"type": "json_object"}).status == 200
    assert strict.chat(response_format=_format(STRICT, strict=True)).status == 200
    assert "Unrecognized request argument supplied: foo" in strict.chat(foo=1).error["message"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {**STRICT, "anyOf": [STRICT]},
        {**STRICT, "additionalProperties": True},
        {**STRICT, "required": []},
        {**STRICT, "properties": {"a": {"allOf": [{"type": "string"}]}}},
        {**STRICT, "properties": {"a": {"type": "array"}}},
        {**STRICT, "properties": {"a": {"type": "array", "items": {"type": "object"}}}},
        {**STRICT, "properties": {"a": {"anyOf": [{"type": "object"}]}}},
        {**STRICT, "properties": {"a": {}}},
        {**STRICT, "properties": {"a": 3}},
        {**STRICT, "$defs": {"x": {"type": "object"}}},
    ],
)
def test_schemas_outside_the_strict_subset(dialled: Any, schema: dict[str, Any]) -> None:
    """400 that names response_format and tells the place."""
    answer = dialled(strict=True).chat(model="json", response_format=_format(schema, strict=True))
    assert (answer.status, answer.error["param"]) == (400, "response_format")
    assert "In context=" in answer.error["message"]
