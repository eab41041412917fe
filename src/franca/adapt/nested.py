"""Fields that a server has in another place or by another name of the whole: flat ones that belong into an object, a
list of transforms that is a plugin by now, a switch that a response format asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .draft import Draft

if TYPE_CHECKING:
    from ..servers import Quirks

__all__ = ["adapt_nested"]

_MIDDLE_OUT = "middle-out"


def adapt_nested(draft: Draft, quirks: Quirks) -> None:
    """Move, rewrite and add what the row says; what the caller put in the same place stands."""
    for field, path in quirks.moves:
        if field in draft.body:
            value = draft.pop(field)
            if draft.put_at(path, value):
                draft.note(field, "rename", f"to {path}")
            else:
                draft.note(field, "drop", f"the {path} that was given stands")
    if quirks.transforms_plugin and "transforms" in draft.body:
        _as_plugin(draft, quirks.transforms_plugin)
    if quirks.format_switch and _wants_format(draft.body) and draft.put_at(quirks.format_switch, True):
        draft.note(quirks.format_switch, "add", "true, as a response_format is asked for")


def _wants_format(body: Mapping[str, Any]) -> bool:
    given = body.get("response_format")
    kind = given.get("type") if isinstance(given, Mapping) else None
    return isinstance(kind, str) and kind != "text"


def _as_plugin(draft: Draft, plugin: str) -> None:
    """Transforms as the plugin that does the same. An empty list turns it off; of other words nobody knows what they
    mean, so a list that has one is sent as it is."""
    asked = draft.body["transforms"]
    plugins = draft.body.get("plugins")
    if not isinstance(asked, (list, tuple)) or any(word != _MIDDLE_OUT for word in asked):
        return
    if plugins is not None and not isinstance(plugins, (list, tuple)):
        return
    draft.pop("transforms")
    if any(isinstance(one, Mapping) and one.get("id") == plugin for one in plugins or ()):
        draft.note("transforms", "drop", f"the plugin {plugin} is there")
        return
    entry: dict[str, Any] = {"id": plugin, "engine": _MIDDLE_OUT} if asked else {"id": plugin, "enabled": False}
    draft.put("plugins", [*(plugins or ()), entry])
    draft.note("transforms", "rewrite", f"as the plugin {plugin}" + ("" if asked else ", turned off"))
