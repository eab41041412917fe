"""The common suite through the row "litellm", against the real proxy (`make test-servers`)."""

from __future__ import annotations

import pytest

from franca.errors import BadRequest, NotFound, Unauthorized

from ..served import wanted
from ..suite import CommonSuite, Rig
from .conftest import PROXY_KEY, Proxy

wanted("FRANCA_TEST_SERVERS", "the LiteLLM proxy runs in `make test-servers` only")


@pytest.fixture
def rig(proxy: Proxy) -> Rig:
    """Without a database a wrong key is a 400, whose words tell of the database; an unknown model is a 400 always."""
    return Rig(
        row="litellm",
        base_url=proxy.url,
        key=PROXY_KEY,
        model="tiny",
        tools=(proxy.url, "tiny-tools"),
        embeddings=(proxy.url, "tiny-embed"),
        listed="tiny",
        wrong_key=BadRequest,
        no_key=Unauthorized,
        unknown_model=NotFound,
        limited=("rate-limited", {}),
    )


class TestLiteLlm(CommonSuite):
    """llama.cpp is behind it."""
