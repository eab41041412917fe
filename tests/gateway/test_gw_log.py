"""The log on standard error: what a line says, that it cannot be forged, and that it holds up nobody."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import select
import subprocess
import sys
from contextlib import contextmanager

import pytest
from gw_seen import answered, exchange_of, virtual_key
from hypothesis import given
from hypothesis import strategies as st

from franca.gateway.config.shape import LogTable
from franca.gateway.seen.line import MOST_LINE, Moment, json_line, text_line
from franca.gateway.seen.log import Log, Records


@contextmanager
def piped(form, **settings):
    """A log that writes into a pipe, and a function that closes it and gives what came."""
    reading, writing = os.pipe()
    log = Log(LogTable(form=form), fd=writing, **settings)
    closed = []

    def read():
        log.close()
        os.close(writing)
        closed.append(True)
        with open(reading, "rb", closefd=False) as file:
            return file.read().decode()

    try:
        yield log, read
    finally:
        log.close()
        os.close(reading)
        if not closed:
            os.close(writing)


def line_of(form="text", **facts):
    exchange, ended = answered(**facts)
    exchange.at = 1_700_000_000.25
    return (text_line if form == "text" else json_line)(exchange, ended, Moment()).decode()


def test_a_line_to_read():
    """Moment, status, method, path and time first; then whatever else there is, by name."""
    line = line_of(id="req_1", first=0.2, stream=True, key=virtual_key())
    assert line == (
        "2023-11-14T22:13:20.250Z 200 POST /v1/chat/completions 0.500s id=req_1 model=one/m first=0.200s"
        " tokens=10+5 cost=0.250000 key=key_ann\n"
    )


def test_a_line_of_trouble():
    """How it ended, the code of the error, who answered in the end, and how often it was tried."""
    line = line_of(
        id="r", asked="fast", tries=3, status=502, outcome="error", error="server_unreachable", cost=None,
        prompt_tokens=None, completion_tokens=None,
    )  # fmt: skip
    assert line.endswith(" 0.500s id=r outcome=error error=server_unreachable model=fast by=one/m tries=3\n")


def test_a_line_for_programs():
    """One JSON object with all that is known; what is not known is left out."""
    found = json.loads(
        line_of("json", id="r", first=0.25, stream=True, cached_tokens=3, generation="chatcmpl-1", structured="tool",
                key=virtual_key(team="red"))
    )  # fmt: skip
    assert found == {
        "at": "2023-11-14T22:13:20.250Z", "event": "request", "id": "r", "method": "POST",
        "path": "/v1/chat/completions", "route": "chat", "status": 200, "outcome": "ok", "seconds": 0.5,
        "client": "127.0.0.1", "first": 0.25, "key": "key_ann", "team": "red", "asked": "one/m", "server": "one",
        "model": "m", "tries": 1, "stream": True, "prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 3,
        "cost": 0.25, "generation": "chatcmpl-1", "structured": "tool",
    }  # fmt: skip
    assert json.loads(line_of("json", cached=True, error="x", outcome="cut"))["cached"] is True
    bare = exchange_of("/healthz", "GET")
    bare.scope["client"] = None
    assert "client" not in json.loads(json_line(bare, bare.began + 1, Moment()))


def test_moments_follow_the_clock():
    """The kept text of a second serves this second alone, also when the clock goes back."""
    moment = Moment()
    assert [moment.text(at) for at in (0.0, 0.999, 1.0, 0.5)] == [
        "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.999Z", "1970-01-01T00:00:01.000Z", "1970-01-01T00:00:00.500Z",
    ]  # fmt: skip


WORDS = st.text(st.characters(codec=None), max_size=400)


def test_half_a_surrogate_pair_is_written_somehow():
    """A JSON body may hold one, and no encoding does: the line is written all the same."""
    exchange, ended = answered(asked="m\ud800", error="e\ud800", outcome="error")
    assert b"model=m" in text_line(exchange, ended, Moment())
    assert json.loads(json_line(exchange, ended, Moment()))["asked"] == "m\\ud800"
    with piped("json") as (log, read):
        log.info("half \ud800", fact="a\ud800")
        assert json.loads(read())["message"] == "half \\ud800"


@given(WORDS, WORDS, WORDS)
def test_nobody_can_forge_a_line(path, model, error):
    """Whatever stands in path, model or error: it stays one line of a bounded size, without control characters, and
    every word of it is where it belongs."""
    exchange, ended = answered(asked=model, error=error, outcome="error", model=model, generation=error)
    exchange.path = path
    text = text_line(exchange, ended, Moment()).decode()
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    assert len(text.encode()) <= MOST_LINE
    assert len(re.findall(r" outcome=", text)) == 1
    found = json_line(exchange, ended, Moment()).decode()
    assert found.count("\n") == 1
    assert len(found.encode()) <= MOST_LINE
    assert json.loads(found)["status"] == 200


def test_no_secret_and_no_body_is_written():
    """Neither headers, query, bodies nor the secret of a key are in a line."""
    secrets = [(b"authorization", b"Bearer sk-secret"), (b"x-api-key", b"sk-secret"), (b"cookie", b"sk-secret")]
    exchange = exchange_of(headers=secrets, key=virtual_key(secret="sk-secret"), status=200)
    exchange.scope["query_string"] = b"key=sk-secret"
    exchange.request_body = b"sk-secret"
    exchange.response_body = bytearray(b"sk-secret")
    for write in (text_line, json_line):
        line = write(exchange, exchange.began + 1, Moment()).decode()
        assert "sk-secret" not in line
        assert exchange.key.hash not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_come_whole_and_in_order(form):
    """Every request makes one line, in the order in which they ended."""
    with piped(form) as (log, read):
        for number in range(150):
            log.finished(*answered(id=f"r{number}"))
        lines = read().splitlines()
    find = (lambda line: json.loads(line)["id"]) if form == "json" else (lambda line: re.search(r"id=(\S+)", line)[1])
    assert [find(line) for line in lines] == [f"r{number}" for number in range(150)]
    assert log.waiting == log.dropped == 0


def test_off_says_nothing_of_requests():
    """No line for a request, but what goes wrong with the gateway is said all the same."""
    with piped("off") as (log, read):
        log.finished(*answered())
        log.warning("the new configuration is wrong", path="a b.toml")
        text = read()
    assert re.fullmatch(r"\S+Z warning: the new configuration is wrong path=a%20b.toml\n", text)


def test_probes_are_not_written_down():
    """A healthy answer to who asks every second is no news; another one is."""
    with piped("text") as (log, read):
        log.finished(*answered(route="health", status=200))
        log.finished(*answered(route="metrics", status=200))
        log.finished(*answered(route="health", status=503, outcome="refused"))
        text = read()
    assert text.count("\n") == 1
    assert " 503 " in text


def test_what_the_gateway_says_of_itself():
    """Each level by its word, facts by their names, on one line in either form."""
    with piped("text") as (log, read):
        log.info("two\nlines \x1b[31m", path="a\nb")
        log.error("x" * 9000)
        first, more, second = read().splitlines()
    assert first.endswith("info: two")
    assert more == "    lines %1B[31m path=a%0Ab"
    assert len(second) < MOST_LINE
    with piped("json") as (log, read):
        log.error("broken\n", number=3, path="p")
        found = json.loads(read())
    assert (found["event"], found["level"], found["message"]) == ("gateway", "error", "broken\n")
    assert (found["number"], found["path"]) == (3, "p")


def test_records_of_logging_are_taken_along():
    """What parts tell `logging` comes out in the same form, with what was raised."""
    logger = logging.getLogger("franca.gateway.test")
    with piped("json") as (log, read):
        handler = Records(log)
        logger.addHandler(handler)
        logger.propagate = False
        try:
            try:
                raise ValueError("why")
            except ValueError:
                logger.exception("store %s", "down")
        finally:
            logger.removeHandler(handler)
            logger.propagate = True
        found = json.loads(read())
    assert (found["level"], found["message"], found["exception"]) == ("error", "store down", "ValueError: why")


def test_a_pipe_that_nobody_reads_holds_up_nothing():
    """Lines wait up to the bound, then they are dropped and counted; when it goes on, it says how many."""
    reading, writing = os.pipe()
    log = Log(LogTable(form="text"), fd=writing, queue=50)
    try:
        for number in range(5000):  # far more than a pipe holds, without anybody reading
            log.finished(*answered(id=f"r{number}", asked="m" * 100))
        assert log.waiting <= 50
        assert log.dropped > 0
        text, lines, told = b"", 0, 0
        while lines + told < 5000:
            assert select.select([reading], [], [], 10)[0], (
                f"the log does not go on after {lines} lines and {told} lost"
            )
            text += os.read(reading, 65536)
            lines = len(re.findall(rb" id=r\d+ ", text))
            told = sum(map(int, re.findall(rb"(\d+) lines of the log were dropped", text)))
        assert lines + told == 5000
        assert told == log.dropped
    finally:
        log.close()
        os.close(reading)
        os.close(writing)


def test_a_pipe_that_was_closed_is_no_error():
    """Without a reader the lines are lost and counted, and requests go on."""
    reading, writing = os.pipe()
    os.close(reading)
    log = Log(LogTable(form="text"), fd=writing)
    log.finished(*answered())
    log.close()
    assert log.dropped == 1
    os.close(writing)


def test_a_descriptor_that_does_not_block_is_waited_for():
    """Another program may have made the shared descriptor non-blocking: lines are not lost by that."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    log = Log(LogTable(form="text"), fd=writing)
    try:
        for number in range(2000):
            log.finished(*answered(id=f"r{number}"))
        text = b""
        while text.count(b"\n") < 2000:
            assert select.select([reading], [], [], 10)[0], "the log does not go on"
            text += os.read(reading, 65536)
        assert log.dropped == 0
    finally:
        log.close()
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("sink", [None, "closed"])
def test_without_standard_error_lines_are_lost(monkeypatch, sink):
    """A program may have none (a service, a notebook that ended): that is no error of a request."""
    if sink is not None:
        sink = io.StringIO()
        sink.close()
    monkeypatch.setattr(sys, "stderr", sink)
    log = Log()
    log.finished(*answered())
    log.close()
    assert (log.dropped, log.waiting) == (1, 0)


