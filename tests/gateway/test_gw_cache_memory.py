"""The key of a request, the cache in memory, and the way of an answer into it and out again."""

from __future__ import annotations

import asyncio
import json
from itertools import product
from typing import Any

import msgspec
import pytest
from gw_structured import Got, exchange_for, raw
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.gateway.answer import EVENT_STREAM, JSON
from franca.gateway.cache import CacheWriter, Kept, open_cache, replay, wanted_of
from franca.gateway.cache.memory import MemoryCache
from franca.gateway.config.shape import CacheTable
from franca.gateway.keys.record import VirtualKey

ON = CacheTable(enabled=True)
FIELDS = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}


def key_of(
    fields: Any = FIELDS,
    *,
    table: CacheTable = ON,
    endpoint: str = "chat",
    caller: str | None = None,
    asked: str = "a/m",
    stream: bool = False,
    usage: bool = False,
) -> bytes:
    exchange = exchange_for(Got(), stream)
    exchange.asked = asked
    exchange.key = None if caller is None else VirtualKey(id=caller, name=caller, hash="")
    wanted = wanted_of(exchange, table, endpoint, raw(fields), usage=usage)
    assert wanted is not None
    assert wanted[1:] == (True, True, None)
    return wanted.key


def directed(header: bytes) -> Any:
    exchange = exchange_for(Got())
    exchange.headers = {b"cache-control": header}
    return wanted_of(exchange, ON, "chat", raw(FIELDS))


def test_what_is_the_same_request() -> None:
    """The order of fields, the user, and how the stream is told do not count."""
    same = key_of()
    assert key_of(dict(reversed(FIELDS.items()))) == same
    assert key_of({**FIELDS, "user": "u", "model": "x", "stream": True, "stream_options": {}}) == same
    assert key_of(caller="key_1", table=CacheTable(shared=True)) == key_of(table=CacheTable(shared=True))
    assert len(same) == 32


def test_what_is_another_request() -> None:
    """Everything that may change the answer, and everybody else's."""
    keys = [
        key_of(),
        key_of(caller="key_1"),
        key_of(caller="key_2"),
        key_of(asked="b/m"),
        key_of(endpoint="completions"),
        key_of(stream=True),
        key_of(stream=True, usage=True),
        key_of({**FIELDS, "temperature": 0.6}),
        key_of({**FIELDS, "top_p": 0.5}),
        key_of({"messages": FIELDS["messages"]}),
    ]
    assert len(set(keys)) == len(keys)


def test_no_parts_run_together() -> None:
    """A name is no end of a value, nor the beginning of another name."""
    assert key_of({"a": 1, "b": 2}) != key_of({"a1b": 2})
    assert key_of({"a": 12}) != key_of({"a1": 2})


@given(*[st.lists(st.tuples(st.text(max_size=3), st.integers(0, 3)), max_size=4)] * 2)
def test_two_bodies_have_one_key_only_if_they_are_equal(one: Any, other: Any) -> None:
    """No parts run together, whatever the names."""
    first, second = dict(one), dict(other)
    for name in ("model", "stream", "stream_options", "user"):
        first.pop(name, None), second.pop(name, None)
    assert (key_of(first) == key_of(second)) == (first == second)


@pytest.mark.parametrize("endpoint", ["responses", "audio", "images", "raw", "files"])
def test_other_endpoints_are_not_kept(endpoint: str) -> None:
    """Only chats, completions and embeddings are."""
    assert wanted_of(exchange_for(Got()), ON, endpoint, raw(FIELDS)) is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (b"no-store", None),
        (b"max-age=5, no-store", None),
        (b"no-cache", (False, True, None)),
        (b"NO-CACHE", (False, True, None)),
        (b"max-age=60", (True, True, 60.0)),
        (b"private , max-age=0", (True, True, 0.0)),
        (b"max-age=lots", (True, True, 0.0)),
        (b"", (True, True, None)),
    ],
)
def test_the_callers_word_is_heeded(header: bytes, wanted: Any) -> None:
    """Cache-Control of the request: neither read nor kept, asked anew, or of an age."""
    found = directed(header)
    assert (found and found[1:]) == wanted


# ---- memory ---------------------------------------------------------------------------------------


def kept(at: float = 0.0, size: int = 10) -> Kept:
    return Kept(at, JSON, b"x" * size)


def got(cache: MemoryCache, key: bytes, max_age: float | None = None) -> Kept | None:
    return asyncio.run(cache.get(key, max_age))


def test_an_answer_lives_so_long_and_no_longer() -> None:
    """`seconds` bounds the age, and a caller may want it younger."""
    now = 100.0
    cache = MemoryCache(CacheTable(seconds=10), clock=lambda: now)
    cache.put(b"a", kept(100.0))
    now = 105.0
    assert got(cache, b"a") == kept(100.0)
    assert got(cache, b"a", 4.9) is None
    assert got(cache, b"a", 5.0) is not None
    now = 110.0
    assert got(cache, b"a") is None
    assert (len(cache), cache.bytes) == (0, 0)


