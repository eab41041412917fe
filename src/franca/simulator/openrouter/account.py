"""The account: its key, its keys, its credits, what it did, what each generation was, and login by a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from .filters import Query, number
from .house import House
from .keys import WORKSPACE, Key, instant
from .refusal import USER, Refusal

__all__ = ["activity", "credits_told", "current_key", "exchange", "generation", "keys", "login_code"]

_KEYS_A_PAGE = 100
_WINDOWS = (None, "daily", "weekly", "monthly")
_MOST_NAME = 200
_MOST_LIMIT = 1_000_000_000  # USD
_LAST_YEAR = 9998  # the latest that is a year in every time zone
_CATEGORIES = ("latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other")
_FREE_A_DAY = 1_000


# ---- the key of the request -------------------------------------------------------------------------


def current_key(house: House, key: Key) -> dict[str, Any]:
    """`GET /key`."""
    now = house.clock()
    budget = None
    if key.limit is not None:
        spent = key.since(key.limit_reset, now)
        budget = {
            "scope": "key_limit",
            "budget_id": None,
            "guardrail_id": None,
            "include_byok": key.include_byok_in_limit,
            "limit_usd": key.limit,
            "spend_usd": spent,
            "remaining_usd": key.limit - spent,
            "reset_interval": key.limit_reset,
            "resets_at": key.resets(now),
        }
    today = house.activity.rows(house.activity.today())
    used = sum(row["requests"] for row in today if row["model"].endswith(":free"))
    return {
        **key.told(now),
        "is_free_tier": house.credits <= 0,
        "is_management_key": key.management,
        "is_provisioning_key": key.management,
        "rate_limit": {"requests": -1, "interval": "10s", "note": "This field is deprecated and safe to ignore."},
        "free_model_daily_requests": {
            "limit": _FREE_A_DAY,
            "used": used,
            "remaining": max(0, _FREE_A_DAY - used),
        },
        "allowed_data_regions": ["global"],
        "budgets": [] if budget is None else [budget],
        "effective_budget": budget,
        "organization_id": None,
    }


def credits_told(house: House) -> dict[str, Any]:
    """`GET /credits`."""
    return {"total_credits": house.credits, "total_usage": house.usage}


def activity(house: House, query: Query) -> list[dict[str, Any]]:
    """`GET /activity`: of `date`, of `api_key_hash`, with the workspace where `group_by=workspace`."""
    day = None
    if query.get("date"):
        try:
            day = date.fromisoformat(query["date"])
        except ValueError:
            raise Refusal(400, "date: expected YYYY-MM-DD") from None
        age = (house.activity.today() - day).days
        if age < 0 or age > 30:
            raise Refusal(400, "date: must be within the last 30 completed UTC days")
    rows = house.activity.rows(day, query.get("api_key_hash") or None)
    if query.get("workspace_id", WORKSPACE) != WORKSPACE:
        raise Refusal(404, "Workspace not found")
    if query.get("group_by"):
        if query["group_by"] != "workspace":
            raise Refusal(400, "group_by: expected workspace")
        rows = [{**row, "workspace_id": WORKSPACE} for row in rows]
    return rows


# ---- keys -------------------------------------------------------------------------------------------


def keys(house: House, method: str, hash: str, query: Query, body: Any) -> tuple[int, dict[str, Any]]:
    """`/keys` and `/keys/HASH`: the status and the body of the answer."""
    now = house.clock()
    if not hash and method == "GET":
        return 200, {"data": _listed(house, query, now)}
    if not hash and method == "POST":
        fields = _fields(_object(body), now)
        if "name" not in fields:
            raise Refusal(400, "name: is required")
        fields.pop("disabled", None)
        key, text = house.keys.create(**fields)
        return 201, {"data": key.listed(now), "key": text}
    key = house.keys.get(hash)
    if method == "PATCH":
        for name, value in _fields(_object(body), now).items():
            setattr(key, name, value)
        key.updated = now
    elif method == "DELETE":
        house.keys.delete(hash)
        return 200, {"deleted": True}
    return 200, {"data": key.listed(now)}


def _listed(house: House, query: Query, now: float) -> list[dict[str, Any]]:
    offset = int(number(query, "offset", 0, 1e9) or 0)
    workspace = query.get("workspace_id") or WORKSPACE
    shown = [
        key
        for key in house.keys.made()
        if key.workspace_id == workspace
        and (not key.disabled or query.get("include_disabled") == "true")
        and (key.expires is None or key.expires > now or query.get("include_expired") == "true")
    ]
    return [key.listed(now) for key in shown[offset : offset + _KEYS_A_PAGE]]


def _fields(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The fields of a key that a body names, checked. Refusal: 400."""
    found: dict[str, Any] = {}
    name = body.get("name")
    if "name" in body:
        if not isinstance(name, str) or not 0 < len(name) <= _MOST_NAME:
            raise Refusal(400, f"name: expected a text of 1 to {_MOST_NAME} characters")
        found["name"] = name
    if "limit" in body:
        limit = body["limit"]
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit < 0):
            raise Refusal(400, "limit: expected a number, 0 or more, or null")
        if limit is not None and limit > _MOST_LIMIT:
            raise Refusal(400, f"limit: expected no more than {_MOST_LIMIT}")
        found["limit"] = None if limit is None else float(limit)
    if "limit_reset" in body:
        if body["limit_reset"] not in _WINDOWS:
            raise Refusal(400, "limit_reset: expected daily, weekly, monthly or null")
        found["limit_reset"] = body["limit_reset"]
    for flag in ("include_byok_in_limit", "disabled"):
        if flag in body:
            if not isinstance(body[flag], bool):
                raise Refusal(400, f"{flag}: expected a boolean")
            found[flag] = body[flag]
    if body.get("expires_at") is not None:
        found["expires"] = _moment(body["expires_at"], now)
    if isinstance(body.get("workspace_id"), str):
        found["workspace_id"] = body["workspace_id"][:_MOST_NAME]
    external = body.get("external")
    if isinstance(external, dict) and isinstance(external.get("user"), str):
        found["external_user"] = external["user"][:_MOST_NAME]
    return found


