"""Requests are made fit for a server by its row, and mended when it refuses a field: once, remembered, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gw_relay import DONE, Call, Puppet, answer_of, books, chunk_of, only, relaying

from franca.simulator import Simulator


def picky(call: Call) -> None:
    """Refuses max_tokens and temperature, as some models of OpenAI do, and answers without them."""
    body = call.json()
    for name, instead in (
        ("max_tokens", "Use 'max_completion_tokens' instead."),
        ("temperature", "Only the default (1) value is supported."),
    ):
        if name in body:
            message = f"Unsupported parameter: '{name}' is not supported with this model. {instead}"
            call.reply(
                {
                    "error": {
                        "message": message,
                        "type": "invalid_request_error",
                        "param": name,
                        "code": "unsupported_parameter",
                    }
                },
                400,
            )
            return
    if body.get("stream"):
        call.stream([chunk_of("Hi"), chunk_of(None, "stop"), DONE])
    else:
        call.reply(answer_of())


ODD = {"max_tokens": 7, "temperature": 0.5, "seed": 12345678901234567890}


@pytest.mark.parametrize("stream", [False, True])
def test_a_refused_field_is_mended_and_remembered(tmp_path: Path, stream: bool) -> None:
    """The first request is mended field by field, the second is right at once; the caller is told what was changed, and
    the server does not count as failing."""
    more: dict[str, Any] = {"stream": True} if stream else {}
    with Puppet(picky) as server, relaying(tmp_path, {"sim": server.table()}, routing={"failures": 1}) as gateway:
        first = gateway.chat("sim/m", **ODD, **more)
        assert first.status == 200
        assert len(server.calls) == 3
        assert "max_tokens" in first.headers["x-franca-adapted"]
        assert "temperature" in first.headers["x-franca-adapted"]
        assert "stream_options" not in first.headers["x-franca-adapted"]
        sent = server.calls[-1].json()
        assert (sent.get("max_completion_tokens"), sent["seed"], sent["model"]) == (7, 12345678901234567890, "m")
        second = gateway.chat("sim/m", **ODD, **more)
        assert (second.status, len(server.calls)) == (200, 4)
        told = second.headers["x-franca-adapted"]
        assert told.replace("(remembered)", "(refused)") == first.headers["x-franca-adapted"]
        assert gateway.breaker("sim") == "closed"
        assert [row.tries for row in books(gateway, 2)] == [3, 1]


def test_what_was_learnt_is_of_one_model(tmp_path: Path) -> None:
    """Another model of the server gets the request as it came."""

    def play(call: Call) -> None:
        (picky if call.json()["model"] == "m" else lambda one: one.reply(answer_of()))(call)

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat("sim/m", **ODD).status == 200
        got = gateway.chat("sim/other", **ODD)
        assert got.headers["x-franca-adapted"] is None
        assert server.calls[-1].json()["max_tokens"] == 7


def test_without_healing_the_refusal_is_the_caller_s(tmp_path: Path) -> None:
    """`heal = false`: the server is asked once, and its words are told."""
    with Puppet(picky) as server, relaying(tmp_path, {"sim": server.table(heal=False)}) as gateway:
        got = gateway.chat("sim/m", **ODD)
        assert (got.status, got.json()["error"]["param"], len(server.calls)) == (400, "max_tokens", 1)


def test_mending_has_an_end(tmp_path: Path) -> None:
    """A server that refuses whatever it is sent is not asked for ever."""

    def never(call: Call) -> None:
        name = next((one for one in call.json() if one not in ("model", "messages")), "messages")
        message = f"Unsupported parameter: '{name}' is not supported with this model."
        call.reply({"error": {"message": message, "param": name, "code": "unsupported_parameter"}}, 400)

    fields = {f"field_{number}": number for number in range(50)}
    with Puppet(never) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat("sim/m", **fields).status == 400
        assert len(server.calls) <= 20
        assert only(gateway).outcome == "error"


@pytest.mark.parametrize(
    "dialect", ["mistral", "groq", "gemini", "deepseek", "openrouter", "llamacpp", "ollama", "vllm"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_dialects_get_what_they_take(tmp_path: Path, dialect: str, stream: bool) -> None:
    """A request with fields that only some servers take is answered by each dialect whose row is named."""
    with Simulator() as sim:
        from franca.simulator.dialects import DIALECTS

        if dialect not in DIALECTS:
            pytest.skip(f"no dialect {dialect}")
        table = {"type": dialect, "base_url": sim.dialect(dialect), "api_key": "k"}
        with relaying(tmp_path, {"sim": table}) as gateway:
            fields: dict[str, Any] = {
                "max_completion_tokens": 50,
                "seed": 5,
                "parallel_tool_calls": False,
                "user": "me",
            }
            model = "sim/echo"
            got = gateway.chat(model, "Hello there", stream=stream, **fields)
            assert got.status == 200, got
            if stream:
                deltas = [json.loads(one)["choices"] for one in got.events() if one != "[DONE]"]
                text = "".join(one[0]["delta"].get("content") or "" for one in deltas if one)
                assert text
            else:
                assert got.json()["choices"][0]["message"]["content"]
            row = only(gateway)
            assert row.outcome == "ok"
            assert row.completion_tokens
