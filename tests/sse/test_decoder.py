"""What the decoder of event streams gives, by the rules of the WHATWG HTML standard and its two departures."""

from __future__ import annotations

import pytest

from franca.errors import ProtocolError
from franca.sse import Decoder

BOM = b"\xef\xbb\xbf"


def decode(*blocks: bytes) -> list[tuple[str, bytes]]:
    decoder = Decoder()
    events = [event for block in blocks for event in decoder.feed(block)]
    return events + decoder.end()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("", b"a")]),
        (b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("", b"a"), ("", b"b")]),
        (b"data: a\r\rdata: b\r\r", [("", b"a"), ("", b"b")]),
        (b"data: a\n\r\ndata: b\r\n\r", [("", b"a"), ("", b"b")]),
        (b"data: a\ndata: b\n\n", [("", b"a\nb")]),
        (b"data: a\rdata: b\r\ndata: c\n\n", [("", b"a\nb\nc")]),
        (b"data:a\n\n", [("", b"a")]),
        (b"data:  a \n\n", [("", b" a ")]),
        (b"data: a: b\n\n", [("", b"a: b")]),
        (b"data: \xff\n\n", [("", b"\xff")]),
        (b"data\ndata\n\n", [("", b"\n")]),
        (b"event: ping\ndata: a\n\n", [("ping", b"a")]),
        (b"data: a\nevent:ping\n\n", [("ping", b"a")]),
        (b"event: one\nevent: two\ndata: a\n\ndata: b\n\n", [("two", b"a"), ("", b"b")]),
        (b"event\ndata: a\n\n", [("", b"a")]),
        (b"event: \xff\ndata: a\n\n", [("�", b"a")]),
        (b": comment\n\ndata: a\n\n", [("", b"a")]),
        (b": comment\ndata: a\n: more\n\n", [("", b"a")]),
        (BOM + b"data: a\n\n", [("", b"a")]),
        (BOM + BOM + b"data: a\n\ndata: b\n\n", [("", b"b")]),
        (b"data: a\n\n" + BOM + b"data: b\n\n", [("", b"a")]),
        (b"\xef\xbbdata: a\n\n", []),
        (b"\n\n\ndata: a\n\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"Data: a\ndatum: b\n data: c\nnonsense\n\n", []),
        (b'{\n  "error": "pretty-printed"\n}\n\n', []),
        (b"data: {\ndata: }\n\n[DONE]\n", [("", b"{\n}")]),
        (b"data: a\n\n data: b\n\ndata: c\n\n", [("", b"a"), ("", b"c")]),
    ],
)
def test_events(stream: bytes, events: list[tuple[str, bytes]]) -> None:
    """Line ends, fields, comments and BOM are read as the standard says."""
    assert decode(stream) == events


@pytest.mark.parametrize(
    "stream", [b"data\n\n", b"data:\n\n", b"data: \n\n", b"event: ping\n\n", b"retry: 5\n\n", b"\n"]
)
def test_an_event_without_data_is_none(stream: bytes) -> None:
    """Empty data is not dispatched, and the event's type does not spill into the next."""
    assert decode(stream, b"data: a\n\n") == [("", b"a")]
    assert decode(b"data: b\n\n" + stream + b"data: a\n\n") == [("", b"b"), ("", b"a")]
    assert decode(b"data: b\n\n", stream, b"data: a\n\n") == [("", b"b"), ("", b"a")]
    assert decode(b"event: ping\n", stream + b"data: a\n\n")[-1][1] == b"a"


@pytest.mark.parametrize("tail", [b"data: z", b"data: z\n", b"data: z\r", b"data: z\r\n"])
def test_the_last_event_needs_no_blank_line(tail: bytes) -> None:
    """A deliberate departure from the standard, for the many servers that end so."""
    decoder = Decoder()
    assert decoder.feed(b"data: a\n\n" + tail) == [("", b"a")]
    assert decoder.end() == [("", b"z")]
    assert decoder.end() == []


