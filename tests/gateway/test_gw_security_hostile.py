"""A server that lies, floods or breaks the protocol: the gateway, its books and its other callers do not suffer."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from gw_gateway import ThreadGateway, wait_until
from gw_relay import DONE, MESSAGES, Call, Puppet, answer_of, chunk_of, event_of

from franca.gateway.body import json_fields
from franca.gateway.quota.estimate import estimate
from franca.prices import Price


def usage_of(prompt: Any, completion: Any, **more: Any) -> dict[str, Any]:
    return answer_of(usage={"prompt_tokens": prompt, "completion_tokens": completion, **more})


def forever(piece: bytes, first: bytes = b"") -> Callable[[Call], None]:
    """Writes the same until nobody takes it any more."""

    def play(call: Call) -> None:
        end = time.monotonic() + 20
        try:
            call.write(first)
            while time.monotonic() < end:
                call.write(piece)
        except OSError:
            return

    return play


def gateway_for(server: Puppet, **more: Any) -> ThreadGateway:
    return ThreadGateway({
        "gateway": {"admin_key": "the-admin"},
        "servers": {"sim": server.table(idle_timeout=5)},
        "keys": {"poor": {"key": "k-poor", "budget": {"total": 100}}, "rich": {"key": "k-rich"}},
        "prices": {"m": {"input": 1.0, "output": 0.1}},
        "routing": {"failures": 1000},
        "store": {"url": "memory"},
        "log": {"form": "off"},
        **more,
    })  # fmt: skip


HEAD = b"HTTP/1.1 200 OK\r\n"
BROKEN = {
    "headers without end": forever(b"X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 1000, HEAD),
    "100 without end": forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "a line without end": forever(b"x" * 65536, HEAD),
    "CR in a header": lambda call: call.write(HEAD + b"openai-model: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\n{}"),
    "switching": lambda call: call.write(b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "no HTTP": lambda call: (call.write(b"\x00\x01\x02" * 1000), call.close()),
    "two lengths": lambda call: call.write(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "nothing": lambda call: call.close(),
    "elsewhere": lambda call: call.reply(b"", 302, {"Location": "http://169.254.169.254/latest"}),
    "599": lambda call: call.reply({"error": {"message": "m" * 100_000, "code": ["x"], "type": {"a": 1}}}, 599),
    "999": lambda call: call.reply({"error": {"message": "no"}}, 999),
    "deep": lambda call: call.reply(b'{"error":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "half a character": lambda call: call.reply(
        b'{"error":{"message":"\\ud800","code":"\\ud800","type":"a\\r\\nb: c"}}', 500
    ),
    "a long time": lambda call: call.reply({"error": {"message": "no"}}, 503, {"Retry-After": "9" * 30}),
    "no time": lambda call: call.reply({"error": {"message": "no"}}, 503, {"Retry-After": "nan"}),
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("play", BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_an_error(play: Callable[[Call], None], stream: bool) -> None:
    """The caller is told an error with a status of its own, in JSON, and the next one is served as ever."""
    with Puppet(play) as server, gateway_for(server) as gateway:
        answer = gateway.chat("sim/m", key="k-rich", stream=stream)
        assert 400 <= answer.status < 600
        assert answer.json()["error"]["message"]
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        for seat in gateway.app.gateway.quota._seats.values():
            assert seat.own.total_held == 0
        assert gateway.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("status", [600, 999])
def test_a_status_that_is_none_passes_nowhere(status: int) -> None:
    """Also what is passed on as it is has a status that there is."""
    with Puppet(lambda call: call.reply({}, status)) as server, gateway_for(server) as gateway:
        assert 400 <= gateway.ask("GET", "/v1/files/x", key="k-rich").status < 600


@pytest.mark.parametrize("coding", ["whole", "error", "stream"])
def test_a_bomb_stays_small(coding: str) -> None:
    """A compressed answer of 200 MB is never held as a whole; of an error only the beginning is read."""
    bomb = gzip.compress(b'{"error":{"message":"' + b"a" * (200 << 20) + b'"}}')
    kind = "text/event-stream" if coding == "stream" else "application/json"

    def play(call: Call) -> None:
        headers = {"Content-Encoding": "gzip", "Content-Type": kind}
        call.reply(bomb, 500 if coding == "error" else 200, headers)

    def memory() -> int:
        with open("/proc/self/status") as file:
            return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) * 1024

    with Puppet(play) as server, gateway_for(server) as gateway:
        gateway.chat("sim/m", key="k-rich", max_tokens=1)
        before = memory()
        connection = gateway.connect()
        body = {"model": "sim/m", "messages": MESSAGES, "stream": coding == "stream"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer k-rich"})
        reply = connection.getresponse()
        try:
            while reply.read(65536):
                pass
        except http.client.HTTPException:
            pass
        connection.close()
        assert memory() - before < 100 << 20


@pytest.mark.parametrize(
    "told",
    [
        usage_of(-1_000_000, 1_000_001), usage_of(1, -1), usage_of(1, 1, cost=-5),
        usage_of(10**400, 10**16, cost=1e300),
        usage_of(1, 1, cost=True), usage_of("9", [1]), usage_of(1.5, None, cost="5"),
        usage_of(0, 0, cost={"total_cost": -1}),
        usage_of(1, 1, prompt_tokens_details={"cached_tokens": 10**9}),
        usage_of(1, 1, completion_tokens_details={"reasoning_tokens": -(10**9)}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_lies_about_usage_give_no_money_back(told: dict[str, Any], stream: bool) -> None:
    """Counts and costs below nothing, beyond all reason or of other types never lower what a key has spent, nor what
    the metrics say."""

    def play(call: Call) -> None:
        if stream:
            call.stream(
                [chunk_of("a"), chunk_of(None, "stop"), event_of({"choices": [], "usage": told["usage"]}), DONE]
            )
        else:
            call.reply(told)

    with Puppet(play) as server, gateway_for(server) as gateway:
        before = 0
        for _ in range(2):
            assert gateway.chat("sim/m", key="k-poor", stream=stream).status == 200
            (seat,) = gateway.app.gateway.quota._seats.values()
            assert seat.own.total_spent >= before
            assert seat.own.total_held == 0
            before = seat.own.total_spent
        assert before < 100 * 10**9
        wait_until(lambda: len(gateway.app.gateway.metrics.cells) > 0, "the metrics to count")
        assert all(cell.cost >= 0 for cell in gateway.app.gateway.metrics.cells.values())
        usage = gateway.ask("GET", "/admin/v1/usage?by=model", key="the-admin").json()
        assert all(line["cost"] >= 0 and line["prompt_tokens"] >= 0 for line in usage["lines"])


def test_leaving_before_the_usage_is_not_cheaper() -> None:
    """A caller who reads a stream and leaves just before its end pays for what he was sent."""
    pieces = 2000

    def play(call: Call) -> None:
        call.begin_stream()
        for _ in range(pieces):
            call.piece(chunk_of("word "))
        call.gone(20)

    with Puppet(play) as server, gateway_for(server, limits={"reserve_tokens": 10}) as gateway:
        connection = gateway.connect()
        body = {"model": "sim/m", "messages": MESSAGES, "stream": True}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer k-poor"})
        reply = connection.getresponse()
        seen = 0
        while seen < pieces:
            seen += reply.readline().count(b"data:")
        reply.close()
        connection.close()
        (seat,) = gateway.app.gateway.quota._seats.values()
        wait_until(lambda: seat.own.total_held == 0 and seat.own.running == 0, "the request to be settled")
        assert seat.own.total_spent >= (pieces - 3) * 100  # billionths; a few events hold no token


@pytest.mark.parametrize("n", [b'"50"', b"50.0", b"5e1"])
def test_odd_numbers_reserve_as_much_as_plain_ones(n: bytes) -> None:
    """Many servers take "50" and 50.0 for 50: they must not pass as one answer with a limit."""
    body = b'{"messages":[],"max_tokens":100,"n":%s}' % n
    found = estimate(json_fields(body), len(body), Price(1.0, 1.0), 1024)
    assert found.tokens >= 5000 or not found.capped


@pytest.mark.parametrize(
    "model",
    [
        b'{"id":"a","context_length":1' + b"0" * 400 + b"}",
        b'{"id":"a","context_length":"x","architecture":{"input_modalities":[[],{}]},"supported_parameters":[{},[]]}',
        b'{"id":"a","x":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"id":"a","y":"\\ud800","z":NaN}',
        b'{"id":"a\\u0000\\r\\n\\ud800"}',
        b'{"id":"a","\\ud800":1}',
        b'{"id":"a","top_provider":5,"pricing":[],"architecture":"x","owned_by":{},"created":1e400}',
        b"5",
        b"[" * 3000 + b"]" * 3000,
    ],
)
def test_one_server_cannot_spoil_the_list_of_models(model: bytes) -> None:
    """Whatever one of them lists, the models of the others are there."""

    def lists(call: Call) -> None:
        call.reply(b'{"object":"list","data":[' + model + b"]}")

    def fine(call: Call) -> None:
        call.reply({"object": "list", "data": [{"id": "fine"}]})

    with Puppet(lists) as one, Puppet(fine) as two:
        config = {"servers": {"one": one.table(), "two": two.table()}, "store": {"url": "none"}, "log": {"form": "off"}}
        with ThreadGateway(config) as gateway:
            answer = gateway.ask("GET", "/v1/models")
            assert answer.status == 200
            assert "two/fine" in [found["id"] for found in answer.json()["data"]]
