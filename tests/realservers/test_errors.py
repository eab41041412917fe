"""What the real llama.cpp server refuses, through both clients: the class, and all that the server said."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from franca.errors import BadRequest, NotFound, ServerFault, StatusError, Unauthorized

from .drivers import Both, Streamed
from .llama import KEY, MODEL, LlamaServer
from .prompts import HELLO, WEATHER

TOO_LONG = "the word " * 4000


def check_error(error: Any, kind: type[StatusError], status: int, type_: str) -> None:
    """The facts of llama.cpp's errors: `code` is the status as an int, and there is no `param`."""
    assert not isinstance(error, Streamed)
    assert type(error) is kind
    assert error.status == status
    assert error.type == type_
    assert error.code == status
    assert error.param is None
    assert error.message
    assert error.message in str(error)
    assert f'"code":{status}' in error.body
    assert error.headers["server"] == "llama.cpp"
    assert error.partial is None
    assert KEY not in repr(error) + str(error.__dict__)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)


@pytest.mark.parametrize("method", ["chat", "stream", "completions", "embeddings"])
def test_a_wrong_key(both: Both, words: LlamaServer, method: str) -> None:
    """A wrong key is Unauthorized, whatever is asked for."""
    error = both(words.base_url, lambda client: getattr(client, method)("Say hello."), api_key="sk-wrong")
    check_error(error, Unauthorized, 401, "authentication_error")
    assert error.message == "Invalid API Key"
    assert "sk-wrong" not in repr(error) + str(error.__dict__)
    assert error.retryable is False


def test_a_wrong_key_for_the_models(both: Both, words: LlamaServer) -> None:
    """The list of models needs the key as well."""
    error = both(words.base_url, lambda client: client.list_models(), api_key="sk-wrong")
    check_error(error, Unauthorized, 401, "authentication_error")


@pytest.mark.parametrize("method", ["chat", "stream", "completions"])
def test_a_prompt_that_is_too_long(both: Both, words: LlamaServer, method: str) -> None:
    """BadRequest, also for a stream, with the two numbers that the server adds to its error object."""
    error = both(words.base_url, lambda client: getattr(client, method)(TOO_LONG))
    check_error(error, BadRequest, 400, "exceed_context_size_error")
    assert "exceeds the available context size" in error.message
    assert error.metadata["n_ctx"] == 2048
    assert error.metadata["n_prompt_tokens"] > 30_000


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"max_tokens": -5}, "max_tokens"),
        ({"extra": {"min_p": "high"}}, "min_p"),
        ({"response_format": {"type": "nosuch"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "y"}}}}, "schema"),
    ],
    ids=["out of range", "wrong type", "response_format", "schema"],
)
@pytest.mark.parametrize("method", ["chat", "stream"])
def test_a_bad_parameter(both: Both, words: LlamaServer, method: str, params: dict[str, Any], said: str) -> None:
    """BadRequest in the server's own words, which name the parameter."""
    error = both(words.base_url, lambda client: getattr(client, method)("Say hello.", **params))
    check_error(error, BadRequest, 400, "invalid_request_error")
    assert said in error.message
    assert error.model == MODEL


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_such_path(both: Both, words: LlamaServer, method: str) -> None:
    """NotFound from the escape hatch too."""
    error = both(words.base_url, lambda client: getattr(client, method)("/nope"))
    check_error(error, NotFound, 404, "not_found_error")
    assert error.message == "File Not Found"


def test_an_empty_input(both: Both, embedder: LlamaServer) -> None:
    """BadRequest of the embeddings."""
    error = both(embedder.base_url, lambda client: client.embeddings([""]))
    check_error(error, BadRequest, 400, "invalid_request_error")


def test_arguments_in_the_history_that_are_no_json(both: Both, tools: LlamaServer) -> None:
    """llama.cpp calls it its own fault (500); that is told as it is, and not tried again when retries are off."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{bad"}}
    history = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    error = both(tools.base_url, lambda client: client.chat(history, tools=[WEATHER], retries=0))
    check_error(error, ServerFault, 500, "server_error")
    assert "Failed to parse tool call arguments" in error.message
    assert error.retryable is True


@pytest.mark.parametrize(
    "params", [{"model": "no-such-model"}, {"extra": {"no_such_field": 1}}], ids=["model", "field"]
)
def test_what_the_server_lets_pass(both: Both, words: LlamaServer, params: dict[str, Any]) -> None:
    """An unknown model or field is no error to llama.cpp, so it is none here: nothing is checked behind its back."""
    chat = both(words.base_url, lambda client: client.chat("Say hello.", seed=7, temperature=0.7, **params))
    assert chat.content.strip()
    assert chat.model == MODEL
