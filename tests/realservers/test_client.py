"""Both clients against the real llama.cpp server: chats, streams, tools, JSON, completions, embeddings, models."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import franca

from .drivers import Both, plain
from .llama import KEY, MODEL, LlamaServer
from .prompts import HELLO, PERSON, WEATHER

FIXED: dict[str, Any] = {"temperature": 0.7, "seed": 7, "max_tokens": 200}


def test_chat(both: Both, words: LlamaServer) -> None:
    """A chat gives text, the server's reason to stop and its counts, and nothing that it sent is lost."""
    chat = both(words.base_url, lambda client: client.chat("Say hello.", **FIXED))
    assert chat.content.strip()
    assert chat.finish_reason == "stop"
    assert chat.message.role == "assistant"
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
    assert chat.usage.completion_tokens == chat["timings"]["predicted_n"]
    assert set(chat.extra) == {"timings"}
    assert (chat.model, chat.object, chat.status) == (MODEL, "chat.completion", 200)
    assert chat.headers["server"] == "llama.cpp"


def test_the_answer_is_what_a_plain_request_gets(both: Both, words: LlamaServer) -> None:
    """The same request by http.client has the same body: the client neither adds to it nor takes away."""
    chat = both(words.base_url, lambda client: client.chat(HELLO, **FIXED))
    answer = words.ask("POST", "/v1/chat/completions", {"model": MODEL, "messages": HELLO, **FIXED})
    assert plain(chat) == plain(answer.json())


def test_a_stream_is_the_chat_in_pieces(both: Both, words: LlamaServer) -> None:
    """The pieces of a stream add up to the whole; usage and `timings` come with it although it is a stream."""
    whole = both(words.base_url, lambda client: client.chat("Say hello.", **FIXED))
    streamed = both(words.base_url, lambda client: client.stream("Say hello.", **FIXED))
    final = streamed.final
    assert "".join(event.content or "" for event in streamed.events) == final.content == whole.content
    assert final.finish_reason == whole.finish_reason == "stop"
    assert final.usage.completion_tokens == whole.usage.completion_tokens
    assert final["timings"]["predicted_n"] == whole.usage.completion_tokens
    assert final.object == "chat.completion"


def test_a_stream_without_usage(both: Both, words: LlamaServer) -> None:
    """When usage is declined none is made up."""
    declined = {"stream_options": {"include_usage": False}}
    final = both(words.base_url, lambda client: client.stream("Say hello.", **FIXED, **declined)).final
    assert final.usage is None
    assert final.finish_reason == "stop"


def test_accumulate_stream(both: Both, words: LlamaServer) -> None:
    """accumulate_stream hands out every event and returns the whole chat."""
    streamed = both(words.base_url, lambda client: client.stream("Say hello.", **FIXED))
    collected = both(words.base_url, lambda client: client.accumulate("Say hello.", **FIXED))
    assert plain(collected) == plain(streamed)


def test_thinking(both: Both, think: LlamaServer) -> None:
    """Thoughts are kept apart from the answer, whole and streamed."""
    chat = both(think.base_url, lambda client: client.chat("Say hello.", **FIXED))
    final = both(think.base_url, lambda client: client.stream("Say hello.", **FIXED)).final
    assert chat.reasoning.strip()
    assert chat.content.strip()
    assert (final.reasoning, final.content) == (chat.reasoning, chat.content)


@pytest.mark.parametrize(
    "choice", ["auto", "required", {"type": "function", "function": {"name": "get_weather"}}], ids=str
)
def test_tools(both: Both, tools: LlamaServer, choice: Any) -> None:
    """A tool call is the same whether it comes whole or in some forty fragments."""
    asked = {**FIXED, "max_tokens": 1000, "tools": [WEATHER], "tool_choice": choice}
    chat = both(tools.base_url, lambda client: client.chat("Oslo?", **asked))
    streamed = both(tools.base_url, lambda client: client.stream("Oslo?", **asked))
    for answer in (chat, streamed.final):
        assert answer.finish_reason == "tool_calls"
        assert answer.tool_calls
        for call in answer.tool_calls:
            assert call.name == "get_weather"
            assert call.id
            assert call.arguments_error is None
            arguments = call.arguments_map()
            assert set(arguments) == {"city", "days"}
            assert 1 <= arguments["days"] <= 9
    assert [call.arguments for call in streamed.final.tool_calls] == [call.arguments for call in chat.tool_calls]
    assert len(streamed.events) > 10


