"""The common suite through the row "transformers", against the real `transformers serve` (`make test-servers`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from franca.errors import BadRequest, NotFound

from .. import tinyhf
from ..served import Served, environment, free_port, wanted
from ..suite import CommonSuite, Rig

wanted("FRANCA_TEST_SERVERS", "transformers serve runs in `make test-servers` only")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with one tiny model, and no way to a hub."""
    folder = tmp_path_factory.mktemp("transformers")
    tinyhf.write_model(folder / tinyhf.NAME)
    (folder / "cache").mkdir()  # it wants to look through it for the list of models
    command = [str(environment("transformers_serve", "transformers") / "bin" / "transformers"), "serve"]
    port = free_port()
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32", tinyhf.NAME]
    settings = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "cache"), "NO_COLOR": "1"}
    server = Served(command, port, folder / "log", health="/health", limit=300, env=settings)
    print(f"\ntransformers serve: up after {server.seconds:.0f} s")
    yield server
    print(f"\ntransformers serve: {server.memory:.0f} MB resident")
    server.stop()


@pytest.fixture
def rig(served: Served) -> Rig:
    """It asks for no key, is pinned to its one model without listing it, and refuses fields that it does not know."""
    return Rig(
        row="transformers",
        base_url=served.url + "/v1",
        key=None,
        model=tinyhf.NAME,
        tools=(served.url + "/v1", tinyhf.NAME),
        unknown_model=NotFound,
        refuses_min_p=True,
        refuses_unknown=BadRequest,
    )


class TestTransformersServe(CommonSuite):
    """A stream without [DONE], usage on its last chunk."""
