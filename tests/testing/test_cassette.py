"""Cassettes: what they write, what they find again, and what they refuse."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

import franca
from franca.errors import BadUsage, ConnectFailed, ConnectionLost, StreamBroken, TimedOut
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.io.sync import SyncTransport
from franca.simulator import Simulator
from franca.testing import Cassette
from franca.wire.http import Request

KEY = "sk-live-0123456789abcdef"
NOBODY = "http://127.0.0.1:9/v1"
GOOD = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "er" / "tape.http"


def ask(cassette: Any, text: str = "Hello", url: str = NOBODY, **params: Any) -> str | None:
    with franca.Client(url, transport=cassette, model="echo", retries=0) as client:
        return client.chat(text, **params).content


def record(path: Path, sim: Simulator, *texts: str, mode: str = "once", **options: Any) -> None:
    with Cassette(path, mode, **options) as cassette:
        for text in texts:
            ask(cassette, text, sim.url)


# ---- the modes -----------------------------------------------------------------------------------


def test_once_records_then_replays(path: Path, sim: Simulator) -> None:
    """The second run asks nobody, and leaves the file alone."""
    record(path, sim, "Hello")
    text = path.read_bytes()
    with Cassette(path) as cassette:
        assert ask(cassette) == "Hello"
        assert cassette.recorded == 0
    assert path.read_bytes() == text
    assert list(path.parent.iterdir()) == [path], "no draft is left"


def test_once_does_not_add_to_a_file(path: Path, sim: Simulator) -> None:
    """What is missing is an error, although a server is there."""
    record(path, sim, "Hello")
    with pytest.raises(BadUsage, match="holds no answer to POST /v1/chat/completions"):
        ask(Cassette(path), "Bye", sim.url)


def test_new_adds_what_is_missing(path: Path, sim: Simulator) -> None:
    """And replays the rest; the recording that was there keeps its place and its text."""
    record(path, sim, "Hello")
    before, asked = path.read_text(), len(sim.requests)
    with Cassette(path, "new") as cassette:
        assert [ask(cassette, text, sim.url) for text in ("Bye", "Hello")] == ["Bye", "Hello"]
    assert len(sim.requests) == asked + 1
    assert path.read_text().startswith(before)
    assert [ask(Cassette(path, "none"), text) for text in ("Hello", "Bye")] == ["Hello", "Bye"]


def test_all_records_anew(path: Path, sim: Simulator) -> None:
    """The old recording is replaced."""
    record(path, sim, "Hello", "Bye")
    record(path, sim, "Hello", mode="all")
    assert path.read_text().count("\n### ") == 1


def test_none_needs_the_file(path: Path) -> None:
    """And says how to make it."""
    with pytest.raises(BadUsage, match="--franca-record=once"):
        Cassette(path, "none")


def test_no_such_mode(path: Path) -> None:
    """A slip is told at once."""
    with pytest.raises(BadUsage, match="none, once, all, new"):
        Cassette(path, "always")


def test_nothing_is_written_when_the_block_fails(path: Path, sim: Simulator) -> None:
    """A recording of a program that went wrong is no recording."""

    def fails() -> None:
        with Cassette(path) as cassette:
            ask(cassette, "Hello", sim.url)
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert not path.exists()


def test_nothing_recorded_writes_nothing(path: Path) -> None:
    """Neither a file nor its folder."""
    with Cassette(path, "all"):
        pass
    assert not path.parent.exists()


# ---- what is found -------------------------------------------------------------------------------


def test_each_once_and_in_order(path: Path) -> None:
    """The same request twice gets the two answers in turn; a third time is an error that says so."""
    answers = FakeTransport([{"choices": [{"message": {"content": text}}]} for text in ("one", "two")])
    with Cassette(path, through=answers) as cassette:
        assert [ask(cassette), ask(cassette)] == ["one", "two"]
    cassette = Cassette(path, "none")
    assert [ask(cassette), ask(cassette)] == ["one", "two"]
    with pytest.raises(BadUsage, match="2 times, and it is asked for once more"):
        ask(cassette)


def test_reuse_plays_the_last_one_again(path: Path) -> None:
    """For a program that polls."""
    answers = FakeTransport([{"choices": [{"message": {"content": text}}]} for text in ("one", "two")])
    with Cassette(path, through=answers) as cassette:
        ask(cassette), ask(cassette)
    cassette = Cassette(path, "none", reuse=True)
    assert [ask(cassette) for _ in range(4)] == ["one", "two", "two", "two"]


def test_matching_is_by_meaning(path: Path) -> None:
    """Order of members, white space and 1.0 for 1 make no difference; the host makes none where it must not."""
    sent = b'{"a": 1, "b": [1.0, "x"]}'
    with Cassette(path, through=FakeTransport([{"n": 1}])) as cassette:
        cassette.send(Request("POST", "http://a.test/x?q=1&p=2", (), sent)).read()
    reply = Cassette(path, "none").send(Request("POST", "http://b.test/x?p=2&q=1", (), b'{"b":[1,"x"],"a":1.0}'))
    assert reply.read() == b'{"n":1}'
    for request in (
        Request("GET", "http://a.test/x?q=1&p=2", (), sent),
        Request("POST", "http://a.test/y?q=1&p=2", (), sent),
        Request("POST", "http://a.test/x?q=1&p=3", (), sent),
        Request("POST", "http://a.test/x?q=1&p=2", (), b'{"a":"1","b":[1,"x"]}'),
    ):
        with pytest.raises(BadUsage, match="holds no answer"):
            Cassette(path, "none").send(request)


def test_of_equals_the_same_host_comes_first(path: Path) -> None:
    """Two servers with the same paths do not get each other's answers."""
    with Cassette(path, through=FakeTransport(["one", "two"])) as cassette:
        for host in ("a", "b"):
            cassette.send(Request("GET", f"http://{host}.test/x")).read()
    cassette = Cassette(path, "none")
    assert [cassette.send(Request("GET", f"http://{host}.test/x")).read() for host in "ba"] == [b"two", b"one"]


