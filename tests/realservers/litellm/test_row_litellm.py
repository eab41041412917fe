"""The common suite through the row "litellm", against the real proxy (`make test-servers`)."""

from __future__ import annotations

import pytest

from franca.errors import BadRequest, Unauthorized

from ..suite import CommonSuite, Rig
from .conftest import PROXY_KEY, Proxy


@pytest.fixture
def rig(proxy: Proxy) -> Rig:
    """Without a database a wrong key is a 400; an unknown model is one always."""
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
        unknown_model=BadRequest,
        limited=("rate-limited", {}),
    )


class TestLiteLlm(CommonSuite):
    """llama.cpp is behind it."""