def test_parallel_tool_calls(both: Both, tools: LlamaServer) -> None:
    """Several calls in one answer stay apart, in order, whole and streamed."""
    asked = {**FIXED, "max_tokens": 1000, "tools": [WEATHER], "parallel_tool_calls": True}
    blocking, _ = both.pair(tools.base_url)
    seeds = (seed for seed in range(60) if len(blocking.chat("x", **{**asked, "seed": seed}).tool_calls) > 1)
    asked["seed"] = next(seeds)
    chat = both(tools.base_url, lambda client: client.chat("x", **asked))
    final = both(tools.base_url, lambda client: client.stream("x", **asked)).final
    assert len(final.tool_calls) == len(chat.tool_calls) > 1
    assert [call.arguments for call in final.tool_calls] == [call.arguments for call in chat.tool_calls]
    assert len({call.id for call in final.tool_calls}) == len(final.tool_calls)
    assert all(call.arguments_error is None for call in final.tool_calls)


def test_the_tool_turn_goes_back_as_it_came(both: Both, tools: LlamaServer) -> None:
    """The assistant's message and the tool's result are taken as history; the model then answers in words."""

    def case(client: Any) -> Any:
        first = client.chat("Oslo?", **{**FIXED, "max_tokens": 1000}, tools=[WEATHER])
        results = [franca.tool_message(call, "sunny") for call in first.tool_calls]
        assert results
        return client.chat([*HELLO, first.message, *results], **FIXED, tools=[WEATHER])

    chat = both(tools.base_url, case)
    assert chat.content.strip()
    assert chat.tool_calls == []
    assert chat.finish_reason == "stop"


def test_json_schema(both: Both, json_server: LlamaServer) -> None:
    """The schema is enforced, whole and streamed."""
    asked = {**FIXED, "response_format": PERSON}
    chat = both(json_server.base_url, lambda client: client.chat("Anna?", **asked))
    final = both(json_server.base_url, lambda client: client.stream("Anna?", **asked)).final
    person = json.loads(chat.content)
    assert set(person) == {"name", "age", "tags"}
    assert 0 <= person["age"] <= 150
    assert set(person["tags"]) <= {"a", "b"}
    assert final.content == chat.content


def test_two_choices(both: Both, words: LlamaServer) -> None:
    """n=2 gives two answers, in order of their index, also when their pieces come mixed."""
    asked = {**FIXED, "n": 2}
    chat = both(words.base_url, lambda client: client.chat("Say hello.", **asked))
    # The order in which the pieces of the two come is the server's whim: only the wholes are compared.
    final = both(words.base_url, lambda client: client.stream("Say hello.", **asked).final)
    assert [choice.index for choice in chat.choices] == [choice.index for choice in final.choices] == [0, 1]
    texts = [choice.message.content for choice in chat.choices]
    assert texts[0] != texts[1]
    assert [choice.message.content for choice in final.choices] == texts
    assert all(choice.finish_reason == "stop" for choice in final.choices)


def test_logprobs(both: Both, words: LlamaServer) -> None:
    """Log probabilities come through raw: one entry a token, each with the alternatives that were asked for."""
    asked = {**FIXED, "logprobs": True, "top_logprobs": 2, "max_tokens": 3}
    chat = both(words.base_url, lambda client: client.chat("Say hello.", **asked))
    final = both(words.base_url, lambda client: client.stream("Say hello.", **asked)).final
    for answer in (chat, final):
        entries = answer.logprobs["content"]
        assert "".join(entry["token"] for entry in entries) == answer.content
        assert all(entry["logprob"] < 0 and len(entry["top_logprobs"]) == 2 for entry in entries)


