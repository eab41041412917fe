"""A session with a clock that tests set, and a driver that plays scripted outcomes into a flow."""

from __future__ import annotations

import msgspec
import pytest

from franca.flow.options import Limits
from franca.flow.session import Session
from franca.flow.target import resolve
from franca.wire.headers import Headers


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Answer:
    """A scripted reply; `takes` seconds pass while its body is read."""

    def __init__(self, body=b"", status=200, headers=(), takes=0.0):
        self.body = body if isinstance(body, (bytes, Exception)) else msgspec.json.encode(body)
        self.status = status
        given = dict(headers)
        given.setdefault("content-type", "application/json")
        self.headers = Headers(given.items())
        self.takes = takes


class Play:
    """Drives a flow: each "send" takes the next item of the script (an Answer, or an exception to raise)."""

    def __init__(self, clock):
        self.clock = clock
        self.sent = []
        self.slept = []
        self.called = []

    def __call__(self, flow, *script):
        script = list(script)
        self.sent.clear(), self.slept.clear(), self.called.clear()
        outcome, error = None, None
        try:
            while True:
                verb, *rest = flow.throw(error) if error is not None else flow.send(outcome)
                outcome, error = None, None
                try:
                    outcome = getattr(self, verb)(script, *rest)
                except Exception as failure:
                    error = failure
        except StopIteration as stop:
            assert not script, "the flow ended before the script did"
            return stop.value

    def send(self, script, request):
        self.sent.append(request)
        item = script.pop(0)
        if isinstance(item, tuple):  # (seconds that pass, outcome)
            self.clock.now += item[0]
            item = item[1]
        if isinstance(item, Exception):
            raise item
        return item

    def read(self, script, reply, until):
        self.clock.now += reply.takes
        if isinstance(reply.body, Exception):
            raise reply.body
        return reply.body

    def read_some(self, script, reply, until):
        block = reply.blocks.pop(0)
        if isinstance(block, Exception):
            raise block
        return block

    def sleep(self, script, seconds):
        self.slept.append(seconds)
        self.clock.now += seconds

    def call(self, script, function, arguments, until=None):
        self.called.append(function)
        return function(*arguments)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def play(clock):
    return Play(clock)


@pytest.fixture
def make_session(clock):
    def make(server="http://localhost:8000/v1", **changes):
        given = {
            "key": None,
            "model": "m",
            "limits": Limits(),
            "headers": (("User-Agent", "test"),),
            "max_body": 1 << 20,
            "clock": clock,
            "wall": lambda: 1_795_215_000.0,
            "chance": lambda: 0.5,
        }
        return Session(resolve(server), **{**given, **changes})

    return make


@pytest.fixture
def answer():
    return Answer
