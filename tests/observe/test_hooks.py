"""Hooks are told of every step of a call, cannot break it, and see no secret."""

from __future__ import annotations

import functools
import threading
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

import franca
from franca.errors import BadUsage, ConnectFailed, RateLimited, StreamBroken
from franca.observe import Call, Hooks, SentRequest, watching
from franca.wire.headers import Headers
from franca.wire.http import Request

KEY = "sk-very-secret-0123456789"


def options(notebook, **more):
    return {"api_key": KEY, "hooks": notebook.hooks, "retries": 0, **more}


# ---- what is told, through both clients ----------------------------------------------------------


def test_a_chat_is_told_from_its_request_to_its_answer(kind, sim, notebook):
    """request, response, done: with one `Call` that says what was asked, and the answer that the caller gets."""
    answer = kind.call(options(notebook), "chat", "Hello", model="echo", temperature=0.5, server=sim.url)
    assert notebook.names == ["request", "response", "done"]
    ((call, sent),) = notebook.of("request")
    assert (call.operation, call.server, call.base_url, call.model) == ("chat", sim.url, sim.url, "echo")
    assert (call.stream, call.attempt, call.left) == (False, 1, False)
    assert call.parameters["temperature"] == 0.5
    assert (sent.method, sent.url) == ("POST", f"{sim.url}/chat/completions")
    assert f" {sent.size} bytes" in repr(sim.requests[-1])
    ((again, status, headers, seconds),) = notebook.of("response")
    assert again is call
    assert (status, headers.get("content-type"), seconds >= 0) == (200, "application/json", True)
    ((once_more, told, metrics),) = notebook.of("done")
    assert once_more is call
    assert told is answer
    assert metrics.duration > 0
    assert metrics == answer.metrics


@pytest.mark.parametrize(
    ("method", "args", "operation"),
    [
        ("completions", ("Hello",), "text_completion"),
        ("embeddings", ("Hello",), "embeddings"),
        ("list_models", (), "list_models"),
        ("get", ("models",), "request"),
    ],
)
def test_every_method_is_a_call(kind, sim, notebook, method, args, operation):
    """With its operation by name, and an end."""
    model = {} if operation in ("list_models", "request") else {"model": "embed" if method == "embeddings" else "echo"}
    answer = kind.call(options(notebook), method, *args, server=sim.url, **model)
    assert notebook.names == ["request", "response", "done"]
    assert {call.operation for _, call, _ in notebook.steps} == {operation}
    ((_, told, _),) = notebook.of("done")
    assert told is answer


def test_a_stream_is_told_event_by_event(kind, sim, notebook):
    """request, response, the events, done with the whole answer and its times."""
    stream = kind.read(options(notebook), "Hello you there", model="echo", server=sim.url)
    events = notebook.of("event")
    assert notebook.names == ["request", "response", *["event"] * len(events), "done"]
    assert "".join(event.content or "" for _, event in events) == stream.final.content
    ((call, answer, metrics),) = notebook.of("done")
    assert (call.stream, call.left) == (True, False)
    assert answer.content == "Hello you there"
    assert metrics.first_event <= metrics.first_token <= metrics.duration
    assert metrics.tokens == answer.usage.completion_tokens


def test_a_stream_that_is_left_is_told_with_what_had_come(kind, sim, notebook):
    """`done` with `call.left`, once."""
    kind.read(options(notebook), "one two three four five six", model="echo", server=sim.url, leave_after=3)
    assert notebook.names == ["request", "response", *["event"] * 3, "done"]
    ((call, partial, _),) = notebook.of("done")
    assert call.left
    assert partial.finish_reason is None
    assert partial.content == "".join(event.content or "" for _, event in notebook.of("event"))


def test_a_stream_that_nobody_holds_any_more_is_told_too(sim, notebook):
    """Collected by the garbage collector without having been read."""
    client = franca.Client(sim.url, **options(notebook))
    stream = client.chat_stream("Hello", model="echo")
    assert notebook.names == ["request", "response"]
    del stream
    assert notebook.names == ["request", "response", "done"]
    assert notebook.steps[-1][1].left
    client.close()


