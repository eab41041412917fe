"""The scan of a stream on its way: what goes on, what is noted, and that the cuts between pieces do not matter."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.accumulate import Accumulator, CompletionAccumulator
from franca.gateway.relay.found import scan_tail, scan_whole
from franca.gateway.relay.scan import StreamScan
from franca.sse import Decoder

SAMPLES = Path(__file__).parent.parent / "wire_samples"
STREAMS = sorted(path for path in SAMPLES.glob("*/*stream*.txt") if b" 200 OK\n" in path.read_bytes())


def body_of(path: Path) -> bytes:
    """The body of a sample. One server ends its stream with a bare [DONE], which is no event: left out."""
    return path.read_bytes().partition(b"\n\n")[2].removesuffix(b"\n\n[DONE]\n") + b"\n\n"


def scanned(pieces: list[bytes], kind: Any = "chat", *, hide_usage: bool = False, most: int = 1 << 20) -> Any:
    """What was forwarded, and the scan after its end."""
    scan = StreamScan(kind, hide_usage=hide_usage, most=most)
    out = b"".join([scan.feed(piece) for piece in pieces])
    return out, scan.end(), scan


def noted(scan: StreamScan) -> tuple[Any, ...]:
    """Everything that a scan knows."""
    return (
        scan.usage, scan.generation, scan.model, scan.cost, scan.done, scan.error, scan.began, scan.finished,
        scan.started, scan.complete, scan.unscanned,
    )  # fmt: skip


def cut(data: bytes, points: list[int]) -> list[bytes]:
    """The data in pieces."""
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def chunk(content: str | None = "Hi", **more: Any) -> bytes:
    """One event of a chat."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return event({"id": "c1", "model": "m", "choices": [choice], **more})


