"""What a request asks for: the schema, the messages, and the fields that go to the server as they are."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from ...errors import BadUsage
from ...flow.structured.goal import Goal
from ...schema.kept import keep
from ...wire.params import LoopParams
from ..body import value_of
from ..problem import Problem
from .work import MOST_WORK, work_of

__all__ = ["Wish", "wish_of"]

_LONGEST = 128 * 1024
"""Bytes of a schema."""
_MOST_KEPT = 64
_KEPT = 32 * 1024
"""Bytes of a schema whose forms are kept for the next request."""
_QUICK = 1024
"""Bytes of a schema that is no work."""
_OURS = frozenset({"messages", "model", "n", "response_format", "stream", "stream_options"})
_OF_TOOLS = ("tools", "tool_choice", "parallel_tool_calls")
_NAMED = frozenset(LoopParams.__annotations__)
_PLACE = "response_format.json_schema"

_goals: dict[bytes, Goal] = {}
"""By the digest of their format; bounded by `_MOST_KEPT`."""


class Wish:
    """A request with a schema, taken apart.

    given   fields that every chat has by name
    extra   all others, which only its server may know
    tools   the fields about the caller's own tools; {} where the model may call none
    """

    __slots__ = ("extra", "given", "goal", "messages", "tools")

    def __init__(
        self,
        goal: Goal,
        messages: list[dict[str, Any]],
        given: dict[str, Any],
        extra: dict[str, Any],
        tools: dict[str, Any],
    ) -> None:
        self.goal = goal
        self.messages = messages
        self.given = given
        self.extra = extra
        self.tools = tools


async def wish_of(fields: Mapping[str, Any], profile: str) -> Wish:
    """What these fields of a request ask for, each as it came (`msgspec.Raw`), of a server with this profile of strict
    schemas. Raises Problem 400 for what cannot work, with its place."""
    if value_of(fields, "n") not in (None, 1):
        raise Problem(
            400, "n must be 1 with a json_schema that the gateway sees to: ask several times for several answers",
            "unsupported_parameter", param="n",
        )  # fmt: skip
    for name in ("functions", "function_call"):
        if value_of(fields, name):
            raise Problem(400, f"{name} does not go with a json_schema: use tools", "unsupported_parameter", param=name)
    messages = value_of(fields, "messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise Problem(400, "messages must be a list of at least one message", "bad_type", param="messages")
    tools = _tools_of(fields)
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name in fields:
        if name in _OURS or name in _OF_TOOLS or name in ("functions", "function_call"):
            continue
        # Names of franca's own options ("timeout", "headers") are the caller's words here, and mean nothing to us.
        (given if name in _NAMED else extra)[name] = value_of(fields, name)
    return Wish(await goal_of(fields["response_format"], profile), messages, given, extra, tools)


def _tools_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields about tools; {} where there are none, or none may be called."""
    tools = value_of(fields, "tools")
    if tools is not None and not isinstance(tools, list):
        raise Problem(400, "tools must be a list", "bad_type", param="tools")
    if not tools or value_of(fields, "tool_choice") == "none":
        return {}
    found = {name: value_of(fields, name) for name in _OF_TOOLS}
    return {name: value for name, value in found.items() if value is not None}


async def goal_of(response_format: Any, profile: str) -> Goal:
    """What is wanted, by a `response_format` as it came; with the strict form for this profile made already. Raises
    Problem 400 with the place of what is wrong."""
    text = bytes(response_format)
    if len(text) > _LONGEST:
        raise _wrong(f"has {len(text)} bytes; a schema may have {_LONGEST} here: ask for its parts one by one", _PLACE)
    key = sha256(text).digest()
    found = _goals.get(key)
    if found is None:
        # A schema of many references can take a second, in which nobody else would be served.
        made = _prepared(text, profile) if len(text) < _QUICK else await to_thread(_prepared, text, profile)
        found = keep(_goals, key, made, _MOST_KEPT) if len(text) <= _KEPT else made
    return found


def _prepared(text: bytes, profile: str) -> Goal:
    goal = _made(value_of({"response_format": msgspec.Raw(text)}, "response_format"))
    goal.form("strict", profile)
    return goal


def _made(wanted: Any) -> Goal:
    inner = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if not isinstance(inner, dict):
        raise _wrong("must be an object with name and schema", _PLACE)
    schema = inner.get("schema")
    if not isinstance(schema, dict):
        raise _wrong("must be a JSON Schema, which is an object", f"{_PLACE}.schema")
    if work_of(schema) > MOST_WORK:
        raise _wrong("checks one value too often: its rules refer to rules that refer to rules; write it plainer",
                     f"{_PLACE}.schema")  # fmt: skip
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise _wrong("must be a text: letters, digits, _ and -", f"{_PLACE}.name")
    if inner.get("strict") not in (None, True, False):
        raise _wrong("must be true or false", f"{_PLACE}.strict")
    described = inner.get("description")
    if isinstance(described, str) and described and "description" not in schema:
        schema = {**schema, "description": described}
    try:
        return Goal(schema, name=name)
    except BadUsage as error:
        raise _wrong(f"is wrong: {error.message}", f"{_PLACE}.schema") from None


def _wrong(what: str, where: str) -> Problem:
    return Problem(400, f"{where} {what}", "invalid_schema", param=where)