def test_a_stream_that_breaks_is_an_error(kind, sim, notebook):
    """After its events; never `done`."""
    with pytest.raises(StreamBroken) as caught:
        kind.read(options(notebook), "Hi", model="scenario:cut-close-mid-content", server=sim.url)
    assert notebook.names[:2] == ["request", "response"]
    assert notebook.names[-1] == "error"
    assert "done" not in notebook.names
    assert notebook.names.count("error") == 1
    assert notebook.of("error")[0][1] is caught.value


def test_retries_are_told_with_their_delay(kind, sim, notebook):
    """Each failed try is a retry, and the answer in the end is done; `attempt` counts the requests."""
    attempts = []
    counting = Hooks(request=lambda call, _: attempts.append(call.attempt))
    given = options(notebook, retries=franca.RetryPolicy(retries=2, base=0.001), hooks=[notebook.hooks, counting])
    kind.call(given, "chat", "Hi", model="scenario:limit-500-twice-then-good", server=sim.url)
    assert notebook.names == [*["request", "response", "retry"] * 2, "request", "response", "done"]
    assert attempts == [1, 2, 3]
    for call, error, delay in notebook.of("retry"):
        assert (call.operation, error.status, delay >= 0) == ("chat", 500, True)
    ((_, _, metrics),) = notebook.of("done")
    assert metrics.tries == 3


def test_an_error_is_told_once(kind, sim, notebook):
    """The very error that the caller gets, after the response that it came in."""
    with pytest.raises(RateLimited) as caught:
        kind.call(options(notebook), "chat", "Hi", model="scenario:limit-seconds", server=sim.url)
    assert notebook.names == ["request", "response", "error"]
    assert notebook.of("error")[0][1] is caught.value


def test_no_connection_is_an_error_too(kind, notebook):
    """There was a request, and no response."""
    with pytest.raises(ConnectFailed):
        kind.call(options(notebook), "chat", "Hi", model="m", server="http://127.0.0.1:1/v1")
    assert notebook.names == ["request", "error"]


def test_several_hooks_are_told_in_order(kind, sim):
    """Of one step all hear before the next one."""
    told = []
    hooks = [Hooks(request=lambda *_, n=n: told.append(n), done=lambda *_, n=n: told.append(-n)) for n in (1, 2)]
    kind.call({"hooks": hooks}, "chat", "Hi", model="echo", server=sim.url)
    assert told == [1, 2, -1, -2]


def test_ids_tell_calls_apart(kind, sim, notebook):
    """Also those of two clients."""
    for _ in range(2):
        kind.call(options(notebook), "chat", "Hi", model="echo", server=sim.url)
    assert len({call.id for call, *_ in notebook.of("done")}) == 2


# ---- a hook cannot break a call ------------------------------------------------------------------


def test_a_hook_that_fails_is_reported_once_and_ignored(kind, sim, notebook, caplog):
    """The call goes on, the other hooks are told, and the log says once what failed."""

    def broken(*_):
        raise LookupError("the hook's own mistake")

    hooks = [Hooks(request=broken, event=broken, done=broken), notebook.hooks]
    stream = kind.read({"hooks": hooks}, "Hello you there", model="echo", server=sim.url)
    assert stream.final.content == "Hello you there"
    assert notebook.names[-1] == "done"
    told = [record for record in caplog.records if record.name == "franca"]
    assert len(told) == 1
    assert "broken" in told[0].getMessage()
    assert told[0].exc_info[0] is LookupError


def test_a_hook_that_returns_a_coroutine_is_reported(sim, caplog):
    """It would never run; the coroutine is closed, so that Python need not warn of it."""

    async def later():
        raise AssertionError("never runs")

    answer = franca.Client(sim.url, hooks=Hooks(done=lambda *_: later())).chat("Hi", model="echo")
    assert answer.content == "Hi"
    assert "coroutine" in caplog.text


class Deferred:
    """Awaitable, but not a coroutine: there is nothing to close."""

    def __await__(self):
        yield


def test_the_report_is_made_once_for_each_function_and_may_fail_itself():
    """What a report raises is ignored as well, and it is not called again."""
    reports = []

    def report(text, error):
        reports.append((text, error))
        raise OSError("the log is full")

    def one(*_):
        raise ValueError("one")

    watch = watching([Hooks(request=one, done=one), Hooks(done=lambda *_: Deferred())], **CLOCKS, report=report)
    call = watch.begin("chat", server="x")
    watch.request(call, Request("GET", "http://x/"))
    watch.done(call, None, None)
    assert len(reports) == 1
    assert "request" in reports[0][0]


