"""Where the clients ask: the simulator alone (so that a failure is known to be the client's), the gateway in front of
the simulator in two dialects, and the gateway in front of real llama.cpp servers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# What these tests share with others: tests/gateway/gw_gateway.py, and the real servers of tests/realservers.
for _folder in (Path(__file__).parents[1], Path(__file__).parents[2]):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

pytest.register_assert_rewrite("gw_suite")

from gw_gateway import ServedGateway  # noqa: E402
from gw_programs import Client, Program, missing  # noqa: E402
from gw_suite import Place  # noqa: E402

from franca.simulator import Simulator  # noqa: E402
from realservers import llama  # noqa: E402

SERVER_KEY = "sk-upstream-0123456789abcdef"
CALLER_KEY = "sk-caller-0123456789abcdefghijk"

_KEYS: dict[str, Any] = {"suite": {"key": CALLER_KEY, "rpm": 100_000, "parallel": 500, "tags": ["tests"]}}


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator(api_key=SERVER_KEY) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def bare(simulator: Simulator) -> Place:
    """The simulator without a gateway."""
    names = ("echo", "tools", "json", "embed")
    return Place(simulator.url, SERVER_KEY, *names, others=("reason",), listed=names, gateway=False)


@pytest.fixture(scope="session")
def gateway(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGateway]:
    """The gateway in front of two servers that differ in what they take and how they answer."""
    servers = {
        name: {"type": name, "base_url": simulator.dialect(name), "api_key": SERVER_KEY, "free": True}
        for name in ("mistral", "groq")
    }
    config = {"servers": servers, "keys": _KEYS}
    with ServedGateway(tmp_path_factory.mktemp("dialects"), config) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def dialects(gateway: ServedGateway) -> Place:
    """Asked are now one server and now the other."""
    names = ("groq/echo", "mistral/tools", "groq/json", "mistral/embed")
    return Place(gateway.base_url, CALLER_KEY, *names, others=("mistral/echo",), listed=names, counts_unasked=True)


@pytest.fixture(scope="session")
def swapped(gateway: ServedGateway) -> Place:
    """As `dialects`, each server with the other one's part; only one of them embeds."""
    names = ("mistral/echo", "groq/tools", "mistral/json", "mistral/embed")
    return Place(gateway.base_url, CALLER_KEY, *names, others=("groq/reason",), listed=names, counts_unasked=True)


@pytest.fixture(scope="session")
def llamas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The gateway in front of real llama.cpp servers, one for each of the tiny models."""
    reason = llama.missing()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("llamas")
    settings: dict[str, dict[str, Any]] = {
        "words": {"variant": "words"},
        "tools": {"variant": "tools", "context": 8192},
        "json": {"variant": "json"},
        "embedder": {"variant": "words", "embedding": True},
    }
    started: list[llama.LlamaServer] = []
    try:
        for name, given in settings.items():
            started.append(llama.LlamaServer(folder / f"{name}.log", **given))
        servers = {
            name: {"type": "llamacpp", "base_url": server.base_url, "api_key": llama.KEY, "free": True}
            for name, server in zip(settings, started, strict=True)
        }
        with ServedGateway(folder, {"servers": servers, "keys": _KEYS}) as gateway:
            names = ("words/tiny", "tools/tiny", "json/tiny", "embedder/tiny")
            yield Place(
                gateway.base_url,
                CALLER_KEY,
                *names,
                others=("json/tiny",),
                listed=names,
                echoes=False,
                params={"temperature": 0, "seed": 7, "frequency_penalty": 1.5, "max_tokens": 1000},
                refused={"response_format": {"type": "no-such-type"}},
            )
    finally:
        for server in started:
            server.stop()


@pytest.fixture(params=["bare", "dialects", "swapped", "llamas"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of them."""
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="class")
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """The client of a class's parameter, started."""
    client: Client = request.param
    reason = missing(client)
    if reason is not None:
        pytest.skip(reason)
    program = Program(client)
    yield program
    program.close()
