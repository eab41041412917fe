"""A whole HTTP answer of a path without a method of its own."""

from __future__ import annotations

import pytest

from franca.errors import ProtocolError
from franca.wire.headers import Headers
from franca.wire.response import Response, excerpt


def response(content, *headers):
    return Response(200, Headers(headers), content)


def test_text_and_json():
    """The body as bytes, text and JSON, with status, headers and request id beside it."""
    answer = response(b'{"a": "\xc3\xa9"}', ("X-Request-Id", "r1"))
    assert (answer.status, answer.content, answer.request_id) == (200, b'{"a": "\xc3\xa9"}', "r1")
    assert answer.text == '{"a": "é"}'
    assert answer.json() == {"a": "é"}
    assert repr(answer) == "<Response 200, 11 bytes>"
    assert response(b"\xff").text == "\ufffd"


@pytest.mark.parametrize("content", [b"", b"{", b"<html>Hi</html>", b'"\xff"', b"[" * 5000])
def test_no_json(content):
    """A body that is no JSON says what came instead."""
    with pytest.raises(ProtocolError, match="answered 200 with text/html, which is not JSON: ") as caught:
        response(content, ("Content-Type", "text/html; charset=utf-8"), ("X-Request-Id", "r1")).json()
    assert (caught.value.status, caught.value.request_id) == (200, "r1")
    assert caught.value.body == content.decode("utf-8", "replace")
    with pytest.raises(ProtocolError, match="no content type"):
        response(content).json()


def test_excerpt():
    """The beginning of a body on one line."""
    assert excerpt(b"  a\n\tb ") == "a b"
    assert excerpt(b"") == ""
    assert len(excerpt(b"x" * 999)) == 160
    assert excerpt(b"x" * 999).endswith("…")
