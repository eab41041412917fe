"""Short ways to write chunks."""

from __future__ import annotations

from typing import Any

import pytest

from franca.accumulate import Accumulator


class Chunks:
    """`message(delta, ...)`: the message that a stream of these deltas makes; `chat(chunk, ...)`: the whole answer."""

    @staticmethod
    def chat(*chunks: Any) -> dict[str, Any]:
        accumulator = Accumulator()
        for chunk in chunks:
            accumulator.add(chunk)
        return accumulator.chat()

    @staticmethod
    def choice(*choices: Any) -> dict[str, Any]:
        """The one choice that a stream of these choices makes."""
        [whole] = Chunks.chat(*({"id": "c", "choices": [choice]} for choice in choices))["choices"]
        assert isinstance(whole, dict)
        return whole

    @staticmethod
    def message(*deltas: Any) -> dict[str, Any]:
        message = Chunks.choice(*({"index": 0, "delta": delta} for delta in deltas))["message"]
        assert isinstance(message, dict)
        return message

    @staticmethod
    def calls(*fragments: Any) -> list[dict[str, Any]]:
        """The tool calls that these fragments make, one to a chunk; a list is several in one chunk."""
        deltas = ({"tool_calls": part if isinstance(part, list) else [part]} for part in fragments)
        calls = Chunks.message(*deltas).get("tool_calls", [])
        assert isinstance(calls, list)
        return calls


@pytest.fixture
def chunks() -> type[Chunks]:
    return Chunks