def test_the_end_of_a_cut_stream_keeps_type_and_lines() -> None:
    decoder = Decoder()
    assert decoder.feed(b"event: error\nid: 7\ndata: a\ndata: b") == []
    assert decoder.end() == [("error", b"a\nb")]
    assert decoder.last_id == "7"


@pytest.mark.parametrize("first", [b"", b"\xef", b"\xef\xbb", BOM])
def test_a_stream_of_next_to_nothing(first: bytes) -> None:
    """Not even half a BOM makes an event."""
    assert decode(first) == []


def test_ids() -> None:
    """The id counts from the end of its event on, stays, can be emptied, and must not hold NUL."""
    decoder = Decoder()
    decoder.feed(b"id: 1\n")
    assert decoder.last_id == ""
    decoder.feed(b"\n")
    assert decoder.last_id == "1"
    decoder.feed(b"data: a\n\n")
    decoder.feed(b"id: 2\0\ndata: b\n\n")
    assert decoder.last_id == "1"
    decoder.feed(b"id: \xc3\xa9\ndata: b\n\ndata: c\n\n")
    assert decoder.last_id == "é"
    decoder.feed(b"id\n\n")
    assert decoder.last_id == ""


@pytest.mark.parametrize(
    ("line", "retry"),
    [
        (b"retry: 1500", 1500),
        (b"retry:0", 0),
        (b"retry", None),
        (b"retry: ", None),
        (b"retry: -1", None),
        (b"retry: 1.5", None),
        (b"retry: 1s", None),
        (b"retry: \xd9\xa1", None),
        (b"retry: " + b"9" * 5000, None),
    ],
)
def test_retry(line: bytes, retry: int | None) -> None:
    """Only ASCII digits count; no event comes of it, and nothing else is disturbed (openai-python #2722)."""
    decoder = Decoder()
    assert decoder.feed(line + b"\n\ndata: a\n\n") == [("", b"a")]
    assert decoder.retry == retry


def test_comments_are_counted() -> None:
    """So that a caller can tell a server that is still alive from one that is silent."""
    decoder = Decoder()
    assert decoder.feed(b": OPENROUTER PROCESSING\n\n") == []
    assert decoder.comments == 1
    decoder.feed(b":\n: x\r\ndata: a\n\n")
    assert decoder.comments == 3
    decoder.feed(b": not whole yet")
    assert decoder.comments == 3
    decoder.end()
    assert decoder.comments == 4


def test_blocks_that_end_mid_event() -> None:
    """Whole events come as soon as they are whole, the rest with the block that completes it."""
    decoder = Decoder()
    assert decoder.feed(b"data: a\n\ndata: b\n\nda") == [("", b"a"), ("", b"b")]
    assert decoder.feed(b"ta: c\n") == []
    assert decoder.feed(b"\n") == [("", b"c")]
    assert decoder.feed(b"data: d\n\n") == [("", b"d")]
    assert decoder.feed(b"") == []


def test_crlf_split_over_blocks_is_one_line_end() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\ndata: b\r") == []
    assert decoder.feed(b"\n\r") == [("", b"a\nb")]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: c\n\n") == [("", b"c")]


# ---- limits ------------------------------------------------------------------------------------


def outcome(blocks: list[bytes], limit: int) -> tuple[list[tuple[str, bytes]], str]:
    """All events, and the error's text ("" for none)."""
    decoder = Decoder(limit)
    events: list[tuple[str, bytes]] = []
    try:
        for block in blocks:
            events += decoder.feed(block)
        events += decoder.end()
    except ProtocolError as error:
        return events, error.message
    return events, ""


