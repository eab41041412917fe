"""What was spent on which model at which provider, by day and key: the rows of `GET /activity`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

__all__ = ["Activity"]

_MOST = 5_000
_DAYS = 30


class Activity:
    """Rows by day, key, model and provider; told without the key, as sums over all of them or for one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rows: dict[tuple[date, str, str, str], dict[str, Any]] = {}

    def today(self) -> date:
        """The UTC day."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def note(self, key: str, cost: float, generation: dict[str, Any], slug: str) -> None:
        """Add one generation to its row."""
        model, provider = str(generation.get("model")), str(generation.get("provider_name") or "Simulated")
        place = self.today(), key, model, provider
        row = self._rows.setdefault(place, _row(place, slug or model))
        row["requests"] += 1
        row["usage"] += cost
        for name, told in (
            ("prompt_tokens", "tokens_prompt"),
            ("completion_tokens", "tokens_completion"),
            ("reasoning_tokens", "native_tokens_reasoning"),
            ("cached_tokens", "native_tokens_cached"),
        ):
            row[name] += generation.get(told) or 0
        while len(self._rows) > _MOST:
            del self._rows[next(iter(self._rows))]

    def rows(self, day: date | None = None, key: str | None = None) -> list[dict[str, Any]]:
        """The rows of the last 30 days (today's are told too, where OpenRouter waits for the day to end), the newest
        day first; of one day, of one key."""
        first = self.today() - timedelta(_DAYS)
        sums: dict[tuple[date, str, str], dict[str, Any]] = {}
        for (on, by, model, provider), row in self._rows.items():
            if on < first or (day is not None and on != day) or (key is not None and by != key):
                continue
            known = sums.get((on, model, provider))
            if known is None:
                sums[on, model, provider] = dict(row)
                continue
            for name, value in row.items():
                if not isinstance(value, str):
                    known[name] += value
        return [sums[place] for place in sorted(sums, key=lambda place: (-place[0].toordinal(), *place[1:]))]


def _row(place: tuple[date, str, str, str], slug: str) -> dict[str, Any]:
    day, _, model, provider = place
    return {
        "date": day.isoformat(),
        "model": model,
        "model_permaslug": slug,
        "endpoint_id": sha256(f"{model} at {provider}".encode()).hexdigest()[:32],
        "provider_name": provider,
        "usage": 0.0,
        "byok_usage_inference": 0.0,
        "requests": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "reasoning_tokens": 0,
        "cached_tokens": 0,
    }
