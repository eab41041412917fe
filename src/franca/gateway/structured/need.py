"""Whether a request with a schema needs the ladder, or is only passed on because the model is known to keep to it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from ...flow.structured.modes import modes_for
from ...schema.kept import keep
from ..keys.record import matches

if TYPE_CHECKING:
    from ...flow.session import Session
    from ..config.shape import ServerTable, StructuredTable

__all__ = ["needs_ladder"]

_MOST_KEPT = 256
_LONGEST = 128 * 1024
"""Bytes of a schema that is looked at; a longer one is passed on where the model keeps to schemas at all."""

_KEEPERS = {
    "openai": ("gpt-4o-mini*", "gpt-4o-2024-08*", "gpt-4o-2024-11*", "gpt-4.1*", "gpt-5*", "gpt-6*", "o3*", "o4*"),
    "azure": ("gpt-4o-mini*", "gpt-4.1*", "gpt-5*", "gpt-6*", "o3*", "o4*"),
}
"""Models that enforce a strict schema at their maker's own server (OpenAI's guide to structured outputs, 2026-11). A
name at Azure is that of a deployment: whoever calls it so means the model."""


class _Inner(msgspec.Struct):
    schema: Any = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    type: Any = None
    json_schema: Any = None


class _Kind(msgspec.Struct):
    type: Any = None


_kind = msgspec.json.Decoder(_Kind).decode
_kept: dict[tuple[str, bytes], bool] = {}
"""Whether a schema is one that a provider enforces in every keyword, by the rules of that provider."""


def needs_ladder(
    session: Session,
    model: str,
    response_format: msgspec.Raw | None,
    table: StructuredTable,
    server: ServerTable,
    name: str = "",
) -> bool:
    """Whether the ladder answers a request with this `response_format` (as it came; None: it has none).

    model  as the server knows it; `name` as callers do ("server/model"): the patterns of `table.native` fit either

    It does for each JSON Schema but where the configuration says otherwise, and where it is known that the server
    enforces all of this very schema for this model: everything else is checked.
    """
    if response_format is None or not table.enabled or server.structured != "auto":
        return False
    try:
        if _kind(response_format).type != "json_schema":
            return False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False  # the server says what is wrong with it
    native = table.native
    if native and (matches(model, native) or (name and matches(name, native))):
        return False
    return not _is_kept_to(session, model, response_format)


def _is_kept_to(session: Session, model: str, response_format: msgspec.Raw) -> bool:
    row = session.target.row
    keepers = _KEEPERS.get(row.kind) if row is not None else None
    if row is None or keepers is None or not matches(model, keepers):
        return False
    if modes_for(session, model)[0] != "strict":
        return False
    text = bytes(response_format)
    if len(text) > _LONGEST:
        return True
    key = (row.kind, sha256(text).digest())
    found = _kept.get(key)
    return keep(_kept, key, _is_enforced(text, row.kind), _MOST_KEPT) if found is None else found


def _is_enforced(text: bytes, profile: str) -> bool:
    from ...schema.strict.accept import ignored, refusals

    try:
        inner = msgspec.convert(msgspec.json.decode(text, type=_Format).json_schema, _Inner)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return False
    if inner.strict is not True or not isinstance(inner.schema, dict):
        return False
    return not refusals(inner.schema, profile) and not ignored(inner.schema, profile)
