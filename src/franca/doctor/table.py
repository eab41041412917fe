"""The table of probes: name, group, what does it, what it needs, and what it may cost.

A new probe is a function of a `Visit` that returns a `Found`, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import chat, connection, errors, formats, streaming, thinking, tools, vectors
from .finding import Found
from .visit import Visit

__all__ = ["GROUPS", "PROBES", "Probe"]


class Probe(NamedTuple):
    """One probe. `needs`: "" nothing but a server, "chat" a model that chats, "embeddings" one that embeds.

    `read` and `written`: tokens that all its requests together may cost: prompts (about) and answers (at most, as long
    as an ordinary answer has its room of 16 tokens).
    """

    name: str
    group: str
    run: Callable[[Visit], Found]
    needs: str = "chat"
    read: int = 0
    written: int = 0
    requests: int = 1

    @property
    def about(self) -> str:
        """What it finds out."""
        return " ".join((self.run.__doc__ or "").split())

    @property
    def cheap(self) -> bool:
        """Whether it costs at most the few tokens that nobody need be asked about."""
        return self.read + self.written <= _CHEAP


_CHEAP = 15

PROBES: tuple[Probe, ...] = (
    Probe("reachable", "connection", connection.reachable, ""),
    Probe("key needed", "connection", connection.key_needed, "", 10, 1),
    Probe("wrong key", "connection", connection.key_wrong, "", 10, 1),
    Probe("models", "connection", connection.models, ""),
    Probe("context length", "connection", connection.context, ""),
    Probe("chat", "messages", chat.chat, "chat", 10, 16),
    Probe("system role", "messages", chat.system_role, "chat", 20, 16),
    Probe("developer role", "messages", chat.developer_role, "chat", 40, 32, requests=2),
    Probe("two systems", "messages", chat.two_systems, "chat", 40, 32, requests=2),
    Probe("content parts", "messages", chat.content_parts, "chat", 10, 16),
    Probe("message name", "messages", chat.message_name, "chat", 12, 16),
    Probe("image", "messages", chat.vision, "chat", 600, 32, requests=2),
    Probe("max_tokens", "sampling", chat.max_tokens, "chat", 15, 200),
    Probe("max_completion_tokens", "sampling", chat.max_completion_tokens, "chat", 15, 200),
    Probe("temperature", "sampling", chat.temperature, "chat", 70, 120, requests=5),
    Probe("stop", "sampling", chat.stop, "chat", 20, 24),
    Probe("seed", "sampling", chat.seed, "chat", 75, 120, requests=5),
    Probe("n", "sampling", chat.n, "chat", 10, 32),
    Probe("logprobs", "sampling", chat.logprobs, "chat", 10, 16),
    Probe("stream", "streaming", streaming.stream, "chat", 10, 16),
    Probe("stream usage", "streaming", streaming.usage, "chat", 10, 16),
    Probe("stream equals plain", "streaming", streaming.equal, "chat", 15, 24),
    Probe("speed", "streaming", streaming.speed, "chat", 30, 96, requests=2),
    Probe("keep-alive", "streaming", connection.keep_alive, "chat", 30, 48, requests=3),
    Probe("tools", "tool calls", tools.tools, "chat", 120, 97, requests=2),
    Probe("tools streamed", "tool calls", tools.tools_stream, "chat", 100, 96),
    Probe("tool_choice required", "tool calls", tools.required, "chat", 550, 384, requests=4),
    Probe("tool_choice named", "tool calls", tools.named, "chat", 300, 192, requests=2),
    Probe("tool_choice none", "tool calls", tools.none, "chat", 100, 96),
    Probe("parallel tools", "tool calls", tools.parallel, "chat", 240, 192, requests=2),
    Probe("tool result", "tool calls", tools.result, "chat", 280, 97, requests=2),
    Probe("json_object", "json", formats.json_object, "chat", 60, 128, requests=2),
    Probe("json_schema", "json", formats.json_schema, "chat", 160, 128, requests=2),
    Probe("strict", "json", formats.strict, "chat", 300, 130, requests=4),
    Probe("reasoning", "thinking", thinking.reasoning, "chat", 40, 96, requests=2),
    Probe("reasoning_effort", "thinking", thinking.effort, "chat", 20, 32, requests=2),
    Probe("embeddings", "vectors", vectors.embeddings, "embeddings", 6),
    Probe("base64", "vectors", vectors.base64, "embeddings", 6),
    Probe("dimensions", "vectors", vectors.dimensions, "embeddings", 6),
    Probe("wrong type", "errors", errors.bad_field, "chat", 10, 16),
    Probe("unknown model", "errors", errors.unknown_model, "", 10, 1),
    Probe("broken JSON", "errors", errors.bad_json, ""),
    Probe("error shape", "errors", errors.error_shape, ""),
    Probe("unknown field", "errors", errors.unknown_field, "chat", 10, 16),
    Probe("rate limit headers", "errors", connection.rate_limits, ""),
)

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(probe.group for probe in PROBES))
