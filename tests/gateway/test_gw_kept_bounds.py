"""Kept answers and strangers: nobody has another one's, none is for ever, and all together they are bounded."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_kept import KEEP, PLACE, Stepped, back, begun, error_of, figures_of, read_whole
from gw_relay import DONE, USAGE, Call, Caller, Puppet, Relaying, books, chunk_of, only, relaying

from franca.gateway.config import ConfigError, read_mapping
from franca.gateway.config.shape import Config, GatewayTable
from franca.gateway.kept import Shelf

KEYS = {"one": {"key": "sk-franca-one-0123456789"}, "two": {"key": "sk-franca-two-0123456789"}}
ONE = {**KEEP, "authorization": "Bearer sk-franca-one-0123456789"}
TWO = {**KEEP, "authorization": "Bearer sk-franca-two-0123456789"}


def tells(call: Call) -> None:
    call.stream([chunk_of("Hi"), chunk_of(None, "stop") + USAGE, DONE])


def ended(gateway: Relaying, headers: dict[str, str] = KEEP) -> str:
    """The name of a kept answer that is over."""
    caller, name = begun(gateway, headers)
    with caller:
        read_whole(caller)
    return name


# ---- whose they are --------------------------------------------------------------------------------------


def test_an_answer_is_its_callers_alone(tmp_path: Path) -> None:
    """Another key, another browser, none, or a name that is nearly right: as if there were no such answer, to be read
    or to be ended; and no key at all is refused before."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, keys=KEYS) as gateway:
        caller, name = begun(gateway, ONE)
        with caller:
            other = "c" * 22
            strangers = {
                "another key": (name, TWO),
                "another browser": (name, {**ONE, "x-franca-browser": other}),
                "another case": (name, {**ONE, "x-franca-browser": "B" * 22}),
                "longer": (name, {**ONE, "x-franca-browser": "b" * 23}),
                "no browser": (name, {"authorization": ONE["authorization"]}),
                "nearly": (name[:-1] + ("a" if name[-1] != "a" else "b"), ONE),
                "short": (name[:-1], ONE),
                "more": (f"{name}/..", ONE),
                "odd": ("%00%ff", ONE),
            }
            told = set()
            for which, headers in strangers.values():
                for method in ("GET", "DELETE"):
                    got = back(gateway, which, headers, method)
                    assert got.status == 404
                    told.add(got.body)
            assert len(told) == 1
            for headers in (KEEP, {**KEEP, "authorization": "Bearer sk-franca-three"}):
                for method in ("GET", "DELETE"):
                    assert back(gateway, name, headers, method).status == 401
            play.rest()
            whole = read_whole(caller)
        assert back(gateway, name, ONE).body == whole
        assert only(gateway).key == "key_one"


def test_a_revoked_key_has_nothing_any_more(tmp_path: Path) -> None:
    """Whoever may not come in may not come back either."""
    from gw_relay import tables_of

    from franca.gateway.config import read_mapping

    with Puppet(tells) as server, relaying(tmp_path, {"sim": server.table()}, keys=KEYS) as gateway:
        name = ended(gateway, ONE)
        assert back(gateway, name, ONE).status == 200
        fewer = tables_of(tmp_path, {"sim": server.table()}, keys={"two": KEYS["two"]})
        gateway.gateway.kept._loop.call_soon_threadsafe(gateway.app.reload, read_mapping(fewer))
        wait_until(lambda: back(gateway, name, ONE).status == 401, "the key to be gone")
        assert back(gateway, name, TWO).status == 404


def test_without_keys_a_browser_has_its_own(tmp_path: Path) -> None:
    """And when there are keys later, nobody has them."""
    with Puppet(tells) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        name = ended(gateway)
        assert back(gateway, name, {**KEEP, "x-franca-browser": "c" * 22}).status == 404
        assert back(gateway, name).status == 200
        foreign = {**KEEP, "origin": "https://evil.example"}
        assert back(gateway, name, foreign).status == 403
        assert back(gateway, name, foreign, "DELETE").status == 403
        assert back(gateway, name).status == 200