@pytest.mark.parametrize(
    ("stream", "events", "what"),
    [
        (b"data: 1234567890\n\n", [], "a line"),
        (b"data: 1234567890", [], "a line"),
        (b"data: 1\n\ndata: 1234567890\n\ndata: 2\n\n", [b"1"], "a line"),
        (b"data: 1\n\ndata: 12\n\ndata: 1234567890\n\n", [b"1", b"12"], "a line"),
        (b": 1234567890123\n", [], "a line"),
        (b"data:1234\ndata:1234\ndata:12345\n\n", [], "the data of an event"),
        (b"data:1234\ndata:1234\ndata:12345", [], "the data of an event"),
        (b"data\n" * 16, [], "the data of an event"),
        (b"data:1234567\n\ndata:1234567\n\n", [b"1234567", b"1234567"], ""),
        (b"data:12\ndata:123456789\n\n", [b"12\n123456789"], ""),
    ],
)
def test_too_long_is_an_error(stream: bytes, events: list[bytes], what: str) -> None:
    """A line and an event are bounded; what was whole before comes first, however the stream is cut."""
    for blocks in ([stream], [bytes([byte]) for byte in stream]):
        got, text = outcome(blocks, 14)
        assert [data for _, data in got] == events
        assert (what in text and "14 bytes" in text) if what else not text


def test_an_error_stays() -> None:
    """After an error every call raises it again, and nothing is kept."""
    decoder = Decoder(20)
    assert decoder.feed(b"data: a\n\n" + b"x" * 21) == [("", b"a")]
    for call in (lambda: decoder.feed(b"data: b\n\n"), decoder.end, decoder.end):
        with pytest.raises(ProtocolError, match="longer than 20 bytes"):
            call()


def test_the_usual_limit_lets_a_large_image_pass() -> None:
    """Images come as base64 in one event; the limit is there for the endless line, not for them."""
    data = b"x" * (15 * 1024 * 1024)
    assert decode(b"data: " + data + b"\n\n") == [("", data)]
    assert outcome([b"data: " + b"x" * (17 * 1024 * 1024) + b"\n\n"], 16 * 1024 * 1024)[1]


class Counting(Decoder):
    """Counts the bytes that the line reader goes through."""

    __slots__ = ("work",)

    def __init__(self) -> None:
        super().__init__()
        self.work = 0

    def _take(self, text: bytes, events: list[tuple[str, bytes]]) -> None:
        self.work += len(text)
        super()._take(text, events)


@pytest.mark.parametrize(("line_length", "lines"), [(2_000_000, 1), (5, 50_000)])
def test_a_large_event_in_small_pieces_is_linear(line_length: int, lines: int) -> None:
    """Every byte is gone through about once, be the event one long line or very many short ones."""
    line = b"data: " + b"x" * line_length + b"\n"
    stream = line * lines + b"\n"
    decoder = Counting()
    events = []
    for start in range(0, len(stream), 16):
        events += decoder.feed(stream[start : start + 16])
    assert len(events) == 1
    assert decoder.work <= 2 * len(stream)


@pytest.mark.parametrize(
    ("block", "events"),
    [
        (b"data: a\n\ndata: b\n\ndata: c\n\n", [("", b"a"), ("", b"b"), ("", b"c")]),
        (b"data: a\n\ndata: \n\ndata: c\n\n", [("", b"a"), ("", b"c")]),
        (b"data: a\n\n: ping\n\ndata: c\n\n", [("", b"a"), ("", b"c")]),
        (b"data: a\ndata: b\n\ndata: c\n\n", [("", b"a\nb"), ("", b"c")]),
        (b"data: a\n\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\rdata: b\n\n", [("", b"a\nb")]),
        (b"data: \n\n", []),
    ],
)
def test_a_block_of_whole_events_mid_stream(block: bytes, events: list[tuple[str, bytes]]) -> None:
    """The short way for the usual block takes only what it reads right."""
    decoder = Decoder()
    decoder.feed(b"data: first\n\n")
    assert decoder.feed(block) == events
    assert decoder.feed(block) == events
