"""The steps in their order: how much to think, what excludes each other, fields, tools, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..facts import NO_FACTS, facts_for
from .draft import Draft
from .messages import adapt_messages
from .nested import adapt_nested
from .reasoning import adapt_reasoning
from .request import adapt_fields, adapt_tools, reject_exclusive

if TYPE_CHECKING:
    from ..servers import Quirks
    from ..wire.told import Change

__all__ = ["adapt"]


def adapt(body: dict[str, Any], quirks: Quirks, server: str, model: str) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """As `adapted`, for a body about which something may have to be done."""
    draft = Draft(body)
    facts = facts_for(model) if quirks.family_facts else NO_FACTS
    chat = isinstance(body.get("messages"), list)
    adapt_reasoning(draft, quirks, facts)
    reject_exclusive(body, quirks, server)
    adapt_fields(draft, quirks, facts, chat)
    adapt_nested(draft, quirks)
    if chat:
        adapt_tools(draft, quirks)
        adapt_messages(draft, quirks, model.rpartition("/")[2].lower(), server)
    return draft.finished()
