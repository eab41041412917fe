"""Many streams at once, and callers who do not read: memory stays where it is. `make streams` is the large one."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import ServedGateway, wait_until

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "streams.py"
LIMIT = 240.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux: it looks into /proc")


def test_many_streams_are_held_in_flat_memory(tmp_path: Path) -> None:
    """300 streams at once: each event of each comes, memory does not grow while they are held, and callers who do not
    read cost less than a megabyte each of answers of twenty."""
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(PROGRAM), "--streams", "300", "--seconds", "6", "--stalled", "20"]
    done = subprocess.run(
        [*command, "--json", str(figures)], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(figures.read_text())
    assert found["problems"] == []
    assert found["most_held"] == 300
    assert found["events"] == 300 * 24
    assert found["taken"] < 20 * 1024 * 1024, "the server was not held up, so nothing was shown"


@pytest.fixture
def flood() -> Iterator[str]:
    """The base URL of a server that writes as quickly as it is taken."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), "--serve", "4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.stdin.close()
        process.wait(LIMIT)
        process.stdout.close()


def test_a_caller_who_does_not_read_is_let_go(tmp_path: Path, flood: str) -> None:
    """After `send_timeout` without a byte taken its connection is closed, and the server's with it; a slow reader of
    the same answer goes on."""
    config = {
        "gateway": {"send_timeout": 1.0},
        "servers": {"s": {"base_url": flood, "trust_env": False, "free": True}},
    }
    body = b'{"model": "s/flood", "stream": true, "messages": [{"role": "user", "content": "Go"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    asked = head + b"content-length: %d\r\n\r\n" % len(body) + body
    with ServedGateway(tmp_path, config) as gateway:

        def under_way() -> int:
            text = gateway.ask("GET", "/metrics").body.decode()
            found = re.search(r'(?m)^franca_server_in_flight\{server="s"\} (\d+)', text)
            return 0 if found is None else int(found[1])

        with (
            socket.create_connection(("127.0.0.1", gateway.port)) as deaf,
            socket.create_connection(("127.0.0.1", gateway.port)) as slow,
        ):
            deaf.sendall(asked)
            slow.sendall(asked)
            wait_until(lambda: under_way() == 2, "both to be under way")
            read = 0

            def one_is_gone() -> bool:
                nonlocal read
                read += len(slow.recv(256 * 1024))
                return under_way() == 1

            wait_until(one_is_gone, "the one that does not read to be let go")
            assert read < 20 * 1024 * 1024, "the other one read all of it"
        wait_until(lambda: under_way() == 0, "the other one to be gone too")
