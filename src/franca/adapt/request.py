"""The fields beside the messages: names, ranges, what is refused, tools and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .draft import Draft, shown

if TYPE_CHECKING:
    from ..facts import Facts
    from ..servers import Quirks

__all__ = ["adapt_fields", "adapt_tools", "reject_exclusive"]

_TOKEN_FIELDS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


def reject_exclusive(body: Mapping[str, Any], quirks: Quirks, server: str) -> None:
    """Raises BadUsage for two features that the server does not take together."""
    for one, other in quirks.excludes:
        if _wants(body, one) and _wants(body, other):
            raise BadUsage(
                f"{server} does not take {_named(one)} and {_named(other)} in one request: leave one of them out. (If "
                "it does by now: give the client the row with other quirks, row._replace(quirks="
                "row.quirks._replace(excludes=())))",
                server=server,
                code="not_at_this_server",
                param="response_format" if "json" in one + other else one,
            )


def _wants(body: Mapping[str, Any], feature: str) -> bool:
    if feature == "tools":
        return bool(body.get("tools"))
    if feature == "stream":
        return bool(body.get("stream"))
    given = body.get("response_format")
    return isinstance(given, Mapping) and given.get("type") == feature


def _named(feature: str) -> str:
    return f"response_format {feature}" if feature.startswith("json") else feature


def adapt_fields(draft: Draft, quirks: Quirks, facts: Facts, chat: bool) -> None:
    """Names, refusals and ranges of the top-level fields. `chat`: whether this is a chat, no legacy completion."""
    for field, other in quirks.renames:
        if field in draft.body:
            _rename(draft, field, other)
    token_field = (facts.token_field or quirks.token_field) if chat else ""
    if token_field and _TOKEN_FIELDS[token_field] in draft.body:
        _rename(draft, _TOKEN_FIELDS[token_field], token_field)
    refused = (*quirks.drops, *facts.refused)
    if not quirks.stream_options:
        refused += ("stream_options",)
    if facts.refused_reasoning and _reasons(draft.body, facts):
        refused += facts.refused_reasoning
    if quirks.base64_embeddings is False and draft.body.get("encoding_format") == "base64":
        refused += ("encoding_format",)
    for field in refused:
        if field in draft.body:
            draft.pop(field)
            draft.note(field, "drop")
    for field, lowest, highest in quirks.clamps:
        _clamp(draft, field, lowest, highest)
    for field, value in quirks.defaults:
        if field not in draft.body:
            draft.put(field, value)
            draft.note(field, "add", shown(value))


def _rename(draft: Draft, field: str, other: str) -> None:
    value = draft.pop(field)
    if other in draft.body:
        draft.note(field, "drop", f"{other} is there")
    else:
        draft.put(other, value)
        draft.note(field, "rename", f"to {other}")


def _reasons(body: Mapping[str, Any], facts: Facts) -> bool:
    effort = body.get("reasoning_effort")
    if facts.reasons in ("", "always") or effort is None:
        return facts.reasons in ("always", "default")
    return bool(effort != "none")


def _clamp(draft: Draft, field: str, lowest: float, highest: float) -> None:
    value = draft.body.get(field)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (value < lowest or value > highest):
        allowed = lowest if value < lowest else highest  # NaN is neither: it is refused when the body is written
        draft.put(field, allowed)
        draft.note(field, "clamp", f"from {value} to {allowed}")


def adapt_tools(draft: Draft, quirks: Quirks) -> None:
    """The tools without what is refused in them, and the choice in the server's words."""
    choice = draft.body.get("tool_choice")
    words = dict(quirks.tool_choices)
    if isinstance(choice, str) and choice in words:
        draft.put("tool_choice", words[choice])
        draft.note("tool_choice", "rewrite", f"{choice} to {words[choice]}")
    elif not quirks.named_tool_choice and isinstance(choice, Mapping):
        _force_alone(draft, choice, words.get("required", "required"))
    if quirks.tool_drops:
        tools = draft.body.get("tools")
        if isinstance(tools, (list, tuple)):
            kept = [_without(draft, tool, quirks.tool_drops) for tool in tools]
            if any(new is not old for new, old in zip(kept, tools, strict=True)):
                draft.put("tools", kept)


def _force_alone(draft: Draft, choice: Mapping[str, Any], word: str) -> None:
    """A tool that must be called, and is the only one, is called: so an object that names it can be done without."""
    name = _function(choice).get("name")
    tools = draft.body.get("tools")
    if not isinstance(tools, (list, tuple)):
        return
    chosen = [tool for tool in tools if isinstance(tool, Mapping) and _function(tool).get("name") == name]
    if name is None or not chosen:
        return
    draft.put("tool_choice", word)
    draft.note("tool_choice", "rewrite", f"{name} to {word}")
    if len(chosen) < len(tools):
        draft.put("tools", chosen)
        draft.note("tools", "rewrite", f"only {name}, which is the one to call")


def _function(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    function = tool.get("function")
    return function if isinstance(function, Mapping) else {}


def _without(draft: Draft, tool: Any, fields: tuple[str, ...]) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    function = _function(tool)
    found = [field for field in fields if field in function]
    if not found:
        return tool
    for field in found:
        draft.note(f"tools[].function.{field}", "drop")
    return {**tool, "function": {key: value for key, value in function.items() if key not in found}}
