"""The real LiteLLM proxy in front of mocks, of tiny llama.cpp servers and of upstreams that fail.

Slow to install and to start, so it runs only when asked for: `make test-servers`, which sets FRANCA_TEST_SERVERS=1.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..llama import KEY, LlamaServer, wait_until
from .upstream import BrokenUpstream

PROXY_KEY = "sk-master-0123456789"
_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent.parent
_START_LIMIT = 180.0  # seconds; ten to thirty are usual
_INSTALL_LIMIT = 1800.0

# Runs a command until standard input ends, so that the proxy cannot outlive the tests.
_UNTIL_STDIN_ENDS = '"$@" </dev/null & child=$!; cat >/dev/null; kill "$child"; wait "$child"'


class Proxy:
    """A running LiteLLM proxy: where it listens, and its log."""

    def __init__(self, folder: Path, upstreams: dict[str, str]) -> None:
        self.log = folder / "litellm.log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.base_url = self.url + "/v1"
        command = [str(_environment() / "bin" / "litellm"), "--config", str(_HERE / "config.yaml")]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        settings = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "NO_COLOR": "1"}
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                ["sh", "-c", _UNTIL_STDIN_ENDS, "sh", *command],
                cwd=folder,
                env={**os.environ, **settings, **upstreams, "PROXY_KEY": PROXY_KEY, "TINY_KEY": KEY},
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
            )
        try:
            wait_until(self._alive, f"LiteLLM to start; its log is {self.log}", _START_LIMIT)
        except BaseException:
            self.stop()
            raise

    def _alive(self) -> bool:
        import http.client

        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/health/liveliness")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _environment() -> Path:
    """The proxy's own environment, installed when it is not there (a minute or two)."""
    done = subprocess.run(
        [str(_HERE / "setup.sh"), sys.executable],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_INSTALL_LIMIT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"LiteLLM could not be installed: {done.stderr[-2000:]}")
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """LiteLLM with the models of config.yaml."""
    if os.environ.get("FRANCA_TEST_SERVERS") != "1":
        pytest.skip("the LiteLLM proxy runs in `make test-servers` only (FRANCA_TEST_SERVERS=1)")
    names = {"WORDS": "words", "TOOLS": "tools", "THINK": "think", "EMBED": "embedder"}
    servers: dict[str, LlamaServer] = {name: request.getfixturevalue(fixture) for name, fixture in names.items()}
    upstreams = {f"TINY_{name}_URL": server.base_url for name, server in servers.items()}
    with BrokenUpstream() as broken:
        proxy = Proxy(tmp_path_factory.mktemp("litellm"), {**upstreams, "BROKEN_URL": broken.base_url})
        yield proxy
        proxy.stop()