def test_mocks_work_as_hooks():
    """What a mock returns has every attribute; it is no coroutine for that."""
    reports = []
    for mock in (Mock(), MagicMock()):
        watch = watching(Hooks(done=mock), **CLOCKS, report=lambda *args: reports.append(args))
        watch.done(watch.begin("chat", server="x"), None, None)
        assert mock.call_count == 1
    assert reports == []


def test_without_a_report_failures_are_silent():
    """The borders of this layer: the caller decides where complaints go."""

    def one(*_):
        raise ValueError

    watch = watching(Hooks(done=one), **CLOCKS)
    watch.done(watch.begin("chat", server="x"), None, None)


def test_an_interrupt_in_a_hook_is_not_swallowed():
    """KeyboardInterrupt and the like are nobody's mistake."""

    def stop(*_):
        raise KeyboardInterrupt

    watch = watching(Hooks(done=stop), **CLOCKS)
    with pytest.raises(KeyboardInterrupt):
        watch.done(watch.begin("chat", server="x"), None, None)


# ---- what is no hook -----------------------------------------------------------------------------


async def coroutine(*_):
    """A hook cannot be one."""


async def generator(*_):
    """Nor one of these."""
    yield


class Callable:
    async def __call__(self, *_):
        """Nor an object with one."""

    async def method(self, *_):
        """Nor one of its methods."""


@pytest.mark.parametrize(
    "function",
    [
        coroutine,
        generator,
        Callable(),
        Callable().method,
        functools.partial(functools.partial(coroutine, 1), 2),
        AsyncMock(),
    ],
    ids=["function", "generator", "object", "method", "partial", "mock"],
)
def test_a_coroutine_function_is_refused(function):
    """Whatever it is wrapped in; the text says what to do instead."""
    with pytest.raises(BadUsage, match=r"request is a coroutine function.*plain functions"):
        Hooks(request=function)


@pytest.mark.parametrize(
    "function", [lambda *_: None, functools.partial(print, end=""), print, Headers, [].append, Mock(), MagicMock()]
)
def test_anything_else_that_can_be_called_is_a_hook(function):
    """Builtins, classes, partials, methods, and what stands for a function in a test."""
    assert repr(Hooks(done=function)) == "Hooks(done)"


def test_what_is_no_function_is_refused():
    with pytest.raises(BadUsage, match="the hook error is a function, not str"):
        Hooks(error="print")


@pytest.mark.parametrize("given", [print, "hooks", {"request": print}, 5, [print], [Hooks(), None]])
def test_what_are_no_hooks_is_refused(given):
    """When the client is made."""
    with pytest.raises(BadUsage, match="hooks"):
        franca.Client("http://localhost:1/v1", hooks=given)


@pytest.mark.parametrize("given", [None, [], Hooks(), (Hooks(), Hooks())])
def test_without_a_function_there_is_no_watch(given):
    """So that calls cost nothing."""
    assert watching(given, **CLOCKS) is None


# ---- the call, and what of it is shown -----------------------------------------------------------


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


CLOCKS = {"clock": Clock(), "wall": Clock()}


def test_a_call_knows_how_long_it_lasts():
    """By the clock that was handed in; the start is wall time."""
    clock, wall = Clock(), Clock()
    wall.now = 1.7e9
    watch = watching(Hooks(done=print), clock=clock, wall=wall, prefix="p-")
    call = watch.begin("chat", server="openai", model="m", stream=True, parameters={"n": 1})
    clock.now += 2.5
    assert (call.seconds, call.started) == (2.5, 1.7e9)
    assert call.id.startswith("p-")
    assert repr(call) == f"<Call {call.id}: chat m at openai, try 0>"
    assert repr(watch.begin("list_models", server="x")).endswith(": list_models at x, try 0>")
    assert call.scrub({"a": 1}) == {"a": 1}


