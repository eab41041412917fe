"""What a request may take, guessed from its fields in a few microseconds: a bound that leans to the high side."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, inf
from typing import Any

import msgspec

from ...errors import BadUsage
from ...prices import Price
from ...tokens import estimate_tokens
from .admission import Estimate

__all__ = ["Guess", "estimate"]

_TEXTS = ("messages", "input", "prompt", "instructions", "tools", "functions", "response_format", "prediction")
_SPOKEN = frozenset({"messages", "input", "prompt"})
_MOST_OUT = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_TIMES = ("n", "best_of")
_MEDIA = (b'"image_url"', b'"input_image"', b'"input_audio"', b'"file_data"', b'"video_url"', b'"input_video"')
"""Signs of parts whose base64 is no text: such a request is counted part by part."""
_PLAIN = b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + bytes(range(0x80, 0xC0))
"""Letters, spaces and what follows the first byte of a character: text of which a token takes several bytes."""
_SAMPLE = 16 * 1024
_FRAME = 8
_LONGEST_LIST = 1024 * 1024
_MOST = 10**12


class Guess(Estimate, frozen=True):
    """An estimate that says what it is alike to.

    `kind` is the model that was asked for: requests of one key and kind learn from each other what they really cost.
    `capped` says that the request sets a limit to its answer; without one the answer's length is a mere assumption.
    """

    kind: str = ""
    capped: bool = True


def estimate(fields: Mapping[str, Any], body_size: int, price: Price | None, default_tokens: int) -> Guess:
    """The most that a request is expected to take.

    fields          the top level of its body, each value as `msgspec.Raw`
    body_size       bytes of the whole body, for one of which nothing else is known
    price           of its model; None: nobody knows one, and so `cost` is None
    default_tokens  of an answer, where the request sets no limit; 0 for endpoints that write none (embeddings)

    The prompt is counted by size: a token for four letters or spaces, and one for each digit, sign and character of
    another script. That is above what tokenizers make of prose, code and CJK, and costs some 6 us for 1 kB. Images,
    audio and files count by constants (see `franca.tokens`). Nothing here raises: what is odd counts as not there.
    """
    prompt = _prompt_tokens(fields, body_size)
    most, times = 0, 1
    for name in _MOST_OUT:
        if name in fields:
            most = max(most, _count(fields[name]))
    for name in _TIMES:
        if name in fields:
            times = max(times, _count(fields[name]))
    raw = fields.get("prompt")
    if raw is not None and bytes(raw).startswith(b"["):
        times *= _prompts(raw)
    answer = min((most or default_tokens) * times, _MOST)
    tokens = prompt + answer
    cost = None
    if price is not None:
        into = price.input if price.cache_write is None else max(price.input, price.cache_write)
        out = price.output if price.reasoning is None else max(price.output, price.reasoning)
        cost = (prompt * into + answer * out) / 1_000_000 + (price.request or 0.0)
    return Guess(tokens, cost, _model(fields.get("model")), most > 0 or default_tokens == 0)


def _prompt_tokens(fields: Mapping[str, Any], body_size: int) -> int:
    total, known = _FRAME, False
    for name in _TEXTS:
        raw = fields.get(name)
        if raw is not None:
            known = True
            text = bytes(raw)
            # Only a part has a type, so that most requests are searched once.
            if name in _SPOKEN and b'"type"' in text and _has_media(text):
                total += _by_parts(name, text)
            else:
                total += _by_size(text)
    return min(total, _MOST) if known else min(_FRAME + body_size // 3, _MOST)


def _has_media(text: bytes) -> bool:
    return any(sign in text for sign in _MEDIA)


def _by_size(text: bytes) -> int:
    size = len(text)
    sample = text if size <= _SAMPLE else text[:_SAMPLE]
    rest = sample.translate(None, _PLAIN)
    dense = len(rest)
    letters = len(sample) - dense
    if not sample.isascii():
        dense += 2 * sample.count(b"\xf0")  # an emoji takes about three
    if b"\\" in rest:
        # An escaped character is one, not six; of Cyrillic not even a token, and an emoji (a pair of them) takes three.
        escaped = sample.count(b"\\u")
        letters -= escaped
        dense -= 3 * escaped + sample.count(b"\\u04") - 5 * sample.count(b"\\ud83")
    tokens = letters // 4 + dense
    return tokens if size <= _SAMPLE else tokens * size // _SAMPLE


def _by_parts(name: str, text: bytes) -> int:
    try:
        held = msgspec.json.decode(text)
        return estimate_tokens({"messages" if name == "input" and _is_messages(held) else name: held}) * 5 // 4
    except (msgspec.DecodeError, BadUsage, RecursionError):
        return _by_size(text)


def _is_messages(held: Any) -> bool:
    return isinstance(held, list) and any(isinstance(one, dict) for one in held)


def _count(raw: Any) -> int:
    """A number above 0, rounded up, also one that was written as a text, as many servers take it; else 0."""
    if raw is None:
        return 0
    text = bytes(raw).strip(b'"')
    if len(text) < 20 and text.isdigit():
        return min(int(text), _MOST)
    try:
        number = float(text) if len(text) < 40 else 0.0
    except ValueError:
        return 0
    return min(ceil(number), _MOST) if 0 < number < inf else 0


def _prompts(raw: Any) -> int:
    """How many prompts a list of them holds; a list of token ids is one."""
    if len(bytes(raw)) > _LONGEST_LIST:
        return bytes(raw).count(b",") + 1  # to read them all would hold up everybody
    try:
        held = msgspec.json.decode(bytes(raw))
    except msgspec.DecodeError:
        return 1
    return sum(1 for one in held if isinstance(one, (str, list))) or 1


def _model(raw: Any) -> str:
    """The model as it was asked for: a name for requests that are alike, so quotes and escapes may stay."""
    return "" if raw is None else bytes(memoryview(raw)[:200]).decode("utf-8", "replace")
