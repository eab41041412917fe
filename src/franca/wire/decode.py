"""JSON as servers really send it, decoded to dicts.

msgspec decodes everything that is JSON. What it refuses gets a second, slower look, because real servers send it:
NaN and Infinity (Python's `json` writes them, for log probabilities), a byte order mark, and half a surrogate
pair (a server that cuts its text by UTF-16 units sends an emoji in two chunks; `Halves` puts it together again).
"""

from __future__ import annotations

from typing import Any

import msgspec

from .halves import Halves

__all__ = ["decode_json", "strict_decode"]

strict_decode = msgspec.json.Decoder().decode
"""JSON and nothing else, as quick as it gets. Raises ValueError, and RecursionError for deep nesting."""


def decode_json(data: bytes, halves: Halves | None = None) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, also for nesting beyond Python's stack.

    `halves` remembers cut characters from one event of a stream to the next.
    """
    try:
        return strict_decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError:
        raise ValueError("nested too deeply") from None
    import json

    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return (halves or Halves(wait=False)).join(value)