def test_the_least_recently_used_goes() -> None:
    """Memory is bounded by bytes, and what was read stays."""
    cache = MemoryCache(CacheTable(max_bytes=3 * kept().size), clock=lambda: 0.0)
    for name in (b"a", b"b", b"c"):
        cache.put(name, kept())
    assert got(cache, b"a") is not None
    cache.put(b"d", kept())
    assert [name for name in (b"a", b"b", b"c", b"d") if got(cache, name)] == [b"a", b"c", b"d"]
    cache.put(b"e", kept(size=10_000))
    assert got(cache, b"e") is None
    assert len(cache) == 3


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900), st.booleans()), max_size=60))
def test_the_bytes_are_counted_rightly(steps: Any) -> None:
    """Whatever is put and read: the count is the sum, and never above the bound."""
    cache = MemoryCache(CacheTable(max_bytes=2500), clock=lambda: 0.0)
    for name, size, put in steps:
        if put:
            cache.put(name.encode(), kept(size=size))
        else:
            found = got(cache, name.encode())
            assert found is None or found.size <= 2500
        assert cache.bytes == sum(one.size for one in cache._kept.values()) <= 2500


def test_close_lets_go() -> None:
    """Nothing is held after it."""
    cache = MemoryCache(ON)
    cache.put(b"a", kept())
    asyncio.run(cache.close())
    assert (len(cache), cache.bytes, got(cache, b"a")) == (0, 0, None)


def test_off_and_wrong_addresses() -> None:
    """There is none by default; what is no address of a Redis is told without repeating it."""
    assert open_cache(CacheTable()) is None
    assert isinstance(open_cache(ON), MemoryCache)
    with pytest.raises(BadUsage) as caught:
        open_cache(CacheTable(enabled=True, url="http://user:secret@host"))
    assert "redis://" in caught.value.message
    assert "secret" not in repr(caught.value)


# ---- in and out -----------------------------------------------------------------------------------

STREAM = [b'data: {"a":1}\n\n', b": keep-alive\n\n", b"data: [DONE]\n\n"]


def written(pieces: list[bytes], *, status: int = 200, kind: bytes = JSON, whole: bool = True, **table: Any) -> Any:
    cache = MemoryCache(CacheTable(**table))
    exchange = exchange_for(Got())
    exchange.server, exchange.model = "s", "m"
    writer = CacheWriter(cache, b"k", CacheTable(**table), exchange, ((b"x-franca-structured", b"tool"),))
    for piece in pieces:
        writer.take(piece)
    writer.finish(status, kind, whole)
    return got(cache, b"k")


def test_a_stream_is_replayed_as_it_came() -> None:
    """The same bytes, in order, and marked as kept."""
    found = written(STREAM, kind=EVENT_STREAM)
    told, exchange = Got(), exchange_for(Got(), True)
    exchange.send = told.send
    asyncio.run(replay(exchange, found))
    assert b"".join(told.pieces) == b"".join(STREAM)
    assert told.ended
    assert told.headers["x-franca-cache"] == "hit"
    assert told.headers["age"] == "0"
    assert told.headers["x-franca-structured"] == "tool"
    assert told.headers["content-type"].startswith("text/event-stream")
    assert (exchange.cached, exchange.cost, exchange.server, exchange.model) == (True, 0.0, "s", "m")


def test_a_whole_answer_is_replayed_with_its_length() -> None:
    """And a long stream comes in pieces."""
    told, exchange = Got(), exchange_for(Got())
    exchange.send = told.send
    asyncio.run(replay(exchange, written([b'{"a":', b"1}"])))
    assert (told.body, told.headers["content-length"]) == ({"a": 1}, "7")
    told, exchange = Got(), exchange_for(Got(), True)
    exchange.send = told.send
    long = b"data: " + b"x" * 200_000 + b"\n\n"
    asyncio.run(replay(exchange, written([long], kind=EVENT_STREAM)))
    assert b"".join(told.pieces) == long
    assert len(told.pieces) == 4


@pytest.mark.parametrize(
    "how",
    [
        {"whole": False},
        {"status": 201},
        {"status": 500},
        {"kind": b"audio/mpeg"},
        {"max_answer": 5},
        {"pieces": [b'{"error": {"message": "no"}}']},
        {"pieces": [b'{"id": "x", "error": "no"}']},
        {"pieces": [b'{"error": ']},
        {"pieces": []},
    ],
)
def test_what_is_not_kept(how: dict[str, Any]) -> None:
    """Answers that are not whole, not a success, not JSON or a stream, too large, or an error in disguise."""
    pieces = how.pop("pieces", [b'{"a":', b"1}"])
    assert written(pieces, **how) is None


@pytest.mark.parametrize("body", [{"a": 'the word "error"'}, {"error": None}, {"choices": [{"error": 1}]}])
def test_the_word_alone_is_no_error(body: Any) -> None:
    """Only the answer's own field says so."""
    assert json.loads(written([json.dumps(body).encode()]).body) == body


def test_too_large_an_answer_is_not_even_held() -> None:
    """The writer lets go what it had as soon as it is too much."""
    writer = CacheWriter(MemoryCache(ON), b"k", CacheTable(max_answer=100), exchange_for(Got()))
    for _, piece in product(range(50), [b"x" * 10]):
        writer.take(piece)
    assert writer._pieces is None


def test_a_kept_answer_survives_being_packed() -> None:
    """What Redis holds is read as it was written."""
    one = Kept(1.5, JSON, b"\x00\xff", "s", "m", ((b"a", b"b"),))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Kept) == one
