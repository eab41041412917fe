"""Request bodies to JSON bytes; what JSON cannot say is refused, with its place in the body."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from ..errors import BadUsage
from .base import Window

__all__ = ["encode_body", "json_text", "received_text"]


def _plain(value: object) -> Any:
    """What msgspec does not know, as something that it does: windows, subclasses of str, int and float,
    mappings, numpy scalars and arrays, pydantic models."""
    if isinstance(value, Window):
        return value._data
    for plain in (str, int, float):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    raise NotImplementedError(f"{type(value).__name__} is no JSON type")


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")


def encode_body(body: Any) -> bytes:
    """The JSON of a request body, keys in the dict's order. Windows may stand anywhere in it.

    Raises BadUsage, naming the place, for NaN and infinities, lone surrogates, and types that are no JSON.
    """
    try:
        encoded = _encoder.encode(body)
    except RecursionError:
        raise BadUsage("the body is nested too deeply, or in a circle") from None
    except (TypeError, ValueError, NotImplementedError) as error:
        place, problem = next(_faults(body), ("", str(error)))
        raise _refused(place, problem) from None
    # msgspec writes NaN and infinities as null, and those of Decimal by name. A body with neither word has none.
    if b"null" in encoded or b"NaN" in encoded or b"Infinity" in encoded:
        for place, problem in _faults(body):
            raise _refused(place, problem)
    return encoded


def received_text(value: Any) -> str:
    """The JSON text of what a server sent. Refuses nothing, as such a text is only read: NaN becomes null, and
    what no JSON can say at all (in dicts made by hand) is shown as Python does."""
    try:
        return _encoder.encode(value).decode()
    except (TypeError, ValueError, NotImplementedError, RecursionError):
        return str(value)


def _refused(place: str, problem: str) -> BadUsage:
    return BadUsage(f"{place.removeprefix('.') or 'the value'}: {problem}")


def json_text(value: Any) -> str:
    """The JSON text of any value, as `encode_body`."""
    return encode_body(value).decode()


def _faults(body: Any) -> Iterator[tuple[str, str]]:
    """The places that JSON cannot say, with the reason, in the order of the encoder. Slow: runs only when there
    is one, or may be."""
    pending: list[tuple[str, Any]] = [("", body)]
    while pending:
        place, item = pending.pop()
        problem = _fault(item)
        if problem:
            yield place, problem
        else:
            pending.extend(reversed([(place + step, inner) for step, inner in _inside(item)]))


def _fault(item: Any) -> str | None:
    if isinstance(item, str):
        try:
            str(item).encode()
        except UnicodeEncodeError:
            return "text with a lone surrogate, which UTF-8 cannot carry"
    elif isinstance(item, (float, Decimal)):
        return None if math.isfinite(item) else f"{item} is no JSON number"
    elif isinstance(item, dict):
        odd = [key for key in item if not isinstance(key, (str, int, float))]
        return f"a key of type {type(odd[0]).__name__}; JSON has only text keys" if odd else None
    elif not isinstance(item, (list, tuple, Window)):
        try:
            _encoder.encode(item)
        except (TypeError, ValueError, NotImplementedError) as error:
            return str(error)
    return None


def _inside(item: Any) -> Iterator[tuple[str, Any]]:
    """The steps into a container, and what is there."""
    if isinstance(item, Window):
        item = item._data
    if isinstance(item, dict):
        for key, value in item.items():
            if isinstance(key, str):
                yield f" (key {key!r})", key
            yield f".{key}", value
    elif isinstance(item, (list, tuple)):
        for position, value in enumerate(item):
            yield f"[{position}]", value
    elif not isinstance(item, (str, int, float, Decimal, Enum, bytes, msgspec.Raw, type(None))):
        yield "", msgspec.to_builtins(item, enc_hook=_plain, builtin_types=(Decimal,))