def test_ignored_fields(path: Path) -> None:
    """Dotted paths go into objects and into each item of a list; the name of a query field works too."""
    body = b'{"seed": %d, "messages": [{"id": %d, "text": "x"}], "meta": {"trace": %d, "kept": 1}}'
    ignore = ("seed", "messages.id", "meta.trace", "t", "meta.kept.deeper", "absent.x")
    with Cassette(path, through=FakeTransport(["fine"])) as cassette:
        cassette.send(Request("POST", "http://a.test/x?t=1", (), body % (1, 1, 1))).read()
    asked = Request("POST", "http://a.test/x?t=2", (), body % (2, 2, 2))
    assert Cassette(path, "none", ignore=ignore).send(asked).read() == b"fine"
    with pytest.raises(BadUsage):
        Cassette(path, "none", ignore="seed").send(asked)


def test_a_miss_shows_the_nearest_request(path: Path, sim: Simulator) -> None:
    """As a diff of the bodies, of bounded length."""
    record(path, sim, "A question about cats", "Something else")
    with pytest.raises(BadUsage) as caught:
        ask(Cassette(path, "none"), "A question about dogs", temperature=0.5)
    said = caught.value.message
    assert "number 1 of 2" in said
    assert '-      "content": "A question about cats"' in said
    assert '+      "content": "A question about dogs"' in said
    assert '+  "temperature": 0.5' in said
    with pytest.raises(BadUsage) as caught:
        ask(Cassette(path, "none"), "x", extra={"long": list(range(1000))})
    assert "lines more" in caught.value.message
    assert len(caught.value.message) < 30_000


def test_unused_names_what_nobody_asked_for(path: Path, sim: Simulator) -> None:
    """For a test that wants to know."""
    record(path, sim, "one", "two")
    cassette = Cassette(path, "none")
    ask(cassette, "two")
    assert cassette.unused == ("POST /v1/chat/completions",)
    assert repr(cassette) == f"<Cassette {path} none: 2 on file, 0 recorded>"


# ---- errors, ends, time --------------------------------------------------------------------------


