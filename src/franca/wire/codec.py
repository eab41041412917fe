"""JSON, loaded when it is first needed: importing msgspec costs more than making a whole client.

Use it as `codec.decode_json(...)`: each name is a lazy attribute of this module (PEP 562), a plain one from its
first use on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decode import decode_json as decode_json
    from .decode import strict_decode as strict_decode
    from .encode import encode_body as encode_body
    from .encode import json_text as json_text
    from .encode import received_text as received_text

__all__ = ["decode_json", "encode_body", "json_text", "received_text", "strict_decode"]

_HOMES = {
    "decode_json": ".decode",
    "encode_body": ".encode",
    "json_text": ".encode",
    "received_text": ".encode",
    "strict_decode": ".decode",
}


if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home, __package__), name)
        globals()[name] = value
        return value
