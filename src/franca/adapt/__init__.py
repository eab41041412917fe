"""The request as this server wants it: a body and a row of the table give the body to send, and what was changed.

    body, changes = adapted(body, row, "openai/gpt-oss-120b")

Pure: neither the body nor anything in it is touched; what differs is new, what does not is shared. Nothing is changed
in silence: every difference is a `Change`. What could only be changed by giving up what was asked for is a `BadUsage`.
Adapting a body twice changes nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..servers import NO_QUIRKS

if TYPE_CHECKING:
    from ..servers import Server
    from ..wire.told import Change

__all__ = ["adapted"]


def adapted(body: dict[str, Any], row: Server | None, model: str) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """The body to send to the server of `row` for `model`, and the changes; the very same body and () when there are
    none.

    For a server that is not in the table (`row` None) only `reasoning_budget` is changed, which is no field of the
    wire: it becomes the nearest `reasoning_effort`, the one setting of the kind that OpenAI's format has.

    Raises BadUsage for features that the server excludes in one request, an image that it cannot fetch, a budget that
    is no number of tokens, or a budget beside an effort.
    """
    quirks = NO_QUIRKS if row is None else row.quirks
    if (quirks is NO_QUIRKS or quirks == NO_QUIRKS) and "reasoning_budget" not in body:
        return body, ()
    from .steps import adapt  # loaded by the first request that needs it: making a client stays cheap

    return adapt(body, quirks, "" if row is None else row.name, model)