# ---- how long they are there -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["reader", "nobody", "another"])
def test_delete_ends_it_at_once(tmp_path: Path, who: str) -> None:
    """The server's connection is closed, whoever reads it; the row says that the caller left; who read it has the end
    with its figures."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        caller, name = begun(gateway)
        caller.until(b"piece 0")
        if who != "reader":
            caller.close()
        if who == "another":
            caller = Caller(gateway).post(PLACE + name, b"", KEEP, "GET")
            caller.until(b"piece 0")
        began = time.monotonic()
        ended = back(gateway, name, method="DELETE")
        assert (ended.status, ended.headers["content-length"], ended.headers["content-type"]) == (204, None, None)
        assert play.over.wait(10)
        assert play.gone is not None
        assert play.gone - began < 5
        if who != "nobody":
            whole = read_whole(caller)
            assert DONE not in whole
            assert figures_of(whole)["server"] == "sim"
        caller.close()
        row = only(gateway)
        assert (row.outcome, row.status, row.tries) == ("left", 200, 1)
        assert back(gateway, name).status == 404
        assert back(gateway, name, method="DELETE").status == 404
        wait_until(lambda: gateway.gateway.kept.held == 0, "its bytes to go")


def test_nobody_for_a_while_ends_it(tmp_path: Path) -> None:
    """After `grace` the server's connection is closed and the row written; a reader in between begins it anew."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay={"grace": 0.5}) as gateway:
        caller, name = begun(gateway)
        caller.close()
        with Caller(gateway).post(PLACE + name, b"", KEEP, "GET") as again:
            again.until(b"piece 0")
            assert not play.over.wait(1.0)
            left = time.monotonic()
        assert play.over.wait(10)
        assert play.gone is not None
        assert play.gone - left > 0.4
        assert only(gateway).outcome == "left"
        assert error_of(back(gateway, name)) == "answer_not_found"
        assert gateway.gateway.kept.held == 0


def test_without_grace_it_ends_with_its_last_reader(tmp_path: Path) -> None:
    """`grace = 0`: kept after its end alone."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay={"grace": 0}) as gateway:
        caller, _ = begun(gateway)
        caller.until(b"piece 0")
        caller.close()
        assert play.over.wait(10)
        assert play.gone is not None
        assert only(gateway).outcome == "left"


def test_what_has_ended_is_let_go(tmp_path: Path) -> None:
    """After `lifetime` it is not found, and holds no memory."""
    with Puppet(tells) as server, relaying(tmp_path, {"sim": server.table()}, replay={"lifetime": 0.3}) as gateway:
        name = ended(gateway)
        assert gateway.gateway.kept.held > 0
        wait_until(lambda: back(gateway, name).status == 404, "it to go")
        assert (gateway.gateway.kept.held, len(gateway.gateway.kept)) == (0, 0)


# ---- how many and how much -------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", ["answers", "per_caller"])
def test_one_more_than_may_be_is_not_kept(tmp_path: Path, bound: str) -> None:
    """While those that are kept are under way; then the oldest that has ended makes room. Who is not kept is answered
    as ever, and another caller is not hindered by the bound of one."""
    plays = [Stepped(2) for _ in range(5)]
    plays[4].rest()
    with (
        Puppet(lambda call: plays[call.number](call)) as server,
        relaying(tmp_path, {"sim": server.table()}, keys=KEYS, replay={bound: 2}) as gateway,
    ):
        one, first = begun(gateway, ONE)
        two, second = begun(gateway, ONE)
        third = Caller(gateway).chat("sim/m", stream=True, headers={**ONE, "x-franca-browser": "c" * 22})
        assert b"x-franca-answer" not in third.until(b"piece 0")
        other = Caller(gateway).chat("sim/m", stream=True, headers=TWO)
        assert (b"x-franca-answer" in other.until(b"piece 0")) is (bound == "per_caller")
        for number, caller in enumerate((one, two, third, other)):
            plays[number].rest()
            assert DONE in read_whole(caller)
            caller.close()
        assert b": franca" not in third.got
        names = [first, second, ended(gateway, ONE)]
        assert [back(gateway, name, ONE).status for name in names] == [404, 200, 200]
        books(gateway, 5)


def test_all_bytes_together_are_bounded(tmp_path: Path) -> None:
    """What has ended first goes first; nobody's answer suffers."""

    def play(call: Call) -> None:
        call.stream([chunk_of("x" * 900), *[chunk_of("y" * 900)] * 8, chunk_of(None, "stop"), DONE])

    bounds = {"max_answer": 20_000, "max_bytes": 25_000}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay=bounds) as gateway:
        names = []
        for _ in range(6):
            names.append(ended(gateway))
            assert gateway.gateway.kept.held <= 25_000
        found = [back(gateway, name).status for name in names]
        assert found == [404] * found.count(404) + [200] * found.count(200)
        assert found.count(200) >= 2