def test_what_waits_is_bounded_for_all_it_says():
    """What the gateway says of itself has no room beyond the queue either."""
    log = Log(queue=0)
    log.warning("nobody hears it")
    log.finished(*answered())
    assert (log.dropped, log.waiting) == (2, 0)
    log.close()


def test_a_line_beyond_all_bounds_is_cut():
    """Facts without number cannot make a write longer than a pipe takes at once."""
    with piped("json") as (log, read):
        log.info("x", **{f"fact{number}": "y" * 100 for number in range(100)})
        text = read()
    assert len(text) == MOST_LINE
    assert text.endswith("\n")


def test_it_goes_to_standard_error(capsys):
    """Also where that is no file, as in tests and notebooks."""
    log = Log()
    log.finished(*answered(id="mine"))
    log.close()
    log.close()
    log.finished(*answered(id="again"))  # after the end it begins again
    log.close()
    assert [" id=mine " in capsys.readouterr().err, log.dropped] == [True, 0]


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from gw_seen import answered
from franca.gateway.seen.log import Log
log = Log()
for number in range(100):
    log.finished(*answered(id=f"r{number}"))
"""


def test_the_last_lines_are_written_when_the_program_ends():
    """Where nobody closes the log (a part of another application), the end of the program does."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, os.path.dirname(__file__)], capture_output=True, check=True)
    assert done.stderr.count(b"\n") == 100
    assert b" id=r99 " in done.stderr
