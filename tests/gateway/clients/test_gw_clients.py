"""openai-python, unchanged, at the gateway: in front of two dialects at once, and of real llama.cpp servers."""

from __future__ import annotations

import pytest
from gw_programs import LIGHT, Program
from gw_suite import ClientSuite, Place

from franca.simulator import Simulator


@pytest.mark.parametrize("program", LIGHT, ids=[client.name for client in LIGHT], indirect=True, scope="class")
class TestLightClients(ClientSuite):
    """Those that are in the project's own environment."""

    def test_each_server_was_asked_for_its_own(self, program: Program, dialects: Place, simulator: Simulator) -> None:
        """By its own name for the model, and with what it does not take left out or renamed."""
        models = (dialects.chat, *dialects.others)
        texts = [f"{program.client.name} {number}" for number in range(8)]
        asked = [[models[number % 2], text] for number, text in enumerate(texts)]
        assert program.ask("together", dialects.where, asked=asked, params={"max_completion_tokens": 50}) == texts
        chats = [one for one in simulator.requests if one.path.endswith("/chat/completions")]
        seen = [one for one in chats if one.body["messages"][0]["content"] in texts]
        ways = sorted((one.path, one.body["model"], one.body["messages"][0]["content"]) for one in seen)
        expected = [("/dialect/groq/openai/v1", "/dialect/mistral/v1")[number % 2] for number in range(8)]
        assert ways == sorted(
            (f"{base}/chat/completions", "echo", text) for base, text in zip(expected, texts, strict=True)
        )
        assert {name for one in seen for name in one.body if "max" in name} == {"max_completion_tokens", "max_tokens"}
