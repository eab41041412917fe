"""What is counted of requests, and how Prometheus reads it; also of several workers."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys

import pytest
from gw_seen import ADMIN, House, Way, answered, ask, virtual_key

from franca.gateway.config.shape import Config, GatewayTable, StoreTable
from franca.gateway.problem import Problem
from franca.gateway.seen.board import Board
from franca.gateway.seen.cell import BOUNDS, OTHER, Cell
from franca.gateway.seen.exposition import Family, Histogram, render
from franca.gateway.seen.families import families_of
from franca.gateway.seen.metrics import Metrics, serve_metrics, whole_snapshot
from franca.gateway.seen.process import resident_bytes
from franca.gateway.seen.snapshot import Snapshot, added, snapshot_of

PLAIN = Config(store=StoreTable(url="none"))


def page(house):
    return render(families_of(whole_snapshot(house))).decode()


def samples(text):
    """Every line that is a number, by its name and labels."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_requests_are_counted_by_what_they_were():
    """Endpoint, server, model, outcome and status make a sample; tokens, cost and tries are summed."""
    house = House(Way("one"))
    for seconds in (0.02, 0.2):
        house.metrics.finished(*answered(seconds, cached_tokens=4, reasoning_tokens=2))
    house.metrics.finished(
        *answered(outcome="error", status=502, error="server_unreachable", prompt_tokens=None, cost=None)
    )
    found = samples(page(house))
    place = 'route="chat",server="one",model="m"'
    assert found[f'franca_requests_total{{{place},outcome="ok",status="200"}}'] == 2
    assert found[f'franca_requests_total{{{place},outcome="error",status="502"}}'] == 1
    model = 'server="one",model="m"'
    assert found[f'franca_tokens_total{{{model},kind="prompt"}}'] == 20
    assert found[f'franca_tokens_total{{{model},kind="completion"}}'] == 10
    assert found[f'franca_tokens_total{{{model},kind="cached"}}'] == 8
    assert found[f'franca_tokens_total{{{model},kind="reasoning"}}'] == 4
    assert found[f"franca_cost_dollars_total{{{model}}}"] == 0.5


def test_durations_are_histograms():
    """Each bucket counts what is at most its bound; sum and count fit; a value on a bound is within it."""
    house = House()
    for seconds in (0.01, 0.02, 3.0, 1000.0):
        exchange, _ = answered()
        exchange.began = 0.0
        house.metrics.finished(exchange, seconds)
    found = samples(page(house))
    name = 'franca_request_duration_seconds{}{{route="chat",server="one",model="m"{}}}'
    buckets = [found[name.format("_bucket", f',le="{bound:g}"')] for bound in BOUNDS]
    assert buckets == [1.0] + [2.0] * 6 + [2.0] + [3.0] * 7
    assert found[name.format("_bucket", ',le="+Inf"')] == found[name.format("_count", "")] == 4
    assert found[name.format("_sum", "")] == pytest.approx(1003.03)


def test_first_bytes_are_those_of_streams():
    """The time to the first byte says something of a stream only; a stream that never began has none."""
    house = House()
    house.metrics.finished(*answered(1.0, first=0.9))
    house.metrics.finished(*answered(1.0, stream=True))
    assert not any(name.startswith("franca_first_byte_seconds") for name in samples(page(house)))
    house.metrics.finished(*answered(1.0, first=0.2, stream=True))
    found = samples(page(house))
    place = 'route="chat",server="one",model="m"'
    assert found[f"franca_first_byte_seconds_count{{{place}}}"] == 1
    assert found[f"franca_first_byte_seconds_sum{{{place}}}"] == pytest.approx(0.2)


def test_cached_answers_cost_nothing():
    """An answer out of the cache is a hit; the tokens that it tells were counted when they were bought."""
    house = House()
    house.metrics.finished(*answered(cached=True))
    found = samples(page(house))
    assert found['franca_cache_hits_total{route="chat",server="one",model="m"}'] == 1
    assert not any(name.startswith(("franca_tokens_total", "franca_cost")) for name in found)


