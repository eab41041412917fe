"""The parts of a message's content: texts made one, audio and images in the form that the server reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .draft import Draft

if TYPE_CHECKING:
    from ..servers import Quirks

__all__ = ["adapt_content", "as_text"]


def adapt_content(draft: Draft, content: list[Any], quirks: Quirks, server: str) -> Any:
    """A list of parts as the server wants it: the same list when nothing changes.

    Raises BadUsage for an image URL where only the bytes are taken.
    """
    if not quirks.image_urls:
        _reject_urls(content, server)
    if quirks.flat_content:
        text = as_text(content)
        if text is not None:
            draft.note("messages[].content", "rewrite", "text parts as one string")
            return text
    if quirks.audio_data_uri:
        made = [_audio(draft, part) for part in content]
        if any(new is not old for new, old in zip(made, content, strict=True)):
            return made
    return content


def as_text(content: list[Any]) -> str | None:
    """The text of parts that are all text; None when there is none, or anything else among them."""
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif type(part) is dict and part.get("type") == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            return None
    return "".join(texts) if texts else None


def _audio(draft: Draft, part: Any) -> Any:
    if type(part) is not dict or part.get("type") != "input_audio":
        return part
    given = part.get("input_audio")
    audio: dict[str, Any] = given if isinstance(given, dict) else {}
    data = audio.get("data")
    if not isinstance(data, str) or data.startswith(("data:", "http://", "https://")):
        return part
    draft.note("messages[].content[].input_audio.data", "rewrite", "as a data URI")
    return {**part, "input_audio": {**audio, "data": f"data:audio/{audio.get('format') or 'wav'};base64,{data}"}}


def _reject_urls(content: list[Any], server: str) -> None:
    for part in content:
        if type(part) is dict and part.get("type") == "image_url":
            image = part.get("image_url")
            url = image.get("url") if type(image) is dict else image
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                raise BadUsage(
                    f"{server} does not fetch images: give the picture itself, image_part(path) or image_part(bytes)",
                    server=server,
                    code="not_at_this_server",
                    param="messages",
                )