def event(payload: Any, kind: str = "") -> bytes:
    """An event of compact JSON."""
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
LAST = event({"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
ONLY_USAGE = event({"id": "c1", "choices": [], "usage": USAGE})
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_samples_agree_with_the_accumulator(path: Path) -> None:
    """Of every recorded stream the scan knows what the client's own accumulator knows, and forwards each byte of it,
    also when the bytes come one by one."""
    body = body_of(path)
    kind: Any = "completions" if "completions" in path.stem else "chat"
    whole, rest, scan = scanned([body], kind)
    single, single_rest, again = scanned([body[at : at + 1] for at in range(len(body))], kind)
    assert (single, single_rest) == (whole, rest)
    assert noted(again) == noted(scan)
    assert (whole + rest).rstrip(b"\n") == body.rstrip(b"\n")
    accumulator: Any = CompletionAccumulator() if kind == "completions" else Accumulator()
    decoder = Decoder()
    usage, found, done = None, False, False
    for _, data in [*decoder.feed(body), *decoder.end()]:
        if data == b"[DONE]":
            done = True
            break
        payload = json.loads(data)
        found = found or bool(payload.get("error"))
        usage = payload.get("usage") or usage
        accumulator.add(payload)
    assert (scan.finished, scan.started) == (accumulator.finished, accumulator.width)
    assert scan.usage == usage
    assert (scan.error is not None) == found
    assert scan.done == done
    told = accumulator.completion() if kind == "completions" else accumulator.chat()
    assert scan.generation == told.get("id", "")


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_hiding_usage_takes_out_only_events_without_choices(path: Path) -> None:
    """With hidden usage, exactly the events of samples with usage and without choices are missing; usage is known."""
    body = body_of(path)
    blocks = [block for block in body.split(b"\n\n") if block.strip()]
    kept = []
    for block in blocks:
        data = block.rpartition(b"data:")[2].strip()
        payload = json.loads(data) if data[:1] == b"{" else {}
        if not (payload.get("usage") and not payload.get("choices")):
            kept.append(block.strip(b"\n"))
    _, _, plain = scanned([body])
    out, rest, scan = scanned([body], hide_usage=True)
    assert [block.strip(b"\n") for block in (out + rest).split(b"\n\n") if block.strip()] == kept
    assert noted(scan) == noted(plain)


ENDS = st.sampled_from(["\n", "\r\n", "\r"])
JUNK = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([
        b"data", b"data:", b"data: ", b"event: error\n", b"event: ping\n", b"\n", b"\r", b"\r\n", b"\n\n", b"{", b"}",
        b'{"error":', b'"x"}', b'data: {"choices":[{"index":', b"NaN", b"\xef\xbb\xbf", b": comment", b"[DONE]",
        b'"usage":{"a":1}', b'"choices":[]', b'"finish_reason":"stop"', b"\xff\xfe",
        b'data: {"error":{"message":"m"}}\n\n',
    ]),
)  # fmt: skip
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["", "c1", "c2", None, 7]),
        "model": st.sampled_from(["", "m", None, []]),
        "usage": st.sampled_from([None, USAGE, {}, [], {"cost": 0.5}, {"cost": {"total_cost": 1}}, {"cost": True}]),
        "error": st.sampled_from([None, {}, "bad", {"message": "m", "code": 429}, [1], 0]),
        "type": st.sampled_from(["error", "response.created", "response.output_text.delta", "response.failed", 3]),
        "object": st.sampled_from(["error", "chat.completion.chunk"]),
        "response": st.sampled_from([None, {"id": "r", "usage": USAGE}, {"error": {"message": "x"}}, 4]),
        "choices": st.lists(
            st.one_of(
                st.sampled_from([None, 3, "x", []]),
                st.fixed_dictionaries(
                    {},
                    optional={
                        "index": st.sampled_from([0, 0, 0, 1, 2, None, "0", 0.0, -1, 1 << 70]),
                        "finish_reason": st.sampled_from([None, None, "", "stop", "length", 5]),
                        "delta": st.sampled_from([
                            None, {}, {"role": "assistant"}, {"content": "a\n\n\r\n"}, {"content": ""}, [], "x",
                            {"tool_calls": [{}]}, {"finish_reason": "stop"}, {"index": 1}, {"reasoning": "r"},
                        ]),
                        "text": st.sampled_from(["", "t", None]),
                        "error": st.sampled_from([None, {"message": "of a choice"}, "x"]),
                    },
                ),
            ),
            max_size=3,
        ),
    },
)  # fmt: skip


@st.composite
def streams(draw: Any) -> bytes:
    """Streams, well-formed and not, of all line ends."""
    out = []
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.integers(0, 5))
        if kind == 0:
            out.append(draw(JUNK))
            continue
        end = draw(ENDS)
        if kind == 1:
            lines = [draw(st.sampled_from([": hi", "data: [DONE]", "event: error", "data: nothing", "id: 3", "data:"]))]
        else:
            text = json.dumps(draw(MEMBERS), separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
            lines = [draw(st.sampled_from(["data: ", "data:", "data:  "])) + text]
            if draw(st.booleans()):
                lines.insert(0, draw(st.sampled_from(["event: error", "event: x", ": c", "event: ping", ""])))
        out.append((end.join(lines) + end + draw(st.sampled_from([end, end, end, "\n", "\r\n", ""]))).encode())
    return b"".join(out)


KINDS = st.sampled_from(["chat", "completions", "responses", "other"])


@settings(max_examples=600, deadline=None)
@given(streams(), st.lists(st.integers(0, 5000), max_size=12), KINDS, st.booleans(), st.sampled_from([1 << 20, 60]))
def test_cuts_do_not_matter(data: bytes, points: list[int], kind: Any, hide: bool, most: int) -> None:
    """However the bytes are cut, the same ones go on and the same is noted, and nothing raises."""
    one = scanned([data], kind, hide_usage=hide, most=most)
    for pieces in (cut(data, points), [data[at : at + 1] for at in range(len(data))]):
        other = scanned(pieces, kind, hide_usage=hide, most=most)
        assert other[:2] == one[:2]
        assert noted(other[2]) == noted(one[2])


@settings(max_examples=300, deadline=None)
@given(streams(), KINDS)
def test_without_hiding_each_byte_goes_on(data: bytes, kind: Any) -> None:
    """What goes on is the begin of what came, and only a broken last event is missing of it."""
    out, rest, _ = scanned([data], kind)
    assert data.startswith(out)
    held = data[len(out) :]
    assert rest in (b"", held) or rest == held.rstrip(b"\r\n") + b"\n\n"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), KINDS)