def test_too_many_readers(tmp_path: Path) -> None:
    """Eight may read one answer at once."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        caller, name = begun(gateway)
        more = [Caller(gateway).post(PLACE + name, b"", KEEP, "GET") for _ in range(7)]
        for one in more:
            one.until(b"piece 0")
        assert error_of(back(gateway, name)) == "too_many_readers"
        more.pop().close()
        wait_until(
            lambda: [len(kept._readers) for kept in gateway.gateway.kept._answers.values()] == [7], "one to leave"
        )
        play.rest()
        last = back(gateway, name)
        for one in (caller, *more):
            assert read_whole(one) == last.body
            one.close()


def test_an_answer_that_is_too_long_is_its_readers_alone(tmp_path: Path) -> None:
    """It goes on for who reads it, cannot be begun again, and ends with its last reader."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay={"max_answer": 400}) as gateway:
        caller, name = begun(gateway)
        again = Caller(gateway).post(PLACE + name, b"", KEEP, "GET")
        again.until(b"piece 0")
        play.step(3)
        for one in (caller, again):
            one.until(b"piece 3")
        got = back(gateway, name)
        assert (got.status, error_of(got)) == (410, "answer_too_long")
        assert back(gateway, name, {**KEEP, "x-franca-browser": "c" * 22}).status == 404
        caller.close()
        play.step()
        again.until(b"piece 4")
        assert not play.over.is_set()
        again.close()
        assert play.over.wait(10)
        assert play.gone is not None
        assert only(gateway).outcome == "left"
        assert back(gateway, name).status == 404
        assert gateway.gateway.kept.held == 0


def test_a_too_long_answer_reaches_who_reads_it_whole(tmp_path: Path) -> None:
    """And when it is over nothing of it is held."""
    pieces = [chunk_of(f"{number:04d}" + "x" * 3000) for number in range(1000)]

    def play(call: Call) -> None:
        call.stream([*pieces, chunk_of(None, "stop") + DONE])

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay={"max_answer": 100_000}) as gateway:
        caller, name = begun(gateway)
        with caller:
            whole = read_whole(caller)
        assert whole.startswith(b"".join(pieces))
        assert figures_of(whole)["model"] == "m"
        wait_until(lambda: gateway.gateway.kept.held == 0, "its bytes to go")
        assert back(gateway, name).status == 410
        assert only(gateway).outcome == "ok"


class Flood:
    """Writes as fast as it can, up to 200 MB."""

    def __init__(self, most: int = 200_000_000) -> None:
        self.most = most
        self.calls: list[Call] = []
        self.pieces = 0
        self.stop = False

    def __call__(self, call: Call) -> None:
        self.calls.append(call)
        call.begin_stream()
        piece = chunk_of("x" * 8000)
        while call.sent < self.most and not self.stop:
            call.piece(piece)
            self.pieces += 1
        if not self.stop:
            call.piece(chunk_of(None, "stop") + DONE)
            call.end()