def test_answers_without_a_price_are_told():
    """A cost that nobody knows is not zero: it is counted as missing."""
    house = House()
    house.metrics.finished(*answered(cost=None))
    found = samples(page(house))
    assert found['franca_unpriced_total{server="one",model="m"}'] == 1
    assert not any(name.startswith("franca_cost_dollars_total") for name in found)


def test_invented_models_make_no_labels():
    """Only a model that answered well has a label of its own, and only so many of them."""
    metrics = Metrics(models=3)
    for number in range(50):
        metrics.finished(*answered(model=f"invented-{number}", outcome="error", status=404))
    for number in range(50):
        metrics.finished(*answered(model=f"real-{number}"))
    models = {kind[2] for kind in metrics.cells}
    assert models == {"real-0", "real-1", "real-2", OTHER}
    assert sum(cell.requests for cell in metrics.cells.values()) == 100


def test_cells_are_bounded():
    """A server that answers with ever new statuses cannot fill the memory, and nothing goes uncounted."""
    metrics = Metrics()
    for number in range(20_000):
        metrics.finished(*answered(server=f"s{number % 50}", status=number, outcome="error"))
    assert len(metrics.cells) <= 4001
    assert sum(cell.requests for cell in metrics.cells.values()) == 20_000


def test_servers_and_queues_are_read_when_asked():
    """The numbers that parts keep themselves are taken when the page is made."""
    house = House(Way("one", requests=7, failures=2, in_flight=3), Way("two", "half-open"), Way("three", "open"))
    house.metrics.in_flight = 4
    house.log.dropped = 5
    found = samples(page(house))
    assert found['franca_server_requests_total{server="one"}'] == 7
    assert found['franca_server_failures_total{server="one"}'] == 2
    assert found['franca_server_in_flight{server="one"}'] == 3
    assert found['franca_server_state{server="one",state="up"}'] == 1
    assert found['franca_server_state{server="two",state="probing"}'] == 1
    assert found['franca_server_state{server="three",state="resting"}'] == 1
    assert found['franca_server_state{server="three",state="up"}'] == 0
    assert found["franca_requests_in_flight"] == 4
    assert found["franca_log_lines_dropped_total"] == 5
    assert found["franca_usage_rows_dropped_total"] == found["franca_usage_rows_waiting"] == 0
    assert found["franca_resident_memory_bytes"] > 1_000_000
    assert found["franca_cpu_seconds_total"] > 0


def full_house():
    house = House(Way("one", requests=1), Way("two", "open"))
    house.metrics.finished(*answered(stream=True, first=0.1))
    house.metrics.finished(*answered(model='odd "\\\n§ model', cost=None))
    house.metrics.finished(*answered(model="n", cached=True))
    house.metrics.finished(*answered(server="", model="", outcome="refused", status=401, cost=None))
    return house


def test_the_page_keeps_to_the_format():
    """Each family is declared once and its lines stand together; names, labels and numbers are of the right form."""
    text = page(full_house())
    assert text.endswith("\n")
    assert "\r" not in text
    line = re.compile(
        r'([a-zA-Z_:][\w:]*)(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? '
        r"(NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
    )
    kinds, order, seen = {}, [], set()
    for one in text.splitlines():
        if one.startswith("# TYPE "):
            _, _, name, kind = one.split(" ")
            assert name not in kinds
            kinds[name] = kind
            order.append(name)
        elif one.startswith("# HELP "):
            assert one.split(" ")[2] not in kinds
        else:
            found = line.fullmatch(one)
            assert found, one
            base = found[1]
            if kinds.get(order[-1]) == "histogram":
                base = re.sub(r"_(bucket|sum|count)$", "", base)
            assert base == order[-1]
            assert one.rpartition(" ")[0] not in seen
            seen.add(one.rpartition(" ")[0])
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in kinds.items())
    assert any(name.startswith("franca_requests_total{") and '\\"\\\\\\n§' in name for name in seen)


