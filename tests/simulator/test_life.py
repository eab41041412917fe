"""The simulator's life: starting, stopping, what it has seen, clients that leave."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from franca.simulator import Simulator

BODY = {"model": "lorem", "max_tokens": 100_000, "stream": True, "messages": [{"role": "user", "content": "x"}]}


def _request(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    return b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(data) + data


def test_stopping_leaves_no_thread_and_no_connection() -> None:
    """With open connections, one of them in the middle of an answer; stopping twice does no harm."""
    before = set(threading.enumerate())
    sim = Simulator(tokens_per_second=5).start()
    with socket.create_connection((sim.host, sim.port)) as idle, socket.create_connection((sim.host, sim.port)) as busy:
        busy.sendall(_request(BODY))
        assert busy.recv(10) == b"HTTP/1.1 2"
        sim.stop()
        sim.stop()
        assert idle.recv(1) == b""
        assert set(threading.enumerate()) == before
        assert sim.connections == 0
        with pytest.raises(OSError):
            socket.create_connection((sim.host, sim.port), timeout=5)


def test_it_starts_again_on_the_same_port() -> None:
    """A stopped simulator can be started again; what it saw is still there."""
    sim = Simulator()
    for _ in range(2):
        with sim:
            with pytest.raises(RuntimeError):
                sim.start()
            with socket.create_connection((sim.host, sim.port)) as raw:
                raw.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
                assert raw.recv(12) == b"HTTP/1.1 200"
    assert len(sim.requests) == 2
    assert "not running" in repr(sim)


def test_a_port_that_is_taken_is_an_error(sim: Simulator) -> None:
    """OSError to the caller, and no thread is left."""
    before = threading.active_count()
    with pytest.raises(OSError):
        Simulator(port=sim.port).start()
    assert threading.active_count() == before


def test_urls(sim: Simulator) -> None:
    """Where clients find it."""
    assert sim.url == f"http://127.0.0.1:{sim.port}/v1"
    assert sim.base("error-402") == f"http://127.0.0.1:{sim.port}/scenario/error-402/v1"
    with pytest.raises(KeyError):
        sim.base("nope")
    assert Simulator(port=5, host="::1").url == "http://[::1]:5/v1"


def test_in_the_callers_loop() -> None:
    """`serve` runs in a loop of the caller until cancelled, or until stop."""

    async def main() -> bytes:
        sim = Simulator()
        ready = asyncio.Event()
        task = asyncio.create_task(sim.serve(ready.set))
        await asyncio.wait_for(ready.wait(), 5)
        reader, writer = await asyncio.open_connection(sim.host, sim.port)
        writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await reader.read() == b""
        writer.close()
        return answer

    assert asyncio.run(main()).endswith(b'{"status":"ok"}')


def test_in_the_foreground() -> None:
    """`serve_forever` in another process, ended by an interrupt."""
    code = (
        "from franca.simulator import Simulator\n"
        "sim = Simulator()\n"
        "try: sim.serve_forever(lambda: print(sim.port, flush=True))\n"
        "except KeyboardInterrupt: print('bye', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with socket.create_connection(("127.0.0.1", int(process.stdout.readline())), timeout=10) as raw:
            raw.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert raw.recv(12) == b"HTTP/1.1 200"
        process.send_signal(2)
        assert process.stdout.readline() == "bye\n"


def test_https(tmp_path: Path) -> None:
    """With a certificate and a key, or with a context, it speaks TLS, and says so in its records."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    for tls in ((str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")), server):
        with Simulator(tls=tls) as sim:
            assert sim.url.startswith("https://")
            with (
                socket.create_connection((sim.host, sim.port)) as plain,
                client.wrap_socket(plain, server_hostname="127.0.0.1") as raw,
            ):
                raw.sendall(_request({**BODY, "max_tokens": 20_000}))
                data = b""
                while not data.endswith(b"0\r\n\r\n"):
                    data += raw.recv(1 << 20)
                assert data.count(b'"content":"') == 20_001
            assert sim.requests[0].secure