def stands_still(call: Call) -> None:
    seen, since = -1, time.monotonic()
    end = since + 15
    while time.monotonic() < end and (call.sent != seen or time.monotonic() - since < 0.5):
        if call.sent != seen:
            seen, since = call.sent, time.monotonic()
        time.sleep(0.02)


def test_who_does_not_read_stops_the_server_here_too(tmp_path: Path) -> None:
    """No more is held than the bound and what may be behind; others are served; when that caller leaves it ends."""
    flood = Flood()
    with (
        Puppet(flood) as server,
        relaying(tmp_path, {"sim": server.table()}, replay={"max_answer": 500_000}) as gateway,
    ):
        caller = Caller(gateway, small=True).chat("sim/m", stream=True, headers=KEEP)
        caller.until(b"\r\n\r\n")
        stands_still(flood.calls[0])
        assert flood.calls[0].sent < 30_000_000, "it went on reading from the server"
        assert gateway.gateway.kept.held < 1_500_000
        assert gateway.ask("GET", "/healthz").status == 200
        caller.close()
        assert only(gateway).outcome == "left"
        wait_until(lambda: gateway.gateway.kept.held == 0, "its bytes to go")
        flood.stop = True


def test_who_reads_slowly_holds_up_nobody(tmp_path: Path) -> None:
    """Of two readers of one answer that is too long, the one who reads gets all of it; the other one's stream ends with
    an error."""
    flood = Flood(20_000_000)
    bounds = {"max_answer": 2_000_000}
    with Puppet(flood) as server, relaying(tmp_path, {"sim": server.table()}, replay=bounds) as gateway:
        with Caller(gateway, small=True).chat("sim/m", stream=True, headers=KEEP) as slow:
            name = slow.until(b"\r\n\r\n").partition(b"x-franca-answer: ")[2].partition(b"\r")[0].decode()
            with Caller(gateway).post(PLACE + name, b"", KEEP, "GET") as quick:
                quick.until(b"HTTP/1.1 200")
                came, tail = quick.got.count(b"x"), quick.got
                while not tail.endswith(b"\r\n0\r\n\r\n"):
                    data = quick.socket.recv(1 << 20)
                    assert data
                    came += data.count(b"x")
                    tail = (tail + data)[-1000:]
            assert came // 8000 == flood.pieces, "it is not all there"
            assert b": franca {" in tail
            wait_until(lambda: gateway.rows, "the exchange to end")
            slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            slow.until(b"\r\n0\r\n\r\n")
            assert b"answer_too_long" in slow.got
        wait_until(lambda: gateway.gateway.kept.held == 0, "its bytes to go")


@pytest.mark.parametrize(("began", "read", "offered"), [(2, 1, False), (1, 2, True)])
def test_how_many_processes_there_are_takes_a_new_start(began: int, read: int, offered: bool) -> None:
    """What a changed file says of that holds for the next start: the processes are those that there are."""
    shelf = Shelf(Config(gateway=GatewayTable(workers=began)))
    shelf.configure(Config(gateway=GatewayTable(workers=read)))
    assert shelf.offered is offered


def test_the_bounds_are_checked(tmp_path: Path) -> None:
    """Numbers that cannot work are told at their place."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"grace": -1}, "grace"),
        ({"answers": 0}, "answers"),
        ({"per_caller": 0}, "per_caller"),
        ({"max_answer": 0}, "max_answer"),
        ({"max_answer": 10, "max_bytes": 9}, "max_bytes"),
        ({"grace": float("inf")}, "grace"),
    ]
    for table, place in wrong:
        with pytest.raises(ConfigError) as caught:
            read_mapping({"servers": {"s": {"base_url": "http://localhost:1/v1"}}, "replay": table})
        assert any(place in problem.where for problem in caught.value.problems)