def test_the_parser_of_prometheus_reads_it():
    """The reference client's own parser takes every line, and reads the odd label as it was."""
    parser = pytest.importorskip("prometheus_client.parser")
    families = {family.name: family for family in parser.text_string_to_metric_families(page(full_house()))}
    assert families["franca_requests"].type == "counter"
    assert families["franca_request_duration_seconds"].type == "histogram"
    assert families["franca_server_state"].type == "gauge"
    models = {sample.labels["model"] for sample in families["franca_requests"].samples}
    assert models == {"m", "n", "", 'odd "\\\n§ model'}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_written_as_go_reads_them(value, text):
    """Whole numbers without a point, and the three that are none by their names."""
    assert (
        render([Family("x", "gauge", "h\nh", (), {(): value})]).decode()
        == f"# HELP x h\\nh\n# TYPE x gauge\nx {text}\n"
    )


def test_a_family_needs_all_its_labels():
    """A sample with too few label values is a mistake here, not a silent one there."""
    with pytest.raises(ValueError, match="shorter"):
        render([Family("x", "gauge", "h", ("a", "b"), {("1",): 1.0})])
    with pytest.raises(ValueError, match=r"longer|shorter"):
        render([Family("x", "histogram", "h", (), {(): Histogram([1])}, BOUNDS)])


def test_workers_are_added():
    """Counters, gauges, histograms, servers and errors of several workers make one; nothing is shared with them."""
    houses = [full_house(), full_house()]
    houses[1].metrics.finished(*answered(model="late"))
    parts = [snapshot_of(house) for house in houses]
    before = [part.cells[0][1].requests for part in parts]
    whole = added(parts)
    assert whole.workers == 2
    assert sum(cell.requests for _, cell in whole.cells) == 9
    assert sum(sum(cell.buckets) for _, cell in whole.cells) == 9
    assert [(one.name, one.requests, one.state, one.states) for one in whole.servers] == [
        ("one", 2, "up", {"up": 2}),
        ("two", 0, "resting", {"resting": 2}),
    ]
    assert len(whole.errors) == 2
    assert [part.cells[0][1].requests for part in parts] == before


def test_latencies_are_weighed_by_requests():
    """A worker that asked a server more often counts for more; one that never did not at all."""
    parts = [
        snapshot_of(House(Way("one", requests=3, latency=1.0))),
        snapshot_of(House(Way("one"))),
        snapshot_of(House(Way("one", requests=1, latency=2.0, last_error="x", failures=1))),
    ]
    (server,) = added(parts).servers
    assert server.latency == pytest.approx(1.25)
    assert server.last_error == "x"


def test_any_worker_tells_of_all(tmp_path):
    """Whoever is scraped adds what the others wrote on the board."""
    houses = [House(Way("one"), metrics=Metrics(board=Board(tmp_path / "board"))) for _ in range(2)]
    for house in houses:
        house.metrics.finished(*answered())
        house.metrics.board.write(snapshot_of(house))
    houses[0].metrics.finished(*answered())  # since then: told of oneself at once, to others in a second
    name = 'franca_requests_total{route="chat",server="one",model="m",outcome="ok",status="200"}'
    assert samples(page(houses[0]))[name] == 3
    assert samples(page(houses[1]))[name] == 2
    assert samples(page(houses[1]))["franca_workers"] == 2
    assert (tmp_path / "board").stat().st_mode & 0o777 == 0o700


def test_the_board_is_kept_up_to_date(tmp_path):
    """As long as the gateway runs its file is written again and again, also after a disk that was full for a while."""
    house = House(Way("one"), metrics=Metrics(board=Board(tmp_path / "board")))
    other = House(metrics=Metrics(board=Board(tmp_path / "board")))

    async def main():
        task = asyncio.create_task(house.metrics.board.keep(house, every=0.001))
        async with asyncio.timeout(10):
            for number in range(1, 4):
                house.metrics.finished(*answered())
                while sum(cell.requests for _, cell in whole_snapshot(other).cells) < number:
                    await asyncio.sleep(0.001)
                if number == 1:  # a folder that is gone fails as a full disk does
                    shutil.move(tmp_path / "board", tmp_path / "aside")
                    await asyncio.sleep(0.01)
                    shutil.move(tmp_path / "aside", tmp_path / "board")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_folder_that_was_tidied_away_leaves_ones_own(tmp_path):
    """A scrape is answered with what this worker knows by itself."""
    house = House(metrics=Metrics(board=Board(tmp_path / "board")))
    house.metrics.finished(*answered())
    shutil.rmtree(tmp_path / "board")
    assert sum(cell.requests for _, cell in whole_snapshot(house).cells) == 1


