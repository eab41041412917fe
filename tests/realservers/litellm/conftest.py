"""The real LiteLLM proxy in front of mocks, of tiny llama.cpp servers and of upstreams that fail.

Slow to install and to start, so it runs only when asked for: `make test-servers`, which sets FRANCA_TEST_SERVERS=1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..llama import KEY, LlamaServer
from ..served import Served, environment, free_port
from .upstream import BrokenUpstream

PROXY_KEY = "sk-master-0123456789"
_HERE = Path(__file__).parent
_START_LIMIT = 180.0  # seconds; ten to thirty are usual


class Proxy(Served):
    """A running LiteLLM proxy."""

    def __init__(self, folder: Path, upstreams: dict[str, str]) -> None:
        port = free_port()
        command = [str(environment("litellm", "litellm") / "bin" / "litellm"), "--config", str(_HERE / "config.yaml")]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        settings = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "NO_COLOR": "1"}
        settings |= {**upstreams, "PROXY_KEY": PROXY_KEY, "TINY_KEY": KEY}
        log = folder / "litellm.log"
        super().__init__(command, port, log, health="/health/liveliness", limit=_START_LIMIT, env=settings)
        self.base_url = self.url + "/v1"


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """LiteLLM with the models of config.yaml."""
    names = {"WORDS": "words", "TOOLS": "tools", "THINK": "think", "JSON": "json_server", "EMBED": "embedder"}
    servers: dict[str, LlamaServer] = {name: request.getfixturevalue(fixture) for name, fixture in names.items()}
    upstreams = {f"TINY_{name}_URL": server.base_url for name, server in servers.items()}
    with BrokenUpstream() as broken:
        proxy = Proxy(tmp_path_factory.mktemp("litellm"), {**upstreams, "BROKEN_URL": broken.base_url})
        print(f"\nLiteLLM proxy: up after {proxy.seconds:.0f} s")
        yield proxy
        print(f"\nLiteLLM proxy: {proxy.memory:.0f} MB resident")
        proxy.stop()
