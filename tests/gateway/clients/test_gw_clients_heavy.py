"""The clients that bring much with them, each in an environment of its own (`make test-servers`): the npm package
openai, llm, litellm, langchain-openai."""

from __future__ import annotations

import pytest
from gw_programs import HEAVY
from gw_suite import ClientSuite

from realservers.served import wanted

wanted("FRANCA_TEST_SERVERS", "clients with environments of their own run in `make test-servers` only")


@pytest.mark.parametrize("program", HEAVY, ids=[client.name for client in HEAVY], indirect=True, scope="class")
class TestHeavyClients(ClientSuite):
    """Those that have an environment of their own."""
