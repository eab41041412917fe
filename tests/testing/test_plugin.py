"""The pytest plugin in whole test runs: what is forbidden, skipped, recorded and replayed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from franca.simulator import Simulator

pytest_plugins = "pytester"

ASKS = """
import franca, pytest

client = franca.Client("http://192.0.2.1/v1", model="m", retries=0, connect_timeout=0.1)

def test_plain():
    client.chat("x")

@pytest.mark.franca_real
def test_marked():
    with pytest.raises((franca.ConnectFailed, franca.TimedOut)):
        client.chat("x")

def test_after():
    test_plain()
"""
REPLAYS = """
import franca, pytest

def ask(transport, text, **options):
    with franca.Client("{url}", model="echo", transport=transport, retries=0, **options) as client:
        return client.chat(text).content

def test_one(franca_cassette):
    assert ask(franca_cassette, "one") == "one"

class TestThem:
    @pytest.mark.parametrize("text", ["a/b", "a_b"])
    def test_two(self, franca_cassette, text):
        assert ask(franca_cassette, text) == text
"""


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> None:
    """Neither this machine's CI nor the settings of this project decide."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider -p no:randomly -W error")
    pytester.makeini("[pytest]\n")


@pytest.fixture
def url():
    with Simulator() as simulator:
        yield simulator.url


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    """Counted, without what other plugins may add."""
    counted = result.parseoutcomes()
    return {name: counted[name] for name in ("passed", "failed", "skipped", "error", "errors") if name in counted}


# ---- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "ini"])
def test_requests_are_forbidden(pytester: pytest.Pytester, how: str) -> None:
    """Also those of a client made at import time; marked tests are skipped, unless they are asked for."""
    pytester.makepyfile(ASKS)
    options = ["--franca-block-network"] if how == "option" else []
    if how == "ini":
        pytester.makeini("[pytest]\nfranca_block_network = true\n")
    result = pytester.runpytest_inprocess(*options)
    assert outcomes(result) == {"failed": 2, "skipped": 1}
    result.stdout.fnmatch_lines(["*BadUsage: *192.0.2.1 is not this machine: use the simulator*franca_real*"])
    result = pytester.runpytest_inprocess("--franca-real", *options)
    assert outcomes(result) == {"failed": 2, "passed": 1}


def test_without_the_option_nothing_is_forbidden(pytester: pytest.Pytester) -> None:
    """The plugin of an installed package changes nobody's tests by itself; a mark still means what it says."""
    pytester.makepyfile(ASKS)
    result = pytester.runpytest_inprocess("--strict-markers")
    assert outcomes(result) == {"failed": 2, "skipped": 1}
    result.stdout.no_fnmatch_line("*BadUsage*")


def test_hosts_of_the_ini_file(pytester: pytest.Pytester) -> None:
    """Allowed hosts are asked: here nobody answers."""
    pytester.makeini("[pytest]\nfranca_block_network = true\nfranca_allow_hosts =\n    a.test\n    192.0.2.1\n")
    pytester.makepyfile(ASKS)
    result = pytester.runpytest_inprocess("-k", "plain")
    result.stdout.no_fnmatch_line("*BadUsage*")
    assert outcomes(result) == {"failed": 1}


def test_collecting_and_fixtures_of_the_session_are_held(pytester: pytest.Pytester) -> None:
    """A request while a module is imported is an error of that module."""
    pytester.makepyfile(
        "import franca\nfranca.Client('http://192.0.2.1/v1', connect_timeout=0.1).chat('x', model='m')\n"
    )
    result = pytester.runpytest_inprocess("--franca-block-network")
    result.stdout.fnmatch_lines(["*BadUsage: *192.0.2.1 is not this machine*"])


def test_fixtures_of_a_marked_test_may_ask(pytester: pytest.Pytester) -> None:
    """Its set-up and its end belong to it."""
    pytester.makepyfile(
        """
        import franca, pytest
        from franca.io import guard

        @pytest.fixture
        def place():
            guard.check("192.0.2.1")
            yield
            guard.check("192.0.2.1")

        @pytest.mark.franca_real
        def test_it(place):
            guard.check("192.0.2.1")

        def test_next():
            with pytest.raises(franca.BadUsage):
                guard.check("192.0.2.1")
        """
    )
    result = pytester.runpytest_inprocess("--franca-block-network", "--franca-real")
    assert outcomes(result) == {"passed": 2}


# ---- fixtures ------------------------------------------------------------------------------------


