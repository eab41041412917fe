"""The common suite through the row "llamacpp", against the real llama.cpp server."""

from __future__ import annotations

import pytest

from franca.errors import Unauthorized

from .llama import KEY, MODEL, LlamaServer
from .suite import CommonSuite, Rig


@pytest.fixture
def rig(words: LlamaServer, tools: LlamaServer, embedder: LlamaServer) -> Rig:
    """It answers under any name of a model, and takes fields that it does not know."""
    return Rig(
        row="llamacpp",
        base_url=words.base_url,
        key=KEY,
        model=MODEL,
        tools=(tools.base_url, MODEL),
        embeddings=(embedder.base_url, MODEL),
        listed=MODEL,
        wrong_key=Unauthorized,
        no_key=Unauthorized,
    )


class TestLlamaCpp(CommonSuite):
    """All of it runs in every `make test`."""
