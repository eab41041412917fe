"""What models can do, asked by both clients of the simulated OpenRouter: once for all, offline, and from one file."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading

import pytest

import franca
from franca import errors
from franca.simulator import Simulator

CLOSED = "http://127.0.0.1:9/api/v1"  # nobody listens there
QUICK = {"retries": 0, "connect_timeout": 5.0}


@pytest.fixture
def house():
    """A simulator of one test, so that its requests are this test's."""
    with Simulator() as simulator:
        yield simulator


def asked(simulator, path):
    return [one for one in simulator.requests if one.path.partition("?")[0].endswith(path)]


def test_the_live_list_is_asked(both, house):
    """One request for any number of questions, of aliases and suffixes too."""
    client = both(base_url=house.dialect("openrouter"))
    found = client.call("capability", "~acme/scholar-latest:nitro")
    assert (found.id, found.source, found.tools, found.reasoning) == ("acme/scholar-1", "live", True, False)
    assert client.call("supports_structured_output", "acme/scholar-1") is True
    assert client.call("supports", "acme/scholar-1", "seed") is True
    assert client.call("supports", "acme/scholar-1", "reasoning") is False
    assert client.call("supports_structured_output", "nobody/has-this") is False
    assert "acme/scholar-1" in client.call("structured_output_models")
    client.call("structured_output_models").clear()  # a list of the caller's own
    assert "acme/scholar-1" in client.call("structured_output_models")
    assert [one.path.partition("/models")[2] for one in house.requests] == ["?output_modalities=all"]


def test_what_writes_no_text_is_in_the_list_too(both, house):
    """OpenRouter leaves it out unless it is asked for."""
    found = both(base_url=house.dialect("openrouter")).call("capability", "author/embed")
    assert (found.source, found.output_modalities) == ("live", ("embeddings",))


def test_support_at_every_endpoint(both, house):
    """The list says what one of them can; each is looked at, once."""
    client = both(base_url=house.dialect("openrouter"))
    for _ in range(2):
        assert client.call("supports", "acme/scholar-1:nitro", "structured_outputs", every_endpoint=True) is False
        assert client.call("supports", "acme/scholar-1", "temperature", every_endpoint=True) is True
    assert len(asked(house, "/models/acme/scholar-1/endpoints")) == 1


def test_the_user_adds_and_removes(both, house):
    """For the client and those made of it, before and after; and nothing is sent for it."""
    client = both(base_url=house.dialect("openrouter"))
    other = client.client.with_options(timeout=5.0)
    client.client.add_structured_output_model("mine/new")
    other.remove_structured_output_model("acme/scholar-1")
    assert len(house.requests) == 0
    assert client.call("supports_structured_output", "mine/new") is True
    assert client.do(lambda _: other.supports_structured_output("mine/new")) is True
    assert client.call("capability", "acme/scholar-1").source == "user"
    listed = client.call("structured_output_models")
    assert "mine/new" in listed
    assert "acme/scholar-1" not in listed
    assert client.do(lambda _: other.structured_output_models()) == listed
    assert len(asked(house, "/models")) == 1


def test_without_network_the_built_in_names_are_left(both):
    """And nothing is raised; the source says so."""
    client = both(base_url=CLOSED, **QUICK)
    found = client.call("capability", "openai/gpt-4o:nitro")
    assert (found.structured_outputs, found.source, found.as_of) == (True, "built in", None)
    assert client.call("supports", "openai/gpt-4o", "tools") is False
    assert len(client.call("structured_output_models")) == 74


def test_without_a_key_the_list_is_asked_without_one(both, house):
    """It is public."""
    client = both(base_url=house.dialect("openrouter"), api_key=None)
    assert client.call("supports_structured_output", "acme/scholar-1") is True
    [one] = house.requests
    assert "authorization" not in one.headers


def test_a_file_serves_the_next_process_and_times_without_network(both, tmp_path):
    """It is written once, read by who has nothing fresher, and holds no key."""
    cache = tmp_path / "deep" / "models.json"
    with Simulator() as house:
        base = house.dialect("openrouter")
        port = house.port
        first = both(base_url=base, models_cache=cache)
        assert first.call("capability", "acme/scholar-1").source == "live"
        second = both(base_url=base, models_cache=str(cache))
        assert second.call("capability", "acme/scholar-1")[:-2] == first.call("capability", "acme/scholar-1")[:-2]
        assert second.call("capability", "acme/scholar-1").source == "kept"
        assert len(house.requests) == 1
        stale = both(base_url=base, models_cache=cache, models_lifetime=0)
        assert stale.call("capability", "acme/scholar-1").source == "live"
        assert len(house.requests) == 2
    assert str(port) in base
    offline = both(base_url=base, models_cache=cache, models_lifetime=0, **QUICK)
    found = offline.call("capability", "acme/scholar-1")
    assert (found.source, found.structured_outputs) == ("kept", True)
    assert found.as_of is not None
    assert [one.name for one in cache.parent.iterdir()] == ["models.json"]
    assert b"sk-or" not in cache.read_bytes()
    assert cache.stat().st_mode & 0o777 == 0o600


