"""The text of a cassette: any bytes come back, people can edit it, and what is wrong in it is told by line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage, ConnectionLost, ProtocolError, TransportError
from franca.testing.exchange import Exchange, error_of, facts_of
from franca.testing.jsontext import compacted, layout_of, pretty
from franca.testing.tape import dump, load

AWKWARD = [
    *(b"", b"\n", b"a\n\nb", b"a\r\nb\r\n", b"trailing \n", b"### GET x", b"--- 200", b"\xff\xfe\n", b"@ 1 s\n! left"),
    *("ö\u2028\x85\n".encode(), b'"', b"| x", b"{", b'{"a":1}', b"null", b"\x00\x1b[0m", b" ", b"\t\n", b"caf\xc3"),
]
texts = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
pieces = st.one_of(st.sampled_from(AWKWARD), st.binary(max_size=80), texts)
json_bodies = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
headers = st.lists(
    st.tuples(
        st.sampled_from(["a", "###", "x-y", "---"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20).map(str.strip),
    ),
    max_size=3,
)


def exchange(body: bytes = b"", chunks: tuple[bytes, ...] = (), end: str = "") -> Exchange:
    one = Exchange("POST", "http://a.test/x?y=z", (("content-type", "application/json"),), body)
    one.status, one.after, one.end = 200, 0.25, end
    one.chunks = [(round(0.125 * n, 3), data) for n, data in enumerate(chunks)]
    return one


def again(one: Exchange) -> Exchange:
    (other,) = load(dump([one]), "x.http")
    return other


def facts(one: Exchange) -> tuple[object, ...]:
    error = None if one.error is None else facts_of(one.error)
    chunks = [(at, data) for at, data in one.chunks if data]
    answer = (one.status, one.answer_headers, one.after, chunks, one.end, error)
    return one.method, one.url, one.headers, one.body, *answer


@given(body=pieces, chunks=st.lists(pieces, max_size=4), end=st.sampled_from(["", "left"]), answer=headers)
def test_any_bytes_come_back(body: bytes, chunks: list[bytes], end: str, answer: list[tuple[str, str]]) -> None:
    """Bodies, the borders of their chunks, headers, ends; also when an editor or git has touched the blanks."""
    one = exchange(body, tuple(chunks), end)
    one.answer_headers = tuple(answer)
    text = dump([one, one])
    for changed in (text, text.replace("\n", "\r\n"), "\n".join(line.rstrip() for line in text.split("\n"))):
        assert [facts(other) for other in load(changed, "x")] == [facts(one)] * 2


@given(json_bodies, st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans(), st.sampled_from(["", "\n"]))
def test_json_is_laid_out_and_comes_back_exactly(
    value: object, between: tuple[str, str], ascii_only: bool, end: str
) -> None:
    """Numbers, escapes and the order of members as they were written."""
    try:
        text = json.dumps(value, separators=between, ensure_ascii=ascii_only) + end
        text.encode()
    except UnicodeEncodeError:
        return
    layout = layout_of(text)
    assert layout is not None
    assert compacted(pretty(text), layout) == text
    assert again(exchange(text.encode(), (text.encode(),))).body == text.encode()


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ('{"a":1.0,"a":1e5,"b":"\\u00e9/\\/"}', "compact"),
        ('{"a": [1, 2], "b": {}}\n', "spaced+newline"),
        ('{\n  "a": [\n    1\n  ],\n  "b": {},\n  "c": []\n}', "pretty"),
        ("[]", "compact"),
        ("[1, -2.5e3, 3]", "spaced"),
        ("[\n  1,\n  2\n]\n", "pretty+newline"),
        ('{"a" :1}', None),
        ('  {"a":1}', None),
        ('{"a":1, "b":2}', None),
        ("{a}", None),
        ("[" * 100_000, None),
    ],
)
def test_layouts(text: str, layout: str | None) -> None:
    """What has no known layout is kept as text."""
    assert layout_of(text) == layout
    assert again(exchange(text.encode())).body == text.encode()


def test_numbers_stay_on_one_line() -> None:
    """An embedding would fill pages."""
    assert pretty('{"a":[1,-2.5,3],"b":[],"c":[[1],[]],"d":[1,"x"]}') == (
        '{\n  "a": [1, -2.5, 3],\n  "b": [],\n  "c": [\n    [1],\n    []\n  ],\n  "d": [\n    1,\n    "x"\n  ]\n}'
    )


def test_it_reads_well() -> None:
    """What a reviewer sees."""
    one = exchange(b'{"model":"m","n":1}', (b'data: {"a":1}\n\nda', b"ta: [DONE]\n\n"))
    one.answer_headers = (("content-type", "text/event-stream"), ("x-empty", ""), ("x-odd", "a\tb"))
    one.end, one.error = "error", ConnectionLost("reset", began=True)
    assert dump([one]) == (
        "franca cassette 1\n"
        "# Recorded by franca.testing. Secrets are replaced by ***; edit it as you like.\n"
        "\n"
        "### POST http://a.test/x?y=z\n"
        "content-type: application/json\n"
        "\n"
        "json compact\n"
        "{\n"
        '  "model": "m",\n'
        '  "n": 1\n'
        "}\n"
        "\n"
        "--- 200 after 0.250 s\n"
        "content-type: text/event-stream\n"
        "x-empty:\n"
        'x-odd:= "a\\tb"\n'
        "\n"
        "chunks\n"
        "@ 0.000 s\n"
        '| data: {"a":1}\n'
        "|\n"
        "\\ da\n"
        "@ 0.125 s\n"
        "| ta: [DONE]\n"
        "|\n"
        '! {"error": "ConnectionLost", "message": "reset", "began": true, "retryable": false}\n'
    )
    assert facts(again(one)) == facts(one)


def test_an_edited_body_is_played_as_edited() -> None:
    """In the layout that the server used."""
    text = dump([exchange(b"{}", (b'{"content": "Hi", "n": 1}',))])
    (one,) = load(text.replace('"Hi"', '"Hello"').replace('"n": 1', '"n": 1,\n      "more":true'), "x")
    assert one.chunks == [(0.0, b'{"content": "Hello", "n": 1, "more": true}')]


@pytest.mark.parametrize("error", [ConnectionLost("a"), ProtocolError("b"), TransportError("c", retryable=True)])
def test_an_error_instead_of_an_answer(error: TransportError) -> None:
    """Its class and its facts."""
    one = exchange()
    one.status, one.error, one.end = None, error, "error"
    other = again(one)
    assert type(other.error) is type(error)
    assert facts_of(other.error) == facts_of(error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("franca cassette 1", "franca cassette 2", "line 1: a cassette begins with the line"),
        ("### POST http://a.test/x?y=z", "### POST", "line 4: '### METHOD URL' is missing"),
        ("content-type: application/json", "content-type", "line 5: a header is 'name: value'"),
        ("json compact\n", "json\n", "line 7: 'json LAYOUT', 'text' or 'empty' is missing"),
        ("json compact\n", "json tight\n", "no layout of JSON: tight"),
        ('"model": "m"', '"model": m', "cannot be read: Expecting value"),
        ("--- 200 after", "--- 200", "line 12: '--- STATUS after SECONDS s' is missing"),
        ("--- 200 after 0.250 s", '--- {"error": "OSError", "message": "x"} after 1 s', "no error of a transport"),
        ("chunks", "chunk", "'json LAYOUT at SECONDS s', 'chunks' or 'empty' is missing"),
        ("@ 0.000 s", "@ soon", "a chunk begins with '@ SECONDS s'"),
        ("\\ da", "= ?", "cannot be read"),
        ("\\ da", "what", "'### METHOD URL' is missing"),
        ("! left", "! {", "cannot be read"),
    ],
)
def test_slips_are_told_by_line(old: str, new: str, told: str) -> None:
    """With the name of the file, and what to do."""
    text = dump([exchange(b'{"model":"m"}', (b"data: x\n\nda",), "left")])
    assert old in text
    with pytest.raises(BadUsage) as caught:
        load(text.replace(old, new), "deep/x.http")
    assert told in caught.value.message
    assert caught.value.message.startswith("deep/x.http, line ")
    assert caught.value.message.endswith("record the cassette anew")


def test_errors_are_made_from_a_short_list() -> None:
    """A cassette cannot name other things to make."""
    for wrong in (
        {"error": "SystemExit", "message": "x"},
        {"error": "BadUsage", "message": "x"},
        {"error": "TimedOut"},
    ):
        with pytest.raises(ValueError, match="no error of a transport"):
            error_of(wrong)
