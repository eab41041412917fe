"""Structured output while it is written: items one by one, nothing taken back, and a server that stops when left."""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
from typing import Annotated, Any

import pytest

import franca
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.simulator import Simulator

from .conftest import (
    ADA,
    ALL,
    ASKS,
    ASKS_ALL,
    NAMED,
    Make,
    Person,
    calls,
    delta,
    errors,
    modes,
    pieces,
    refused,
    says,
    streams,
    text,
    usage,
)

GOOD = '{"name":"Ada","age":36}'
PEOPLE = '[{"name":"Ada","age":36},{"name":"Bob","age":1}]'
BOXED = f'{{"value":{PEOPLE}}}'
STRICT = '{"value":[{"name":"Ada","age":36,"nick":null},{"name":"Bob","age":1,"nick":null}]}'


# ---- over sockets --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["strict", "native", "tool", "json_object", "prompt", None])
@pytest.mark.parametrize("variant", ["", "messy", "second", "third"])
def test_items_come_one_by_one(client: Make, variant: str, mode: Any) -> None:
    """Each as an instance, all of them, once, in every mode; also when the first answers did not fit."""
    parts, found = client(variant).stream(ASKS_ALL, list[Person], mode=mode)
    assert parts == found.value == ALL
    assert found.chat.finish_kind in ("stop", "tool_calls")


@pytest.mark.parametrize("variant", ["", "prompt-only", "tools-only", "json-object-only", "echo-schema", "think"])
def test_an_object_grows(client: Make, variant: str) -> None:
    """Each part has what the part before had; the last is the whole."""
    parts, found = client(variant).stream(ASKS, Person)
    assert found.value == ADA
    assert parts[-1] == found.data
    assert [list(part) for part in parts] == sorted((list(part) for part in parts), key=len)


def test_a_long_list(client: Make) -> None:
    """25 items, in the order that they have in the end."""
    parts, found = client("list").stream("Which people?", list[Person])
    assert parts == found.value
    assert len(parts) == 25


def test_leaving_early_stops_the_server(kind: str, sim: Simulator) -> None:
    """At the end of the block the connection is closed, and the server sees it."""
    asks = f"Left early by {kind}.\nanswer: {text([{'name': 'x' * 50, 'age': n} for n in range(400)])}"
    options: dict[str, Any] = {"api_key": "k", "model": "structured", "headers": {"x-sim-tokens-per-second": "100"}}

    async def leaving() -> Any:
        one = franca.AsyncClient(sim.url, **options)
        async with one, one.structured_stream(asks, list[Person], mode="prompt") as stream:
            return await anext(stream), repr(stream), stream

    if kind == "async":
        first, shown, stream = asyncio.run(leaving())
    else:
        with (
            franca.Client(sim.url, **options) as one,
            one.structured_stream(asks, list[Person], mode="prompt") as stream,
        ):
            first, shown = next(stream), repr(stream)
    assert first == Person("x" * 50, 0)
    assert "1 events so far" in shown
    assert "left after 1 events" in repr(stream)
    with pytest.raises(franca.BadUsage, match="left before its end"):
        _ = stream.final
    assert stream.partial.content.startswith("[")
    asked = [seen for seen in sim.requests if f"early by {kind}" in str(seen.body)]
    assert sim.wait_for(lambda: asked[-1].ended, 10) == "left"


def test_a_stream_that_is_dropped_is_left(sim: Simulator) -> None:
    """`break` and garbage collection close it too."""
    with franca.Client(sim.url, api_key="k", model="structured:list") as one:
        stream = one.structured_stream("Dropped?", list[Person])
        for person in stream:
            assert isinstance(person, Person)
            break
        assert "left after 1 events" in repr(stream)
        stream = one.structured_stream("Dropped?", list[Person])
        next(stream)
        del stream
        gc.collect()


