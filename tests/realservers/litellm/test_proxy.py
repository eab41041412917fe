"""Both clients through the real LiteLLM proxy (`make test-servers`): what it passes on, changes and makes up."""

from __future__ import annotations

from typing import Any

import pytest

from franca.errors import BadRequest, NotFound, RateLimited, ServerFault, StatusError, Unauthorized

from ..drivers import Both
from ..prompts import HELLO, PERSON, WEATHER
from ..served import wanted
from .conftest import PROXY_KEY, Proxy

wanted("FRANCA_TEST_SERVERS", "the LiteLLM proxy runs in `make test-servers` only")

FIXED: dict[str, Any] = {"temperature": 0.7, "seed": 7, "max_tokens": 200, "retries": 0}


@pytest.fixture
def run(both: Both, proxy: Proxy):
    """Runs a case through both clients of the proxy."""
    return lambda case, **options: both(proxy.base_url, case, **{"api_key": PROXY_KEY, **options})


def check_error(error: Any, kind: type[StatusError], status: int) -> None:
    """LiteLLM's errors: `code` is the status as a string."""
    assert type(error) is kind, repr(error)
    assert error.status == status
    assert error.code == str(status)
    assert error.message
    assert PROXY_KEY not in repr(error) + str(error.__dict__)


def test_mock_chat_and_stream(run) -> None:
    """A mock's text comes whole and in pieces."""
    chat = run(lambda client: client.chat("Hi", model="fake", **FIXED))
    streamed = run(lambda client: client.stream("Hi", model="fake", **FIXED))
    assert chat.content == streamed.final.content == "Hello from a mock."
    assert len(streamed.events) > 3
    assert chat.finish_reason == streamed.final.finish_reason == "stop"
    assert chat.headers["x-litellm-version"]
    assert chat.usage.total_tokens > 0


def test_mock_tool_calls(run) -> None:
    """Two tool calls in one answer."""
    chat = run(lambda client: client.chat("Hi", model="fake-tools", tools=[WEATHER], **FIXED))
    assert [call.id for call in chat.tool_calls] == ["call_1", "call_2"]
    assert [call.arguments_map()["city"] for call in chat.tool_calls] == ["Oslo", "Bergen"]


def test_a_real_model_behind_the_proxy(run) -> None:
    """llama.cpp through LiteLLM: the same text whole and streamed, fields of both kept."""
    chat = run(lambda client: client.chat("Say hello.", model="tiny", **FIXED))
    streamed = run(lambda client: client.stream("Say hello.", model="tiny", **FIXED))
    assert chat.content.strip()
    assert "".join(event.content or "" for event in streamed.events) == streamed.final.content == chat.content
    assert chat.finish_reason == streamed.final.finish_reason == "stop"
    assert streamed.final.usage.completion_tokens == chat.usage.completion_tokens > 0
    assert "timings" in chat.extra


def test_tools_through_the_proxy(run) -> None:
    """Real tool calls, whole and in fragments."""
    asked = {**FIXED, "max_tokens": 1000, "tools": [WEATHER], "tool_choice": "required"}
    chat = run(lambda client: client.chat("Oslo?", model="tiny-tools", **asked))
    final = run(lambda client: client.stream("Oslo?", model="tiny-tools", **asked)).final
    for answer in (chat, final):
        assert answer.finish_reason == "tool_calls"
        assert all(call.name == "get_weather" and call.id for call in answer.tool_calls)
        assert all(set(call.arguments_map()) == {"city", "days"} for call in answer.tool_calls)
    assert [call.arguments for call in final.tool_calls] == [call.arguments for call in chat.tool_calls] != []


def test_thinking_through_the_proxy(run) -> None:
    """Thoughts stay apart from the answer."""
    chat = run(lambda client: client.chat("Say hello.", model="tiny-think", **FIXED))
    final = run(lambda client: client.stream("Say hello.", model="tiny-think", **FIXED)).final
    assert chat.reasoning.strip()
    assert (final.reasoning, final.content) == (chat.reasoning, chat.content)


def test_json_and_two_choices_through_the_proxy(run) -> None:
    """response_format and n reach the upstream."""
    asked = {**FIXED, "model": "tiny", "response_format": PERSON, "n": 2}
    chat = run(lambda client: client.chat("Anna?", **asked))
    assert [choice.index for choice in chat.choices] == [0, 1]
    assert all(choice.message.content.startswith('{"name"') for choice in chat.choices)