def test_failures_replay_as_the_same_errors(path: Path) -> None:
    """No connection, a lost one, a time-out: class, phase and the like; each time a new object."""
    faults = [ConnectFailed("refused", retryable=False), ConnectionLost("gone"), TimedOut("slow", phase="send")]
    with Cassette(path, through=FakeTransport([*faults, *faults])) as cassette:
        for fault in faults:
            with pytest.raises(type(fault)):
                ask(cassette)
    cassette = Cassette(path, "none")
    for fault in faults:
        with pytest.raises(type(fault)) as caught:
            ask(cassette)
        assert caught.value.message == fault.message
        assert caught.value.retryable is fault.retryable
        assert getattr(caught.value, "phase", None) == getattr(fault, "phase", None)


def test_a_stream_that_its_caller_left(path: Path, sim: Simulator) -> None:
    """It replays up to there; a caller who reads on is told why there is no more."""

    def first_words(cassette: Cassette, url: str) -> list[str]:
        client = franca.Client(url, transport=cassette, model="lorem")
        with client, client.chat_stream("x", max_tokens=5000) as stream:
            return [next(stream).content or "" for _ in range(3)]

    with Cassette(path) as cassette:
        real = first_words(cassette, sim.url)
    assert "\n! left\n" in path.read_text()
    assert first_words(Cassette(path, "none"), NOBODY) == real
    client = franca.Client(NOBODY, transport=Cassette(path, "none"), model="lorem")
    with client, pytest.raises(StreamBroken, match="its caller had left"):
        client.chat_stream("x", max_tokens=5000).finish()


