"""Serving as a process: the address, signals, hot reload and several workers, with a tiny application."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gw_tiny import LIMIT, Wire, wait_for

from franca.errors import BadUsage
from franca.gateway.config import Config, read_mapping
from franca.gateway.serve import bind, serve, unsafe, url_of

TINY = Path(__file__).with_name("gw_tiny.py")


class Process:
    """The tiny application, served by a file in a folder of its own."""

    def __init__(self, folder: Path, text: str) -> None:
        self.file = folder / "franca.toml"
        self.file.write_text(text)
        self.log = folder / "log"
        self.port = 0
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, str(TINY), str(self.file)], cwd=folder, stdout=subprocess.PIPE, stderr=log
            )

    def ready(self) -> Process:
        """Wait until it takes connections."""
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline().decode()
        found = re.search(r":(\d+)/v1", line)
        assert found is not None, (line, self.log.read_text())
        self.port = int(found[1])
        return self

    def ask(self, path: str = "/a") -> list[str]:
        """[path, max_body, process] of an answer over a new connection."""
        with Wire(self.port) as wire:
            return wire.ask(path).decode().split("\r\n\r\n")[1].split()

    def told(self, text: str) -> None:
        """Wait for a text in its log."""
        wait_for(lambda: text in self.log.read_text(), f"it did not say {text!r}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end, and wait."""
        self.popen.send_signal(number)
        return self.popen.wait(LIMIT)

    def kill(self) -> None:
        """Whatever a test left running ends."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Process]]:
    """Processes that end with the test."""
    made: list[Process] = []
    yield made
    for one in made:
        one.kill()


def start(started: list[Process], folder: Path, text: str = "") -> Process:
    """A process that listens."""
    process = Process(folder, "[gateway]\nport = 0\n" + text)
    started.append(process)
    return process.ready()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_signals_end_it_without_a_noise(
    started: list[Process], tmp_path: Path, number: signal.Signals, workers: int
) -> None:
    """SIGTERM and Ctrl-C are the ordinary end: exit code 0 and nothing on the log."""
    process = start(started, tmp_path, f"workers = {workers}\n")
    assert process.ask()[0] == "/a"
    assert process.end(number) == 0
    assert process.log.read_text() == ""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stream_goes_on_after_sigterm(started: list[Process], tmp_path: Path, workers: int) -> None:
    """It takes no more connections, and ends when the stream has ended."""
    process = start(started, tmp_path, f"workers = {workers}\n")
    with Wire(process.port) as wire:
        wire.send(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").until(b"begin")
        process.popen.terminate()
        wait_for(lambda: refused(process.port))
        assert process.popen.poll() is None
        (tmp_path / "go").touch()
        assert wire.rest().endswith(b"end\n\r\n0\r\n\r\n")
    assert process.popen.wait(LIMIT) == 0
    assert "1 answer" in process.log.read_text() or "answers on their way" in process.log.read_text()


def test_a_second_signal_ends_it_at_once(started: list[Process], tmp_path: Path) -> None:
    """Who presses Ctrl-C twice does not want to wait for streams."""
    process = start(started, tmp_path, "drain = 600\n")
    with Wire(process.port) as wire:
        wire.send(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").until(b"begin")
        process.popen.send_signal(signal.SIGINT)
        wait_for(lambda: refused(process.port))
        assert process.end(signal.SIGINT) == 0
        assert not wire.rest().endswith(b"0\r\n\r\n")


def refused(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_a_changed_file_is_used(started: list[Process], tmp_path: Path) -> None:
    """Written in place or replaced, without losing a connection; the log says so."""
    process = start(started, tmp_path, "max_body = 1\n")
    with Wire(process.port) as wire:
        assert wire.ask("/a").split()[-2] == b"1"
        process.file.write_text("[gateway]\nport = 0\nmax_body = 2\n")
        wait_for(lambda: wire.ask("/a").split()[-2] == b"2")
        new = tmp_path / "new"
        new.write_text("[gateway]\nport = 0\nmax_body = 3\n")
        new.replace(process.file)
        wait_for(lambda: wire.ask("/a").split()[-2] == b"3")
    process.told("is in use")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max_body = [", "2:"),
        ("max_bodi = 2", "franca.toml:2:1: [gateway] max_bodi: unknown key; did you mean 'max_body'?"),
        ("max_body = 13", "13 is refused"),
        ("host = '0.0.0.0'", "there are no keys"),
    ],
)
def test_a_broken_file_is_told_and_not_used(started: list[Process], tmp_path: Path, text: str, told: str) -> None:
    """The configuration before it stays, and a better one is taken later."""
    process = start(started, tmp_path, "max_body = 1\n")
    process.file.write_text(f"[gateway]\n{text}\n")
    process.told(told)
    process.told("stays")
    assert process.ask()[1] == "1"
    process.file.write_text("[gateway]\nmax_body = 2\n")
    wait_for(lambda: process.ask()[1] == "2")


def test_sighup_reads_the_file_at_once(started: list[Process], tmp_path: Path) -> None:
    """Also where nothing seems to have changed; every worker does."""
    process = start(started, tmp_path, "workers = 2\nmax_body = 1\n")
    process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: process.log.read_text().count("is in use") == 2)
    process.file.write_text("[gateway]\nmax_body = 2\nworkers = 2\n")
    process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: {process.ask()[1] for _ in range(20)} == {"2"})


def test_workers_share_an_address_and_come_back(started: list[Process], tmp_path: Path) -> None:
    """Two processes answer at one port; one that dies is told, and another is started in its place."""
    process = start(started, tmp_path, "workers = 2\n")
    wait_for(lambda: len({process.ask()[2] for _ in range(20)}) == 2)
    first = {process.ask()[2] for _ in range(40)}
    victim = process.ask()[2]
    os.kill(int(victim), signal.SIGKILL)
    process.told("was ended by signal 9; it is started again")
    wait_for(lambda: len({process.ask()[2] for _ in range(20)} - first) == 1)
    assert victim not in {process.ask()[2] for _ in range(20)}
    with Wire(process.port) as wire:
        wire.send(b"GET /die HTTP/1.1\r\nhost: x\r\n\r\n").rest()
    process.told("ended with exit code 7; it is started again")
    assert process.end() == 0


def test_no_two_processes_give_the_same_ids() -> None:
    """Also when they are forked from one that had loaded what gives them: else two requests are one in the books."""
    given = """
