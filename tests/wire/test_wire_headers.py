"""Headers as they came, and the request that is about to go."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.wire import http
from franca.wire.headers import Headers, is_secret_header, secret_values
from franca.wire.http import Request

tokens = st.text("abcABC-", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("Proxy-Authorization", True),
        ("api-key", True),
        ("X-API-Key", True),
        ("Set-Cookie", True),
        ("X-My-Token", True),
        ("x-client-secret", True),
        ("x-goog-api-key", True),
        ("Content-Type", False),
        ("x-request-id", False),
    ],
)
def test_secret_headers(name, secret):
    """Names that carry keys are known, whatever their case."""
    assert is_secret_header(name) is secret


def test_lookup():
    """Headers are looked up without regard to case; repeated ones are joined, and all there."""
    headers = Headers([("Content-Type", "text/plain"), ("Vary", "Origin"), ("vary", "Accept")])
    assert headers["content-type"] == headers.get("CONTENT-TYPE") == "text/plain"
    assert headers["VARY"] == "Origin, Accept"
    assert headers.get_all("vary") == ["Origin", "Accept"]
    assert headers.get("x") is None
    assert headers.get("x", "d") == "d"
    assert headers.get_all("x") == []
    assert "VaRy" in headers
    assert "x" not in headers
    assert 3 not in headers
    assert list(headers) == ["content-type", "vary"]
    assert len(headers) == 2
    assert dict(headers) == {"content-type": "text/plain", "vary": "Origin, Accept"}
    with pytest.raises(KeyError):
        headers["x"]


@given(st.lists(st.tuples(tokens, tokens), max_size=6))
def test_a_mapping_that_loses_nothing(pairs):
    """`pairs` is what came; the mapping has each name once."""
    headers = Headers(iter(pairs))
    assert list(headers.pairs) == pairs
    assert len(headers) == len(list(headers)) == len(dict(headers))
    assert all(value in headers[name] for name, value in pairs)
    assert headers == Headers(pairs)


def test_compare():
    """Headers compare with mappings by names without case; they are not hashable."""
    assert Headers([("A", "1")]) == {"a": "1"} == Headers([("a", "1")])
    assert Headers([("A", "1")]) != {"a": "2"}
    assert Headers() != [("a", "1")]
    with pytest.raises(TypeError, match="unhashable"):
        hash(Headers())


def test_secrets_are_hidden():
    """Neither repr nor pickle has the value of a secret header; the object itself keeps it."""
    headers = Headers([("Set-Cookie", "hush"), ("X", "1")])
    assert headers["set-cookie"] == "hush"
    assert "hush" not in repr(headers)
    assert "'1'" in repr(headers)
    assert b"hush" not in pickle.dumps(headers)
    assert pickle.loads(pickle.dumps(headers)) == {"set-cookie": "***", "x": "1"}


@pytest.mark.parametrize("name", ["x-request-id", "X-Request-ID"])
def test_request_id(name):
    """The request id is read from whichever header a server uses; an empty one is none."""
    assert Headers([(name, "r1")]).request_id == "r1"
    assert Headers([(name, "")]).request_id is None
    assert Headers().request_id is None


def test_request_repr_has_no_secret():
    """A request prints its line and headers, never a key or the body."""
    request = Request("POST", "http://h/v1", (("Authorization", "Bearer sk-1"), ("Accept", "*/*")), b"body")
    assert repr(request) == "<Request POST http://h/v1 [Authorization: ***, Accept: */*] 4 bytes>"


def test_async_transports_are_told_apart():
    """A class with the right methods is a transport."""

    class Mine:
        async def send(self, request): ...

        async def close(self): ...

    assert isinstance(Mine(), http.AsyncTransport)
    assert not isinstance(object(), http.AsyncTransport)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Helicone-Auth", True),
        ("Ocp-Apim-Subscription-Key", True),
        ("x-functions-key", True),
        ("apikey", True),
        ("X-Proxy-Authorization", True),
        ("Idempotency-Key", False),
        ("X-Keyboard", False),
        ("X-RateLimit-Remaining-Tokens", False),
    ],
)
def test_gateways_have_secrets_of_other_names(name, secret):
    """Of what Azure API Management, Helicone, Cloudflare and Kong take keys in, none is shown or sent elsewhere."""
    assert is_secret_header(name) is secret


def test_secrets_in_a_query():
    assert secret_values("api-version=2024-10-21&key=AIza-0123&x-api-key=k2&code=c&sig=&a=b&flag") == [
        "AIza-0123",
        "k2",
        "c",
    ]
    assert secret_values("") == []


def test_headers_as_bytes() -> None:
    """As they came from the wire, before and after they were looked at, and of headers that were made of texts."""
    pairs = [(b"X-A", b"1"), (b"x-a", b"\xe9")]
    headers = Headers.of_bytes(pairs)
    assert list(headers.raw) == pairs
    assert headers["x-a"] == "1, é"
    assert list(headers.raw) == pairs
    assert list(Headers([("A", "é")]).raw) == [(b"A", b"\xe9")]
