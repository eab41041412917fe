"""The tiny models and the facts of the real llama.cpp server that the client's tests build on, without the client."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from .llama import KEY, MODEL, LlamaServer, ask_on, missing
from .prompts import HELLO, PERSON, WEATHER

CHAT = "/v1/chat/completions"


def chat_body(**more: object) -> dict[str, object]:
    return {"model": MODEL, "messages": HELLO, "max_tokens": 200, "temperature": 0.7, "seed": 7, **more}


@pytest.fixture(scope="session")
def maker():
    if missing():
        pytest.skip(str(missing()))
    from . import tinymodel

    return tinymodel


def test_the_same_maker_writes_the_same_model(maker, tmp_path: Path) -> None:
    """A variant is the same bytes each time, so that a failing test fails again; and variants differ."""
    first, again, other = tmp_path / "first", tmp_path / "again", tmp_path / "other"
    maker.write_model("words", first)
    maker.write_model("words", again)
    maker.write_model("json", other)
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert first.stat().st_size < 600_000


def test_the_cache_holds_one_file_for_each_variant(maker, tmp_path: Path) -> None:
    """A second call makes nothing, and what an older maker left is removed: the cache cannot grow."""
    (tmp_path / "words-0123456789ab.gguf").write_bytes(b"of an older maker")
    path = maker.cached_model("words", tmp_path)
    made = path.stat().st_mtime_ns
    assert maker.cached_model("words", tmp_path) == path
    assert path.stat().st_mtime_ns == made
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="no such variant"):
        maker.cached_model("poems", tmp_path)


def test_words_end_by_themselves(words: LlamaServer) -> None:
    """Most answers of the words model end with "stop", long before the limit."""
    answers = [words.ask("POST", CHAT, chat_body(seed=seed)).json() for seed in range(8)]
    assert all(answer["choices"][0]["message"]["content"].strip() for answer in answers)
    reasons = [answer["choices"][0]["finish_reason"] for answer in answers]
    assert reasons.count("stop") >= 6


def test_tools_are_called_and_the_loop_ends(tools: LlamaServer) -> None:
    """The tools model calls the tool with arguments of the schema; after its result it answers in words."""
    choice = tools.ask("POST", CHAT, chat_body(tools=[WEATHER])).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    call = choice["message"]["tool_calls"][0]
    assert call["function"]["name"] == "get_weather"
    assert set(json.loads(call["function"]["arguments"])) == {"city", "days"}

    result = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
    history = [*HELLO, choice["message"], result]
    last = tools.ask("POST", CHAT, chat_body(messages=history, tools=[WEATHER])).json()["choices"][0]
    assert last["finish_reason"] == "stop"
    assert "tool_calls" not in last["message"]


def test_thoughts_come_apart_from_the_answer(think: LlamaServer) -> None:
    """The think model's thought is `reasoning_content`, its answer `content`, and both are there."""
    message = think.ask("POST", CHAT, chat_body()).json()["choices"][0]["message"]
    assert message["reasoning_content"].strip()
    assert message["content"].strip()


def test_json_of_the_schema(json_server: LlamaServer) -> None:
    """A json_schema is enforced by grammar: a random model gives a valid object, and soon."""
    choice = json_server.ask("POST", CHAT, chat_body(response_format=PERSON)).json()["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert set(json.loads(choice["message"]["content"])) == {"name", "age", "tags"}


def test_every_stream_ends_the_connection_without_saying_so(words: LlamaServer) -> None:
    """After an SSE answer the server hangs up although its head speaks of keep-alive. A pool must bear that."""
    connection = words.connect()
    try:
        answer = ask_on(connection, "POST", CHAT, chat_body(stream=True))
        assert answer.status == 200
        assert answer.headers["Connection"] is None
        assert answer.headers["Keep-Alive"] == "timeout=5, max=100"
        assert answer.events()[-1] == "[DONE]"
        assert connection.sock is not None, "http.client thinks it can go on"
        assert connection.sock.recv(1) == b""
    finally:
        connection.close()


def test_a_connection_serves_a_hundred_requests(words: LlamaServer) -> None:
    """The 100th answer on one connection says `Connection: close`; the ones before it do not."""
    connection = words.connect()
    try:
        said = []
        for _ in range(100):
            answer = ask_on(connection, "GET", "/health")
            said.append(answer.headers["Connection"])
            if connection.sock is None:
                break
        assert said[:-1] == [None] * (len(said) - 1)
        assert (len(said), said[-1]) == (100, "close")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "key", "status", "error"),
    [
        (chat_body(), "sk-wrong", 401, {"message": "Invalid API Key", "type": "authentication_error", "code": 401}),
        (chat_body(), None, 401, {"message": "Invalid API Key", "type": "authentication_error", "code": 401}),
        (
            {"model": MODEL},
            KEY,
            400,
            {"message": "'messages' is required", "type": "invalid_request_error", "code": 400},
        ),
    ],
)
def test_errors_have_an_int_code_and_no_param(
    words: LlamaServer, body: object, key: str | None, status: int, error: dict[str, object]
) -> None:
    """An error body is `{"error": {"message", "type", "code"}}` where the code is the status as an int."""
    answer = words.ask("POST", CHAT, body, key=key)
    assert answer.status == status
    assert answer.json() == {"error": error}


def test_leaving_a_stream_frees_the_slot(long: LlamaServer) -> None:
    """A connection that is closed in mid-stream ends the generation: the premise of the client's tests of this."""
    connection = long.connect()
    body = json.dumps(chat_body(stream=True, max_tokens=30_000, ignore_eos=True))
    connection.request("POST", CHAT, body, {"Authorization": f"Bearer {KEY}"})
    reply: http.client.HTTPResponse = connection.getresponse()
    reply.read1(100)
    assert long.slots()[0]["is_processing"]
    reply.close()
    connection.close()
    long.wait_idle()
