"""The status of the gateway for its admin: servers, spending, errors; and never a secret."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from gw_seen import ADMIN, House, Way, answered, ask, exchange_of, virtual_key

from franca.errors import FrancaError
from franca.gateway.config.shape import BudgetTable, Config, StoreTable, TeamTable
from franca.gateway.keys.record import Bounds
from franca.gateway.problem import Problem
from franca.gateway.seen.recent import RecentErrors
from franca.gateway.seen.status import serve_status, status_of
from franca.gateway.store.base import open_store
from franca.gateway.store.nowhere import Nowhere

KEPT = Config(store=StoreTable(url="memory"), teams={"red": TeamTable(budget=BudgetTable(month=9.0))})


def status(house, *rows):
    """The status, after the store was given these rows."""

    async def main():
        if rows:
            await house.store.add(rows)
        try:
            return await status_of(house)
        finally:
            await house.store.close()

    return asyncio.run(main())


def test_servers_are_told_as_they_are():
    """State, counts, latency and the last error of each."""
    lanes = [SimpleNamespace(free_at=lambda model: float("inf")), SimpleNamespace(free_at=lambda model: 0.0)]
    sessions = [SimpleNamespace(key="sk-one-secret"), SimpleNamespace(key="sk-two-secret")]
    house = House(
        Way("one", requests=9, failures=1, in_flight=2, latency=0.25, lanes=lanes, sessions=sessions,
            last_error="Unauthorized: the key sk-two-secret is wrong"),
        Way("two", "open"), Way("three", "half-open"),
    )  # fmt: skip
    one, two, three = status(house).servers
    assert (one.name, one.state, one.requests, one.failures, one.in_flight, one.latency) == ("one", "up", 9, 1, 2, 0.25)
    assert (one.keys, one.resting_keys) == (2, 1)
    assert one.last_error == "Unauthorized: the key *** is wrong"
    assert (two.state, three.state) == ("resting", "probing")


def test_requests_are_summed_by_outcome():
    """What this gateway was asked of models since it began; pages, probes and the status itself do not count."""
    house = House()
    house.metrics.finished(*answered())
    house.metrics.finished(*answered(cost=None))
    house.metrics.finished(*answered(outcome="left"))
    house.metrics.finished(exchange_of("/status", "GET", route="page", status=200), 1e12)
    house.metrics.in_flight = 3
    found = status(house)
    assert found.in_flight == 2  # without the one that asks
    assert found.requests == {"ok": 2, "left": 1}
    assert (found.tokens, found.cost, found.unpriced) == (45, 0.5, 1)


def test_spending_comes_from_the_store():
    """By key and team, the dearest first, with budgets; keys of the file, of the store, and those that are gone."""
    rich = virtual_key("rich", "s1", team="red", bounds=Bounds(day=1.0, total=5.0))
    house = House(config=KEPT, keys=[virtual_key("idle", "s2", source="file"), rich])
    stored = virtual_key("stored", "s3", revoked=1.0)
    asyncio.run(house.store.put_key(stored))
    rows = [
        answered(key=rich, cost=0.75)[0].row(0.0),
        answered(key=virtual_key("gone", "s4"), cost=0.5)[0].row(0.0),
        answered(cost=0.125)[0].row(0.0),
    ]
    found = status(house, *rows)
    assert found.store == "ok"
    assert found.spent_today == pytest.approx(1.375)
    assert found.spent_month == pytest.approx(1.375)
    assert [(key.id, key.day, key.state) for key in found.keys] == [
        ("key_rich", 0.75, "valid"),
        ("key_gone", 0.5, ""),
        ("", 0.125, ""),
        ("key_idle", 0.0, "valid"),
        ("key_stored", 0.0, "revoked"),
    ]
    first = found.keys[0]
    assert (first.name, first.team, first.budget_day, first.budget_month, first.budget_total) == (
        "rich",
        "red",
        1.0,
        None,
        5.0,
    )
    assert [(team.id, team.day, team.budget_month) for team in found.teams] == [("red", 0.75, 9.0)]


def test_nothing_spent_is_zero():
    """Which is not the same as not known."""
    found = status(House(config=KEPT))
    assert (found.spent_today, found.spent_month) == (0.0, 0.0)


def test_keys_end():
    """An expired one is told as such, also when it is only in the ring."""
    house = House(
        keys=[virtual_key(expires=1.0), virtual_key("bob", "b", revoked=1.0), virtual_key("eve", "e", expires=9e12)]
    )
    assert {key.name: key.state for key in status(house).keys} == {"ann": "expired", "bob": "revoked", "eve": "valid"}


def test_without_a_store_nobody_knows():
    """The rest is told, and what was spent is not made up."""
    found = status(House(Way("one"), keys=[virtual_key()]))
    assert found.store == "none"
    assert (found.spent_today, found.spent_month) == (None, None)
    assert [(key.name, key.day) for key in found.keys] == [("ann", None)]


class DownStore(Nowhere):
    """A store that cannot be reached, as its drivers tell it."""

    def __init__(self, error):
        self._error = error

    async def spent(self, now):
        if self._error is None:
            await asyncio.Event().wait()
        raise self._error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError("postgresql://user:secret@host"), "down (OSError)"),
        (FrancaError("secret"), "down (FrancaError)"),
        (None, "it did not answer within 0.01 seconds"),
    ],
)
def test_a_store_that_is_down_hides_nothing_else(error, word, monkeypatch):
    """Servers and errors are told all the same, and nothing of what the driver says."""
    monkeypatch.setattr("franca.gateway.seen.status._PATIENCE", 0.01)
    found = status(House(Way("one"), config=KEPT, keys=[virtual_key()], store=DownStore(error)))
    assert found.store == word
    assert found.spent_today is None
    assert found.servers[0].name == "one"
    assert found.keys[0].day is None


def test_errors_are_kept_without_what_was_said():
    """The latest first, by code and place; a good answer and a caller that left are none."""
    house = House()
    for number, outcome in enumerate(("ok", "error", "left", "cut", "refused")):
        exchange, ended = answered(
            outcome=outcome, error="c" * 500, asked="m" * 500, id=f"r{number}", key=virtual_key()
        )
        exchange.at = float(number)
        house.metrics.finished(exchange, ended)
    found = status(house).errors
    assert [error.id for error in found] == ["r4", "r3", "r1"]
    assert found[0].key == "key_ann"
    assert len(found[0].error) == len(found[0].asked) == 120


def test_a_flood_of_wrong_keys_pushes_nothing_out():
    """Errors are bounded; those of the gateway itself have a room of their own."""
    errors = RecentErrors(most=4, refused=2)
    for number in range(10):
        errors.add(exchange_of(outcome="error", at=float(number)), 0.0)
    for number in range(100):
        errors.add(exchange_of(outcome="refused", at=float(number)), 0.0)
    assert [error.at for error in errors.latest()] == [6.0, 7.0, 8.0, 9.0, 98.0, 99.0]


def test_only_the_admin_is_told():
    """Without the admin key it is 401; with it JSON that nobody may keep."""
    house = House(Way("one"))
    with pytest.raises(Problem) as caught:
        ask(serve_status, house, "/admin/v1/status")
    assert caught.value.status == 401
    sent = ask(serve_status, house, "/admin/v1/status", headers=[(b"authorization", f"Bearer {ADMIN}".encode())])
    assert sent.headers[b"cache-control"] == b"no-store"
    found = json.loads(sent.body)
    assert found["servers"][0]["state"] == "up"
    told = ("version", "now", "began", "workers", "keys", "teams", "errors", "spent_today", "spent_month", "memory")
    assert set(told) <= found.keys()


def test_no_secret_is_told():
    """Neither hashes of keys nor keys of servers."""
    key = virtual_key(shown="-ann", previous="0" * 64)
    house = House(Way("one", sessions=[SimpleNamespace(key="sk-upstream-secret")]), keys=[key], config=KEPT,
                  store=open_store("memory"))  # fmt: skip
    house.metrics.finished(*answered(key=key, outcome="error"))

    async def main():
        text = repr(await status_of(house))
        await house.store.close()
        return text

    text = asyncio.run(main())
    assert "-ann" in text
    assert key.hash not in text
    assert "0" * 64 not in text
    assert "sk-upstream-secret" not in text
