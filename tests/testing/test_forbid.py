"""No real requests: whatever client, thread, loop or transport they come from."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest

import franca
from franca.errors import BadUsage
from franca.io import guard
from franca.io.sync import SyncTransport
from franca.simulator import Simulator
from franca.testing import Cassette, forbid_requests

ELSEWHERE = "http://192.0.2.1/v1"  # TEST-NET-1 of RFC 5737: nobody's
FORBIDDEN = "192.0.2.1 is not this machine"
OPTIONS: dict[str, Any] = {"model": "echo", "retries": 0, "connect_timeout": 0.2}


@pytest.fixture
def outside() -> Iterator[Simulator]:
    """A simulator at an address of this machine that is not a loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses an address
        except OSError:
            pytest.skip("this machine has no network")
        address = probe.getsockname()[0]
    with Simulator(host=address) as simulator:
        yield simulator


def forbidden(url: str, **options: Any) -> None:
    with franca.Client(url, **OPTIONS, **options) as client, pytest.raises(BadUsage, match="forbidden here"):
        client.chat("x")


def test_every_client_is_held() -> None:
    """Blocking, asyncio, both kinds of httpx; the address is named, and what to do instead."""

    async def asynchronously(**options: Any) -> None:
        async with franca.AsyncClient(ELSEWHERE, **OPTIONS, **options) as client:
            await client.chat("x")

    with forbid_requests():
        with pytest.raises(BadUsage, match=FORBIDDEN + ".*simulator, a cassette, or allow_hosts"):
            franca.Client(ELSEWHERE, **OPTIONS).chat("x")
        with pytest.raises(BadUsage, match=FORBIDDEN):
            asyncio.run(asynchronously())
        for library in (httpx, httpx2):
            with library.Client() as client, pytest.raises(BadUsage, match=FORBIDDEN):
                franca.Client(ELSEWHERE, transport=client, **OPTIONS).chat("x")
            with pytest.raises(BadUsage, match=FORBIDDEN):
                asyncio.run(asynchronously(transport=library.AsyncClient()))


def test_streams_and_threads_are_held() -> None:
    """The rule is the process's."""
    client, caught = franca.Client(ELSEWHERE, **OPTIONS), []

    def ask() -> None:
        try:
            client.chat_stream("x").finish()
        except BadUsage as error:
            caught.append(error.message)

    with forbid_requests():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(caught) == 1
    assert FORBIDDEN in caught[0]


def test_a_client_with_an_open_connection_is_held(outside: Simulator) -> None:
    """Made and used before; afterwards it works again, and nothing was sent meanwhile."""
    with franca.Client(outside.url, trust_env=False, **OPTIONS) as client:
        assert client.chat("one").content == "one"
        with forbid_requests(), pytest.raises(BadUsage):
            client.chat("two")
        assert client.chat("three").content == "three"
    assert len(outside.requests) == 2


def test_this_machine_stays_open(franca_simulator: Simulator) -> None:
    """By number and by name, for every transport."""
    port = franca_simulator.port
    with forbid_requests():
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            assert franca.Client(f"http://{host}:{port}/v1", **OPTIONS).chat("x").content == "x"
        with httpx.Client() as client:
            assert franca.Client(franca_simulator.url, transport=client, **OPTIONS).chat("x").content == "x"


def test_mock_transports_of_httpx_stay_open() -> None:
    """They send nothing; one that is mounted for some addresses opens those only."""
    body = {"choices": [{"message": {"content": "mocked"}}]}
    mock = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    mock2 = httpx2.MockTransport(lambda request: httpx2.Response(200, json=body))
    with forbid_requests():
        for client in (httpx.Client(transport=mock), httpx2.Client(transport=mock2)):
            with client:
                assert franca.Client(ELSEWHERE, transport=client, **OPTIONS).chat("x").content == "mocked"
        with httpx.Client(mounts={"http://192.0.2.1": mock}) as client:
            assert franca.Client(ELSEWHERE, transport=client, **OPTIONS).chat("x").content == "mocked"
            forbidden("http://192.0.2.2/v1", transport=client)


def test_a_proxy_elsewhere_is_held() -> None:
    """Even in front of this machine; and a proxy here does not open what lies behind it."""
    with forbid_requests():
        forbidden("http://127.0.0.1:9/v1", proxy="http://192.0.2.1:3128")
        forbidden("http://192.0.2.1/v1", proxy="http://127.0.0.1:9")
        forbidden("http://192.0.2.1/v1", proxy="socks5://127.0.0.1:9")


def test_hosts_that_are_allowed(outside: Simulator) -> None:
    """By address, or by name with all below it."""
    with forbid_requests(allow_hosts=[outside.host]):
        assert franca.Client(outside.url, trust_env=False, **OPTIONS).chat("x").content == "x"
        forbidden(ELSEWHERE)
    with forbid_requests(allow_hosts=outside.host):
        assert franca.Client(outside.url, trust_env=False, **OPTIONS).chat("x").content == "x"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True),
        ("db.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("api.example.com", True),
        ("API.example.com.", True),
        ("a.b.wild.test", True),
        ("wild.test", False),
        ("notlocalhost", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("127.1", False),
        ("fe80::1%eth0", False),
        ("::ffff:192.0.2.1", False),
        ("10.0.0.1", False),
        ("example.com", False),
        ("evil-api.example.com", False),
    ],
)
def test_hosts(host: str, allowed: bool) -> None:
    """What is this machine is told without looking names up; what is in doubt is not."""
    assert guard.Rule(("api.example.com", "*.Wild.test")).allows(host) is allowed


def test_of_nested_rules_the_innermost_holds() -> None:
    """And when all are gone nothing is left, also when one ends early."""
    assert guard.active is None
    with forbid_requests():
        with forbid_requests(allow_hosts=["a.test"]):
            guard.check("a.test")
        with pytest.raises(BadUsage):
            guard.check("a.test")
        lifted = guard.Rule(everything=True)
        guard.push(lifted)
        guard.check("a.test")
        guard.drop(lifted)
        guard.drop(lifted)
        with pytest.raises(BadUsage):
            guard.check("a.test")
    assert guard.active is None
    guard.check("a.test")


def test_a_recording_that_was_asked_for_may_ask(outside: Simulator, tmp_path: Any) -> None:
    """A cassette that records lets its own requests through, and nobody else's."""
    with forbid_requests(), Cassette(tmp_path / "x.http", "all", through=SyncTransport(trust_env=False)) as cassette:
        assert franca.Client(outside.url, transport=cassette, **OPTIONS).chat("x").content == "x"
        forbidden(outside.url)
