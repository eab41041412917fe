"""Log records of calls: one for each step, readable and structured, and without a secret."""

from __future__ import annotations

import json
import logging

import pytest

import franca
from franca.errors import BadUsage, RateLimited, StatusError, StreamBroken
from franca.observe import Hooks, logging_hooks, watching
from franca.wire.headers import Headers
from franca.wire.http import Request
from franca.wire.response import Response

KEY = "sk-very-secret-0123456789"
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Kept(logging.Handler):
    def __init__(self):
        super().__init__(1)
        self.records = []

    def emit(self, record):
        self.records.append(record)

    @property
    def steps(self):
        return [record.franca_step for record in self.records]

    @property
    def lines(self):
        return [record.getMessage() for record in self.records]

    @property
    def everything(self):
        """Every text of every record, as a JSON formatter would write it."""
        return json.dumps([[record.getMessage(), extra_of(record)] for record in self.records])


def extra_of(record):
    return {name: value for name, value in vars(record).items() if name not in PLAIN}


@pytest.fixture
def log():
    """A logger of its own, whatever the level."""
    logger = logging.Logger("observed", 1)
    handler = Kept()
    logger.addHandler(handler)
    handler.logger = logger
    return handler


def options(log, more=(), **settings):
    return {"api_key": KEY, "retries": 0, "hooks": logging_hooks(log.logger, **settings), **dict(more)}


def test_a_call_writes_three_records(kind, sim, log):
    """request and response in detail, done above them; all with the same call, and JSON all through."""
    kind.call(options(log), "chat", "Hello you", model="echo", server=sim.url)
    assert log.steps == ["request", "response", "done"]
    assert [record.levelno for record in log.records] == [logging.DEBUG, logging.DEBUG, logging.INFO]
    assert len({record.franca_call for record in log.records}) == 1
    for record in log.records:
        facts = extra_of(record)
        assert json.loads(json.dumps(facts)) == facts
        assert all(name.startswith("franca_") for name in facts)
        assert (record.franca_operation, record.franca_model, record.franca_server) == ("chat", "echo", sim.url)
        assert record.getMessage().startswith(f"call {record.franca_call}: chat echo at {sim.url}: ")
    request, response, done = log.records
    assert (request.franca_method, request.franca_url) == ("POST", f"{sim.url}/chat/completions")
    assert (response.franca_status, response.franca_seconds >= 0) == (200, True)
    assert (done.franca_finish_reasons, done.franca_left) == (["stop"], False)
    assert done.franca_input_tokens > 0
    assert f"{done.franca_output_tokens} output tokens, finish stop" in done.getMessage()
    assert not hasattr(request, "franca_body")


def test_nothing_that_was_said_is_written(kind, sim, log):
    """Neither the question nor the answer, unless it is asked for."""
    kind.read(options(log), "marmalade sandwiches", model="echo", server=sim.url)
    assert log.steps == ["request", "response", "done"]
    assert "marmalade" not in log.everything
    assert log.records[-1].franca_first_token >= log.records[-1].franca_first_event >= 0


def test_bodies_are_written_when_asked_for(kind, sim, log):
    """As JSON text, both ways."""
    kind.call(options(log, bodies=True), "chat", "marmalade", model="echo", server=sim.url)
    request, _, done = log.records
    assert json.loads(request.franca_body)["messages"] == [{"role": "user", "content": "marmalade"}]
    assert json.loads(done.franca_body)["choices"][0]["message"]["content"] == "marmalade"


def test_bodies_are_bounded(sim, log):
    """Cut, and the cut is shown."""
    with franca.Client(sim.url, **options(log, bodies=True, limit=50)) as client:
        client.chat("marmalade " * 1000, model="echo")
    request, _, done = log.records
    assert len(request.franca_body) == len(done.franca_body) == 51
    assert request.franca_body.endswith("…")


def test_bodies_of_every_kind(kind, sim, log):
    """Embeddings, lists of models, plain answers, and messages that are windows."""
    given = options(log, bodies=True)
    kind.call(given, "embeddings", "one", model="embed", server=sim.url, dimensions=2)
    kind.call(given, "list_models", server=sim.url)
    kind.call(given, "get", "models", server=sim.url)
    kind.call(given, "chat", [franca.user_message("a window")], model="echo", server=sim.url)
    done = [record for record in log.records if record.franca_step == "done"]
    assert '"data"' in done[0].franca_body
    assert '"data"' in done[1].franca_body
    assert '"data"' in done[2].franca_body
    assert "a window" in [record for record in log.records if record.franca_step == "request"][-1].franca_body


