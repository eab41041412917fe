"""Exchanges that are over, and the parts of a gateway that its metrics, log and status page look at."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from franca.gateway.config.shape import Config, StoreTable
from franca.gateway.exchange import Exchange
from franca.gateway.keys.record import VirtualKey, hashed
from franca.gateway.keys.ring import KeyRing
from franca.gateway.problem import Problem
from franca.gateway.seen.log import Log
from franca.gateway.seen.metrics import Metrics
from franca.gateway.store.base import open_store
from franca.gateway.store.ledger import Ledger

ADMIN = "admin-secret-0123456789"


class Sent:
    """An ASGI caller: what was sent to it."""

    def __init__(self):
        self.messages = []

    async def send(self, message):
        self.messages.append(message)

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def headers(self):
        return dict(self.messages[0]["headers"])

    @property
    def body(self):
        return b"".join(message["body"] for message in self.messages[1:])


def exchange_of(path="/v1/chat/completions", method="POST", headers=(), sent=None, **facts):
    """An exchange as it stands when it is over; `facts` are its attributes."""

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "client": ("127.0.0.1", 5)}
    exchange = Exchange(scope, receive, (sent or Sent()).send, path)
    for name, value in facts.items():
        setattr(exchange, name, value)
    return exchange


def answered(seconds=0.5, first=None, **facts):
    """A chat that went well and took so long: the exchange, and when it ended."""
    given = {
        "route": "chat", "asked": "one/m", "server": "one", "model": "m", "status": 200, "tries": 1,
        "prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25,
    } | facts  # fmt: skip
    exchange = exchange_of(**given)
    if first is not None:
        exchange.first = exchange.began + first
    return exchange, exchange.began + seconds


def virtual_key(name="ann", secret="sk-franca-ann", **facts):
    """A key by its name."""
    return VirtualKey(id=f"key_{name}", name=name, hash=hashed(secret), **facts)


class Way:
    """What metrics and status ask of an upstream."""

    def __init__(self, name, state="closed", **facts):
        self.name = name
        self.breaker = SimpleNamespace(state=lambda now: state)
        self.requests = self.failures = self.in_flight = 0
        self.latency = None
        self.last_error = ""
        self.lanes = []
        self.sessions = []
        for fact, value in facts.items():
            setattr(self, fact, value)


class House:
    """What endpoints ask of a gateway, with real parts where they decide anything."""

    def __init__(self, *servers, config=None, keys=(), store=None, metrics=None):
        self.config = config or Config(store=StoreTable(url="none"))
        self.servers = {server.name: server for server in servers}
        self.ring = KeyRing(keys)
        self.store = store or open_store(self.config.store.url)
        self.ledger = Ledger(self.store, self.config.store)
        self.metrics = metrics or Metrics()
        self.log = Log()
        self.draining = False

    def require_admin(self, exchange):
        if exchange.headers.get(b"authorization") != b"Bearer " + ADMIN.encode():
            raise Problem(401, "this is not the admin key", "invalid_admin_key")


def ask(endpoint, house, path, method="GET", headers=()):
    """Ask one endpoint function; what was sent back."""
    sent = Sent()
    asyncio.run(endpoint(exchange_of(path, method, headers, sent), house))
    return sent
