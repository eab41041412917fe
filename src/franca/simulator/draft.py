"""What a model answers, before it is put on the wire: tokens, thoughts, calls and why it stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .tokens import pieces

__all__ = ["Draft", "apply_stop", "limit"]


@dataclass(slots=True)
class Draft:
    """One choice of an answer.

    `content` is None where the model says nothing (it calls tools instead); `reasoning_field` is the name
    that the thoughts go by on the wire: "reasoning_content", "reasoning" or "reasoning_details"; "": the server's own.
    """

    content: list[str] | None
    finish: str = "stop"
    reasoning: list[str] = field(default_factory=list)
    reasoning_field: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    """What is said instead of content where the model refuses."""

    @property
    def text(self) -> str | None:
        """The content as one string."""
        return None if self.content is None else "".join(self.content)

    @property
    def size(self) -> int:
        """Completion tokens: content, thoughts and calls."""
        total = len(self.content or ()) + len(self.reasoning) + len(self.refusal)
        for call in self.calls:
            body = call.get("function") or call["custom"]
            total += len(pieces(body["name"])) + len(pieces(body.get("arguments") or body.get("input") or ""))
        return total


def apply_stop(draft: Draft, stop: str | list[str] | None) -> None:
    """End the content before the first stop sequence in it."""
    if not stop or draft.content is None:
        return
    text = "".join(draft.content)
    found = [place for word in ([stop] if isinstance(stop, str) else stop) if word and (place := text.find(word)) >= 0]
    if found:
        draft.content = pieces(text[: min(found)])
        draft.finish = "stop"


def limit(draft: Draft, most: int | None) -> None:
    """Cut the answer to so many tokens, thoughts first; calls are never cut."""
    if most is None:
        return
    if len(draft.reasoning) > most:
        draft.reasoning = draft.reasoning[:most]
        draft.content, draft.finish = [], "length"
    elif draft.content is not None and len(draft.reasoning) + len(draft.content) > most:
        draft.content = draft.content[: most - len(draft.reasoning)]
        draft.finish = "length"
