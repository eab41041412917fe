"""The real `transformers serve` with one tiny model, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .. import tinyhf
from ..served import Served, environment, free_port


@pytest.fixture(scope="session")
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