# ---- scripted ------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_first_part_is_asked_for(scripted: Make) -> None:
    """A stream that nobody reads costs nothing."""
    one = scripted(streams(GOOD))
    stream = one.client.structured_stream("Who?", Person)
    assert (one.transport.sent, stream.attempts, stream.partial) == (0, (), None)
    with pytest.raises(franca.BadUsage, match="call finish"):
        _ = stream.final
    stream.close()
    assert one.transport.sent == 0


def test_finish(kind: str, scripted: Make) -> None:
    """Reads to the end; what was met is told."""
    one = scripted(refused("json_schema is not supported"), streams(*pieces(GOOD)))
    stream = one.client.structured_stream("Who?", Person)
    found = one.run(stream.finish()) if kind == "async" else stream.finish()
    assert found.value == ADA
    assert stream.final is found
    assert [one.mode for one in stream.attempts] == ["strict", "native"]
    assert stream.partial is found.chat


def test_every_way_of_cutting_it_into_pieces(scripted: Make) -> None:
    """The items are the same."""
    for size in (1, 2, 3, 7, 50, 500):
        parts, found = scripted(streams(*pieces(STRICT, size))).stream("Who?", list[Person])
        assert parts == found.value == ALL


@pytest.mark.parametrize(
    "wanted", [list[Person], tuple[Person, ...], Annotated[list[Person], "people"]], ids=["list", "tuple", "annotated"]
)
def test_kinds_of_lists(scripted: Make, wanted: Any) -> None:
    """Whatever holds the items."""
    parts, found = scripted(streams(*pieces(PEOPLE))).stream("Who?", wanted, mode="prompt")
    assert parts == list(found.value) == ALL


def test_lists_of_a_schema_and_sets(scripted: Make) -> None:
    """Items of a schema are decoded JSON; those of a set come in the order of the text."""
    schema = {"type": "array", "items": NAMED}
    parts, found = scripted(streams('{"value":[{"name":"a"},', '{"name":"b"}]}')).stream("?", schema, mode="native")
    assert parts == found.value == [{"name": "a"}, {"name": "b"}]
    parts, found = scripted(streams("[3, 1, 2]")).stream("?", set[int], mode="prompt")
    assert (parts, found.value) == ([3, 1, 2], {1, 2, 3})


def test_scalars_come_at_the_end(scripted: Make) -> None:
    """A number or a word is not shown before it is whole; null is nothing to show."""
    parts, found = scripted(streams("4", "2")).stream("?", int, mode="prompt")
    assert (parts, found.value) == ([42], 42)
    parts, found = scripted(streams('{"value":', "4", "2}")).stream("?", int, mode="native")
    assert (parts, found.value) == ([42], 42)
    parts, found = scripted(streams("null")).stream("?", int | None, mode="prompt")
    assert (parts, found.value) == ([], None)


def test_once_items_are_out_nobody_is_asked_again(scripted: Make) -> None:
    """What does not fit then is the error, with the answer and what was handed out before."""
    bad = '{"value":[{"name":"Ada","age":36,"nick":null},{"name":5.5}]}'
    parts, error, stream = scripted(streams(*pieces(bad)), streams(STRICT)).fails("?", list[Person])
    assert parts == [ADA]
    assert isinstance(error, franca.OutputInvalid)
    assert error.partial.content == bad
    assert len(error.attempts) == 1
    with pytest.raises(franca.OutputInvalid):
        _ = stream.final
    assert "failed after 1 events" in repr(stream)


def test_a_stream_that_breaks_after_items_ends_there(scripted: Make) -> None:
    """No fallback begins anew; the error carries what came."""
    script = [streams('{"value":[{"name":"Ada","age":36,"nick":null},', cut=True), streams(STRICT)]
    one = scripted(*script, fallbacks=[{"server": "http://two/v1"}])
    parts, error, _ = one.fails("?", list[Person])
    assert parts == [ADA]
    assert isinstance(error, franca.StreamBroken)
    assert one.transport.sent == 1
    assert error.tried == ()
    assert errors(error) == ["StreamBroken"]
    assert error.attempts[0].chat is error.partial
    loaded = pickle.loads(pickle.dumps(error))
    assert loaded.attempts[0].error is loaded
    parts, error, _ = scripted(*script).fails("?", list[Person])
    assert parts == [ADA]
    assert isinstance(error, franca.StreamBroken)


