"""The pytest plugin, loaded in every test run where franca is installed: so it imports nothing until used.

franca_block_network = true     (or --franca-block-network)   requests to other machines fail
franca_allow_hosts              hosts that may be asked all the same, one a line
@pytest.mark.franca_real        the test sends real requests: skipped without --franca-real
franca_record = MODE            (or --franca-record=MODE)     what the fixture `franca_cassette` does
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from franca.client import AsyncClient, Client
    from franca.simulator import Simulator
    from franca.testing.cassette import Cassette

_RULE = pytest.StashKey[Any]()
_PASSED = pytest.StashKey[bool]()
_MODES = ("none", "once", "new", "all")
_ADVICE = (
    ": use the simulator or a cassette, add the host to the ini option franca_allow_hosts, or mark the test with "
    "@pytest.mark.franca_real and run it with --franca-real"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; see the module's text."""
    group = parser.getgroup("franca")
    group.addoption("--franca-block-network", action="store_true", help="franca clients may ask this machine only")
    group.addoption("--franca-real", action="store_true", help="run the tests marked franca_real, with real requests")
    group.addoption(
        "--franca-record",
        choices=_MODES,
        help="what franca_cassette does: none: only replay; once: record what has no file; new: record what is "
        "missing; all: record everything anew",
    )
    parser.addini("franca_block_network", "franca clients may ask this machine only", type="bool", default=False)
    parser.addini("franca_allow_hosts", "hosts that franca clients may ask all the same", type="linelist", default=[])
    parser.addini("franca_record", "the mode of franca_cassette: none, once, new or all", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Forbids requests from here on: collecting and the fixtures of a session are held as well."""
    config.addinivalue_line("markers", "franca_real: sends real requests; skipped without --franca-real")
    if config.getini("franca_record") not in ("", *_MODES):
        raise pytest.UsageError(f"franca_record is one of {', '.join(_MODES)}, not {config.getini('franca_record')!r}")
    if _blocks(config):
        from franca.io import guard

        rule = guard.Rule(tuple(config.getini("franca_allow_hosts")), advice=_ADVICE)
        guard.push(rule)
        config.stash[_RULE] = rule


def pytest_unconfigure(config: pytest.Config) -> None:
    """Requests are allowed again."""
    if _RULE in config.stash:
        from franca.io import guard

        guard.drop(config.stash[_RULE])
        del config.stash[_RULE]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests with real requests run only when they are asked for: they cost money, and need keys."""
    if not config.getoption("--franca-real"):
        skip = pytest.mark.skip(reason="sends real requests; run it with --franca-real")
        for item in items:
            if item.get_closest_marker("franca_real"):
                item.add_marker(skip)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, None]:
    """A marked test may send, its fixtures included."""
    if _RULE not in item.config.stash or not item.get_closest_marker("franca_real"):
        yield
        return
    from franca.io import guard

    rule = guard.Rule(everything=True)
    guard.push(rule)
    yield
    guard.drop(rule)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Remembers whether the test passed, for the cassette."""
    outcome = yield
    if call.when == "call":
        item.stash[_PASSED] = outcome.get_result().passed


def _blocks(config: pytest.Config) -> bool:
    return bool(config.getoption("--franca-block-network") or config.getini("franca_block_network"))


# ---- the simulator -------------------------------------------------------------------------------


@pytest.fixture
def franca_simulator() -> Iterator[Simulator]:
    """A fresh local server that speaks the OpenAI wire format: `Client(franca_simulator.url, model="echo")`."""
    from franca.simulator import Simulator

    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def franca_shared_simulator() -> Iterator[Simulator]:
    """One simulator for the whole run (of each worker): its `requests` are those of all tests."""
    from franca.simulator import Simulator

    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def franca_client(franca_simulator: Simulator) -> Iterator[Client]:
    """A client of `franca_simulator`, with the model "echo"."""
    from franca.client import Client

    with Client(franca_simulator.url, model="echo") as client:
        yield client


@pytest.fixture
def franca_async_client(franca_simulator: Simulator) -> AsyncClient:
    """An AsyncClient of `franca_simulator`, with the model "echo". Its connections end with the test's event loop."""
    from franca.client import AsyncClient

    return AsyncClient(franca_simulator.url, model="echo")


# ---- cassettes -----------------------------------------------------------------------------------


@pytest.fixture
def franca_cassette_options() -> dict[str, Any]:
    """Options of `franca_cassette` (see `franca.testing.Cassette`): override it in a conftest.py or a module."""
    return {}


@pytest.fixture
def franca_cassette(request: pytest.FixtureRequest, franca_cassette_options: dict[str, Any]) -> Iterator[Cassette]:
    """The test's own cassette, `cassettes/MODULE/TEST.http` beside its file: `Client(..., transport=franca_cassette)`.

    What it recorded is written when the test has passed.
    """
    from franca.testing.cassette import Cassette

    item = request.node
    folder = item.path.parent / "cassettes" / item.path.stem
    cassette = Cassette(folder / f"{_file_name(item)}.http", _mode(request.config), **franca_cassette_options)
    yield cassette
    try:
        if item.stash.get(_PASSED, False):
            cassette.save()
    finally:
        cassette.close()


def _mode(config: pytest.Config) -> str:
    given = config.getoption("--franca-record") or config.getini("franca_record")
    if given:
        return str(given)
    # A machine that nobody watches, or one where requests are forbidden, must not begin to record by itself.
    return "none" if os.environ.get("CI") or _blocks(config) else "once"


def _file_name(item: Any) -> str:
    """The test's name, with that of its class, as a file name: two tests never share one."""
    from zlib import crc32

    names = [node.name for node in item.listchain() if isinstance(node, (pytest.Class, pytest.Item))]
    name = ".".join(names)
    plain = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)[:100].rstrip("_")
    return plain if plain == name else f"{plain}-{crc32(name.encode()):08x}"
