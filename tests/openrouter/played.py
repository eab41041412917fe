"""Flows driven by a script: a clock that only sleeping moves, and answers in order."""

from __future__ import annotations

import msgspec

from franca.flow.options import Limits
from franca.flow.session import Session
from franca.flow.target import resolve
from franca.wire.headers import Headers


class Reply:
    def __init__(self, body, status=200, headers=()):
        self.body = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.status = status
        self.headers = Headers({"content-type": "application/json", **dict(headers)}.items())


class Stage:
    """`stage.play(flow, answer, ...)`: each is (body), (body, status) or (body, status, headers), or an exception."""

    def __init__(self, **options):
        self.now = 1000.0
        self.sent, self.slept, self.emitted = [], [], []
        self.session = Session(
            resolve("http://fake/api/v1"),
            key="sk-or-v1-0123456789",
            model=options.pop("model", None),
            limits=Limits(**options),
            headers=(),
            max_body=1 << 20,
            clock=lambda: self.now,
            wall=lambda: 1_795_215_000.0,
            chance=lambda: 0.5,
        )

    def play(self, flow, *script):
        script = list(script)
        outcome, error = None, None
        try:
            while True:
                verb, *rest = flow.send(outcome) if error is None else flow.throw(error)
                outcome = error = None
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
        if isinstance(item, Exception):
            raise item
        return Reply(*item) if isinstance(item, tuple) else Reply(item)

    def read(self, script, reply, until):
        return reply.body

    def sleep(self, script, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def emit(self, script, event):
        self.emitted.append(event)

    @property
    def urls(self):
        """What was asked for, below the base URL."""
        return [request.url.removeprefix("http://fake/api/v1/") for request in self.sent]
