"""The stores: what is put in comes out, summed as asked, once, from SQLite and Postgres alike."""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_postgres import Cluster, running_postgres
from gw_store import DAY, NOON, Books, row
from msgspec.structs import replace

from franca.errors import BadUsage
from franca.gateway.keys.record import Bounds, VirtualKey
from franca.gateway.store.base import RequestEntry, SoFar, Store, StoreDown, UsageQuery
from franca.gateway.store.row import UsageRow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One Postgres for this file."""
    with running_postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return Books("", tmp_path)
    cluster: Cluster = request.getfixturevalue("cluster")
    return Books(cluster.database(), tmp_path)


# ---- rows of usage ----------------------------------------------------------------------------------

WHOLE = UsageRow(
    id="req_x", at=NOON + 0.125, seconds=1.5, first=0.25, key="key_a", team="red", tags=("blue", "ünï"), route="chat",
    asked="fast", server="sim", model="org/echo", generation="chatcmpl-9", status=502, outcome="cut",
    error="stream_broken", stream=True, cached=True, structured="tool", tries=3, prompt_tokens=1, completion_tokens=2,
    cached_tokens=3, reasoning_tokens=4, cost=1e-9, exact=True,
)  # fmt: skip
BARE = UsageRow(id="req_y", at=NOON, seconds=0.0)


@pytest.mark.parametrize("kept", [WHOLE, BARE], ids=["whole", "bare"])
def test_a_row_comes_back_as_it_was(books: Books, kept: UsageRow) -> None:
    """Every field, of a row that has all of them and of one that has none, also after the store was closed."""

    async def put(store: Store) -> None:
        await store.add([kept])

    async def get(store: Store) -> UsageRow | None:
        return await store.row(kept.id)

    books.run(put)
    assert books.run(get) == kept


def test_a_row_is_found_by_generation_or_id_among_those_of_a_key(books: Books) -> None:
    """The latest one; another key's is nobody else's business; a generation goes before an id of the same name."""

    async def act(store: Store) -> list[Any]:
        await store.add(
            [
                row(id="a", generation="g", key="key_a", tries=1),
                row(id="a", generation="h", key="key_b", tries=2),
                row(id="g", generation="i", key="key_a", tries=3),
                row(id="z", generation=""),
            ]
        )
        asked = [("g", None), ("a", None), ("a", "key_a"), ("h", "key_a"), ("nothing", None), ("", None)]
        return [await store.row(name, key) for name, key in asked]

    found = books.run(act)
    assert [one and one.tries for one in found] == [1, 2, 1, None, None, None]


def test_a_batch_is_kept_once(books: Books) -> None:
    """A batch of the same name that is sent again, also by another process later, changes nothing; rows of one id in
    different batches are different requests."""

    async def act(store: Store) -> None:
        await store.add([row(), row()], "first")
        await store.add([row(), row()], "first")
        await store.add([row()], "second")

    async def again(store: Store) -> list[Any]:
        await store.add([row(), row()], "first")
        return [await store.usage(UsageQuery()), await store.usage(UsageQuery(since=NOON - 1))]

    books.run(act)
    daily, raw = books.run(again)
    assert daily[0].requests == raw[0].requests == 3
    assert daily[0].cost == pytest.approx(0.75)


def test_a_batch_is_kept_whole_or_not_at_all(books: Books) -> None:
    """One row that cannot be kept leaves neither rows nor sums nor the name of its batch behind."""

    async def act(store: Store) -> list[Any]:
        with pytest.raises(Exception, match=r".") as caught:
            await store.add([row(id="good"), row(id="bad", route=7)], "b")
        assert not isinstance(caught.value, StoreDown)
        await store.add([row(id="good")], "b")
        return await store.usage(UsageQuery())

    assert books.run(act)[0].requests == 1


STRANGE = "a\0b\udfff" + "ü" * 5000 + "'; DROP TABLE franca_usage; --"


def test_whatever_a_stranger_wrote_is_kept(books: Books) -> None:
    """NUL, half a surrogate pair, megabytes, quotes, numbers that are none: cut or replaced, never an error, and never
    SQL."""
    strange = row(
        id=STRANGE, asked=STRANGE, model=STRANGE, generation=STRANGE, error=STRANGE, tags=(STRANGE, "x\x1fy", "ok"),
        prompt_tokens=2**80, completion_tokens=-4, cost=math.nan, first=math.inf,
    )  # fmt: skip

    async def act(store: Store) -> list[Any]:
        await store.add([strange, row(cost=-5.0), row()])
        return [*await store.usage(UsageQuery()), *await store.usage(UsageQuery(by=("tag",)))]

    total, *tags = books.run(act)
    assert (total.requests, total.cost, total.unpriced) == (3, 0.25, 2)
    assert total.prompt_tokens == 20
    assert {line.group[0][:3] for line in tags} == {"", "a�b", "x y", "ok"}


@pytest.mark.parametrize("text", [STRANGE, "\0", "\udfff", "x" * 1000, "'", "%"])
def test_whatever_a_stranger_looks_for_is_not_there(books: Books, text: str) -> None:
    """It is looked for as it would have been kept: neither an error nor SQL."""

    async def act(store: Store) -> None:
        await store.put_key(KEY)
        await store.add([row()])
        assert await store.row(text) is await store.row(text, text) is None
        assert await store.request(text) is None
        assert await store.requests(key=text, outcome=text) == []
        assert await store.change_key(text, lambda key: key) is None
        for name in ("key", "team", "tag", "route", "server", "model"):
            assert (await store.usage(UsageQuery(**{name: text})))[0].requests == 0
        await store.add([row(id=text, tags=(text,))])
        found = await store.row(text)
        assert found is not None
        assert (await store.usage(UsageQuery(tag=found.tags[0])))[0].requests == 1

    books.run(act)


# ---- sums -------------------------------------------------------------------------------------------


def test_sums_by_everything(books: Books) -> None:
    """By day, key, team, tag, route, server, model and several at once; days in order, else the dearest first."""
    rows = [
        row(at=NOON - DAY, cost=1.0, tags=("x", "y")),
        row(key="key_b", team="", cost=2.0, tags=("x",), route="embeddings"),
        row(server="other", model="echo", cost=4.0),
        row(server="", model="", status=401, outcome="refused", cost=None, prompt_tokens=None, completion_tokens=None),
    ]

    async def act(store: Store) -> dict[str, Any]:
        await store.add(rows)
        asked = ["day", "key", "team", "tag", "route", "server", "model", "day,model"]
        return {by: await store.usage(UsageQuery(by=tuple(by.split(",")))) for by in asked}

    found = books.run(act)
    told = {by: [("/".join(line.group), line.requests, line.cost) for line in lines] for by, lines in found.items()}
    assert told["day"] == [("2026-11-20", 1, 1.0), ("2026-11-21", 3, 6.0)]
    assert told["key"] == [("key_a", 3, 5.0), ("key_b", 1, 2.0)]
    assert told["team"] == [("red", 3, 5.0), ("", 1, 2.0)]
    assert told["tag"] == [("", 2, 4.0), ("x", 2, 3.0), ("y", 1, 1.0)]
    assert told["route"] == [("chat", 3, 5.0), ("embeddings", 1, 2.0)]
    assert told["server"] == [("other", 1, 4.0), ("sim", 2, 3.0), ("", 1, 0.0)]
    assert told["model"] == [("other/echo", 1, 4.0), ("sim/echo", 2, 3.0), ("", 1, 0.0)]
    assert told["day,model"][0] == ("2026-11-20/sim/echo", 1, 1.0)
    assert len(told["day,model"]) == 4


@pytest.mark.parametrize(
    ("narrow", "requests"),
    [
        ({"key": "key_a"}, 2), ({"key": ""}, 1), ({"team": "red"}, 2), ({"tag": "x"}, 2), ({"tag": "x%"}, 0),
        ({"tag": ""}, 1), ({"route": "chat"}, 3), ({"server": "sim"}, 2), ({"model": "sim/echo"}, 2),
        ({"model": "echo"}, 3), ({"model": "sim/echo", "key": "key_a"}, 1), ({"key": "' OR 1=1 --"}, 0),
    ],
)  # fmt: skip
def test_sums_of_a_part(books: Books, narrow: dict[str, str], requests: int) -> None:
    """Narrowed down to a key, team, tag, route, server or model; a value is never SQL, nor a pattern."""

    async def act(store: Store) -> list[Any]:
        await store.add(
            [
                row(tags=("x",)),
                row(server="other", tags=("xx", "x")),
                row(key="", team="blue", tags=()),
            ]
        )
        whole = await store.usage(UsageQuery(**narrow))
        parts = await store.usage(UsageQuery(since=NOON - 5, **narrow))
        return [whole[0], parts[0]]

    daily, raw = books.run(act)
    assert (daily.requests, raw.requests) == (requests, requests)


def test_every_outcome_is_counted_once(books: Books) -> None:
    """Errors and cut answers as failed, what the gateway refused, what callers left, what the cache answered, and what
    a server answered at a price that nobody knows."""
    rows = [
        row(),
        row(outcome="error", status=500, cost=None),
        row(outcome="cut", cost=None),
        row(outcome="left"),
        row(outcome="refused", status=429, cost=None, server=""),
        row(cached=True, cost=None),
        row(cost=None),
    ]

    async def act(store: Store) -> list[Any]:
        await store.add(rows)
        return [(await store.usage(UsageQuery()))[0], (await store.usage(UsageQuery(since=1.5)))[0]]

    daily, raw = books.run(act)
    assert (daily.requests, daily.failed, daily.refused, daily.left, daily.cached) == (7, 2, 1, 1, 1)
    assert daily.unpriced == 2  # the cut answer and the last one
    assert raw == daily


def test_the_sums_of_days_are_those_of_the_rows(books: Books) -> None:
    """Random rows: by whatever, over whatever time, the sums that are kept equal those made of the rows."""
    luck = random.Random(6)
    rows = [
        row(
            id=f"r{number}", at=NOON + luck.uniform(-3, 3) * DAY, key=luck.choice(["", "key_a", "key_b"]),
            team=luck.choice(["", "red"]), tags=luck.choice([(), ("x",), ("x", "y")]),
            server=luck.choice(["", "sim", "other"]), status=luck.choice([200, 500]),
            outcome=luck.choice(["ok", "error", "cut", "left", "refused"]), cached=luck.random() < 0.2,
            prompt_tokens=luck.choice([None, 7]), cost=luck.choice([None, 0.5, 0.25]),
        )
        for number in range(300)
    ]  # fmt: skip

    async def act(store: Store) -> list[Any]:
        for place in range(0, 300, 37):
            await store.add(rows[place : place + 37])
        pairs = []
        for by in ((), ("day",), ("key", "tag"), ("model", "day"), ("server", "team", "route")):
            kept = await store.usage(UsageQuery(by=by))
            made = await store.usage(UsageQuery(by=by, since=0.5))
            pairs.append((kept, made))
        return pairs

    for kept, made in books.run(act):
        assert [replace(line, seconds=0.0, cost=0.0) for line in kept] == [
            replace(line, seconds=0.0, cost=0.0) for line in made
        ]
        assert [line.cost for line in kept] == pytest.approx([line.cost for line in made])
        assert sum(line.requests for line in kept) >= 300


def test_time_is_half_open(books: Books) -> None:
    """`since` is in it, `until` is not; whole days and moments alike; nothing gives one line of zeros, or no line."""
    midnight = NOON - DAY / 2

    async def act(store: Store) -> list[int]:
        await store.add([row(at=midnight - 1), row(at=midnight), row(at=midnight + 0.5), row(at=midnight + DAY)])
        asked: list[dict[str, float]] = [
            {"since": midnight},
            {"until": midnight},
            {"since": midnight, "until": midnight + DAY},
            {"since": midnight + 0.5},
            {"since": midnight, "until": midnight + 0.5},
            {"since": midnight + 9 * DAY},
        ]
        assert await store.usage(UsageQuery(by=("key",), since=midnight + 9 * DAY)) == []
        return [(await store.usage(UsageQuery(**one)))[0].requests for one in asked]

    assert books.run(act) == [3, 1, 2, 2, 1, 0]


def test_what_usage_cannot_be_summed_by_is_told() -> None:
    """A word that is no column never reaches the database."""
    with pytest.raises(BadUsage, match=r"'cost; DROP'; there are day, key, team"):
        UsageQuery(by=("cost; DROP",))


def test_spent_by_keys_and_teams(books: Books) -> None:
    """Today, in this month and ever, in UTC, by the moment that is handed in."""
    rows = [
        row(cost=1.0),
        row(cost=2.0, at=NOON - DAY),
        row(cost=4.0, at=NOON - 21 * DAY),  # the last day of October
        row(cost=8.0, at=NOON - 20 * DAY),  # the first of November
        row(cost=16.0, key="", team=""),
        row(cost=None, key="key_b", team="red"),
    ]

    async def act(store: Store) -> list[Any]:
        assert await store.spent(NOON) == ({}, {})
        await store.add(rows)
        return [await store.spent(NOON), await store.spent(NOON + 15 * DAY)]

    now, later = books.run(act)
    assert now.keys == {"key_a": SoFar(1, 11, 15), "key_b": SoFar(0, 0, 0), "": SoFar(16, 16, 16)}
    assert now.teams == {"red": SoFar(1, 11, 15), "": SoFar(16, 16, 16)}
    assert later.keys["key_a"] == SoFar(0, 0, 15)


def test_old_rows_go_and_their_sums_stay(books: Books) -> None:
    """Pruned are rows that began before; reports by day, budgets and younger rows do not change."""

    async def act(store: Store) -> list[Any]:
        old = [row(id=f"old{number}", at=NOON - 40 * DAY) for number in range(4100)]
        await store.add(old)
        await store.add([row(id="new")])
        await store.log([RequestEntry(id="l", at=NOON - 40 * DAY), RequestEntry(id="m", at=NOON)])
        before = await store.spent(NOON)
        gone = [
            await store.prune(usage_before=NOON - 30 * DAY, requests_before=NOON - 30 * DAY),
            await store.prune(usage_before=NOON - 30 * DAY),
        ]
        assert await store.spent(NOON) == before
        found = [await store.row("old1"), (await store.row("new")) is not None]
        return [gone, found, (await store.usage(UsageQuery()))[0].requests, len(await store.requests())]

    assert books.run(act) == [[4101, 0], [None, True], 4101, 1]


# ---- keys -------------------------------------------------------------------------------------------

KEY = VirtualKey(
    id="key_1", name="alice", hash="ab" * 32, shown="wxyz", models=("sim/*",), routes=("chat",),
    bounds=Bounds(rpm=5, tpm=6, parallel=7, day=1.5, month=2.5, total=3.5), team="red", tags=("x",), expires=NOON,
    created=NOON - 5, revoked=None, previous="cd" * 32, previous_until=NOON,
)  # fmt: skip


def test_keys_are_kept(books: Books) -> None:
    """All fields but those that the configuration fills in, in order of their making; each change moves the version."""

    async def act(store: Store) -> list[Any]:
        versions = [await store.keys_version()]
        await store.put_key(replace(KEY, team_bounds=Bounds(rpm=1), team_models=("m",)))
        versions.append(await store.keys_version())
        await store.put_key(VirtualKey(id="key_0", name="older", hash="0", created=NOON - 9))
        versions.append(await store.keys_version())
        await store.put_key(replace(KEY, name="bob"))
        versions.append(await store.keys_version())
        return [versions, await store.keys()]

    versions, _ = books.run(act)
    assert len(set(versions)) == 4

    async def again(store: Store) -> list[VirtualKey]:
        return await store.keys()

    assert books.run(again) == [
        VirtualKey(id="key_0", name="older", hash="0", created=NOON - 9),
        replace(KEY, name="bob"),
    ]


def test_two_keys_cannot_have_one_secret(books: Books) -> None:
    """The second is refused and told, the first stays."""

    async def act(store: Store) -> list[VirtualKey]:
        await store.put_key(KEY)
        with pytest.raises(BadUsage, match="another key already: key_1"):
            await store.put_key(replace(KEY, id="key_2"))
        return await store.keys()

    assert books.run(act) == [KEY]


def test_changes_of_a_key_do_not_undo_each_other(books: Books) -> None:
    """Twenty changes at once, by two connections: each starts from what the one before left, so that a revoked key is
    never brought back by a change that began before it."""

    async def act(store: Store) -> list[Any]:
        other = books.store()
        await store.put_key(replace(KEY, tags=()))

        def adding(word: str) -> Any:
            return lambda key: replace(key, tags=(*key.tags, word))

        stores = (store, other)
        await asyncio.gather(*(stores[n % 2].change_key("key_1", adding(str(n))) for n in range(20)))
        assert await store.change_key("key_9", adding("x")) is None
        await other.close()
        return [set(key.tags) for key in await store.keys()]

    assert books.run(act) == [{str(n) for n in range(20)}]


def test_a_change_that_fails_changes_nothing(books: Books) -> None:
    """What the change raises comes out, and the key and its version are as before."""

    async def act(store: Store) -> None:
        await store.put_key(KEY)
        version = await store.keys_version()

        def fails(key: VirtualKey) -> VirtualKey:
            raise BadUsage("no")

        with pytest.raises(BadUsage, match="no"):
            await store.change_key("key_1", fails)
        assert await store.keys_version() == version
        assert await store.keys() == [KEY]

    books.run(act)


# ---- the log of requests ----------------------------------------------------------------------------


def test_the_log_of_requests(books: Books) -> None:
    """Newest first, without bodies, narrowed down by key, outcome and time; one by its id has its bodies."""
    entries = [
        RequestEntry(
            id=f"req_{n}", at=NOON + n, key=f"key_{n % 2}", route="chat", asked="m", server="s", model="m", status=200,
            outcome="ok" if n % 3 else "error", error="e", seconds=0.5, request=f"ask {n}\0", response="\udc80",
        )
        for n in range(6)
    ]  # fmt: skip

    async def act(store: Store) -> list[Any]:
        await store.log(entries, "b")
        await store.log(entries, "b")

        async def ids(**given: Any) -> list[str]:
            return [one.id[4:] for one in await store.requests(**given)]

        listed = [
            "".join(await ids()),
            "".join(await ids(key="key_1")),
            "".join(await ids(outcome="error")),
            "".join(await ids(before=NOON + 3, most=2)),
        ]
        assert (await store.requests())[0].request is None
        assert await store.request("req_9") is None
        return [listed, await store.request("req_2")]

    listed, one = books.run(act)
    assert listed == ["543210", "531", "30", "21"]
    assert one == replace(entries[2], request="ask 2�", response="?")


# ---- opening ----------------------------------------------------------------------------------------


def test_many_open_an_empty_store_at_once(books: Books) -> None:
    """The tables are made once, whoever comes first; all can write."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        async def act(store: Store) -> None:
            await store.add([row(id=f"r{number}")])

        try:
            books.run(act)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def count(store: Store) -> int:
        return (await store.usage(UsageQuery()))[0].requests

    assert failures == []
    assert books.run(count) == 6


