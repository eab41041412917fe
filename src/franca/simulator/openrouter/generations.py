"""What generations were: kept when they happen, told by `GET /generation` after the first few asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec

from ..http import encode

__all__ = ["Generations", "Kept"]

_MOST = 2_000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_FEEDBACK = 10
_decode = msgspec.json.Decoder().decode

_FIELDS: dict[str, Any] = {
    "id": "",
    "upstream_id": None,
    "request_id": None,
    "session_id": None,
    "model": "author/echo",
    "provider_name": None,
    "provider_responses": None,
    "router": None,
    "preset_id": None,
    "api_type": "completions",
    "created_at": "",
    "data_region": "global",
    "streamed": False,
    "cancelled": False,
    "finish_reason": None,
    "native_finish_reason": None,
    "latency": 412.0,
    "generation_time": 138.0,
    "moderation_latency": None,
    "tokens_prompt": 0,
    "tokens_completion": 0,
    "native_tokens_prompt": None,
    "native_tokens_completion": None,
    "native_tokens_reasoning": 0,
    "native_tokens_cached": 0,
    "native_tokens_completion_images": 0,
    "num_media_prompt": None,
    "num_media_completion": None,
    "num_input_audio_prompt": None,
    "num_search_results": None,
    "num_fetches": None,
    "web_search_engine": None,
    "total_cost": 0.0,
    "usage": None,
    "upstream_inference_cost": None,
    "cache_discount": None,
    "response_cache_source_id": None,
    "is_byok": False,
    "service_tier": None,
    "app_id": None,
    "origin": "",
    "http_referer": None,
    "user_agent": None,
    "external_user": None,
    "workspace_id": None,
}
_EMPTY = {"input": {"messages": []}, "output": {"completion": None, "reasoning": None}, "error": None}


@dataclass(slots=True)
class Kept:
    """One generation as JSON, and how many asks for it are refused first."""

    raw: bytes
    after: int
    asked: int = 0
    feedback: list[dict[str, Any]] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """What `GET /generation` tells."""
        told: dict[str, Any] = _decode(self.raw)["data"]
        return told

    def content(self) -> dict[str, Any]:
        """What `GET /generation/content` tells."""
        told: dict[str, Any] = _decode(self.raw)["content"]
        return told


class Generations:
    """The last 2000 of them, and no more than 64 MiB: they hold whole conversations."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._numbers = count(1)
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, generation: dict[str, Any], after: int) -> str:
        """Keep it, and return its id."""
        given = {name: value for name, value in generation.items() if name != "content"}
        data = {**_FIELDS, **given}
        data["id"] = data["id"] or f"gen-{int(self._clock())}-{next(self._numbers):020d}"
        data["created_at"] = data["created_at"] or datetime.fromtimestamp(self._clock(), UTC).isoformat()
        for native, plain in (
            ("native_tokens_prompt", "tokens_prompt"),
            ("native_tokens_completion", "tokens_completion"),
            ("usage", "total_cost"),
        ):
            if data[native] is None:
                data[native] = data[plain]
        id = str(data["id"])
        self._drop(id)  # so that it counts as the newest
        raw = encode({"data": data, "content": generation.get("content") or _EMPTY})
        self._kept[id] = Kept(raw, after)
        self._bytes += len(raw)
        while len(self._kept) > _MOST or (self._bytes > _MOST_BYTES and len(self._kept) > 1):
            self._drop(next(iter(self._kept)))
        return id

    def _drop(self, id: str) -> None:
        known = self._kept.pop(id, None)
        if known is not None:
            self._bytes -= len(known.raw)

    def ask(self, id: str, after: int | None = None) -> Kept | None:
        """The generation, or None: there is none, or it is not to be found yet. Counts the ask."""
        kept = self._kept.get(id)
        if kept is None:
            return None
        kept.asked += 1
        return kept if kept.asked > (kept.after if after is None else after) else None

    def feed_back(self, id: str, said: dict[str, Any]) -> bool:
        """Note what was said about a generation; False when there is none."""
        kept = self._kept.get(id)
        if kept is None:
            return False
        kept.feedback = [*kept.feedback[1 - _MOST_FEEDBACK :], said]
        return True