def test_a_stream_that_breaks_before_items_goes_to_the_fallback(scripted: Make) -> None:
    """Nothing was shown, so the next server may begin."""
    one = scripted(streams('{"va', cut=True), streams(STRICT), fallbacks=[{"server": "http://two/v1"}])
    parts, found = one.stream("?", list[Person])
    assert parts == ALL
    assert errors(found) == ["StreamBroken", "NoneType"]
    assert len(found.chat.tried) == 1


def test_a_whole_answer_that_says_something_else(scripted: Make) -> None:
    """A draft whose items are out, and then another list: no value at all, rather than two."""
    draft = '[{"name":"Eve","age":1}]\n\nNo, that was wrong:\n\n' + PEOPLE
    parts, error, _ = scripted(streams(*pieces(draft, 9))).fails("?", list[Person], mode="prompt")
    assert parts == [Person("Eve", 1)]
    assert isinstance(error, franca.OutputInvalid)
    assert "handed out" in error.message


def test_an_item_that_its_class_refuses(scripted: Make) -> None:
    """Nothing more is shown; the end says why."""
    from dataclasses import dataclass

    @dataclass
    class Even:
        n: int

        def __post_init__(self) -> None:
            if self.n % 2:
                raise ValueError("n is odd")

    parts, error, _ = scripted(streams('[{"n":2},', '{"n":1},', '{"n":4}', "]")).fails("?", list[Even], mode="prompt")
    assert parts == [Even(2)]
    assert "n is odd" in str(error.problems)
    first = streams('[{"n":1},', '{"n":4}]')
    parts, found = scripted(first, streams('[{"n":4}]')).stream("?", list[Even], mode="prompt")
    assert parts == [Even(4)] == found.value


def test_an_answer_that_is_asked_for_again_begins_anew(scripted: Make) -> None:
    """What the first one said is no part of the second."""
    one = scripted(streams('{"value":[{"na', 'me":5.5}]}'), streams(*pieces(STRICT)))
    parts, found = one.stream("?", list[Person], mode="native")
    assert parts == found.value == ALL
    assert len(found.attempts) == 2


def call_pieces(*fragments: tuple[int, str, str]) -> Any:
    events: list[Any] = []
    for index, name, arguments in fragments:
        function = {"arguments": arguments, **({"name": name} if name else {})}
        events.append(delta(tool_calls=[{"index": index, "id": f"c{index}", "type": "function", "function": function}]))
    events.append({**delta(), "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": usage()})
    return FakeTransport.stream(events)


def test_calls_in_pieces(scripted: Make) -> None:
    """The arguments of one call are one text; items of another call are none of it."""
    half = len(BOXED) // 2
    parts, found = scripted(call_pieces((0, "list", ""), (0, "", BOXED[:half]), (0, "", BOXED[half:]))).stream(
        "?", list[Person], mode="tool"
    )
    assert parts == found.value == ALL
    two = call_pieces((0, "list", '{"value":[]}'), (1, "list", BOXED))
    parts, found = scripted(two).stream("?", list[Person], mode="tool")
    assert parts == found.value == ALL
    other = call_pieces((0, "list", '{"value":[{"name":"Eve","age":1}]}'), (1, "list", BOXED))
    parts, error, _ = scripted(other).fails("?", list[Person], mode="tool")
    assert parts == [Person("Eve", 1)]
    assert isinstance(error, franca.OutputInvalid)