def test_a_store_of_a_newer_franca_is_refused(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables are not touched: what they mean is not known."""

    async def opened(store: Store) -> None:
        await store.open()

    with monkeypatch.context() as newer:
        newer.setattr("franca.gateway.store.scripts.VERSION", 7)
        newer.setattr("franca.gateway.store.sqlite.VERSION", 7)
        newer.setattr("franca.gateway.store.scripts.STEPS", _steps(7))
        books.run(opened)
    with pytest.raises(BadUsage, match=r"newer franca \(its tables are version 7"):
        books.run(opened)


def test_an_old_store_is_brought_up_to_date(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the steps that are missing run, and what is in it stays. A step that fails leaves it as it was: mended,
    it runs from its beginning."""

    async def put(store: Store) -> None:
        await store.put_key(KEY)

    async def keys(store: Store) -> list[VirtualKey]:
        return await store.keys()

    books.run(put)
    step = "ALTER TABLE franca_keys ADD COLUMN note TEXT"
    monkeypatch.setattr("franca.gateway.store.scripts.VERSION", 2)
    monkeypatch.setattr("franca.gateway.store.sqlite.VERSION", 2)
    monkeypatch.setattr("franca.gateway.store.scripts.STEPS", (*_steps(1), (step, "CREATE TABLE nonsense (")))
    with pytest.raises(StoreDown):
        books.run(keys)
    monkeypatch.setattr("franca.gateway.store.scripts.STEPS", (*_steps(1), (step,)))
    assert books.run(keys) == [KEY]
    assert books.run(keys) == [KEY]  # a second time the step would fail


def _steps(most: int) -> tuple[tuple[str, ...], ...]:
    from franca.gateway.store.tables import STEPS

    return (*STEPS, *(() for _ in range(most - len(STEPS))))