def test_completions_through_the_proxy(run) -> None:
    """Legacy completions, whole and streamed."""
    completion = run(lambda client: client.completions("the", model="tiny", **FIXED))
    final = run(lambda client: client.completions_stream("the", model="tiny", **FIXED)).final
    assert final.text == completion.text != ""


def test_embeddings_through_the_proxy(run) -> None:
    """Floats and base64 are the same numbers here too."""
    floats, packed, chosen = (
        run(lambda client, form=form: client.embeddings(["hello", "world"], model="tiny-embed", **form))
        for form in ({"encoding_format": "float"}, {"encoding_format": "base64"}, {})
    )
    for answer in (packed, chosen):
        for vector, reference in zip(answer.vectors, floats.vectors, strict=True):
            assert [float(x) for x in vector] == pytest.approx([float(x) for x in reference], abs=1e-6)


def test_models_of_the_proxy(run) -> None:
    """Every model of its configuration is listed."""
    models = run(lambda client: client.list_models())
    assert {"fake", "fake-tools", "rate-limited", "tiny", "dead"} <= set(models.ids)


def test_a_rate_limit(run) -> None:
    """429 is RateLimited and worth another try."""
    error = run(lambda client: client.chat("Hi", model="rate-limited", **FIXED))
    check_error(error, RateLimited, 429)
    assert error.retryable is True


def test_an_unknown_model(run) -> None:
    """LiteLLM says 400, and by its words that it is NotFound."""
    error = run(lambda client: client.chat("Hi", model="no-such-model", **FIXED))
    check_error(error, NotFound, 400)
    assert "no-such-model" in error.message


def test_a_wrong_key_of_the_proxy(run) -> None:
    """Without a database LiteLLM cannot look keys up: a wrong one is a 400, which is told as it is."""
    error = run(lambda client: client.chat("Hi", model="fake", **FIXED), api_key="sk-wrong")
    check_error(error, BadRequest, 400)
    assert error.type == "no_db_connection"


@pytest.mark.parametrize("method", ["chat", "stream"])
def test_a_wrong_key_of_the_upstream(run, method: str) -> None:
    """The upstream's 401 comes through."""
    error = run(lambda client: getattr(client, method)("Hi", model="wrong-key", **FIXED))
    check_error(error, Unauthorized, 401)
    assert "Invalid API Key" in error.message


@pytest.mark.parametrize("method", ["chat", "stream"])
def test_a_dead_upstream(run, method: str) -> None:
    """An upstream that is not there is the proxy's 500."""
    error = run(lambda client: getattr(client, method)("Hi", model="dead", **FIXED))
    check_error(error, ServerFault, 500)
    assert "Connection error" in error.message


@pytest.mark.parametrize("method", ["chat", "stream"])
def test_a_prompt_that_is_too_long_for_the_upstream(run, method: str) -> None:
    """The upstream's refusal comes through, for a stream as well."""
    error = run(lambda client: getattr(client, method)("the word " * 4000, model="tiny", **FIXED))
    check_error(error, BadRequest, 400)
    assert "exceeds the available context size" in error.message


def test_no_such_path_at_the_proxy(run) -> None:
    """FastAPI's `detail` is found as the message."""
    error = run(lambda client: client.get("/nope"))
    assert type(error) is NotFound
    assert error.message == "Not Found"


def test_an_upstream_that_sends_garbage(run) -> None:
    """LiteLLM tells it as an error event in a stream of status 200: an error with the text that had come."""
    error = run(lambda client: client.stream(HELLO, model="garbage", **FIXED))
    check_error(error, ServerFault, 500)
    assert error.partial.content == "Two words"
    assert error.partial.finish_reason is None
    assert error.partial.usage is None


def test_an_upstream_that_hangs_up(both: Both, proxy: Proxy) -> None:
    """Likewise, but how much LiteLLM had passed on by then is chance; if nothing, its answer is a plain 500."""
    for client in both.pair(proxy.base_url, api_key=PROXY_KEY):
        with pytest.raises(ServerFault) as caught:
            client.stream(HELLO, model="cut", **FIXED)
        check_error(caught.value, ServerFault, 500)
        partial = caught.value.partial
        assert partial is None or (partial.content in (None, "Two", "Two words") and partial.finish_reason is None)


def test_an_upstream_that_ends_cleanly_in_the_middle(run) -> None:
    """Here LiteLLM itself makes up the finish reason and the usage, and nothing that arrives could tell."""
    final = run(lambda client: client.stream(HELLO, model="clean-cut", **FIXED)).final
    assert (final.content, final.finish_reason) == ("Two words", "stop")
    assert final.usage.completion_tokens == 2
