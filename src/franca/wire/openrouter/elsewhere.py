"""A call to OpenRouter as any other server can be sent it, for a fallback: routing and what OpenRouter alone does is
left out, how much to think is said in everybody's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..told import Change
from .params import FlatProviderParams, RoutedChatParams
from .routing import ProviderPreferences

__all__ = ["is_routing_header", "without_routing"]

# Servers of open models know these samplers too; where one refuses them, that is mended like any other refusal.
_SHARED = frozenset({"top_k", "min_p", "top_a", "repetition_penalty"})
_OWN = (
    (RoutedChatParams.__annotations__.keys() - _SHARED)
    | FlatProviderParams.__annotations__.keys()
    | {f"provider_{name}" for name in ProviderPreferences.__annotations__}
    | {"input_type"}
)
_ONLY_THERE = "only OpenRouter has it"
_PREFIX = "openrouter:"
_HEADERS = frozenset({"http-referer", "x-title", "x-anthropic-beta"})


def is_routing_header(name: str) -> bool:
    """Whether a request header (its name in lower case) is OpenRouter's own: routing, cache, and whose app it is."""
    return name in _HEADERS or name.startswith("x-openrouter-")


def without_routing(
    fields: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any] | None, tuple[Change, ...]]:
    """The fields and `extra` of a call without what only OpenRouter understands, and what was changed.

    `reasoning` becomes `reasoning_effort` or `reasoning_budget` where it says one and the caller gave neither; of
    `tools` those that OpenRouter runs itself are left out, with a `tool_choice` that names one of them. Neither of the
    two mappings is touched.
    """
    changes: list[Change] = []
    kept = _kept(fields, changes)
    further = None if extra is None else _kept(extra, changes)
    for part in (fields, extra or {}):
        _say_reasoning(part.get("reasoning"), kept, further or {}, changes)
    for mapping in (kept, further):
        if mapping is not None:
            _leave_server_tools(mapping, changes)
    return kept, further, tuple(dict.fromkeys(changes))


def _kept(given: Mapping[str, Any], changes: list[Change]) -> dict[str, Any]:
    kept = {}
    for name, value in given.items():
        if name not in _OWN:
            kept[name] = value
        elif value is not None and name != "reasoning":
            changes.append(Change(name, "drop", _ONLY_THERE, "table"))
    return kept


def _say_reasoning(reasoning: Any, kept: dict[str, Any], further: Mapping[str, Any], changes: list[Change]) -> None:
    """Put what `reasoning` says into `kept` in everybody's words."""
    if reasoning is None:
        return
    effort, budget = _asked(reasoning)
    given = next(
        (name for name in ("reasoning_effort", "reasoning_budget") if _first(name, kept, further) is not None), None
    )
    if effort is None and budget is None:
        changes.append(Change("reasoning", "drop", _ONLY_THERE, "table"))
    elif given is not None:
        changes.append(Change("reasoning", "drop", f"{given} is there", "table"))
    elif budget is not None:
        kept["reasoning_budget"] = budget
        changes.append(Change("reasoning", "rewrite", f"as reasoning_budget={budget}", "table"))
    else:
        kept["reasoning_effort"] = effort
        changes.append(Change("reasoning", "rewrite", f'as reasoning_effort="{effort}"', "table"))


def _first(name: str, kept: Mapping[str, Any], further: Mapping[str, Any]) -> Any:
    value = kept.get(name)
    return further.get(name) if value is None else value


def _asked(reasoning: Any) -> tuple[str | None, int | None]:
    """(effort, budget): at most one of them. `enabled: False` is the effort "none"."""
    if not isinstance(reasoning, Mapping):
        return None, None
    budget = reasoning.get("max_tokens")
    if isinstance(budget, int) and not isinstance(budget, bool) and budget >= 0:
        return None, budget
    effort = reasoning.get("effort")
    if isinstance(effort, str):
        return effort, None
    return ("none", None) if reasoning.get("enabled") is False else (None, None)


def _leave_server_tools(kept: dict[str, Any], changes: list[Change]) -> None:
    tools = kept.get("tools")
    left = 0
    if isinstance(tools, (list, tuple)):
        theirs = [tool["type"] for tool in tools if _of_openrouter(tool)]
        left = len(tools) - len(theirs)
        if theirs:
            kept["tools"] = [tool for tool in tools if not _of_openrouter(tool)]
            changes.append(Change("tools", "drop", f"{', '.join(theirs)}: {_ONLY_THERE}", "table"))
    gone = bool(tools) and not left  # what is said about tools is refused without any
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        if name in kept and (gone or (name == "tool_choice" and _of_openrouter(kept[name]))):
            del kept[name]
            if name != "tools":
                changes.append(Change(name, "drop", "the tools are OpenRouter's", "table"))


def _of_openrouter(tool: Any) -> bool:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    return isinstance(kind, str) and kind.startswith(_PREFIX)
