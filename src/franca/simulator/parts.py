"""The text of a message: parts that are no text are described, `[image image/png 68 bytes]`."""

from __future__ import annotations

from typing import Any

__all__ = ["last_text", "text_of"]


def text_of(content: Any) -> str:
    """A message's content as one text; the parts of a list stand on lines of their own."""
    if isinstance(content, str):
        return content
    return "\n".join(map(_describe, content or ()))


def last_text(messages: list[dict[str, Any]]) -> str:
    """The text of the last user message, or of the last message where no user speaks."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message.get("content"))
    return text_of(messages[-1].get("content"))


def _describe(part: dict[str, Any]) -> str:
    type_ = part["type"]
    if type_ in ("text", "refusal"):
        return str(part[type_])
    value = part[type_]
    if type_ == "input_audio":
        return f"[audio {value['format']} {_base64_size(value['data'])} bytes]"
    if type_ == "file":
        return _describe_file(value)
    word = "image" if type_ == "image_url" else "video"
    url = value["url"]
    detail = f" detail {value['detail']}" if value.get("detail") else ""
    return f"[{word} {_describe_url(url)}{detail}]"


def _describe_url(url: str) -> str:
    """A data URL by its type and size, any other URL as it is."""
    if not url.startswith("data:"):
        return url
    media, _, data = url[5:].partition(",")
    type_, *options = media.split(";")
    size = _base64_size(data) if "base64" in options else len(data)
    return f"{type_ or 'text/plain'} {size} bytes"


def _describe_file(value: dict[str, Any]) -> str:
    if value.get("file_id"):
        return f"[file {value['file_id']}]"
    name = value.get("filename") or "without a name"
    return f"[file {name} {_describe_url(str(value.get('file_data') or ''))}]"


def _base64_size(data: str) -> int:
    return len(data) * 3 // 4 - data[-2:].count("=")
