"""What one answer took: /v1/generation?id= (and the old /generation-stats), from our own books or the server's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from ..errors import FrancaError
from .answer import send_json
from .door import let_in
from .problem import Problem
from .routing.health import get_from
from .store.base import StoreDown

if TYPE_CHECKING:
    from .exchange import Exchange
    from .gateway import Gateway
    from .store.row import UsageRow

__all__ = ["serve_generation"]

_MOST = 200
_PATIENCE = 10.0
_SOON = ((b"retry-after", b"5"),)


async def serve_generation(exchange: Exchange, gateway: Gateway) -> None:
    """The stats of the answer with this id, of the caller's own key, in OpenRouter's form.

    An OpenRouter server is asked for what it generated, because it knows more; anything else, and what it does not
    know (yet), is told from the books. Raises Problem 400, 404.
    """
    let_in(exchange, gateway)
    name = parse_qs(exchange.scope.get("query_string", b"").decode("latin-1")).get("id", [""])[0]
    if not 0 < len(name) <= _MOST:
        raise Problem(400, "say which generation: ?id=...", "missing_id", param="id")
    key = exchange.key
    await gateway.ledger.flush(1.0)
    try:
        row = await gateway.store.row(name, None if key is None else key.id)
    except StoreDown as error:  # where it is, is nothing for callers
        raise Problem(503, "the books cannot be read at the moment", "store_down", headers=_SOON) from error
    if row is None:
        raise Problem(404, f"no generation {name!r} is in the books of this key", "generation_not_found", param="id")
    told = await _asked(gateway, row)
    await send_json(exchange, {"data": told if told is not None else _stats(row)})


async def _asked(gateway: Gateway, row: UsageRow) -> dict[str, Any] | None:
    """What the server itself tells of an answer; None where it does not."""
    upstream = gateway.servers.get(row.server)
    if upstream is None or upstream.kind != "openrouter" or not row.generation:
        return None
    try:
        body = (await get_from(upstream, f"generation?id={quote(row.generation, safe='')}", _PATIENCE)).json()
    except FrancaError:
        return None
    return body["data"] if isinstance(body, dict) and isinstance(body.get("data"), dict) else None


def _stats(row: UsageRow) -> dict[str, Any]:
    return {
        "id": row.generation or row.id,
        "request_id": row.id,
        "model": row.model,
        "provider_name": row.server,
        "created_at": datetime.fromtimestamp(row.at, UTC).isoformat(),
        "streamed": row.stream,
        "cancelled": row.outcome == "left",
        "latency": None if row.first is None else round(row.first * 1000),
        "generation_time": round(row.seconds * 1000),
        "tokens_prompt": row.prompt_tokens,
        "tokens_completion": row.completion_tokens,
        "native_tokens_prompt": row.prompt_tokens,
        "native_tokens_completion": row.completion_tokens,
        "native_tokens_reasoning": row.reasoning_tokens,
        "native_tokens_cached": row.cached_tokens,
        "total_cost": row.cost,
        "usage": row.cost,
        "finish_reason": None,
        "outcome": row.outcome,
        "cost_is_exact": row.exact,
    }