def test_a_stream_that_is_left_says_so(kind, sim, log):
    """It is done, and not whole."""
    kind.read(options(log), "one two three four", model="echo", server=sim.url, leave_after=2)
    done = log.records[-1]
    assert (done.franca_step, done.franca_left) == ("done", True)
    assert "left by the caller" in done.getMessage()


def test_retries_are_warnings(kind, sim, log):
    """With the error and the delay."""
    more = {"retries": franca.RetryPolicy(retries=2, base=0.001)}
    kind.call(options(log, more), "chat", "Hi", model="scenario:limit-500-twice-then-good", server=sim.url)
    retries = [record for record in log.records if record.franca_step == "retry"]
    assert [record.levelno for record in retries] == [logging.WARNING] * 2
    assert [(record.franca_error, record.franca_status) for record in retries] == [("ServerFault", 500)] * 2
    assert all(record.franca_delay >= 0 for record in retries)
    assert "request 2" in log.records[3].getMessage()


def test_errors_are_errors(kind, sim, log):
    """With what the server said of them."""
    with pytest.raises(RateLimited):
        kind.call(options(log), "chat", "Hi", model="scenario:limit-seconds", server=sim.url)
    error = log.records[-1]
    assert (error.levelno, error.franca_step, error.franca_error) == (logging.ERROR, "error", "RateLimited")
    assert (error.franca_status, error.franca_retryable) == (429, True)
    assert "Slow down" in error.getMessage()
    assert error.franca_seconds >= 0


def test_what_came_before_an_error_is_content(kind, sim, log):
    """Only with `bodies=True`."""
    with pytest.raises(StreamBroken):
        kind.read(options(log), "Hi", model="scenario:cut-close-mid-content", server=sim.url)
    with pytest.raises(StreamBroken):
        kind.read(options(log, bodies=True), "Hi", model="scenario:cut-close-mid-content", server=sim.url)
    first, second = [record for record in log.records if record.franca_step == "error"]
    assert not hasattr(first, "franca_body")
    assert json.loads(second.franca_body)["choices"][0]["message"]["content"] == "Hello, "


@pytest.mark.parametrize("scenario", ["inside-key-echo", "error-key-echo"])
def test_no_key_is_ever_written(kind, sim, log, scenario):
    """Not from headers, user info, a query, what was asked, nor from servers that repeat it."""
    server = sim.url.replace("http://", "http://me:hunter2hunter2@") + "?key=sk-query-000"
    given = options(log, bodies=True)
    given["headers"] = {"X-Own-Token": "tok-1234-5678"}
    with pytest.raises(StatusError):
        kind.read(given, f"my key is {KEY}", model=f"scenario:{scenario}", server=server)
    assert log.steps[-1] == "error"
    for secret in (KEY, "hunter2", "sk-query", "tok-1234-5678"):
        assert secret not in log.everything


def test_a_cut_leaves_no_half_of_a_key(sim, log):
    """Scrubbing comes before cutting, wherever the cut falls."""
    for limit in range(60, 110):
        with franca.Client(sim.url, **options(log, bodies=True, limit=limit)) as client:
            client.chat([franca.user_message(f"key {KEY}")], model="echo")
    assert KEY[:6] not in log.everything


def test_levels_are_respected(sim):
    """What is not wanted is not even made; retries and errors never sink below their own level."""
    logger = logging.getLogger("franca.tests.quiet")  # one that logging knows: its levels are cached
    logger.setLevel(logging.INFO)
    handler = Kept()
    logger.addHandler(handler)
    with franca.Client(sim.url, retries=0, limits=False, hooks=logging_hooks(logger)) as client:
        client.chat("Hi", model="echo")
        assert handler.steps == ["done"]
        logger.setLevel(logging.ERROR)
        client.chat("Hi", model="echo")
        assert handler.steps == ["done"]
        with pytest.raises(RateLimited):
            client.chat("Hi", model="scenario:limit-none")
        assert handler.steps == ["done", "error"]
        logger.setLevel(logging.CRITICAL)
        with pytest.raises(RateLimited):
            client.chat("Hi", model="scenario:limit-none")
        assert handler.steps == ["done", "error"]


@pytest.mark.parametrize(("level", "number"), [("debug", 10), ("WARNING", 30), (25, 25), (3, 3)])
def test_the_level_may_be_a_name_or_a_number(sim, log, level, number):
    with franca.Client(sim.url, **options(log, level=level)) as client:
        client.chat("Hi", model="echo")
    assert [record.levelno for record in log.records] == [max(number - 10, 1)] * 2 + [number]