def test_simulator_and_clients(pytester: pytest.Pytester) -> None:
    """They are there, work while requests are forbidden, and leave no warning."""
    pytester.makepyfile(
        """
        import asyncio, gc

        def test_client(franca_client, franca_simulator):
            assert franca_client.chat("Hello").content == "Hello"
            assert len(franca_simulator.requests) == 1

        def test_async_client(franca_async_client):
            async def main():
                return (await franca_async_client.chat("Hello")).content
            assert asyncio.run(main()) == "Hello"

        def test_end():
            gc.collect()

        def test_shared(franca_shared_simulator):
            test_shared.url = franca_shared_simulator.url

        def test_shared_again(franca_shared_simulator):
            assert test_shared.url == franca_shared_simulator.url
        """
    )
    result = pytester.runpytest_inprocess("--franca-block-network")
    assert outcomes(result) == {"passed": 5}


# ---- cassettes -----------------------------------------------------------------------------------


def test_recorded_and_replayed(pytester: pytest.Pytester) -> None:
    """One file for each test, beside it; the second run needs no server."""
    with Simulator() as simulator:
        pytester.makepyfile(test_it=REPLAYS.replace("{url}", simulator.url))
        assert outcomes(pytester.runpytest_inprocess()) == {"passed": 3}
        assert len(simulator.requests) == 3
    files = sorted(path.name for path in (pytester.path / "cassettes" / "test_it").iterdir())
    assert files[-1] == "test_one.http"
    assert len(files) == 3
    assert all(name.startswith("TestThem.test_two_a_b-") for name in files[:2]), files
    for options in ([], ["--franca-record=none"], ["--franca-block-network"]):
        assert outcomes(pytester.runpytest_inprocess(*options)) == {"passed": 3}


def test_no_recording_by_itself(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """In CI, and where requests are forbidden, a missing cassette is an error; asked for, it is recorded."""
    pytester.makepyfile(REPLAYS.replace("{url}", url))
    result = pytester.runpytest_inprocess("-k", "one", "--franca-block-network")
    assert outcomes(result) == {"errors": 1}
    result.stdout.fnmatch_lines(["*BadUsage: there is no cassette*--franca-record=once*"])
    monkeypatch.setenv("CI", "true")
    assert outcomes(pytester.runpytest_inprocess("-k", "one")) == {"errors": 1}
    assert not (pytester.path / "cassettes").exists()
    assert outcomes(pytester.runpytest_inprocess("-k", "one", "--franca-record=once")) == {"passed": 1}
    assert outcomes(pytester.runpytest_inprocess("-k", "one")) == {"passed": 1}


def test_the_mode_of_the_ini_file(pytester: pytest.Pytester, url: str) -> None:
    """The option wins over it, and a slip in it is told."""
    pytester.makepyfile(REPLAYS.replace("{url}", url))
    pytester.makeini("[pytest]\nfranca_record = none\n")
    assert outcomes(pytester.runpytest_inprocess("-k", "one")) == {"errors": 1}
    assert outcomes(pytester.runpytest_inprocess("-k", "one", "--franca-record=all")) == {"passed": 1}
    pytester.makeini("[pytest]\nfranca_record = sometimes\n")
    result = pytester.runpytest_inprocess("-k", "one")
    result.stderr.fnmatch_lines(["*franca_record is one of none, once, new, all, not 'sometimes'*"])


@pytest.mark.parametrize("end", ["assert False", "pytest.skip('no')", "pytest.xfail('no')"])
def test_a_test_that_did_not_pass_writes_nothing(pytester: pytest.Pytester, url: str, end: str) -> None:
    """What a failing program asked is no recording."""
    pytester.makepyfile(REPLAYS.replace("{url}", url).replace('== "one"', f'== "one"\n    {end}'))
    pytester.runpytest_inprocess("-k", "one")
    assert not (pytester.path / "cassettes").exists()


def test_options_of_the_cassette(pytester: pytest.Pytester, url: str) -> None:
    """A project overrides one fixture."""
    options = "\n@pytest.fixture\ndef franca_cassette_options():\n    return {'ignore': ['seed']}\n"
    text = REPLAYS.replace("{url}", url) + options
    pytester.makepyfile(test_it=text.replace("client.chat(text)", "client.chat(text, seed=1)"))
    assert outcomes(pytester.runpytest_inprocess("-k", "one")) == {"passed": 1}
    pytester.makepyfile(test_it=text.replace("client.chat(text)", "client.chat(text, seed=2)"))
    assert outcomes(pytester.runpytest_inprocess("-k", "one", "--franca-record=none")) == {"passed": 1}


# ---- weight --------------------------------------------------------------------------------------


def test_the_plugin_loads_nothing(tmp_path: Path) -> None:
    """A test run that uses nothing of franca has nothing of it in memory but the plugin."""
    (tmp_path / "test_x.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    print([name for name in sys.modules if name.startswith(('franca', 'msgspec', 'httptools'))])\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True)
    assert "['franca', 'franca.testing', 'franca.testing.plugin']" in done.stdout
