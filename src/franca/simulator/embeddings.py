"""Embeddings: unit vectors made from a hash of the text, as float32 numbers or base64 of the same."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from functools import lru_cache
from hashlib import shake_256
from math import sqrt
from typing import Any

from . import http
from .ask import Ask
from .pace import delayed
from .steps import Answer
from .tokens import count
from .validate import check_embeddings

__all__ = ["answer_embeddings", "inputs_of", "vector"]


def vector(text: str, dimensions: int, seed: int = 0) -> array[float]:
    """The vector of a text: float32, of length 1, the same for the same text and seed on every machine."""
    raw = array("h")
    raw.frombytes(shake_256(b"%d:" % seed + text.encode("utf-8", "surrogatepass")).digest(2 * dimensions))
    if sys.byteorder == "big":
        raw.byteswap()
    scale = 1.0 / (sqrt(sum(number * number for number in raw)) or 1.0)
    return array("f", [number * scale for number in raw])


@lru_cache(maxsize=512)
def _encoded(text: str, dimensions: int, seed: int, base64: bool) -> bytes:
    """The vector as it stands in the JSON."""
    made = vector(text, dimensions, seed)
    if not base64:
        return http.encode(made.tolist())
    if sys.byteorder == "big":
        made.byteswap()
    return b'"' + b64encode(made.tobytes()) + b'"'


def inputs_of(value: Any) -> list[str]:
    """Every input as text; an array of tokens stands for one text."""
    if isinstance(value, str):
        return [value]
    if isinstance(value[0], int):
        value = [value]
    return [one if isinstance(one, str) else " ".join(map(str, one)) for one in value]


def answer_embeddings(ask: Ask, headers: list[tuple[str, str]]) -> Answer:
    """The answer to an embeddings request."""
    check_embeddings(ask)
    body, dials = ask.body, ask.dials
    inputs = inputs_of(body["input"])
    dimensions = body.get("dimensions") or dials.dimensions
    base64 = body.get("encoding_format") == "base64"
    items = b",".join(
        b'{"object":"embedding","index":%d,"embedding":%b}' % (index, _encoded(text, dimensions, dials.seed, base64))
        for index, text in enumerate(inputs)
    )
    tokens = sum(map(count, inputs))
    tail = http.encode({"model": ask.model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
    data = b'{"object":"list","data":[' + items + b"]," + tail[1:]
    return delayed(http.answer(200, data, headers), dials.latency)