def test_another_server_is_not_answered_for(both, house, tmp_path):
    """What a file says of one address counts for that address."""
    cache = tmp_path / "models.json"
    both(base_url=house.dialect("openrouter"), models_cache=cache).call("structured_output_models")
    assert both(base_url=CLOSED, models_cache=cache, **QUICK).call("capability", "acme/scholar-1").source is None


def test_threads_wait_for_one_list():
    """However many ask at once, one request is sent."""
    with Simulator(latency=0.3) as house:
        client = franca.OpenRouter("k" * 20, base_url=house.dialect("openrouter"))
        gate, found = threading.Barrier(8), []

        def ask():
            gate.wait()
            found.append(client.capability("acme/scholar-1").source)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert found == ["live"] * 8
        assert len(house.requests) == 1
        client.close()


def test_tasks_wait_for_one_list_and_survive_a_cancelled_one():
    """Whoever fetched is cancelled: another one does it, and all have the list."""

    async def main(house):
        async with franca.AsyncOpenRouter("k" * 20, base_url=house.dialect("openrouter")) as client:
            tasks = [asyncio.ensure_future(client.capability("acme/scholar-1")) for _ in range(6)]
            while not len(house.requests):
                await asyncio.sleep(0.01)
            tasks[0].cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(found[0], asyncio.CancelledError)
            assert [one.source for one in found[1:]] == ["live"] * 5
            assert len(house.requests) == 2

    with Simulator(latency=0.5) as house:
        asyncio.run(main(house))


def test_settings_and_words_travel_in_a_pickle(both, house, tmp_path):
    """The lock and the list do not; the copy asks, or reads the file, for itself."""
    os.environ["OR_TEST_KEY"] = "sk-or-v1-from-variable"
    try:
        cache = tmp_path / "models.json"
        client = both(
            api_key="env:OR_TEST_KEY", base_url=house.dialect("openrouter"), models_cache=cache, models_lifetime=7200
        )
        client.client.add_structured_output_model("mine/new")
        assert client.call("capability", "acme/scholar-1").source == "live"
        copy = pickle.loads(pickle.dumps(client.client))
        assert client.do(lambda _: copy.capability("acme/scholar-1")).source == "kept"
        assert client.do(lambda _: copy.supports_structured_output("mine/new")) is True
        assert copy._catalogue.lifetime == 7200.0
        client.do(lambda _: copy.close())
    finally:
        del os.environ["OR_TEST_KEY"]


@pytest.mark.parametrize("wrong", [-1, "3600", None, True, float("nan")])
@pytest.mark.parametrize("made", [franca.OpenRouter, franca.AsyncOpenRouter])
def test_a_lifetime_is_a_number_of_seconds(made, wrong):
    """Anything else is refused when the client is made."""
    with pytest.raises(errors.BadUsage, match="models_lifetime"):
        made(base_url=CLOSED, models_lifetime=wrong)


@pytest.mark.parametrize("wrong", ["", 7, b""])
@pytest.mark.parametrize("made", [franca.OpenRouter, franca.AsyncOpenRouter])
def test_a_cache_is_a_path(made, wrong):
    """Anything else is refused when the client is made."""
    with pytest.raises(errors.BadUsage, match="models_cache"):
        made(base_url=CLOSED, models_cache=wrong)


def test_a_list_may_be_believed_for_ever(both, house):
    """With infinity, or a number beyond any clock."""
    for lifetime in (float("inf"), 10**400):
        client = both(base_url=house.dialect("openrouter"), models_lifetime=lifetime)
        assert client.call("capability", "acme/scholar-1").source == "live"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_of_a_fork_asks_for_itself(house):
    """Also when a thread of the parent was fetching at that moment, with the lock in its hand."""
    program = f"""
import os, sys, franca
client = franca.OpenRouter("k" * 20, base_url={house.dialect("openrouter")!r})
catalogue = client._catalogue
assert catalogue.enter(0.0, 0.0, 1e9) is None
catalogue._lock.acquire()
child = os.fork()
if not child:
    os._exit(0 if client.capability("acme/scholar-1").source == "live" else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
