"""An answer that the server's content filter ended, as the error that it is for who asks for one."""

from __future__ import annotations

from typing import Any

from ..errors import Flagged
from ..wire.base import Answer
from ..wire.finish import finish_kind

__all__ = ["filtered"]


def filtered(answer: Answer) -> Flagged | None:
    """The error for an answer of which a choice ended with `content_filter`, with the answer as `partial`; None for any
    other."""
    choices: Any = answer.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        reason = choice.get("finish_reason") if isinstance(choice, dict) else None
        if isinstance(reason, str) and finish_kind(reason) == "content_filter":
            model = answer.get("model")
            return Flagged(
                f"the answer was ended by a content filter (finish_reason {reason!r})",
                server=answer.server,
                model=model if isinstance(model, str) else None,
                code="content_filter",
                request_id=answer.request_id,
                headers=answer.headers,
                partial=answer,
            )
    return None
