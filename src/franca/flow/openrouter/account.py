"""The account: credits, activity, the key in use, and the management of keys."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypedDict

from ...errors import BadUsage, ProtocolError
from ...faults import Origin
from ...wire import codec
from ...wire.openrouter.account import ActivityRow, ApiKey, Credits, KeyInfo
from ...wire.openrouter.listing import Listing
from ...wire.response import Response, excerpt
from ...wire.urls import day_text, path_text, time_text
from ..ask import split_options
from ..core import Flow
from ..options import Limits, reject_unknown
from ..plain import address, only_options, plain, raise_error, read_object
from ..session import Session
from .filters import filter_query
from .pages import Walk, listed, make_walk
from .reading import reader_of_one

__all__ = [
    "ActivityFilters",
    "KeyChanges",
    "KeyFields",
    "KeyFilters",
    "activity",
    "create_key",
    "credits",
    "delete_key",
    "get_key",
    "key",
    "list_keys",
    "update_key",
]

Given = Mapping[str, Any]


class ActivityFilters(TypedDict, total=False):
    """What the activity is narrowed down by.

    api_key_hash  one key, by its hash
    user_id       one member of the organisation
    group_by      "workspace": a row for each
    workspace_id  one workspace
    """

    api_key_hash: str | None
    group_by: str | None
    user_id: str | None
    workspace_id: str | None


class KeyFilters(TypedDict, total=False):
    """Which keys are listed: also disabled or expired ones, those of another workspace; `offset` skips, `limit` is the
    most that are wanted in all."""

    include_disabled: bool | None
    include_expired: bool | None
    limit: int | None
    offset: int | None
    workspace_id: str | None


class _KeySettings(TypedDict, total=False):
    """What is common to new keys and to changed ones.

    include_byok_in_limit  whether what providers' own keys spend counts for the limit
    limit                  US dollars that it may spend; None: no limit
    limit_reset            "daily", "weekly", "monthly" (at midnight UTC); None: never
    workspace_id           where it belongs
    """

    include_byok_in_limit: bool
    limit: float | None
    limit_reset: str | None
    workspace_id: str


class KeyFields(_KeySettings, total=False):
    """What a new key is given, besides its name.

    creator_user_id  the member of the organisation for whom it is made
    expires_at       a datetime with its time zone, or text such as "2026-12-31T00:00:00Z"
    external         {"user": ..., "api_key": ...}: your own end user, and a key of your own making
    """

    creator_user_id: str | None
    expires_at: Any
    external: Mapping[str, Any]


class KeyChanges(_KeySettings, total=False):
    """What is changed of a key: `name`, `disabled`, and the settings of new ones. What is not given stays; None of
    `limit` and `limit_reset` takes them away."""

    disabled: bool
    name: str


_ACTIVITY = frozenset(ActivityFilters.__annotations__)
_FILTERS = frozenset(KeyFilters.__annotations__)
_FIELDS = frozenset(KeyFields.__annotations__)
_CHANGES = frozenset(KeyChanges.__annotations__)
_NULLABLE = frozenset({"creator_user_id", "expires_at", "limit", "limit_reset"})


def credits(session: Session, given: Given) -> Flow[Credits]:
    """Bought and used credits. Needs a management key."""
    limits = only_options(session, "credits", given)
    return plain(session, "credits", "GET", address(session, "credits"), limits, reader_of_one(Credits))


def key(session: Session, given: Given) -> Flow[KeyInfo]:
    """Limits and usage of the key in use."""
    limits = only_options(session, "key", given)
    return plain(session, "key", "GET", address(session, "key"), limits, reader_of_one(KeyInfo))


def activity(session: Session, date: Any, given: Given) -> Flow[Listing[ActivityRow]]:
    """What was used in the last 30 whole days (UTC), or on one of them. Needs a management key."""
    limits, filters = split_options(session, given)
    query = filter_query(filters, _ACTIVITY)
    if date is not None:
        query["date"] = day_text("date", date)
    return listed(session, "activity", "activity", ActivityRow, limits, query)


# ---- keys, with a management key --------------------------------------------------------------------


def list_keys(session: Session, given: Given) -> tuple[Walk, Limits]:
    """The walk over the account's keys; how many come at a time is OpenRouter's choice (100)."""
    limits, filters = split_options(session, given)
    walk = make_walk("list_keys", "keys", ApiKey, filter_query(filters, _FILTERS), size=None)
    address(session, "keys", walk.query)  # what no query can say is told now, not when the loop begins
    return walk, limits


def create_key(session: Session, name: str, given: Given) -> Flow[ApiKey]:
    """Make a key. Its text is in `.key` of the answer, this once; hooks are shown the answer without it.

    Unless the call says so it is not tried again: a try whose answer was lost may have made a key that nobody knows.
    """
    limits, fields = split_options(session, given)
    if "retries" not in given:
        limits = limits._replace(policy=limits.policy._replace(retries=0))
    body = _key_body(fields, _FIELDS, {"name": _text("name", name)})
    shown = {field: value for field, value in body.items() if field != "external"}
    external = body.get("external")
    own = external.get("api_key") if isinstance(external, Mapping) else None
    return plain(
        session, "create_key", "POST", address(session, "keys"), limits, _read_created,
        body=codec.encode_body(body), parameters=shown, shown=_without_key,
        secrets=(own,) if isinstance(own, str) else (),
    )  # fmt: skip


def get_key(session: Session, hash: str, given: Given) -> Flow[ApiKey]:
    """One key by its hash."""
    limits = only_options(session, "keys.get", given)
    return plain(session, "get_key", "GET", _key_url(session, hash), limits, reader_of_one(ApiKey))


def update_key(session: Session, hash: str, given: Given) -> Flow[ApiKey]:
    """Change a key; the answer is the key as it is now."""
    limits, fields = split_options(session, given)
    body = _key_body(fields, _CHANGES, {})
    if not body:
        raise BadUsage(f"keys.update changes nothing: give one of {', '.join(sorted(_CHANGES))}")
    return plain(
        session, "update_key", "PATCH", _key_url(session, hash), limits, reader_of_one(ApiKey),
        body=codec.encode_body(body), parameters=body,
    )  # fmt: skip


def delete_key(session: Session, hash: str, given: Given) -> Flow[bool]:
    """Delete a key for good."""
    limits = only_options(session, "keys.delete", given)
    return plain(session, "delete_key", "DELETE", _key_url(session, hash), limits, _read_deleted)


def _read_created(response: Response, origin: Origin, session: Session) -> ApiKey:
    """The new key. No error text may quote this answer: it holds the key itself."""
    payload: Any = None
    with suppress(ValueError):
        payload = codec.decode_json(response.content)
    found: dict[str, Any] = payload if isinstance(payload, dict) else {}
    data, secret = found.get("data"), found.get("key")
    raise_error({name: value for name, value in found.items() if name != "key"}, response, origin, session)
    if not isinstance(data, dict) or not isinstance(secret, str):
        raise ProtocolError(
            "the answer is no new key (it is not shown, as it may hold one); look at the list of keys",
            status=response.status, headers=response.headers, request_id=response.request_id,
        )  # fmt: skip
    return ApiKey(data, response.status, response.headers, origin.server, key=secret)


def _without_key(made: ApiKey) -> ApiKey:
    return ApiKey(made.to_dict(), made.status, made.headers, made.server, made.told)


def _read_deleted(response: Response, origin: Origin, session: Session) -> bool:
    if not response.content:  # a 204 says it without words
        return True
    payload = read_object(response, origin, session)
    told = payload.get("deleted")
    if told is None and isinstance(payload.get("data"), dict):  # as it was documented until 2025
        told = payload["data"].get("success")
    if not isinstance(told, bool):
        raise response.fault(ProtocolError, f"the answer does not say `deleted`: {excerpt(response.content)}")
    return told


def _key_body(fields: Given, known: frozenset[str], body: dict[str, Any]) -> dict[str, Any]:
    reject_unknown(fields, known, "field of a key")
    for name, value in fields.items():
        if value is None and name not in _NULLABLE:
            continue
        body[name] = time_text(name, value) if name == "expires_at" and value is not None else value
    return body


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadUsage(f"{name} is text, and not empty; not {value!r}", param=name)
    return value


def _key_url(session: Session, hash: Any) -> str:
    if not isinstance(hash, str) or not hash:
        raise BadUsage(f"a key is named by its hash (see keys.list()), not by {hash!r}", param="hash")
    if hash.startswith("sk-"):  # a key in an address would end up in logs
        raise BadUsage("a key is named by its hash (see keys.list()), not by its own text", param="hash")
    return address(session, f"keys/{path_text(hash)}")