def test_true_to_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With timing=True each piece comes when it came; at full speed nothing waits."""
    path.parent.mkdir(parents=True)
    path.write_text(
        "franca cassette 1\n\n### GET http://a.test/x\n\nempty\n\n--- 200 after 2.000 s\n\nchunks\n"
        "@ 1.000 s\n\\ one\n@ 3.500 s\n\\ two\n"
    )
    slept: list[float] = []
    now = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    async def sleep_too(seconds: float) -> None:
        sleep(seconds)

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("asyncio.sleep", sleep_too)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    asked = Request("GET", "http://a.test/x")
    assert Cassette(path, "none").send(asked).read() == b"onetwo"
    assert slept == []
    reply = Cassette(path, "none", timing=True).send(asked)
    assert [reply.read_some(), reply.read_some(), reply.read_some()] == [b"one", b"two", b""]
    assert slept == [2.0, 1.0, 2.5]

    slept.clear()
    asked_again = Cassette(path, "none", timing=True).asynchronous()

    def run(coroutine: Any) -> Any:  # without a loop, whose clock stands still here
        with pytest.raises(StopIteration) as caught:
            coroutine.send(None)
        return caught.value.value

    assert run(run(asked_again.send(asked)).read()) == b"onetwo"
    assert slept == [2.0, 1.0, 2.5]


def test_time_limits_hold_in_a_replay(path: Path) -> None:
    """What was recorded slower than the limit is a time-out, as it would have been."""
    path.parent.mkdir(parents=True)
    path.write_text(
        "franca cassette 1\n\n### GET http://a.test/x\n\nempty\n\n--- 200 after 60.000 s\n\nchunks\n@ 90.000 s\n\\ x\n"
    )
    with pytest.raises(TimedOut) as caught:
        Cassette(path, "none", timing=True).send(Request("GET", "http://a.test/x", until=time.monotonic() + 0.01))
    assert caught.value.phase == "answer"
    text = path.read_text().replace("60.000", "0.000")
    path.write_text(text)
    reply = Cassette(path, "none", timing=True).send(Request("GET", "http://a.test/x"))
    with pytest.raises(TimedOut) as caught:
        reply.read_some(time.monotonic() + 0.01)
    assert caught.value.phase == "idle"

    async def late() -> None:
        reply = await Cassette(path, "none", timing=True).asynchronous().send(Request("GET", "http://a.test/x"))
        await reply.read(time.monotonic() + 0.01)

    with pytest.raises(TimedOut) as caught:
        asyncio.run(late())
    assert caught.value.phase == "body"


# ---- through what --------------------------------------------------------------------------------


def test_through_any_transport(path: Path, sim: Simulator) -> None:
    """A transport of ours with options, clients of httpx, for both clients; closed with the cassette."""

    async def asynchronously(through: Any, file: Path) -> str | None:
        with Cassette(file, through=through) as cassette:
            async with franca.AsyncClient(sim.url, transport=cassette, model="echo") as client:
                answer = (await client.chat("Hello")).content
        if isinstance(through, httpx.AsyncClient):
            await through.aclose()
        return answer

    with httpx.Client() as client:
        for number, through in enumerate((SyncTransport(trust_env=False), client)):
            record(path.with_name(f"{number}.http"), sim, "Hello", through=through)
            assert ask(Cassette(path.with_name(f"{number}.http"), "none")) == "Hello"
    for number, make in enumerate((lambda: None, httpx.AsyncClient, lambda: AsyncFakeTransport([GOOD]))):
        file = path.with_name(f"async{number}.http")
        assert asyncio.run(asynchronously(make(), file)) in ("Hello", "Hi")
        assert ask(Cassette(file, "none")) in ("Hello", "Hi")


def test_through_the_wrong_kind(path: Path) -> None:
    """A blocking transport does not serve asyncio, nor the other way round."""
    with pytest.raises(BadUsage, match="is for AsyncClient"):
        ask(Cassette(path, through=AsyncFakeTransport([])))

    async def wrong() -> None:
        await franca.AsyncClient(NOBODY, transport=Cassette(path, through=FakeTransport([])), model="m").chat("x")

    with pytest.raises(BadUsage, match="is for Client"):
        asyncio.run(wrong())
    assert not path.exists()


def test_threads_share_a_cassette(path: Path, sim: Simulator) -> None:
    """Each exchange is recorded once and played once."""
    texts = [f"number {n}" for n in range(20)]

    def all_at_once(cassette: Cassette, url: str) -> list[str | None]:
        answers: list[str | None] = []
        threads = [
            threading.Thread(target=lambda text=text: answers.append(ask(cassette, text, url))) for text in texts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(answers, key=str)

    with Cassette(path) as cassette:
        assert all_at_once(cassette, sim.url) == sorted(texts)
        assert cassette.recorded == 20
    cassette = Cassette(path, "none")
    assert all_at_once(cassette, NOBODY) == sorted(texts)
    assert cassette.unused == ()


def test_tasks_share_a_cassette(path: Path, sim: Simulator) -> None:
    """In whatever order they ask, and one that is cancelled leaves no half exchange behind."""
    texts = [f"number {n}" for n in range(20)]

    async def all_at_once(cassette: Cassette, url: str) -> list[Any]:
        async with franca.AsyncClient(url, transport=cassette, model="echo") as client:
            return [chat.content for chat in await asyncio.gather(*map(client.chat, texts))]

    async def cancelled(cassette: Cassette) -> None:
        async with franca.AsyncClient(sim.base("time-no-answer"), transport=cassette, model="echo") as client:
            task = asyncio.create_task(client.chat("x"))
            while not cassette.recorded:
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Cassette(path) as cassette:
        assert asyncio.run(all_at_once(cassette, sim.url)) == texts
        asyncio.run(cancelled(cassette))
        assert cassette.recorded == 20
    assert asyncio.run(all_at_once(Cassette(path, "none"), NOBODY)) == texts


# ---- bounds --------------------------------------------------------------------------------------


def test_a_cassette_has_bounds(path: Path, sim: Simulator) -> None:
    """Of bytes and of exchanges: past them it is an error, and the real reply is closed."""
    with Cassette(path, max_bytes=600) as cassette:
        for text in ("x" * 500, "x" * 1000):  # the answer does not fit; not even the request
            with pytest.raises(BadUsage, match="max_bytes"):
                ask(cassette, text, sim.url)
    assert not path.exists()
    cassette = Cassette(path, max_exchanges=1)
    ask(cassette, "one", sim.url)
    with pytest.raises(BadUsage, match="max_exchanges"):
        ask(cassette, "two", sim.url)
    cassette.save()
    os.truncate(path, 0)
    path.write_bytes(b"franca cassette 1\n" + b"# padding\n" * 300)
    with pytest.raises(BadUsage, match="much larger than max_bytes"):
        Cassette(path, max_bytes=600)


def test_a_cassette_stays_in_its_process(path: Path) -> None:
    """A client with one is not pickled, and says why."""
    client = franca.Client(NOBODY, transport=Cassette(path))
    with pytest.raises(BadUsage, match="a cassette is not pickled"):
        pickle.dumps(client)