def test_the_rest_of_a_cut_answer_is_shown_when_it_is_whole(scripted: Make) -> None:
    """Items before the cut at once, those behind it at the end."""
    at = PEOPLE.index('{"name":"Bob')
    one = scripted(streams(PEOPLE[:at], finish="length"), streams(PEOPLE[at:]))
    parts, found = one.stream("?", list[Person], mode="prompt")
    assert parts == found.value == ALL
    assert found.usage.total_tokens == 20
    one = scripted(streams(PEOPLE[:at], finish="length"), streams('{"name":"Eve"'))
    parts, error, _ = one.fails("?", list[Person], mode="prompt")
    assert parts == [ADA]
    assert isinstance(error, franca.OutputCut)
    assert error.attempts[-1].error.problems


def test_a_server_that_does_not_stream(scripted: Make) -> None:
    """Its whole answer is one event."""
    parts, found = scripted(says(STRICT)).stream("?", list[Person])
    assert parts == found.value == ALL
    parts, found = scripted(calls(BOXED, name="list")).stream("?", list[Person], mode="tool")
    assert parts == found.value == ALL


def test_a_whole_answer_may_be_left_too(kind: str, scripted: Make) -> None:
    """There is no connection to close any more."""
    one = scripted(says(STRICT))
    stream = one.client.structured_stream("?", list[Person])
    first = one.run(anext(stream)) if kind == "async" else next(stream)
    stream.close()
    assert first == ADA
    assert one.transport.open_replies == 0


def test_candidates_are_not_streamed(scripted: Make) -> None:
    """There is no vote before all have spoken."""
    with pytest.raises(franca.BadUsage, match="cannot be streamed"):
        scripted().client.structured_stream("?", int, candidates=2)


def test_modes_step_down_in_a_stream(scripted: Make) -> None:
    """As in a whole answer."""
    no = refused("json_schema is not supported")
    found = scripted(no, no, call_pieces((0, "Person", GOOD))).stream("?", Person)[1]
    assert modes(found) == ["strict", "native", "tool"]


def test_an_error_in_the_stream_that_refuses_the_mode(scripted: Make) -> None:
    """Before anything was shown it is a step down, afterwards the end."""
    no = {"error": {"message": "json_schema is not supported", "code": 400}}
    found = scripted(FakeTransport.stream([no]), streams(STRICT)).stream("?", list[Person])[1]
    assert modes(found) == ["strict", "native"]
    late = FakeTransport.stream([delta(content='{"value":[{"name":"Ada","age":36,"nick":null},'), no])
    parts, error, _ = scripted(late, streams(STRICT)).fails("?", list[Person])
    assert parts == [ADA]
    assert isinstance(error, franca.BadRequest)


def test_cancelling_the_reader_closes_the_reply() -> None:
    """asyncio: the task that reads is cancelled while the server is silent."""

    class Silent(AsyncFakeTransport):
        async def send(self, request: Any) -> Any:
            reply = await super().send(request)

            async def read_some(until: Any = None) -> bytes:
                await asyncio.sleep(60)
                return b""

            reply.read_some = read_some
            return reply

    async def main() -> Any:
        transport = Silent([streams(GOOD)])
        one = franca.AsyncClient("http://fake/v1", api_key="k", model="m", transport=transport)
        stream = one.structured_stream("?", Person)
        task = asyncio.ensure_future(anext(stream))
        while transport.open_replies == 0:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return transport.open_replies, stream

    left, stream = asyncio.run(main())
    assert left == 0
    assert stream.attempts == ()


def test_parts_are_not_changed_afterwards() -> None:
    """What was handed out stays as it was."""
    whole = json.dumps({"name": "Ada", "tags": ["a", "b", "c"]})
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "tags": {"type": "array"}}}
    one = franca.Client("http://fake/v1", api_key="k", model="m", transport=FakeTransport([streams(*pieces(whole, 3))]))
    with one.structured_stream("?", schema, mode="native") as stream:
        seen = [(part, json.dumps(part)) for part in stream]
    assert len(seen) > 3
    assert all(json.dumps(part) == then for part, then in seen)
    assert seen[-1][0] == stream.final.value
