"""What callers send as a body: too large, too slow, half, packed, and no JSON."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator

import pytest
from gw_relay import MESSAGES, Caller, Puppet, Relaying, answer_of, relaying


def packed(data: bytes) -> bytes:
    """As gzip, without the time, which would be part of a test's name."""
    return gzip.compress(data, mtime=0)


LIMIT = 100_000
PLAIN = json.dumps({"model": "sim/m", "messages": MESSAGES}).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Puppet]:
    with Puppet(lambda call: call.reply(answer_of())) as found:
        yield found


@pytest.fixture(scope="module")
def gateway(server: Puppet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relaying]:
    settings = {"max_body": LIMIT, "body_timeout": 0.5}
    servers = {"sim": server.table(), "picky": {**server.table(), "type": "mistral"}}
    with relaying(tmp_path_factory.mktemp("body"), servers, gateway=settings) as found:
        yield found


def sent(gateway: Relaying, body: bytes, encoding: str | None = None) -> tuple[int, str]:
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    got = gateway.ask("POST", "/v1/chat/completions", body, headers=headers)
    return got.status, "" if got.status == 200 else got.json()["error"]["code"]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (packed(PLAIN), "gzip"),
        (packed(PLAIN), "x-gzip"),
        (packed(PLAIN), "GZIP"),
        (zlib.compress(PLAIN), "deflate"),
        (PLAIN, "identity"),
        (PLAIN, "Identity"),
        (packed(PLAIN[:20]) + packed(PLAIN[20:]), "gzip"),
    ],
)
def test_a_packed_body_is_unpacked(gateway: Relaying, server: Puppet, body: bytes, encoding: str) -> None:
    """The encodings that clients use, also a gzip of two members; the server gets the plain body without the header."""
    assert sent(gateway, body, encoding) == (200, "")
    assert server.calls[-1].json() == {"model": "m", "messages": MESSAGES}
    assert "content-encoding" not in server.calls[-1].headers


@pytest.mark.parametrize(
    ("body", "encoding", "want"),
    [
        (packed(b" " * 50_000_000), "gzip", (413, "body_too_large")),
        (packed(b" " * LIMIT + b"{}"), "gzip", (413, "body_too_large")),
        (zlib.compress(b" " * 50_000_000), "deflate", (413, "body_too_large")),
        (packed(packed(b" " * 50_000_000)), "gzip", (400, "bad_json")),
        (packed(PLAIN)[:-9], "gzip", (400, "bad_encoding")),
        (b"not gzip", "gzip", (400, "bad_encoding")),
        (PLAIN, "br", (415, "encoding")),
        (PLAIN, "gzip, gzip", (415, "encoding")),
        (b" " * (LIMIT + 1), None, (413, "body_too_large")),
    ],
)
def test_bombs_and_rubbish_are_refused(
    gateway: Relaying, server: Puppet, body: bytes, encoding: str | None, want: tuple[int, str]
) -> None:
    """What grows beyond the limit, ends too early or is not what it says reaches no server."""
    before = len(server.calls)
    assert sent(gateway, body, encoding) == want
    assert len(server.calls) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"{",
        b'{"model":"sim/m"',
        b"\xff\xfe{}",
        b'{"model":"sim/m",}',
        b'{"a":NaN,"model":"sim/m"}',
        b'{"model":7}',
        b'{"model":["sim/m"]}',
        b'{"model":null}',
        b'{"model":""}',
        b'{"model":"sim/m","stream":1}',
        b'{"model":"sim/m","stream":"true"}',
        b'{"model":"sim/m","stream":true,"stream_options":[]}',
        b'{"model":"sim/m"} x',
        b'{"model":"\\ud800"}',
        b'{"model":"sim/m","a":' + b"[" * 40_000 + b"]" * 40_000 + b"}",
        b'{"model":"sim/m","response_format":{"type":"json_schema","json_schema":7}}',
    ],
)
def test_what_is_no_request_is_a_400(gateway: Relaying, server: Puppet, body: bytes) -> None:
    """Empty, no object, broken, of the wrong types, nested without end: a 400 that says what is wrong, or a 404 for a
    model that there is not."""
    before = len(server.calls)
    got = gateway.ask("POST", "/v1/chat/completions", body)
    assert got.status in (400, 404), got
    error = got.json()["error"]
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    assert len(server.calls) == before


@pytest.mark.parametrize("depth", [100, 400, 900, 1100, 3000])
@pytest.mark.parametrize("model", ["sim/m", "picky/m"])
def test_deep_nesting_breaks_nothing(gateway: Relaying, model: str, depth: int) -> None:
    """However deep a field nests it is passed on or refused, and never a failure of the gateway's own; also where the
    body must be changed for the server."""
    body = b'{"model":"%s","messages":[],"max_completion_tokens":5,"seed":1,"x":%s}' % (
        model.encode(),
        b"[" * depth + b"]" * depth,
    )
    assert gateway.ask("POST", "/v1/chat/completions", body).status in (200, 400)


def test_a_body_in_chunks_is_bounded_too(gateway: Relaying) -> None:
    """Without a length it is read until the limit and no further."""
    with Caller(gateway) as caller:
        caller.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            caller.send(b"c350\r\n" + b" " * 50_000 + b"\r\n")
        got = caller.until(b"}}")
    assert got.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", [b"200000", b"-5", b"1e3", b"99999999999999999999"])
def test_a_length_that_is_too_much_is_refused_at_once(gateway: Relaying, length: bytes) -> None:
    """Nothing of a body is waited for whose length says enough."""
    with Caller(gateway) as caller:
        caller.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + b"\r\n\r\n{"
        )
        got = caller.until(b"\r\n")
    assert got.split(b" ")[1] in (b"413", b"400")


@pytest.mark.parametrize("begun", [b"", b'{"model":'])
def test_a_body_that_does_not_come_is_a_408(gateway: Relaying, server: Puppet, begun: bytes) -> None:
    """A caller who never ends his body is told so after `body_timeout`, and the connection ends."""
    before = len(server.calls)
    with Caller(gateway) as caller:
        caller.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n" + begun)
        got = caller.rest()
    assert got.startswith(b"HTTP/1.1 408")
    assert b"body_timeout" in got
    assert len(server.calls) == before


def test_a_slow_body_that_comes_in_time_is_served(gateway: Relaying) -> None:
    """A body in two pieces with a silence between them is one body."""
    import time

    with Caller(gateway) as caller:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(PLAIN)
        caller.send(head + PLAIN[:10])
        time.sleep(0.2)  # longer than the first look of who watches
        assert caller.send(PLAIN[10:]).until(b"}}").startswith(b"HTTP/1.1 200")