import os
from franca.gateway.exchange import Exchange
def give():
    os.write(1, Exchange({"method": "GET", "headers": []}, None, None, "/").id.encode() + b"\\n")
for _ in range(2):
    if os.fork() == 0:
        give()
        os._exit(0)
give()
os.wait(), os.wait()
"""
    done = subprocess.run([sys.executable, "-c", given], capture_output=True, text=True, timeout=LIMIT, check=True)
    ids = done.stdout.split()
    assert len(ids) == len(set(ids)) == 3


def test_workers_end_with_their_parent(started: list[Process], tmp_path: Path) -> None:
    """Even when that is killed, nobody goes on listening."""
    process = start(started, tmp_path, "workers = 2\n")
    process.popen.kill()
    process.popen.wait(LIMIT)
    wait_for(lambda: refused(process.port))


def test_workers_that_cannot_work_end_it(started: list[Process], tmp_path: Path) -> None:
    """What is wrong for all is told, and they are not started again and again."""
    process = Process(tmp_path, "[gateway]\nport = 0\nhost = '0.0.0.0'\nworkers = 2\n")
    started.append(process)
    assert process.popen.wait(LIMIT) == 2
    assert "there are no keys" in process.log.read_text()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])
def test_others_need_keys(host: str) -> None:
    """An address that others can reach is only served with keys, or when it is said to be open."""
    config = read_mapping({"gateway": {"host": host or "0.0.0.0"}})
    assert "there are no keys" in unsafe(config, has_keys=False)
    assert unsafe(config, has_keys=True) == ""
    assert unsafe(read_mapping({"gateway": {"host": host or "0.0.0.0", "open": True}}), has_keys=False) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_needs_none(host: str) -> None:
    """Loopback addresses need no keys."""
    assert unsafe(read_mapping({"gateway": {"host": host}}), has_keys=False) == ""


def test_an_address_that_is_taken() -> None:
    """It says which, and what is in the way."""
    (taken,) = bind("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]
    try:
        with pytest.raises(OSError, match=f"cannot listen at 127.0.0.1, port {port} .address already in use"):
            bind("127.0.0.1", port)
    finally:
        taken.close()
    with pytest.raises(OSError, match="is no address of this machine"):
        bind("no.such.host.invalid", 0)


def test_a_name_with_two_addresses_has_one_port() -> None:
    """localhost is listened at under each of its addresses, at the same free port."""
    sockets = bind("localhost", 0)
    try:
        assert len({one.getsockname()[1] for one in sockets}) == 1
    finally:
        for one in sockets:
            one.close()


def test_the_url_can_be_asked() -> None:
    """What is listened at everywhere is asked at this machine."""
    assert url_of("0.0.0.0", 1, "/gw") == "http://127.0.0.1:1/gw/v1"
    assert url_of("::1", 1, "") == "http://[::1]:1/v1"
    assert url_of("::", 1, "") == "http://[::1]:1/v1"


def test_without_uvicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    from franca.gateway.serve import Plan

    with pytest.raises(BadUsage, match=r"pip install 'franca\[gateway\]'"):
        serve(Plan(config=Config(), create=lambda config: None))  # type: ignore[arg-type,return-value]