def test_a_client_that_leaves_is_noted(dialled: Any) -> None:
    """Between events of a slow stream, while waiting for the head, and with bytes left to send."""
    slow = dialled(tokens_per_second=10).simulator
    with socket.create_connection((slow.host, slow.port)) as raw:
        raw.sendall(_request(BODY))
        assert raw.recv(10) == b"HTTP/1.1 2"
        assert slow.requests[0].ended is None
    slow.wait_for(lambda: slow.disconnects == 1)
    assert slow.requests[0].ended == "left"

    late = dialled(latency=60).simulator
    with socket.create_connection((late.host, late.port)) as raw:
        raw.sendall(_request(BODY) * 2)
        late.wait_for(lambda: len(late.requests) == 2)
    late.wait_for(lambda: late.disconnects == 2)

    quick = dialled().simulator
    with socket.create_connection((quick.host, quick.port)) as raw:
        raw.sendall(_request({**BODY, "max_tokens": 1_000_000}))
        assert raw.recv(10) == b"HTTP/1.1 2"
    quick.wait_for(lambda: quick.disconnects == 1)


def test_a_client_that_stays_is_not(sim: Simulator, call: Any) -> None:
    """An answer that was taken whole is whole."""
    call.chat(model="lorem", max_tokens=3000, stream=True)
    sim.wait_for(lambda: sim.requests[0].ended == "whole")
    call.connection.close()
    sim.wait_for(lambda: sim.connections == 0)
    assert sim.disconnects == 0


def test_memory_does_not_grow_with_a_slow_reader(sim: Simulator) -> None:
    """A client that takes nothing stops the making of the answer; the rest comes when it reads on."""
    with socket.create_connection((sim.host, sim.port)) as raw:
        raw.sendall(_request({**BODY, "max_tokens": 300_000}))
        assert raw.recv(10) == b"HTTP/1.1 2"
        sim.wait_for(lambda: len(sim.requests) == 1)
        connection = next(iter(sim._service.connections))
        sim.wait_for(lambda: connection._held)
        assert connection.transport.get_write_buffer_size() < 2_000_000
        tail, size = b"", 0
        while not tail.endswith(b"0\r\n\r\n"):
            block = raw.recv(1 << 20)
            size += len(block)
            tail = (tail + block)[-10:]
    assert size > 60_000_000
    assert sim.disconnects == 0


def test_requests_are_recorded(sim: Simulator, call: Any) -> None:
    """Method, path, headers without secrets, decoded body, raw body."""
    call("/v1/embeddings?x=1", {"model": "embed", "input": "a"}, X_Api_Key="sk-1", User_Agent="test")
    call("/v1/chat/completions", b"{no json", method="POST")
    seen, broken = sim.requests
    assert (seen.method, seen.path, seen.body["input"]) == ("POST", "/v1/embeddings?x=1", "a")
    assert json.loads(seen.raw) == seen.body
    assert seen.headers["user-agent"] == "test"
    assert seen.headers["x-api-key"] == "***"
    assert broken.body == b"{no json"
    assert sim.requests[-1] is broken
    assert sim.requests[:1] == [seen]
    assert "POST /v1/chat/completions" in repr(broken)
    assert "2 requests" in repr(sim.requests)
    sim.requests.clear()
    assert (len(sim.requests), sim.requests.total) == (0, 0)


def test_the_record_is_bounded(dialled: Any) -> None:
    """The oldest go first; the total goes on."""
    call = dialled(record=3)
    for number in range(5):
        call(f"/v1/models/{number}")
    log = call.simulator.requests
    assert [seen.path for seen in log] == ["/v1/models/2", "/v1/models/3", "/v1/models/4"]
    assert log.total == 5


def test_wait_for_gives_up(sim: Simulator) -> None:
    """The predicate's value when it is true, TimeoutError when it never is."""
    assert sim.wait_for(lambda: "yes", 0) == "yes"
    with pytest.raises(TimeoutError):
        sim.wait_for(lambda: False, 0.01)


def test_a_fault_of_the_simulator_is_told(sim: Simulator, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 that says so, not a hanging connection."""
    monkeypatch.setattr("franca.simulator.service.answer_embeddings", lambda *given: 1 / 0)
    answer = call("/v1/embeddings", {"model": "embed", "input": "a"})
    assert (answer.status, answer.error["type"]) == (500, "simulator_error")


def test_the_plugin_gives_a_fixture_and_costs_nothing(tmp_path: Path) -> None:
    """`franca_simulator` is there in any test run, and nothing of franca is loaded until it is used."""
    (tmp_path / "test_it.py").write_text(
        "import sys, urllib.request\n"
        "def test_light(): assert not [m for m in sys.modules if m.startswith('franca.simulator')]\n"
        "def test_heavy(franca_simulator):\n"
        "    with urllib.request.urlopen(franca_simulator.root + '/health') as answer: assert answer.status == 200\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