def test_a_call_ends_once():
    """Whatever ends it first: a stream that is over and then closed, an error and then a cancellation."""
    ends = []
    watch = watching(Hooks(done=lambda *_: ends.append("done"), error=lambda *_: ends.append("error")), **CLOCKS)
    for first in (watch.done, watch.left):
        call = watch.begin("chat", server="x")
        first(call, None, None)
        watch.done(call, None, None)
        watch.left(call, None, None)
        watch.error(call, ValueError())
        assert call.left is (first == watch.left)
    call = watch.begin("chat", server="x")
    watch.error(call, ValueError())
    watch.done(call, None, None)
    assert ends == ["done", "done", "error"]


def test_a_call_ends_once_between_threads():
    """A stream may be closed from any thread."""
    ends = []
    watch = watching(Hooks(done=lambda *_: ends.append(1)), **CLOCKS)
    for _ in range(50):
        call = watch.begin("chat", server="x")
        barrier = threading.Barrier(4)

        def end(call=call, barrier=barrier):
            barrier.wait()
            watch.done(call, None, None)

        threads = [threading.Thread(target=end) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ends) == 50


def test_only_what_is_wanted_is_made_ready():
    """Attempts are counted all the same; `wants_events` tells a stream whether to bother."""
    watch = watching(Hooks(done=print), **CLOCKS)
    call = watch.begin("chat", server="x")
    watch.request(call, None)  # would raise if it were looked at
    watch.event(call, None)
    assert (call.attempt, watch.wants_events) == (1, False)
    assert watching(Hooks(event=print), **CLOCKS).wants_events


SECRETS = ("hunter2", "sk-query", "sig-1234", KEY)


def sent(url, headers=()):
    told = []
    watch = watching(Hooks(request=lambda _, request: told.append(request)), **CLOCKS)
    call = watch.begin("chat", server="x")
    call.scrub = lambda value: value.replace(KEY, "***") if isinstance(value, str) else value
    watch.request(call, Request("POST", url, tuple(headers), b"{}"))
    return told[0]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@host:8080/v1/chat", "https://host:8080/v1/chat"),
        ("https://host/v1?api-version=2024-10-21&key=sk-query", "https://host/v1?api-version=2024-10-21&key=***"),
        ("https://host/v1?sig-1234", "https://host/v1?***"),
        ("https://host/v1?q=a%20b&LIMIT=10#sk-query", "https://host/v1?q=***&LIMIT=10"),
        (f"https://host/{KEY}/v1", "https://host/***/v1"),
        ("https://user:hunter2@host?key=sk-query", "https://host?key=***"),
    ],
)
def test_an_address_is_shown_without_secrets(url, shown):
    """User info goes, and of a query only what says which, how many and where from stays."""
    request = sent(url)
    assert request.url == shown
    assert not any(secret in f"{request!r}{request.url}" for secret in SECRETS)


def test_headers_are_shown_without_secrets():
    """Neither in the usual places nor in one of the caller's own."""
    request = sent(
        "http://x/",
        [("Authorization", f"Bearer {KEY}"), ("api-key", KEY), ("X-Mine", f"a {KEY}"), ("Accept", "*/*")],
    )
    assert dict(request.headers) == {"authorization": "***", "api-key": "***", "x-mine": "a ***", "accept": "*/*"}
    assert (request.size, request.method) == (2, "POST")
    assert repr(request) == "<SentRequest POST http://x/, 2 bytes>"


def test_a_real_request_is_told_without_its_secrets(kind, sim, notebook):
    """User info, a key in the query, and headers of the caller's, through the clients."""
    server = sim.url.replace("http://", "http://me:hunter2@") + "?key=sk-query-000"
    headers = {"X-Own-Token": "sig-1234-5678", "Authorization": f"Bearer {KEY}"}
    kind.call({"hooks": notebook.hooks, "headers": headers}, "chat", "Hi", model="echo", server=server)
    ((call, request),) = notebook.of("request")
    shown = f"{request.url}{request.headers.pairs}{request!r}{call!r}{call.base_url}{call.server}"
    assert not any(secret in shown for secret in SECRETS)
    assert call.scrub(f"a {KEY} b") == "a *** b"


def test_the_names_are_public():
    """As users import them."""
    assert issubclass(SentRequest, object)
    assert issubclass(Call, object)
    assert {"Call", "Hooks", "SentRequest", "logging_hooks", "otel_hooks", "watching"} <= set(franca.observe.__all__)