def test_stop_and_length(both: Both, words: LlamaServer) -> None:
    """A stop string ends the text before it; a limit ends it with "length"."""
    whole = both(words.base_url, lambda client: client.chat("Say hello.", **FIXED)).content
    word = whole.split()[1]
    stopped = both(words.base_url, lambda client: client.chat("Say hello.", **FIXED, stop=[word]))
    assert stopped.content == whole[: whole.index(word)]
    assert stopped.finish_reason == "stop"
    short = both(words.base_url, lambda client: client.chat("Say hello.", **{**FIXED, "max_tokens": 1}))
    assert short.content == " " + whole.split()[0]
    assert short.finish_reason == "length"


def test_fields_of_the_server_alone(both: Both, words: LlamaServer) -> None:
    """`extra` reaches the server, and what it then adds to every chunk is there."""
    asked = {**FIXED, "max_tokens": 5, "extra": {"ignore_eos": True, "timings_per_token": True}}
    streamed = both(words.base_url, lambda client: client.stream("Say hello.", **asked))
    assert streamed.final.usage.completion_tokens == 5
    assert sum("timings" in event for event in streamed.events) >= 5


def test_completions(both: Both, words: LlamaServer) -> None:
    """A legacy completion, whole and streamed."""
    completion = both(words.base_url, lambda client: client.completions("the", **FIXED))
    streamed = both(words.base_url, lambda client: client.completions_stream("the", **FIXED))
    assert completion.text.strip()
    assert completion.finish_reason in ("stop", "length")
    assert completion.object == "text_completion"
    assert completion.usage.completion_tokens > 0
    assert "".join(event.text or "" for event in streamed.events) == streamed.final.text == completion.text
    assert streamed.final.finish_reason == completion.finish_reason


def test_embeddings(both: Both, embedder: LlamaServer) -> None:
    """The numbers are the same, whether they came as floats, as base64 or as the client chose."""
    texts = ["hello", "a longer text than that", "world"]
    forms = [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}]
    chosen, floats, packed = (
        both(embedder.base_url, lambda client, form=form: client.embeddings(texts, **form)) for form in forms
    )
    assert isinstance(floats["data"][0]["embedding"], list)
    assert isinstance(packed["data"][0]["embedding"], str)
    for answer in (chosen, floats, packed):
        assert len(answer) == 3
        assert all(len(vector) == 64 for vector in answer.vectors)
        assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0
        for vector, reference in zip(answer.vectors, floats.vectors, strict=True):
            assert [float(number) for number in vector] == pytest.approx([float(x) for x in reference], abs=1e-6)
            assert math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-4)
    one = both(embedder.base_url, lambda client: client.embeddings("world"))
    assert [float(x) for x in one.vectors[0]] == pytest.approx([float(x) for x in floats.vectors[2]], abs=1e-6)


def test_models(both: Both, words: LlamaServer) -> None:
    """The list has `data` and, for Ollama's sake, `models`: each model is listed once."""
    models = both(words.base_url, lambda client: client.list_models())
    assert models.ids == [MODEL]
    assert models[MODEL].owned_by == "llamacpp"
    assert models[MODEL]["meta"]["n_embd"] == 64
    assert set(models.raw) == {"models", "data", "object"}


def test_other_paths(both: Both, words: LlamaServer) -> None:
    """get and post reach what has no method of its own."""
    health = both(words.base_url, lambda client: client.get("/health").json())
    assert health == {"status": "ok"}
    body = {"model": MODEL, "messages": HELLO, **FIXED}
    answer = both(words.base_url, lambda client: client.post("/chat/completions", body).json())
    assert answer["object"] == "chat.completion"


def test_no_secret_in_reprs(both: Both, words: LlamaServer) -> None:
    """The key is in no repr of a client, an answer, its headers or an error."""
    for client in both.pair(words.base_url):
        assert KEY not in repr(client.client)
    chat = both(words.base_url, lambda client: client.chat("Say hello.", **FIXED))
    assert KEY not in repr(chat) + repr(chat.headers) + str(chat.to_dict())
