"""The pool's rules, without sockets; and the moments in which a turn is given and not wanted any more."""

from __future__ import annotations

import threading
import time

import pytest
from hostile import CHUNKED, WAIT, chunk

from franca.errors import TimedOut
from franca.io.pool import FULL, Pool
from franca.io.sync import SyncTransport
from franca.io.sync_pool import SyncPool
from franca.wire.http import Request

KEY = ("http", "a", 80, None)
OTHER = ("http", "b", 80, None)


class Thing:
    def __init__(self, expires: float, key=KEY) -> None:
        self.key = key
        self.expires = expires


class Waiting:
    def __init__(self, willing: bool = True) -> None:
        self.given: list[object] = []
        self.willing = willing

    def give(self, connection) -> bool:
        if self.willing:
            self.given.append(connection)
        return self.willing


def opened(pool: Pool, *things: Thing) -> None:
    """As if these had been opened and were free again."""
    for thing in things:
        assert pool.take(thing.key, 0, [], fresh=True) is None
    for thing in things:
        assert pool.put(thing) is None


def test_newest_first_and_the_old_are_dropped():
    """Last in, first out; what has expired is handed back for closing."""
    pool: Pool[Thing] = Pool(10, 10)
    old, new = Thing(5), Thing(9)
    opened(pool, old, new)
    stale: list[Thing] = []
    assert pool.take(KEY, 1, stale) is new
    assert pool.put(new) is None
    assert pool.pop(KEY, 9) is None
    assert pool.take(KEY, 9, stale) is None
    assert stale == [new, old]
    assert str(pool) == "http://a:80 0 idle 1 busy"


def test_fresh_one_makes_room_for_itself():
    """At the bound an idle connection gives way to a fresh one; busy ones do not."""
    pool: Pool[Thing] = Pool(10, 2)
    opened(pool, Thing(5), Thing(6))
    stale: list[Thing] = []
    assert pool.take(KEY, 0, stale, fresh=True) is None
    assert [thing.expires for thing in stale] == [5]
    assert isinstance(pool.take(KEY, 0, stale), Thing)
    assert pool.take(KEY, 0, stale) is FULL


def test_who_waits_gets_what_becomes_free():
    """First come, first served; who has gone is passed over."""
    pool: Pool[Thing] = Pool(10, 1)
    assert pool.take(KEY, 0, []) is None
    gone, first, second, third = Waiting(False), Waiting(), Waiting(), Waiting()
    for turn in (gone, first, second, third):
        pool.wait(KEY, turn)
    thing = Thing(5)
    assert pool.put(thing) is None
    assert first.given == [thing]
    pool.leave(KEY, third)
    pool.leave(KEY, third)
    pool.forget(KEY)
    assert second.given == [None]
    assert third.given == []
    pool.wait(KEY, Waiting(False))
    pool.forget(KEY)
    assert str(pool) == ""
    pool.forget(KEY)
    pool.leave(KEY, third)


def test_oldest_of_all_hosts_gives_way():
    """The bound on idle connections is over all servers."""
    pool: Pool[Thing] = Pool(2, 10)
    old, other = Thing(1), Thing(2, OTHER)
    opened(pool, old, other)
    newest = Thing(3, OTHER)
    assert pool.take(OTHER, 0, [], fresh=True) is None
    assert pool.put(newest) is old
    assert str(pool) == "http://b:80 2 idle 0 busy"


def test_expiry_and_death_while_idle():
    """`expire` tells whether to look again; `discard` knows idle from busy."""
    pool: Pool[Thing] = Pool(10, 10)
    early, late, other = Thing(1), Thing(2), Thing(3, OTHER)
    opened(pool, early, late, other)
    stale: list[Thing] = []
    assert pool.expire(1, stale) is True
    assert stale == [early]
    assert pool.discard(early) is False
    assert pool.discard(late) is True
    assert pool.discard(Thing(1, ("http", "nowhere", 1, None))) is False
    assert pool.expire(10, stale) is False
    assert str(pool) == ""


def test_turn_that_is_given_in_the_last_moment():
    """The limit has passed, but the connection (or the right to one) came before the thread had left the queue."""
    server_key = Request("GET", "http://127.0.0.1:1/")
    plan = SyncTransport()._settings.plan(server_key)
    pool = SyncPool(10, 1, 30.0)
    assert pool.take(plan, None) is None
    withdraw = pool._withdraw

    def late(turn, plan):
        pool.free(plan.key)  # just before
        return withdraw(turn, plan)

    pool._withdraw = late
    assert pool.take(plan, time.monotonic() + 0.01) is None
    pool._withdraw = withdraw
    with pytest.raises(TimedOut):
        pool.take(plan, time.monotonic() + 0.01)
    assert str(pool) == "http://127.0.0.1:1 0 idle 1 busy"


@pytest.mark.parametrize("given", [False, True])
def test_interrupt_while_waiting_for_a_turn(serving, given):
    """Ctrl-C leaves the queue, and what was given meanwhile goes to the next one."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"a")), peer.wait_for_close())[2])
    transport = SyncTransport(max_connections=1)
    request = Request("GET", server.url, until=time.monotonic() + WAIT)
    holder = transport.send(request)
    pool = transport._pool
    plan = transport._settings.plan(request)

    class Lock:
        def acquire(self, timeout: float) -> bool:
            if given:
                holder.close()
            raise KeyboardInterrupt

        def release(self) -> None:
            pass

    from franca.io import sync_pool

    turn = sync_pool._Turn()
    turn.lock = Lock()
    with pool._lock:
        pool._pool.wait(plan.key, turn)
    with pytest.raises(KeyboardInterrupt):
        pool._await(turn, plan, None)
    holder.close()
    assert server.seen() is True
    assert repr(transport) == "<SyncTransport no connections>"
    transport.send(request).close()


def test_released_connections_and_waiting_threads(serving):
    """A thread that waits gets a connection as soon as a reply is closed in another thread."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"a")), peer.wait_for_close())[2])
    transport = SyncTransport(max_connections=1)
    first = transport.send(Request("GET", server.url, until=time.monotonic() + WAIT))
    replies = []

    def wait() -> None:
        replies.append(transport.send(Request("GET", server.url, until=time.monotonic() + WAIT)))

    thread = threading.Thread(target=wait)
    thread.start()
    limit = time.monotonic() + WAIT
    while not transport._pool._pool._hosts[first._connection.key].waiting:
        assert time.monotonic() < limit
        time.sleep(0.005)
    first.close()
    thread.join(WAIT)
    assert replies[0].read_some() == b"a"
    replies[0].close()