@pytest.mark.parametrize(
    "settings", [{"logger": 5}, {"level": "loud"}, {"level": None}, {"level": True}, {"limit": -1}, {"limit": "all"}]
)
def test_wrong_settings_are_told(settings):
    """Before anything is logged."""
    with pytest.raises(BadUsage, match=f"^{next(iter(settings))} is"):
        logging_hooks(**settings)


def test_the_logger_has_a_name(sim, caplog):
    """By default the package's."""
    caplog.set_level(1, "franca")
    franca.Client(sim.url, hooks=logging_hooks()).chat("Hi", model="echo")
    assert {record.name for record in caplog.records} == {"franca"}


# ---- without a server: what none would send -------------------------------------------------------


def watch_with(log, **settings):
    watch = watching(logging_hooks(log.logger, **settings), clock=lambda: 1.0, wall=lambda: 1.0)
    return watch, watch.begin("chat", server="openai")


def test_a_cancelled_call_is_no_error(log):
    """The caller wanted it so."""
    watch, call = watch_with(log)
    watch.error(call, KeyboardInterrupt())
    assert (log.records[0].levelno, log.records[0].franca_error) == (logging.INFO, "KeyboardInterrupt")
    assert "given up after 0.00 s (KeyboardInterrupt)" in log.lines[0]


def test_a_servers_words_cannot_forge_a_record(log):
    """Line breaks and terminal codes become blanks; a page is cut."""
    watch, call = watch_with(log)
    watch.error(call, franca.ServerFault("down\n2026 INFO all is well\x1b[2J" + "x" * 9000))
    assert "down 2026 INFO all is well [2J" in log.lines[0]
    assert len(log.lines[0]) < 2100
    call = watch.begin("chat", server="openai")
    watch.response(call, 200, Headers([("x-request-id", "a\tb" + "c" * 999)]), 0.1)
    assert log.records[-1].franca_request_id == "a b" + "c" * 197


def test_an_answer_without_metrics_has_the_calls_own_time(log):
    """A plain response knows no times; usage without numbers is left out."""
    watch, call = watch_with(log, bodies=True)
    watch.done(call, Response(200, Headers(), b"text"), None)
    assert (log.records[0].franca_seconds, log.records[0].franca_body) == (0.0, "text")
    call = watch.begin("chat", server="openai")
    watch.done(call, franca.Chat({"choices": [{}], "usage": {}}), None)
    assert log.records[1].franca_finish_reasons == [None]
    assert not hasattr(log.records[1], "franca_input_tokens")
    call = watch.begin("chat", server="openai")
    watch.done(call, None, None)
    assert log.steps == ["done"] * 3


def test_what_was_changed_is_told(log):
    """The lines of `chat.adapted`."""
    from franca.wire.told import Change, Metrics, Told

    told = Told()
    told.adapted = (Change("temperature", "clamp", "from 1.7 to 1.0", "table"),)
    watch, call = watch_with(log)
    watch.done(call, franca.Chat({"choices": []}, told=told), Metrics(1.5))
    assert log.records[0].franca_adapted == ["clamp temperature from 1.7 to 1.0 (table)"]
    assert log.records[0].franca_seconds == 1.5


def test_a_request_without_a_body_shows_none(log):
    """A list of models is asked for without one."""
    watch, call = watch_with(log, bodies=True)
    watch.request(call, Request("GET", "http://x/models"))
    assert not hasattr(log.records[0], "franca_body")


def test_hooks_are_hooks():
    """And say what they hear of."""
    assert isinstance(logging_hooks(), Hooks)
    assert repr(logging_hooks()) == "Hooks(request, response, retry, error, done)"


def test_nothing_is_made_of_what_is_not_written():
    """A logger that is silent costs a call no text: not of retries and errors either."""

    class Told(RateLimited):
        def __str__(self):
            raise AssertionError("nobody asked for the text")

    logger = logging.Logger("silent", logging.CRITICAL)
    reports = []
    watch = watching(
        logging_hooks(logger), clock=lambda: 0.0, wall=lambda: 0.0, report=lambda text, error: reports.append(error)
    )
    for step in (lambda call: watch.retry(call, Told("x"), 1.0), lambda call: watch.error(call, Told("x"))):
        step(watch.begin("chat", server="mine"))
    assert reports == []