def test_any_bytes(data: bytes, kind: Any) -> None:
    """Bytes of no sense at all are no error."""
    scanned([data], kind)
    scan_whole(data)
    scan_tail(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(MEMBERS, max_size=6))
def test_the_short_way_knows_what_the_long_one_does(payloads: list[dict[str, Any]]) -> None:
    """Events that are decoded into Structs tell the same as those that an added member sends the long way: for that
    serves a choice of a server that puts NaN into it, which only the long way can read."""
    short = StreamScan()
    long = StreamScan()
    for payload in payloads:
        text = json.dumps(payload)
        short.feed(b"data: " + text.encode() + b"\n\n")
        odd = text[:-1] + (", " if payload else "") + '"odd": NaN}'
        long.feed(b"data: " + odd.encode() + b"\n\n")
    without = [one if type(one) is not dict else {**one, "odd": 0} for one in (short.error, long.error)]
    assert without[0] == without[1]
    short.error = long.error
    assert noted(short) == noted(long)


def test_a_whole_chat_is_noted() -> None:
    """Id, model, usage, cost, begin, end and [DONE] of an ordinary stream."""
    head = event({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    scan = StreamScan()
    assert scan.feed(head) == head
    assert (scan.began, scan.started, scan.finished, scan.generation, scan.model) == (False, 1, False, "c1", "m")
    assert scan.feed(chunk()) == chunk()
    assert scan.began
    assert not scan.complete
    assert scan.feed(LAST) == LAST
    assert scan.finished
    assert scan.complete
    assert not scan.done
    last = event({"choices": [], "usage": {**USAGE, "cost": 0.25}})
    assert scan.feed(last + DONE) == last + DONE
    assert scan.done
    assert scan.usage == {**USAGE, "cost": 0.25}
    assert scan.cost == 0.25
    assert scan.end() == b""


def test_usage_is_hidden_only_where_it_stands_alone() -> None:
    """The usage chunk is withheld; a usage beside choices, a null usage and an error beside usage are not."""
    beside = event({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": USAGE})
    null = chunk(usage=None)
    failed = event({"choices": [], "usage": USAGE, "error": {"message": "late"}})
    scan = StreamScan(hide_usage=True)
    assert scan.feed(beside + null + ONLY_USAGE + failed + DONE) == beside + null + failed + DONE
    assert scan.feed(ONLY_USAGE) == b""
    assert scan.usage == USAGE
    assert StreamScan("responses", hide_usage=True).feed(ONLY_USAGE) == ONLY_USAGE


def test_hidden_usage_without_a_blank_line() -> None:
    """A usage chunk whose blank line is missing at the end is withheld too, and is known."""
    scan = StreamScan(hide_usage=True)
    scan.feed(chunk() + ONLY_USAGE[:-1])
    assert scan.end() == b""
    assert scan.usage == USAGE


def test_choices_end_one_by_one() -> None:
    """With several choices, an answer is finished when each that began has its reason, whichever way they come."""
    scan = StreamScan()
    scan.feed(event({"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}]}))
    scan.feed(LAST)
    assert not scan.finished
    scan.feed(event({"choices": [{"index": 1, "delta": {"content": "c"}}]}))
    assert not scan.finished
    scan.feed(event({"choices": [{"index": 1, "delta": {"finish_reason": "length"}}]}))
    assert scan.finished
    scan.feed(event({"choices": [{"index": 2, "delta": {"content": "late"}}]}))
    assert not scan.finished


def test_more_choices_than_are_kept_apart() -> None:
    """A server that begins choices without end does not fill the memory, and is not taken for complete."""
    scan = StreamScan()
    for index in range(5000):
        scan.feed(event({"choices": [{"index": index, "delta": {"content": "a"}, "finish_reason": "stop"}]}))
    assert scan.started <= 1024
    assert not scan.finished


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (event({"error": {"message": "m", "code": 502}}), {"message": "m", "code": 502}),
        (event({"error": "words"}), "words"),
        (event({"message": "of the event"}, "error"), {"message": "of the event"}),
        (event({"error": {"message": "m"}}, "error"), {"message": "m"}),
        (b"event: error\ndata: plain words\n\n", "plain words"),
        (event([{"error": {"message": "listed"}}]), {"message": "listed"}),
        (event({"object": "error", "message": "itself"}), {"object": "error", "message": "itself"}),
        (
            event({"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "error"}], "error": {"m": 1}}),
            {"m": 1},
        ),
        (event({"choices": [{"index": 0, "error": {"message": "of a choice"}}]}), {"message": "of a choice"}),
        (b'{"error":{"message":"no stream at all"}}', {"message": "no stream at all"}),
    ],
)
def test_errors_are_seen(data: bytes, error: Any) -> None:
    """An error is known wherever it stands, before and after the answer began; then nothing is complete."""
    for before in (b"", chunk()):
        if before and data[:1] == b"{":
            continue
        out, rest, scan = scanned([before, data, DONE if data[:1] != b"{" else b""])
        assert scan.error == error
        assert not scan.complete
        assert data in out + rest


def test_no_error_is_none() -> None:
    """Null and empty errors, and the word in a text, are no errors."""
    scan = StreamScan()
    scan.feed(chunk(error=None) + chunk(error={}) + chunk('"error":{"message":"x"}') + chunk(error=""))
    assert scan.error is None


def test_words_in_a_text_are_no_members() -> None:
    """What stands in the text of an answer is neither its usage nor its end."""
    scan = StreamScan(hide_usage=True)
    said = chunk('{"choices":[],"usage":{"total_tokens":1},"finish_reason":"stop"} data: [DONE]\n\n')
    assert scan.feed(chunk() + said) == chunk() + said
    assert (scan.usage, scan.finished, scan.done) == (None, False, False)


def test_half_an_event_is_dropped() -> None:
    """The end of a cut answer does not go on; a whole event without its blank line does, with one."""
    scan = StreamScan()
    assert scan.feed(chunk() + chunk()[:-9]) == chunk()
    assert scan.end() == b""
    for missing in (1, 2):
        scan = StreamScan()
        scan.feed(chunk() + LAST[:-missing])
        assert scan.end() == LAST
        assert scan.finished
    scan = StreamScan()
    scan.feed(chunk() + b"data: [DONE]")
    assert scan.end() == DONE
    assert scan.done
    scan = StreamScan()
    scan.feed(chunk() + b": a comm")
    assert scan.end() == b""


def test_the_end_of_another_stream_goes_on_as_it_is() -> None:
    """Of streams whose events are not known, no byte is dropped at the end."""
    scan = StreamScan("other")
    scan.feed(b"data: some text\n\ndata: more")
    assert scan.began is False
    assert scan.end() == b"data: more"


def test_comments_go_on_and_begin_nothing() -> None:
    """Keep-alive comments and pings are forwarded at once, and are no answer."""
    scan = StreamScan()
    for silent in (b": OPENROUTER PROCESSING\n\n", event({"type": "ping"}, "ping"), b"\n\n"):
        assert scan.feed(silent) == silent
    assert not scan.began
    assert scan.error is None


def test_an_event_that_is_too_long_goes_on_unread() -> None:
    """Past the limit an event is passed on as it comes, and what follows it is read again."""
    long = chunk("x" * 5000, usage=USAGE)
    for size in (1, 7, 4096, len(long)):
        scan = StreamScan(most=1000)
        out = []
        most_held = 0
        data = long + chunk() + LAST
        for at in range(0, len(data), size):
            out.append(scan.feed(data[at : at + size]))
            most_held = max(most_held, at + size - sum(map(len, out)))
        assert b"".join(out) == data
        assert scan.unscanned
        assert scan.usage is None
        assert scan.finished
        assert most_held <= 1000 + size


def test_an_event_that_is_too_long_and_comes_whole() -> None:
    """It makes no difference that all of a long event comes at once, in the midst of an answer."""
    scan = StreamScan(most=1000)
    for piece in (chunk(), chunk("x" * 5000, usage=USAGE), chunk()):
        assert scan.feed(piece) == piece
    assert scan.unscanned
    assert scan.usage is None


def test_a_byte_order_mark_is_no_hindrance() -> None:
    """A mark before the first event is forwarded and skipped."""
    data = b"\xef\xbb\xbf" + LAST
    out, _, scan = scanned([data])
    assert out == data
    assert scan.finished


def test_a_plain_answer_to_a_stream_request() -> None:
    """A server that answers with one JSON object instead of a stream is understood, and its bytes go on."""
    body = json.dumps({"id": "c", "model": "m", "choices": [{"message": {"content": "x"}}], "usage": USAGE}).encode()
    out, rest, scan = scanned([body[:10], body[10:]])
    assert out + rest == body
    assert (scan.usage, scan.generation, scan.model, scan.complete) == (USAGE, "c", "m", True)


def test_legacy_completions() -> None:
    """The text of a completion begins it, its reason ends it."""
    scan = StreamScan("completions")
    scan.feed(event({"id": "t", "choices": [{"index": 0, "text": "", "finish_reason": None}]}))
    assert not scan.began
    scan.feed(event({"id": "t", "choices": [{"index": 0, "text": "a", "finish_reason": None}]}))
    assert scan.began
    scan.feed(event({"id": "t", "choices": [{"index": 0, "text": "", "finish_reason": "length"}]}))
    assert scan.complete


def _response(kind: str, **members: Any) -> bytes:
    return event({"type": kind, "response": {"id": "resp_1", "model": "m", **members}}, kind)


def test_responses() -> None:
    """Of /v1/responses: created begins nothing, a delta does, completed and incomplete end it and tell the usage."""
    usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    for last in ("response.completed", "response.incomplete"):
        scan = StreamScan("responses")
        scan.feed(_response("response.created", usage=None, error=None))
        assert (scan.began, scan.generation, scan.model) == (False, "resp_1", "m")
        scan.feed(event({"type": "response.output_text.delta", "delta": "x"}, "response.output_text.delta"))
        assert scan.began
        assert not scan.complete
        scan.feed(_response(last, usage=usage, output=[{"type": "message"}]))
        assert scan.complete
        assert scan.usage == usage


def test_responses_that_fail() -> None:
    """A failed response and an error event are errors, and no begin of an answer."""
    scan = StreamScan("responses")
    scan.feed(_response("response.failed", error={"code": "server_error", "message": "m"}, usage=USAGE))
    assert scan.error == {"code": "server_error", "message": "m"}
    assert scan.usage == USAGE
    assert not scan.began
    assert not scan.complete
    scan = StreamScan("responses")
    scan.feed(_response("response.failed", error=None))
    assert scan.error == "the response failed"
    scan = StreamScan("responses")
    scan.feed(event({"type": "error", "code": "x", "message": "m"}, "error"))
    assert scan.error == {"type": "error", "code": "x", "message": "m"}
    assert not scan.began


def test_other_streams() -> None:
    """Of other streams usage is known, also when it comes in parts, and they begin with any event."""
    scan = StreamScan("other")
    scan.feed(event({"type": "message_start", "message": {"id": "msg", "model": "c", "usage": {"input_tokens": 3}}}))
    assert scan.began
    scan.feed(event({"type": "message_delta", "usage": {"output_tokens": 4}}))
    assert scan.usage == {"input_tokens": 3, "output_tokens": 4}
    assert (scan.generation, scan.model) == ("msg", "c")


@pytest.mark.parametrize(
    ("body", "error", "beside"),
    [
        ({"error": {"message": "m"}}, {"message": "m"}, None),
        ({"error": "words", "choices": []}, "words", None),
        ({"error": {"message": "m"}, "choices": [{"message": {}}]}, None, {"message": "m"}),
        ({"choices": [{"error": {"message": "c"}}]}, None, {"message": "c"}),
        ({"error": None, "output": [{"x": 1}]}, None, None),
        ({"error": {"message": "f"}, "output": []}, {"message": "f"}, None),
        ({"error": {"message": "m"}, "data": [1]}, None, {"message": "m"}),
        ({"object": "error", "message": "o"}, {"object": "error", "message": "o"}, None),
        ([{"error": {"message": "g"}}], {"message": "g"}, None),
        ({"choices": "odd", "error": {"message": "m"}}, None, {"message": "m"}),
        ({"choices": [3, {"error": "x"}]}, None, "x"),
        ({}, None, None),
    ],
)
def test_errors_of_whole_answers(body: Any, error: Any, beside: Any) -> None:
    """An error in the place of an answer is one; beside an answer, or in a choice of it, it is noted apart."""
    found = scan_whole(json.dumps(body).encode())
    assert (found.error, found.choice_error, found.json) == (error, beside, True)


def test_whole_answers() -> None:
    """Usage, id, model and cost of a whole answer; nothing of what is no JSON."""
    body = {"id": "c", "model": "m", "choices": [{"message": {"content": "x"}}], "usage": {**USAGE, "cost": 1}}
    found = scan_whole(json.dumps(body).encode())
    assert (found.usage, found.generation, found.model, found.cost) == ({**USAGE, "cost": 1}, "c", "m", 1.0)
    nan = b'{"id":"c","choices":[{"logprobs":NaN}],"usage":{"cost":{"total_cost":0.5}}}'
    assert (scan_whole(nan).generation, scan_whole(nan).cost) == ("c", 0.5)
    assert not scan_whole(b"<html>").json
    assert not scan_whole(b"").json
    for cost in (True, -1, "1", 1e300, None):
        assert scan_whole(json.dumps({"usage": {"cost": cost, "a": 1}}).encode()).cost is None


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/chat.txt")), ids=lambda path: path.parent.name)
def test_whole_samples(path: Path) -> None:
    """Usage and id of every recorded whole answer."""
    body = body_of(path)
    found = scan_whole(body)
    payload = json.loads(body)
    assert found.usage == (payload.get("usage") or None)
    assert found.generation == (payload.get("id") or "")
    assert found.error is None


def test_the_usage_at_the_end_of_a_long_answer() -> None:
    """Of a body of which only the last bytes are kept, the usage is found all the same; a text that looks like one is
    none."""
    body = json.dumps({
        "data": [{"embedding": [0.25] * 5000}, {"text": '"usage":{"prompt_tokens":1}'}], "model": "m",
        "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}, "cost": 0.5},
    }).encode()  # fmt: skip
    found = scan_tail(body[-600:])
    assert found.usage == {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}, "cost": 0.5}
    assert found.cost == 0.5
    assert scan_tail(body).usage == found.usage
    assert scan_tail(b'"text": "\\"usage\\": {\\"a\\": 1}"}').usage is None
    assert scan_tail(b'..., "usage": {"never": "ends"').usage is None
    assert scan_tail(b'"usage": {' * 100_000).usage is None
