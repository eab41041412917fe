"""When a stream is complete, when it is broken, and what it still tells. No I/O: bytes in, state out."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca import errors
from franca.faults import Origin
from franca.flow.call import Opened
from franca.flow.stream import CHAT, COMPLETION, StreamState
from franca.wire.headers import Headers
from franca.wire.response import Response

NOW = 1_795_215_000.0


class Head:
    status = 200
    headers = Headers([("Content-Type", "text/event-stream"), ("X-Request-Id", "req_1")])


class Played(StreamState):
    """A state whose events are taken as soon as they are there."""

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.seen = []
        self.coming = self.events()
        self.drain()

    def drain(self):
        while (event := next(self.coming, None)) is not None:
            self.seen.append(event)

    def take(self, block, now=0.0):
        super().take(block, now)
        self.drain()

    def fail(self, error, now):
        super().fail(error, now)
        self.drain()


def make(kind=CHAT, *, head=Head, whole=None, until=None, deadline=None, idle=10.0, secrets=(), **more):
    opened = Opened(None if whole else head, whole, Origin("srv", "m", secrets), until, deadline)
    return Played(opened, kind, idle_timeout=idle, wall=lambda: NOW, **more)


def data(*payloads):
    return b"".join(b"data: " + (p if isinstance(p, bytes) else msgspec.json.encode(p)) + b"\n\n" for p in payloads)


def delta(content=None, finish=None, index=0, **more):
    fields = {} if content is None else {"content": content}
    return {"id": "c", "choices": [{"index": index, "delta": fields, "finish_reason": finish}], **more}


DONE = b"[DONE]"
USAGE = {"id": "c", "choices": [], "usage": {"total_tokens": 9}}


def play(*steps, **options):
    """Feed blocks; an exception is a failure of reading, None the clean end."""
    state = make(**options)
    for step in steps:
        if isinstance(step, Exception):
            state.fail(step, 5.0)
        else:
            state.take(b"" if step is None else step)
    return state


def contents(state):
    return [event.content for event in state.seen]


def test_a_whole_stream():
    state = play(data(delta("Hel")), data(delta("lo", "stop"), USAGE, DONE))
    assert state.over
    assert state.failure is None
    assert contents(state) == ["Hel", "lo", None]
    chat = state.final()
    assert (chat.content, chat.finish_reason, chat.usage.total_tokens) == ("Hello", "stop", 9)
    assert (chat.status, chat.request_id, chat.server) == (200, "req_1", "srv")
    assert state.final() is chat


@pytest.mark.parametrize(
    "ending",
    [
        [data(DONE)],
        [None],
        [errors.ConnectionLost("reset", began=True)],
        [errors.TimedOut("slow", phase="idle")],
        [b": bye\n\n", None],
    ],
    ids=["done", "clean end", "reset", "silence", "comment"],
)
def test_a_finish_reason_completes_the_answer_however_it_ends(ending):
    state = play(data(delta("Hi", "stop")), *ending)
    assert state.over
    assert state.failure is None
    assert state.final().content == "Hi"


def test_done_without_a_finish_reason_is_an_end():
    state = play(data(delta("Hi"), DONE))
    assert state.failure is None
    assert state.final().finish_reason is None


@pytest.mark.parametrize("ending", [None, errors.ConnectionLost("reset", began=True)])
def test_an_end_with_neither_is_broken(ending):
    state = play(data(delta("Hel")), data(delta("lo")), ending)
    error = state.failure
    assert type(error) is errors.StreamBroken
    assert (error.partial.content, error.partial.finish_reason, error.partial.usage) == ("Hello", None, None)
    assert (error.server, error.model, error.request_id, error.retryable) == ("srv", "m", "req_1", False)
    assert "after 2 events" in str(error)
    assert contents(state) == ["Hel", "lo"], "what arrived is still handed out first"


def test_one_of_two_choices_unfinished_is_broken():
    state = play(data(delta("a", "stop"), delta("b", index=1)), None)
    assert type(state.failure) is errors.StreamBroken
    assert [choice.message.content for choice in state.failure.partial.choices] == ["a", "b"]


def test_a_last_event_without_its_blank_line_counts():
    state = play(data(delta("Hi")), b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', None)
    assert state.failure is None


@pytest.mark.parametrize("ending", [None, errors.ConnectionLost("reset", began=True)])
def test_what_is_torn_behind_a_finished_answer_does_not_spoil_it(ending):
    state = play(data(delta("Hi", "stop")) + b'data: {"choices":[],"usage":{"to', ending)
    assert state.failure is None
    assert state.final().usage is None
    last = play(data(delta("Hi", "stop")) + b'data: {"choices":[],"usage":{"total_tokens":9}}', None)
    assert last.final().usage.total_tokens == 9


def test_the_reset_keeps_its_cause():
    lost = errors.ConnectionLost("reset", began=True)
    assert play(data(delta("x")), lost).failure.__cause__ is lost
    assert "1 event" in str(play(data(delta("x")), lost).failure)


@pytest.mark.parametrize(("count", "late", "phase"), [(0, False, "answer"), (1, False, "idle"), (1, True, "deadline")])
def test_silence_is_a_time_out_with_what_came(count, late, phase):
    state = make(deadline=4.0 if late else 99.0)
    if count:
        state.take(data(delta("Hi")))
    state.fail(errors.TimedOut("x"), 5.0)
    assert type(state.failure) is errors.TimedOut
    assert state.failure.phase == phase
    assert state.failure.partial.content == ("Hi" if count else None)


def test_time_limits():
    """First the time to the first event, then the silence between events, then a short wait for the rest; never
    beyond the deadline; comments count for nothing."""
    state = make(until=50.0, deadline=100.0, idle=10.0)
    assert state.until(20.0) == 50.0
    state.take(b": still here\n\n")
    assert state.until(30.0) == 50.0
    state.take(data(delta("x")))
    assert state.until(30.0) == 40.0
    state.take(b": still here\n\n")
    assert state.until(38.0) == 40.0
    state.take(data(delta("x")))
    assert state.until(95.0) == 100.0
    state.take(data(delta("x", "stop")))
    assert state.until(90.0) == 95.0


def test_a_caller_may_take_its_time():
    """The silence is the server's, not the caller's: it begins when we listen again."""
    state = make(until=50.0, idle=10.0)
    assert state.until(70.0) == 71.0, "opened long ago: what came since is still found"
    state.take(data(delta("x")))
    assert state.until(1000.0) == 1010.0
    assert state.until(1005.0) == 1010.0


def test_no_time_limits():
    state = make(idle=None)
    assert state.until(0.0) is None
    state.take(data(delta("x")))
    assert state.until(1.0) is None
    state.take(data(delta("x", "stop")))
    assert state.until(1.0) == 6.0
    assert make(deadline=7.0, idle=None).until(0.0) == 7.0


# ---- errors in the middle ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "cls", "message"),
    [
        (data({"error": {"message": "slow", "code": 429}}), errors.RateLimited, "slow"),
        (data({"error": "bare"}), errors.ServerFault, "bare"),
        (data([{"error": {"code": 503, "message": "list"}}]), errors.NoProvider, "list"),
        (
            data(
                {
                    "id": "c",
                    "error": {"message": "mid", "code": 502},
                    "choices": [{"index": 0, "delta": {"content": "!"}, "finish_reason": "error"}],
                }
            ),
            errors.ModelDown,
            "mid",
        ),
        (
            data({"id": "c", "choices": [{"index": 0, "delta": {}, "error": {"message": "in choice", "code": 502}}]}),
            errors.ModelDown,
            "in choice",
        ),
        (b'event: error\ndata: {"message": "named"}\n\n', errors.ServerFault, "named"),
        (
            b'event: error\ndata: {"error": {"message": "named", "type": "overloaded_error"}}\n\n',
            errors.NoProvider,
            "named",
        ),
        (b"event: error\ndata: plain words\n\n", errors.ServerFault, "plain words"),
        (b'event: error\ndata: "quoted words"\n\n', errors.ServerFault, "quoted words"),
        (b'event: error\ndata: {"choices": [], "detail": "with choices"}\n\n', errors.ServerFault, "with choices"),
        (data({"object": "error", "message": "old vLLM", "code": 400}), errors.BadRequest, "old vLLM"),
    ],
)
def test_an_error_in_the_middle_is_raised_after_what_came_before(event, cls, message):
    state = play(data(delta("Hi")) + event + data(delta("never seen")))
    assert contents(state) == ["Hi"]
    assert type(state.failure) is cls
    assert state.failure.message == message
    assert state.failure.partial.content.startswith("Hi")
    assert state.over


def test_the_last_words_beside_an_error_are_in_the_partial():
    """OpenRouter sends the finish reason along with the error."""
    event = {
        "error": {"message": "x", "code": 502},
        "choices": [{"index": 0, "delta": {"content": "!"}, "finish_reason": "error"}],
    }
    partial = play(data(delta("Hi"), event)).failure.partial
    assert (partial.content, partial.finish_reason) == ("Hi!", "error")
    assert "error" not in partial


def test_nan_beside_an_error_does_not_hide_it():
    error = play(data(delta("Hi"), b'{"error": {"message": "boom", "code": 502}, "x": NaN}')).failure
    assert (type(error), error.message, error.partial.content) == (errors.ModelDown, "boom", "Hi")


def test_null_errors_are_none():
    state = play(data(delta("Hi", "stop", error=None), DONE))
    assert state.failure is None
    choice = {
        "choices": [{"index": 0, "delta": {"content": "x"}, "error": None, "finish_reason": "stop"}],
        "error": None,
    }
    assert play(data(choice, DONE)).failure is None


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (data(b"{broken"), "event 2 of the stream is no JSON: {broken"),
        (data(b"\xff"), "is no JSON"),
        (data(b"[" * 100_000), "is no JSON"),
        (data(b"17"), "event 2 of the stream is no JSON object: 17"),
        (data(b"[]"), "is no JSON object: []"),
        (data(b'"text"'), "is no JSON object"),
    ],
)
def test_garbage_breaks_the_stream(event, text):
    error = play(data(delta("Hi")) + event).failure
    assert type(error) is errors.StreamBroken
    assert text in str(error)
    assert error.partial.content == "Hi"


def test_a_character_cut_in_two_by_the_server_comes_whole():
    """Servers that cut text by UTF-16 units send half an emoji in each event."""
    event = b'{"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}'
    state = play(data(event % (b"a \\ud83d", b"null"), event % (b"\\ude00!", b'"stop"'), DONE))
    assert contents(state) == ["a ", "😀!"]
    assert state.final().content == "a 😀!"


def test_an_event_too_large_is_a_protocol_error(monkeypatch):
    state = make()
    state._decoder = type(state._decoder)(max_event=64)
    state.take(data(delta("Hi", "stop"))[:60] + b"x" * 200)
    assert type(state.failure) is errors.ProtocolError


def test_a_stream_without_end_is_cut_off():
    """The answer is put together on the way; what a server may make us keep is bounded."""
    state = make(max_bytes=300)
    block = data(delta("x" * 50))
    for _ in range(10):
        state.take(block)
    assert type(state.failure) is errors.ProtocolError
    assert "passes 300 bytes" in str(state.failure)
    assert state.failure.partial.content == "x" * 100


def test_a_transport_that_breaks_its_own_rules():
    error = play(data(delta("x")), errors.ProtocolError("bad chunk")).failure
    assert type(error) is errors.StreamBroken
    assert "broke off (bad chunk), after 1 event" in str(error)


@pytest.mark.parametrize("kind", [b"ping", b"keep-alive"])
def test_pings_are_no_events(kind):
    ping = b"event: " + kind
    state = play(ping + b"\ndata: {}\n\n" + ping + b"\ndata: now\n\n" + data(delta("Hi", "stop"), DONE))
    assert state.count == 1


def test_unusual_events_are_kept():
    """An object without choices is no error; nor is a chunk whose choices are of no use."""
    state = play(data({"type": "status", "n": 1}, {"choices": 5}, {"choices": ["x"]}, delta("Hi", "stop"), DONE))
    assert state.failure is None
    assert [event.get("n") for event in state.seen] == [1, None, None, None]


def test_nothing_after_done_counts():
    state = play(data(delta("Hi", "stop"), DONE, {"error": "late"}))
    assert state.failure is None
    state.take(data(delta("more")))
    state.fail(errors.ConnectionLost("x"), 7.0)
    state.take(b"")
    assert state.failure is None
    assert state.final().content == "Hi"


# ---- streams without events ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "cls", "text"),
    [
        (b"", errors.StreamBroken, "the stream is empty"),
        (b"<html><title>Login</title></html>", errors.StreamBroken, "(text/event-stream) holds no event"),
        (b'{"error": {"message": "as JSON", "code": 401}}', errors.Unauthorized, "as JSON"),
        (b'{"detail": "odd"}', errors.StreamBroken, "holds no event"),
        (b"{broken", errors.StreamBroken, "holds no event"),
        (b": only comments\n\n", errors.StreamBroken, "holds no event"),
    ],
)
def test_a_body_that_is_no_stream_is_told_for_what_it_is(body, cls, text):
    state = play(body, None) if body else play(None)
    assert type(state.failure) is cls
    assert text in str(state.failure)
    assert state.failure.partial.choices == []


def test_cut_before_the_first_event():
    assert "broke off before its first event (x)" in str(play(errors.ConnectionLost("x", began=True)).failure)


def test_no_choices_at_all():
    assert type(play(data(DONE)).failure) is errors.NoChoices
    assert type(play(data(USAGE, DONE)).failure) is errors.NoChoices


def test_headers_without_content_type():
    class Bare(Head):
        headers = Headers()

    assert "(no content type)" in str(play(b"hello", None, head=Bare).failure)


def test_the_key_is_not_in_what_is_told():
    secret = "sk-secret-0123"
    state = play(data(delta("Hi")) + data(f"{{{secret}".encode()), None, secrets=[secret])
    assert secret not in f"{state.failure} {state.failure.body}"
    page = play(f"<p>{secret}".encode(), None, secrets=[secret])
    assert secret not in f"{page.failure} {page.failure.body}"


# ---- servers that do not stream ------------------------------------------------------------------

WHOLE = {
    "id": "c",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "x": 1,
}


def test_a_whole_answer_is_one_event_and_itself():
    state = make(whole=Response(200, Head.headers, msgspec.json.encode(WHOLE)))
    assert state.over
    assert contents(state) == ["Hi"]
    assert state.seen[0].finish_reason == "stop"
    assert state.final().to_dict() == WHOLE


def test_a_whole_completion_is_one_event_and_itself():
    whole = {"id": "c", "choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}
    state = make(COMPLETION, whole=Response(200, Head.headers, msgspec.json.encode(whole)))
    assert state.seen[0].text == "Hi"
    assert state.final().to_dict() == whole


def test_an_empty_whole_answer():
    state = make(whole=Response(200, Head.headers, b""))
    assert type(state.failure) is errors.StreamBroken


def test_a_stream_of_a_completion():
    part = {"choices": [{"index": 0, "text": "a", "finish_reason": None}]}
    last = {"choices": [{"index": 0, "text": "b", "finish_reason": "length"}]}
    state = play(data(part, last, DONE), kind=COMPLETION)
    assert (state.final().text, [event.text for event in state.seen]) == ("ab", ["a", "b"])


# ---- any bytes, any chunking ---------------------------------------------------------------------

BODY = data(delta("Hé"), delta("llo"), {"x": 1}, delta("!", "stop"), USAGE, DONE)


def outcome(state):
    if state.failure is not None:
        partial = state.failure.partial
        return type(state.failure), str(state.failure), partial and partial.to_dict()
    return [event.to_dict() for event in state.seen], state.final().to_dict()


@given(st.lists(st.integers(0, len(BODY)), max_size=30), st.integers(0, len(BODY)))
def test_the_same_outcome_whatever_the_chunking(cuts, length):
    body = BODY[:length]
    edges = sorted({0, len(body), *(cut for cut in cuts if cut <= length)})
    blocks = [body[a:b] for a, b in itertools.pairwise(edges)]
    whole = outcome(play(*([body] if body else []), None))
    assert outcome(play(*blocks, None)) == whole
    assert outcome(play(*(body[n : n + 1] for n in range(len(body))), None)) == whole


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=40),
            st.sampled_from([b"data: ", b"\n\n", b"[DONE]", b'{"choices":[{}]}', b"event: error\n", b"{}"]),
        ),
        max_size=12,
    )
)
def test_any_garbage_ends_in_an_answer_or_a_franca_error(blocks):
    state = play(*blocks, None)
    assert state.over
    if state.failure is None:
        assert state.final().choices
    else:
        assert isinstance(state.failure, errors.FrancaError)


class Wanting:
    """A trip whose request asked for so many choices."""

    over = True
    first_event = first_token = None
    began = 0.0

    def __init__(self, choices):
        self.choices = choices

    def told(self):
        return None


def wanting(choices, *steps):
    opened = Opened(Head, None, Origin("srv", "m"), None, None, Wanting(choices))
    state = Played(opened, CHAT, idle_timeout=60.0, wall=lambda: NOW)
    for step in steps:
        state.fail(step, 5.0) if isinstance(step, Exception) else state.take(b"" if step is None else step)
    return state


def test_a_choice_that_never_came_is_missed_when_the_stream_is_cut():
    """Some servers send the choices one after another: the first with its finish reason is not all of n=2."""
    lost = errors.ConnectionLost("gone", began=True)
    state = wanting(2, data(delta("Hi", "stop")), lost)
    assert isinstance(state.failure, errors.StreamBroken)
    assert state.partial() is state.failure.partial
    assert wanting(1, data(delta("Hi", "stop")), lost).failure is None
    assert wanting(2, data(delta("Hi", "stop"), delta("Ho", "stop", index=1)), lost).failure is None


def test_the_next_choice_has_as_much_time_as_any_event():
    """Five seconds are for what follows a complete answer; the second choice of a slow server is no such thing."""
    state = wanting(2, data(delta("Hi", "stop")))
    assert state.until(10.0) == 70.0
    state.take(data(delta("Ho", "stop", index=1)))
    assert state.until(20.0) == 25.0


@pytest.mark.parametrize("end", [None, data(DONE)])
def test_a_server_that_heeds_no_n_ends_as_it_says(end):
    """A clean end and [DONE] are the server's word that this is all."""
    state = wanting(2, data(delta("Hi", "stop")), end)
    assert (state.over, state.failure) == (True, None)


@pytest.mark.parametrize("fields", [{}, {"role": "assistant"}])
def test_the_first_token_is_noticed_in_an_event_like_the_empty_one_before(fields):
    """OpenRouter sends the role with every event, and an empty text with the first."""
    opened = Opened(Head, None, Origin("srv", "m"), None, None, trip := Wanting(1))
    state = Played(opened, CHAT, idle_timeout=60.0, wall=lambda: NOW)
    events = [
        {"id": "c", "choices": [{"index": 0, "delta": {**fields, "content": text}, "finish_reason": None}]}
        for text in ("", "", "Hi", " you")
    ]
    state.take(data(*events[:2]), 1.0)
    assert (state.told_something, trip.first_event, trip.first_token) == (False, 1.0, None)
    state.take(data(events[2]), 2.0)
    state.take(data(events[3]), 3.0)
    assert (state.told_something, trip.first_token) == (True, 2.0)
