"""Secrets in texts, work without bounds, and stores that hang: the parts by themselves."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import ThreadGateway
from gw_relay import MESSAGES, Puppet, answer_of

from franca.cli.serve import _log_to_stderr
from franca.errors import BadUsage
from franca.gateway.config.read import examine
from franca.gateway.config.shape import CacheTable, RequestsTable, ServerTable, StoreTable
from franca.gateway.keys.made import made_key
from franca.gateway.keys.wish import KeyWish
from franca.gateway.multipart import _closing, read_form
from franca.gateway.problem import Problem
from franca.gateway.routing.table import _MOST_WORK, _worth_comparing
from franca.gateway.store.base import StoreDown, open_store
from franca.gateway.store.ledger import Ledger
from franca.gateway.store.report import Report, moment_of
from franca.gateway.store.requests import redacted
from franca.gateway.store.row import UsageRow
from franca.gateway.structured.work import MOST_WORK, work_of

SECRET = "SeCrEtPaSsW0rd99"

# ---- secrets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f'[servers.x]\nbase_url = "u:{SECRET}@h/v1"', f'[servers.x]\nbase_url = "h/v1?key={SECRET}"',
        f'[servers.x]\nbase_url = "http://u:{SECRET}@h:bad/v1"', f'[servers.x]\nbase_url = "http://h/v1?key={SECRET}"',
        f'[servers.x]\nbase_url = "http://u:4/{SECRET}@h/v1"',
        f'[servers.x]\nendpoint = "https://u:{SECRET}@h"\ntype = "azure"',
        f'[servers.x]\nbase_url = "http://h/v1"\napi_keys = "{SECRET}"',
        f'[servers.x]\nbase_url = "http://h"\nproxy = "u:{SECRET}@h"',
        f'[servers.x]\nbase_url = "http://h"\nheaders = {{authorization = "{SECRET}\\r\\nx: y"}}',
        f'[gateway]\nadmin_kye = "{SECRET}"', f'[gateway]\nadmin_key = ["{SECRET}"]', f'[limits]\nurl = ":{SECRET}@h"',
        f'[limits]\nurl = "redis://:{SECRET}@h:x/0"', f'[cache]\nurl = "redis://:{SECRET}@h:x/0"',
        f'[store]\nurl = "postgresql://u:{SECRET}@h:x/y"', f'[keys.a]\nkey = "sha256:{SECRET}"', f'keys = "{SECRET}"',
        f'[keys.a]\nkey = "{SECRET}"\n[keys.b]\nkey = "{SECRET}"', f'api_key = "{SECRET}\n',
    ],
)  # fmt: skip
def test_no_problem_and_no_configuration_shows_a_secret(tmp_path: Path, text: str) -> None:
    """Neither what is said of a wrong configuration nor how it prints holds what may be a password."""
    file = tmp_path / "franca.toml"
    file.write_text(text)
    config, problems = examine(file, {})
    assert SECRET not in "\n".join(one.text(str(file)) for one in problems)
    assert SECRET not in repr(config)


def test_an_address_keeps_its_host_when_printed() -> None:
    """What is no secret of it is still told."""
    assert "http://***@host:8080/v1?***" in repr(ServerTable(base_url="http://me:word@host:8080/v1?key=x"))
    assert "'http://host/v1'" in repr(ServerTable(base_url="http://host/v1"))


@pytest.mark.parametrize("word", [SECRET, f"5/{SECRET}", f"5?{SECRET}", f"5#{SECRET}", f"a@{SECRET}", f"[{SECRET}"])
def test_a_store_never_shows_its_password(word: str) -> None:
    """However it is written, escaped or not."""
    store = open_store(f"postgresql://me:{word}@db.example/books")
    assert SECRET not in store.shown
    assert SECRET not in repr(store)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_line_of_the_log_is_one_line(as_json: bool) -> None:
    """What a server said, in a message or the text of an error, forges no line and moves no terminal."""
    logger = logging.getLogger("franca")
    before, propagate = list(logger.handlers), logger.propagate
    other = logging.getLogger("uvicorn.error")
    others, other_propagate = list(other.handlers), other.propagate
    try:
        _log_to_stderr(as_json)
        (handler,) = [one for one in logger.handlers if one not in before]
        assert isinstance(handler, logging.StreamHandler)
        handler.stream = out = io.StringIO()
        try:
            raise ValueError("bad\n2026-11-21T00:00:00.000Z 200 forged\x1b[2J\ud800")
        except ValueError:
            logger.error("it said %s", "a\nforged \x1b[31m\x9b\ud800", exc_info=True)
        text = out.getvalue()
        assert "\x1b" not in text
        assert "\x9b" not in text
        assert not [line for line in text.splitlines() if line.startswith(("forged", "2026"))]
        if as_json:
            assert len(text.splitlines()) == 1
            assert "forged" in json.loads(text)["message"]
    finally:
        logger.handlers[:], logger.propagate = before, propagate
        other.handlers[:], other.propagate = others, other_propagate


# ---- work -----------------------------------------------------------------------------------------------


def test_guessing_a_name_costs_no_more_than_a_little() -> None:
    """Of thousands of long names only a few are compared, and the one that is meant is among them."""
    names = [f"server/model-{number}-{'x' * 80}" for number in range(3000)]
    wanted = f"server/modal-77-{'x' * 80}"
    found = _worth_comparing(wanted, names)
    assert 0 < sum(len(name) * len(wanted) for name in found[:-1]) <= _MOST_WORK
    assert "groq/llama-3.3-70b" in _worth_comparing("groq/llama-3.3-7b", ["x" * 9, "groq/llama-3.3-70b", "y" * 400])


@pytest.mark.parametrize(
    "text", ["a" * 8000 + '"', "\\" * 8000 + '"', '\\"' * 4000 + '"', "\\\\" * 4000 + '"', '"', 'é\\"\n"']
)
def test_a_quote_closes_where_it_is_not_hidden(text: str) -> None:
    """The first quote without an odd number of backslashes before it."""
    assert _closing('name="' + text, 6) == 5 + len(text)


@pytest.mark.parametrize("text", ["", "a", "\\", '\\"', "\\" * 7999 + '"'])
def test_a_quote_that_never_closes_is_refused(text: str) -> None:
    """A form with one has no field of that name."""
    with pytest.raises(Problem):
        _closing('name="' + text, 6)
    body = b'--B\r\nContent-Disposition: form-data; name="model' + text.encode() + b"\r\n\r\nx\r\n--B--"
    with pytest.raises(Problem):
        read_form(body, "multipart/form-data; boundary=B")


def chain(step: Any, length: int = 40) -> dict[str, Any]:
    """Rules of which each refers to the next."""
    rules = {f"a{number}": step({"$ref": f"#/$defs/a{number + 1}"}) for number in range(length)}
    return {"$defs": {**rules, f"a{length}": {"type": "object"}}, "$ref": "#/$defs/a0"}


STEPS = {
    "allOf": lambda rule: {"allOf": [rule, rule]},
    "anyOf": lambda rule: {"anyOf": [{"not": rule}, {"not": rule}]},
    "if": lambda rule: {"if": rule, "then": rule, "else": rule},
    "properties": lambda rule: {"properties": {"c": rule}, "patternProperties": {"c": rule}},
    "items": lambda rule: {"items": rule, "contains": rule},
    "dependent": lambda rule: {"dependentSchemas": {"x": rule, "y": rule}},
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_schema_that_checks_without_an_end_is_refused(step: Any) -> None:
    """Rules that double forty times are told at once, and the gateway serves others meanwhile."""
    schema = chain(step)
    assert work_of(schema) > MOST_WORK
    with Puppet(lambda call: call.reply(answer_of("{}"))) as server:
        config = {"servers": {"sim": server.table()}, "store": {"url": "none"}, "log": {"form": "off"}}
        with ThreadGateway(config) as gateway:
            wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
            body = {"model": "sim/m", "messages": MESSAGES, "response_format": wanted}
            answer = gateway.ask("POST", "/v1/chat/completions", body)
            assert answer.status == 400
            assert answer.json()["error"]["param"] == "response_format.json_schema.schema"
            assert not server.calls


def test_usual_schemas_are_little_work() -> None:
    """Shared rules, unions and rules that lead back to themselves are."""
    point = {"type": "object", "properties": {"x": {"type": "number"}, "y": {"$ref": "#/$defs/length"}}}
    tree = {
        "anyOf": [
            {"$ref": "#/$defs/leaf"},
            {"properties": {"left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}}},
        ]
    }
    schema = {
        "$defs": {"length": {"type": "number"}, "point": point, "leaf": {"type": "string"}, "tree": tree},
        "type": "object",
        "properties": {f"p{number}": {"$ref": "#/$defs/point"} for number in range(500)}
        | {"t": {"$ref": "#/$defs/tree"}},
    }
    assert work_of(schema) < 100
    assert work_of(True) == work_of({}) == 1
    assert work_of({"$ref": "#"}) == 2
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"not": deep}
    assert work_of(deep) > 100
    assert work_of({"$ref": "#/nowhere/0/~1", "allOf": 5, "properties": [], "items": "x"}) == 2


@pytest.mark.parametrize(
    "text",
    ['"' + "a" * 65000, '"a' * 30000, "data:" * 13000, "Bearer " * 9000, '"token"' + " " * 65000, "sk-" + "a-" * 30000,
     "data:a/b" + ";a=b" * 15000, ('"' + "api-key" * 9) * 1000, '"' + "\\" * 65000, '"token":"' + "\\a" * 30000],
)  # fmt: skip
def test_redacting_takes_time_in_proportion(text: str) -> None:
    """No body makes it look at the same letters again and again: ten times as much is not a hundred times slower."""

    def cost(of: str) -> float:
        best = 1e9
        for _ in range(3):
            began = time.thread_time()
            redacted(of)
            best = min(best, time.thread_time() - began)
        return best

    assert cost(text) < 40 * cost(text[: len(text) // 10]) + 0.05


# ---- keys and reports -----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["rpm", "tpm", "parallel"])
def test_a_limit_fits_what_counts_it(field: str) -> None:
    """A number that no counter can hold would make each request of its key fail."""
    with pytest.raises(BadUsage, match=field):
        made_key(KeyWish(name="a", **{field: 10**20}), None, 1.0)
    made_key(KeyWish(name="a", **{field: 10**12}), None, 1.0)


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01", "99999d", "99999h", "99999m"])
@pytest.mark.parametrize("end", [False, True])
def test_every_moment_that_may_be_asked_can_be_told(text: str, end: bool) -> None:
    """The first and the last days that there are make a report too."""
    moment = moment_of(text, time.time(), end=end)
    from franca.gateway.store.base import UsageLine

    report = Report(by=(), since=moment, until=moment, lines=[], total=UsageLine(), names={})
    told = report.to_dict()
    assert told["from"]


# ---- stores that hang -----------------------------------------------------------------------------------


def test_waiting_for_the_books_leaves_nothing_behind(tmp_path: Path) -> None:
    """While the store is down, each who waits for it in vain is forgotten again."""

    class Down:
        async def add(self, rows: Any, batch: str | None = None) -> None:
            raise StoreDown("away")

    async def play() -> None:
        ledger = Ledger(Down(), StoreTable(flush=0.01), RequestsTable())  # type: ignore[arg-type]
        ledger.note(UsageRow(id="a", at=1.0, seconds=1.0))
        for _ in range(20):
            assert not await ledger.flush(0.005)
        assert not ledger._out._waiters
        await ledger.close(0.01)

    asyncio.run(play())


def test_a_postgres_that_hangs_is_waited_for_once() -> None:
    """Many who ask at the same time make one connection, and are told the same."""
    pytest.importorskip("asyncpg")
    asked: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                asked.append(connection)

        threading.Thread(target=accept, daemon=True).start()
        port = listener.getsockname()[1]

        async def play() -> None:
            store = open_store(f"postgresql://me:{SECRET}@127.0.0.1:{port}/books?sslmode=disable")
            tasks = [asyncio.ensure_future(store.keys_version()) for _ in range(20)]
            while not asked:
                await asyncio.sleep(0.01)
            asked[0].close()  # in the middle of its greeting: it will not answer
            found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 40)
            assert all(isinstance(one, StoreDown) for one in found), found
            assert SECRET not in "".join(map(str, found))
            count = len(asked)
            await store.close()
            assert count <= 3

        asyncio.run(play())
    for connection in asked:
        connection.close()


def test_a_redis_that_answers_late_gives_nobody_another_ones_answer() -> None:
    """An answer that comes after its question was given up is not taken for that of the next question."""
    pytest.importorskip("redis")
    import msgspec

    from franca.gateway.cache import open_cache
    from franca.gateway.cache.base import Kept

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            slow = True
            with connection, connection.makefile("rwb") as file:
                while line := file.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        size = int(file.readline()[1:])
                        words.append(file.read(size + 2)[:-2])
                    if words[0].upper() == b"GET":
                        if slow:
                            time.sleep(0.8)
                            slow = False
                        body = msgspec.msgpack.encode(Kept(time.time(), b"application/json", b"for " + words[1][-3:]))
                        file.write(b"$%d\r\n%s\r\n" % (len(body), body))
                    else:
                        file.write(b"+OK\r\n")
                    try:
                        file.flush()
                    except OSError:
                        return

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

        async def play() -> None:
            cache = open_cache(CacheTable(enabled=True, url=url))
            assert cache is not None
            seen = []
            for number in range(6):
                cache._rests_until = 0.0  # type: ignore[attr-defined]
                name = b"%03d" % number
                found = await cache.get(name)
                assert found is None or found.body == b"for " + name
                seen.append(found)
                await asyncio.sleep(0.2)
            assert seen[0] is None
            await cache.close()

        asyncio.run(play())


def test_the_lines_of_requests_hold_no_control_characters() -> None:
    """Also in JSON, which would let those of U+0080 to U+009F stand: terminals obey them."""
    from gw_seen import exchange_of

    from franca.gateway.seen.line import Moment, fact_line, json_line, text_line

    exchange = exchange_of(asked="a\x9b2Jb\x85é", path="/\x1b[2J\x9b")
    for line in (json_line(exchange, 1.0, Moment()), text_line(exchange, 1.0, Moment())):
        assert not [char for char in line.decode()[:-1] if not char.isprintable()]
    found = json.loads(json_line(exchange, 1.0, Moment()))
    assert found["asked"] == "a\x9b2Jb\x85é"
    for form in ("json", "text"):
        line = fact_line("info", "a\x9bb", {"x": "\x9b"}, "now", form)
        assert not [char for char in line.decode()[:-1] if not char.isprintable()]


def test_headers_that_reach_the_server_are_part_of_the_question() -> None:
    """With another tenant in a header that is passed on, an answer in the cache is another one."""
    from gw_seen import exchange_of

    from franca.gateway.cache import wanted_of

    def key(*headers: tuple[bytes, bytes]) -> bytes:
        exchange = exchange_of(headers=list(headers), asked="m")
        found = wanted_of(exchange, CacheTable(enabled=True), "chat", {}, forwards=(b"x-tenant", b"x-title"))
        assert found is not None
        return found.key

    one = key((b"x-tenant", b"a"))
    assert one == key((b"x-tenant", b"a"), (b"x-title", b"t"), (b"x-other", b"o"))
    assert len({one, key(), key((b"x-tenant", b"b"))}) == 3