def test_a_worker_of_another_user_lives(tmp_path, monkeypatch):
    """A process that may not be signalled is there."""
    Board(tmp_path).write(snapshot_of(full_house()))

    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert whole_snapshot(House(metrics=Metrics(board=Board(tmp_path)))).workers == 2


def test_memory_is_told_without_proc(monkeypatch):
    """Where there is no /proc the most that was ever held stands for it."""
    monkeypatch.setattr("franca.gateway.seen.process.open", lambda *_: (_ for _ in ()).throw(OSError()), raising=False)
    assert resident_bytes() > 1_000_000


WORKER = """
import sys
sys.path.insert(0, sys.argv[2])
from gw_seen import House, Way, answered
from franca.gateway.seen.board import Board
from franca.gateway.seen.process import resident_bytes
from franca.gateway.seen.snapshot import snapshot_of
house = House(Way("one", requests=2, in_flight=1))
house.metrics.finished(*answered())
Board(sys.argv[1]).write(snapshot_of(house))
"""


def test_counters_outlive_their_worker(tmp_path):
    """What a worker counted that ended is kept, once; how it stood is not. Its file goes away."""
    house = House(Way("one"), metrics=Metrics(board=Board(tmp_path)))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER, str(tmp_path), os.path.dirname(__file__)], check=True)
        for _ in range(3):
            whole = whole_snapshot(house)
    assert sum(cell.requests for _, cell in whole.cells) == 2
    assert whole.servers[0].requests == 4
    assert whole.servers[0].in_flight == 0
    assert whole.servers[0].state == "up"
    assert whole.workers == 1
    assert len(whole.errors) == 0
    assert list(tmp_path.glob("*.worker")) == []


def test_a_file_that_could_not_be_removed_counts_once(tmp_path):
    """Between keeping counts and removing their file a worker may be killed: the next one adds them no second time."""
    subprocess.run([sys.executable, "-c", WORKER, str(tmp_path), os.path.dirname(__file__)], check=True)
    (left,) = tmp_path.glob("*.worker")
    data = left.read_bytes()
    house = House(metrics=Metrics(board=Board(tmp_path)))
    for _ in range(3):
        assert sum(cell.requests for _, cell in whole_snapshot(house).cells) == 1
        left.write_bytes(data)


@pytest.mark.parametrize("data", [b"", b"\x93torn", b"{}"])
def test_a_torn_file_is_left_out(tmp_path, data):
    """A file that nobody can read spoils no scrape."""
    (tmp_path / f"{os.getpid()}-beef.worker").write_bytes(data)
    (tmp_path / "ended").write_bytes(data)
    house = House(metrics=Metrics(board=Board(tmp_path)))
    house.metrics.finished(*answered())
    assert whole_snapshot(house).workers == 1


def test_nothing_makes_an_empty_whole():
    """The sum of no snapshots, and an empty cell, are plain zeros."""
    assert added([]).workers == 0
    assert added([Snapshot(at=1.0, began=1.0, cells=[(("a", "b", "c", "ok", 200), Cell())])]).cells[0][1].requests == 0


def test_the_endpoint_answers_with_the_right_type():
    """Prometheus 3 refuses a page without a content type that it knows."""
    sent = ask(serve_metrics, House(), "/metrics")
    assert sent.status == 200
    assert sent.headers[b"content-type"] == b"text/plain; version=0.0.4; charset=utf-8"
    assert b"franca_info" in sent.body


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        (Config(store=StoreTable(url="none"), gateway=GatewayTable(admin_key=ADMIN)), ()),
        (PLAIN, (virtual_key(),)),
    ],
)
def test_metrics_are_guarded_where_anything_is(config, keys):
    """With an admin key, or keys of callers, /metrics takes the admin key; else it is as open as all the rest."""
    house = House(config=config, keys=keys)
    with pytest.raises(Problem, match="admin key"):
        ask(serve_metrics, house, "/metrics")
    assert ask(serve_metrics, house, "/metrics", headers=[(b"authorization", f"Bearer {ADMIN}".encode())]).status == 200
