"""The value as a stream: text that only appends, errors that stay errors, and nothing left running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from gw_structured import (
    ADA,
    PERSON,
    Got,
    Server,
    asked,
    asks,
    exchange_for,
    raw,
    response_format,
    serving,
    session_for,
)

from franca.errors import OutputInvalid, StreamBroken
from franca.gateway.relay.attendance import Attendance, Rounds
from franca.gateway.structured import answer
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.simulator import Simulator

TEXT = json.dumps(ADA, separators=(",", ":"), ensure_ascii=False)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def request(**more: Any) -> dict[str, Any]:
    return {"messages": asks(), "response_format": response_format(strict=True), **more}


def test_the_events_are_openais(sim: Simulator) -> None:
    """A role first, then pieces, a finish reason, the usage if it was asked for, [DONE]; one id throughout."""
    got, exchange = asked(session_for(sim.url), request(), stream=True, tells_usage=True)
    *events, done = got.events
    assert done == "[DONE]"
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.headers["x-franca-structured"] == "native; repairs=0; attempts=1"
    assert {one["object"] for one in events} == {"chat.completion.chunk"}
    assert {one["id"] for one in events} == {exchange.generation}
    assert {one["model"] for one in events} == {"structured"}
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [one["choices"][0]["finish_reason"] for one in events[:-1]] == [None] * (len(events) - 2) + ["stop"]
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["prompt_tokens"] == exchange.prompt_tokens > 0
    assert exchange.first is not None
    without, _ = asked(session_for(sim.url), request(), stream=True)
    assert "usage" not in json.dumps(without.events)
    assert without.events[-1] == "[DONE]"


VARIANTS = [
    "", "messy", "second", "third", "echo-schema", "think", "cut", "cut-hard", "no-strict", "tools-only",
    "json-object-only", "prompt-only", "prompt-only+second", "prompt-only+messy", "no-schema+third",
]  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_pieces_are_the_text(sim: Simulator, variant: str) -> None:
    """Whatever comes before and between: all pieces together are the compact JSON of the value."""
    model = f"structured:{variant}".rstrip(":")
    got, exchange = asked(session_for(sim.url, model), request(), model, stream=True, tells_usage=True)
    assert "".join(got.texts) == TEXT
    assert got.finish == ["stop"]
    assert exchange.outcome == "ok"
    whole, alone = asked(session_for(sim.url, model), request(), model)
    assert whole.body["choices"][0]["message"]["content"] == TEXT
    assert (exchange.prompt_tokens, exchange.tries) == (alone.prompt_tokens, alone.tries)


@pytest.mark.parametrize("variant", ["", "tools-only", "prompt-only"])
def test_it_streams_while_the_model_writes(variant: str) -> None:
    """The first piece is there long before the last: a slow model is waited for by nobody."""
    with Simulator(tokens_per_second=400) as sim:
        model = f"structured:{variant}".rstrip(":")
        session = session_for(sim.url, model)
        asked(session, request(), model)  # what the server refuses is known now
        got, _ = asked(session, request(), model, stream=True)
    assert len(got.texts) > 5
    assert len(got.pieces) > 5


def test_a_server_that_cannot_stream_it(sim: Simulator) -> None:
    """Where a row says so, the value comes in one piece."""
    from franca.servers import SERVERS

    session = session_for(SERVERS["groq"]._replace(base_url=sim.dialect("groq")))
    got, _ = asked(session, request(), stream=True)
    assert got.texts == [TEXT]


# ---- scripted -------------------------------------------------------------------------------------


def piece(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def stream(*texts: str, cut: bool = False, **end: Any) -> Any:
    events = [piece(content=text) for text in texts]
    if not cut:
        events.append({**piece(), "choices": [{"index": 0, "delta": {}, "finish_reason": end.get("finish", "stop")}]})
        tokens = {"prompt_tokens": 6, "completion_tokens": 4, "total_tokens": 10}
        events.append({"id": "a", "model": "m", "choices": [], "usage": tokens})
    return FakeTransport.stream(events, cut=cut)


def scripted(*script: Any, schema: Any = PERSON, **options: Any) -> tuple[Got, Any]:
    got = Got()
    exchange = exchange_for(got, True)

    async def go() -> None:
        server = Server()
        await server.transport.close()
        server.transport = AsyncFakeTransport(list(script))  # type: ignore[assignment]
        fields = raw({"messages": [{"role": "user", "content": "?"}], "response_format": response_format(schema)})
        await answer(exchange, server, session_for("http://fake/v1", retries=0), "m", fields, **options)

    try:
        asyncio.run(go())
    except Exception as error:
        error.exchange, error.got = exchange, got  # type: ignore[attr-defined]
        raise
    return got, exchange


HALF = TEXT[:40]


def test_what_breaks_after_the_first_piece_is_an_error_event() -> None:
    """An event with `error`, no [DONE], no finish reason; and the exchange knows."""
    got, exchange = scripted(stream(TEXT[:20], TEXT[20:40], cut=True))
    assert HALF.startswith("".join(got.texts))
    assert got.texts
    last = got.events[-1]
    assert last["error"]["code"] == "stream_broken"
    assert (got.finish, got.ended, got.status) == ([], True, 200)
    assert (exchange.outcome, exchange.error) == ("cut", "stream_broken")


def test_what_breaks_before_it_is_raised() -> None:
    """Then the caller was sent nothing."""
    with pytest.raises(StreamBroken) as caught:
        scripted(stream('{"na', cut=True))
    assert caught.value.got.status == 0  # type: ignore[attr-defined]


def test_an_answer_that_turns_out_wrong_is_asked_for_again_in_the_same_stream() -> None:
    """The second answer begins as the first one did: the stream goes on where it was."""
    wrong = json.dumps({**ADA, "nick": []})
    got, exchange = scripted(stream(*wrong), stream(*TEXT))
    assert "".join(got.texts) == TEXT
    assert got.finish == ["stop"]
    assert exchange.tries == 2
    assert exchange.prompt_tokens == 12


def test_one_that_says_something_else_then_is_an_error() -> None:
    """What was sent is never taken back: an answer that does not begin with it cannot be given, and is not."""
    wrong = json.dumps({**ADA, "nick": []})
    other = json.dumps({**ADA, "name": "Bob"})
    got, exchange = scripted(stream(*wrong), stream(*other), stream(*other))
    assert TEXT.startswith("".join(got.texts))
    assert got.events[-1]["error"]["code"] == "output_invalid"
    assert got.events[-1]["error"]["upstream"]["problems"]
    assert (exchange.outcome, exchange.error, exchange.tries) == ("error", "output_invalid", 3)


AGED = {
    "type": "object",
    "properties": {"age": {"type": "integer", "maximum": 150}, "name": {"type": "string"}},
    "required": ["age", "name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("wrong", ['{"age":999,"name":"Bob the elder"}', '{"name":"Bob the elder"}'])
def test_what_is_wrong_already_is_not_sent(wrong: str) -> None:
    """A part that breaks the schema, or a required field that was passed over, holds everything back, so that the next
    answer may be another one."""
    right = '{"age":36,"name":"Ada"}'
    got, _ = scripted(stream(*wrong), stream(*right), schema=AGED)
    assert "".join(got.texts) == right
    assert len(got.texts) > 1
    assert got.headers["x-franca-structured"] == "native; repairs=0; attempts=2"


def test_a_long_answer_costs_time_in_proportion() -> None:
    """Thousands of events: few pieces, each within a sixteenth of what is there."""
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}
    text = json.dumps([{"a": "word " * 10} for _ in range(400)], separators=(",", ":"))
    written = f'{{"value":{text}}}'  # strict schemas are objects at their root
    got, _ = scripted(stream(*[written[at : at + 4] for at in range(0, len(written), 4)]), schema=schema)
    assert "".join(got.texts) == text
    assert 50 < len(got.texts) < 400
    sent = 0
    for one in got.texts[1:]:
        assert len(one) < 80 + sent / 8
        sent += len(one)


def test_the_sinks_get_every_byte() -> None:
    """The cache and the log of requests see what the caller sees, and whether it is whole."""
    for script, whole in (((stream(*TEXT),), True), ((stream(TEXT[:40], cut=True),), False)):
        sink = Sink()
        got, _ = scripted(*script, sinks=[sink])
        assert b"".join(sink.taken) == b"".join(got.pieces)
        assert sink.finished == [(200, got.headers["content-type"].encode(), whole)]


def test_a_content_policy_of_the_server_is_its_error() -> None:
    """A refused request is no refusal by the model: it is raised with its status."""
    from franca.errors import Flagged

    error = {"error": {"message": "flagged", "code": "content_policy_violation"}}
    with pytest.raises(Flagged) as caught:
        scripted(FakeTransport.answer(error, status=400))
    assert caught.value.got.status == 0  # type: ignore[attr-defined]


def test_a_usage_that_nobody_told_is_not_told() -> None:
    """No event with a made-up one, and nothing on the exchange."""
    events = [piece(content=TEXT), {**piece(), "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    got, exchange = scripted(FakeTransport.stream(events), tells_usage=True)
    assert all(one["choices"] for one in got.events[:-1])
    assert (exchange.prompt_tokens, exchange.completion_tokens, exchange.cost) == (None, None, None)


class Sink:
    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.finished: list[Any] = []

    def take(self, data: bytes) -> None:
        assert not self.finished
        self.taken.append(data)

    def finish(self, status: int, content_type: bytes, whole: bool) -> None:
        self.finished.append((status, content_type, whole))


def test_a_head_that_was_sent_is_not_sent_again() -> None:
    """Where comments kept the caller alive before, the answer goes into the stream that they began; and an error before
    the first piece is still raised."""

    async def go(script: Any) -> Got:
        got = Got()
        exchange = exchange_for(got, True)
        exchange.started = True
        got.status = 200
        server = Server()
        await server.transport.close()
        server.transport = AsyncFakeTransport([script])  # type: ignore[assignment]
        fields = raw({"messages": [{"role": "user", "content": "?"}], "response_format": response_format()})
        await answer(exchange, server, session_for("http://fake/v1", retries=0), "m", fields, attempts=1)
        return got

    assert "".join(asyncio.run(go(stream(*TEXT))).texts) == TEXT
    with pytest.raises(OutputInvalid):
        asyncio.run(go(stream("no")))


def attended(url: str, model: str, keep_alive: float, leaves: asyncio.Event | None = None) -> tuple[Got, Any]:
    """One stream under the relay's own attendance."""
    got = Got()
    exchange = exchange_for(got, True)

    async def receive() -> Any:
        await (leaves or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def go() -> None:
        exchange.receive = receive
        async with serving() as server:
            with Attendance(exchange, Rounds(), keep_alive, 60.0) as attendance:
                attendance.ready()
                got.gate = leaves
                await answer(exchange, server, session_for(url), model, raw(request()), attendance=attendance)
            assert [task for task in asyncio.all_tasks() if not task.cancelling() and task is not own()] == []

    def own() -> Any:
        return asyncio.current_task()

    asyncio.run(go())
    return got, exchange


def test_comments_go_between_and_never_inside() -> None:
    """A model that takes long to begin: the caller hears comments, then the answer, in one stream with one head."""
    with Simulator(latency=0.6) as sim:
        got, exchange = attended(sim.url, "structured", 0.2)
    body = b"".join(got.pieces)
    assert body.startswith(b": keep-alive\n\n")
    got.pieces = [body.replace(b": keep-alive\n\n", b"")]
    assert "".join(got.texts) == TEXT
    assert got.events[-1] == "[DONE]"
    assert exchange.outcome == "ok"


def test_a_caller_who_leaves_is_noted() -> None:
    """In the middle of a stream: it ends there, and the exchange says so."""
    with Simulator(tokens_per_second=20) as slow:
        got, exchange = attended(slow.url, "structured", 0.0, asyncio.Event())
    assert exchange.outcome == "left"
    assert not got.ended
    assert TEXT.startswith("".join(got.texts))


# ---- leaving --------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("tools", [False, True])
def test_cancelled_it_stops_the_server_at_once(streamed: bool, tools: bool) -> None:
    """Whether it waits for the model or sends to the caller: the connection to the server ends, no task is left."""
    closed = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            if streamed:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
                writer.write(b'data: {"choices":[{"index":0,"delta":{"content":"{\\"name\\":\\"Ada"}}]}\n\n')
            reading.set()
            while await reader.read(65536):
                pass
        finally:
            closed.set()
            writer.close()

    reading = asyncio.Event()

    async def go() -> None:
        server = await asyncio.start_server(slow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        got = Got()
        got.gate = asyncio.Event()
        exchange = exchange_for(got, streamed)
        tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
        fields = request(tools=[tool]) if tools else request()
        async with serving() as upstream:
            session = session_for(f"http://127.0.0.1:{port}/v1")
            task = asyncio.create_task(answer(exchange, upstream, session, "m", raw(fields)))
            async with asyncio.timeout(10):
                await (got.gate.wait() if streamed and not tools else reading.wait())
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await closed.wait()
            assert exchange.outcome == "ok", "whoever cancels says why"
        server.close()
        await server.wait_closed()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(go())


def test_cancelled_while_it_sends_it_stops_the_server_too() -> None:
    """A caller that takes nothing more, and is given up: the flow is closed with its connection."""
    closed = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            writer.write(b'data: {"choices":[{"index":0,"delta":{"content":"{\\"name\\":\\"Ada"}}]}\n\n')
            while await reader.read(65536):
                pass
        finally:
            closed.set()
            writer.close()

    async def go() -> None:
        server = await asyncio.start_server(endless, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        stuck = asyncio.Event()
        sink = Sink()
        exchange = exchange_for(Got(), True)

        async def send(message: Any) -> None:
            stuck.set()
            await asyncio.Event().wait()

        exchange.send = send
        async with serving() as upstream:
            session = session_for(f"http://127.0.0.1:{port}/v1")
            task = asyncio.create_task(answer(exchange, upstream, session, "m", raw(request()), sinks=[sink]))
            async with asyncio.timeout(10):
                await stuck.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await closed.wait()
        assert [whole for _, _, whole in sink.finished] == [False]
        server.close()
        await server.wait_closed()

    asyncio.run(go())