def _moment(text: Any, now: float) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refusal(400, "expires_at: expected an ISO 8601 time in UTC, with seconds") from None
    if moment.year > _LAST_YEAR:
        raise Refusal(400, f"expires_at: expected a year up to {_LAST_YEAR}")
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if seconds <= now:
        raise Refusal(400, "expires_at: must be in the future")
    return seconds


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Refusal(400, "The body of the request is no JSON object.")
    return body


# ---- generations ------------------------------------------------------------------------------------


def generation(house: House, what: str, query: Query, body: Any, after: int | None) -> dict[str, Any]:
    """`GET /generation`, `GET /generation/content` and `POST /generation/feedback`."""
    if what == "feedback":
        said = _object(body)
        if said.get("category") not in _CATEGORIES:
            raise Refusal(400, f"category: expected one of {', '.join(_CATEGORIES)}")
        if not house.generations.feed_back(str(said.get("generation_id")), dict(said)):
            raise Refusal(404, f"Generation {said.get('generation_id')} not found")
        return {"success": True}
    id = query.get("id", "")
    if not id:
        raise Refusal(400, "id: is required")
    kept = house.generations.ask(id, after)
    if kept is None:
        raise Refusal(404, f"Generation {id} not found")
    return kept.content() if what == "content" else kept.data()


# ---- login ------------------------------------------------------------------------------------------


def login_code(house: House, body: Any) -> dict[str, Any]:
    """A code for a user who said yes: what `POST /auth/keys/code` tells, and the page `/auth` hands over."""
    asked = _object(body)
    if asked.get("callback_url") is not None and not _may_be_called(asked["callback_url"]):
        raise Refusal(400, "callback_url: expected an https URL, or http on localhost")
    known = {name: asked[name] for name in ("limit", "expires_at", "workspace_id") if name in asked}
    wanted = {"name": asked.get("key_label") or "Login", **known}
    if "usage_limit_type" in asked:
        wanted["limit_reset"] = asked["usage_limit_type"]
    key = _fields(wanted, house.clock())
    code = house.codes.create(_text(asked, "code_challenge"), _text(asked, "code_challenge_method"), key)
    return {"id": code.id, "app_id": 1, "created_at": instant(code.made)}


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"{name}: expected a text")
    return value


def _may_be_called(url: Any) -> bool:
    local = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")
    return isinstance(url, str) and (url.startswith("https://") or local.match(url) is not None)


def exchange(house: House, body: Any) -> dict[str, Any]:
    """`POST /auth/keys`: a new key for a code, once."""
    given = _object(body)
    code = given.get("code")
    if not isinstance(code, str) or not code:
        raise Refusal(400, "code: is required")
    redeemed = house.codes.redeem(code, _text(given, "code_verifier"), _text(given, "code_challenge_method"))
    _, text = house.keys.create(**redeemed.key)
    return {"key": text, "user_id": USER}
