"""Which modes there are for a server and a model, the surest first.

    strict       `response_format: json_schema` with `strict: true`: the schema in the form that the provider enforces
    native       `response_format: json_schema` with the schema as it is
    tool         one tool that must be called, whose parameters are the schema
    json_object  `response_format: json_object`, and the schema in the prompt
    prompt       the schema in the prompt alone

Heeded in this order: the caller's word, what this server refused or ignored before for this model, the live list of
OpenRouter, the row of the table, the model's family.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from ...errors import BadUsage
from ...facts import facts_for
from ...heal.notes import noted
from ...servers import NO_QUIRKS

if TYPE_CHECKING:
    from ...servers import Server
    from ..openrouter.capability import Capability
    from ..session import Session

__all__ = ["MODES", "chosen_modes", "modes_for", "needs_prompt", "profile_for"]

MODES = ("strict", "native", "tool", "json_object", "prompt")
_SCHEMA = frozenset({"strict", "native"})

_PROFILES = {
    # a row's name, where it is not the profile's
    "lmstudio": "llamacpp",
    "llamafile": "llamacpp",
    "koboldcpp": "llamacpp",
    "jan": "llamacpp",
    "sglang": "vllm",
    "tgi": "vllm",
}
_AUTHORS = {"anthropic": "anthropic", "google": "gemini", "mistralai": "mistral", "openai": "openai"}


def chosen_modes(mode: Any) -> tuple[str, ...] | None:
    """The caller's word: one mode, several in order, or None to choose. Raises BadUsage for another word."""
    if mode is None or mode == "auto":
        return None
    given = (mode,) if isinstance(mode, str) else tuple(mode) if isinstance(mode, Iterable) else (mode,)
    for one in given:
        if one not in MODES:
            raise BadUsage(f"mode is one of {', '.join(MODES)}, or several in order; not {one!r}", param="mode")
    if not given:
        raise BadUsage("mode names no mode at all; leave it out to have one chosen", param="mode")
    return given


def modes_for(session: Session, model: str, known: Capability | None = None) -> tuple[str, ...]:
    """The modes worth trying, the surest first; "prompt" is always the last of them."""
    row = session.target.row
    out = set(_ruled_out(row, model, known))
    memory = session.shared.memory
    if memory is not None:
        out |= noted(memory, session.target.base_url, model, session.wall())
    return tuple(mode for mode in MODES if mode not in out or mode == "prompt")


def _ruled_out(row: Server | None, model: str, known: Capability | None) -> Collection[str]:
    """What is known not to work before anybody is asked."""
    out: set[str] = set()
    if known is not None and known.source is not None:
        if known.structured_outputs is False:
            out |= _SCHEMA
        if known.response_format is False and known.structured_outputs is not True:
            out.add("json_object")
        if known.tools is False:
            out.add("tool")
        return out
    quirks = NO_QUIRKS if row is None else row.quirks
    formats = set(quirks.response_formats)
    if quirks.family_facts:
        of_family = facts_for(model).response_formats
        if of_family is not None:
            formats &= set(of_family)
    if "json_schema" not in formats:
        out |= _SCHEMA
    if "json_object" not in formats:
        out.add("json_object")
    return out


def profile_for(row: Server | None, model: str) -> str:
    """The name of the provider whose rules for schemas count: the row's own, behind a router the maker's; OpenAI's,
    the strictest, where nothing better is known."""
    return _known_profile(row, model) or "openai"


def _known_profile(row: Server | None, model: str) -> str | None:
    from ...schema.strict.profiles import PROFILES

    if row is not None:
        name = _PROFILES.get(row.kind, row.kind)
        if name in PROFILES:
            return name
    author = model.partition("/")[0].lstrip("~").lower() if "/" in model else ""
    return _AUTHORS.get(author)


def needs_prompt(row: Server | None, mode: str, model: str) -> bool:
    """Whether the schema is told in the prompt too: always where nothing else tells it, and beside a native mode of
    servers that do not show the schema to the model, or of which nothing is known."""
    from ...schema.strict.profiles import PROFILES

    if mode not in _SCHEMA:
        return mode != "tool"
    known = None if row is None else _known_profile(row, model)
    return known is None or not PROFILES[known].sees_schema
