"""How many tokens a text or a request is, about: without a vocabulary, a download or a dependency.

Real tokenizers disagree by a third on German and by a factor of three on Hindi, so no estimate can be right for all.
This one counts kinds of characters (words, long words, digits, punctuation, scripts) and weighs them with constants
that were fitted in November 2026 to the median of five vocabularies (o200k, cl100k, Llama 3, Qwen and Tekken), and
leans to the high side. `docs/limits.md` has the measured errors, `benchmarks/token_estimate.py` measures them.

Every pass over the text is one call into C (`bytes.translate`, `bytes.count`): some 40 MB/s, and linear for any input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .errors import BadUsage
from .wire.base import Window

__all__ = ["estimate_tokens", "tokens_to_reserve"]

# Per message, as OpenAI's chat format has it: three around each, one for a name, three that open the answer
# (OpenAI Cookbook, "How to count tokens with tiktoken", read in November 2026). Others' templates are alike.
_PER_MESSAGE = 3
_PER_NAME = 1
_PER_ANSWER = 3
# A tool or a tool call carries a frame of its own: names of fields, brackets, ids.
_PER_TOOL = 8

# What is no text. OpenAI's gpt-4o (its guide to images, November 2026): 85 at low detail, else 170 for each tile of 512
# pixels and 85: 765 for 1024 x 1024. Other models count otherwise, and a link does not tell its size.
_IMAGE_LOW = 85
_IMAGE = 765
# Audio is ten tokens a second (gpt-4o-audio); a second is some 64,000 base64 characters of WAV (24 kHz, 16 bit), and
# 21,000 of MP3 at 128 kbit/s.
_WAV_CHARACTERS = 6400
_AUDIO_CHARACTERS = 2100
_VIDEO = 5000
# A file is mostly a PDF: a page of some 60 KB costs its text and its picture.
_FILE_LEAST = 1500
_FILE_CHARACTERS = 50

_SLICE = 16 * 1024  # characters at a time: small enough for the cache, and a blob in a long text is seen as one


def _classes() -> tuple[bytes, bytes]:
    """Two tables for `bytes.translate`: byte -> kind of character, and kind -> letter, digit or neither.

    In UTF-8 the first byte of a character tells its script well enough; the bytes that follow are deleted.
    """
    kinds = bytearray(b"." * 128 + b"q" * 128)
    for first, last, kind in (
        (0x61, 0x7A, "a"),  # a-z
        (0x41, 0x5A, "A"),
        (0x30, 0x39, "0"),
        (0x09, 0x0D, " "),
        (0x20, 0x20, " "),
        (0x0A, 0x0A, "\n"),
        (0xC3, 0xC3, "e"),  # Latin with marks: Western Europe
        (0xC4, 0xCC, "f"),  # and the rest of it
        (0xCD, 0xD5, "r"),  # Greek, Cyrillic, Armenian
        (0xD6, 0xDF, "s"),  # Hebrew, Arabic, Syriac ...
        (0xE0, 0xE1, "i"),  # scripts of India and South-East Asia, Georgian, Ethiopic; also Vietnamese
        (0xE3, 0xE3, "k"),  # kana and CJK punctuation
        (0xE4, 0xE9, "h"),  # Han
        (0xEA, 0xED, "g"),  # Hangul
        (0xEF, 0xEF, "h"),  # full-width forms
        (0xF0, 0xF7, "m"),  # emoji, rare scripts
    ):
        kinds[first : last + 1] = kind.encode() * (last + 1 - first)
    words = bytearray(b" " * 256)
    words[ord("0")] = ord("0")
    for kind in "aAef":
        words[ord(kind)] = ord("a")
    return bytes(kinds), bytes(words)


_KINDS, _WORDS = _classes()
_FOLLOWING = bytes(range(0x80, 0xC0))


def estimate_tokens(what: Any) -> int:
    """About how many tokens `what` is for a model.

    what    a text; a message; a list of messages, texts or token ids; or the body of a request, of which messages,
            prompt, input, tools, functions, response_format and prediction count.

    Images, audio and files are counted by constants, whatever is in them: 765 an image (85 with `detail: "low"`), ten a
    second of audio by the length of its base64, 5,000 a video, 1,500 and more a file. Raises BadUsage for anything
    else.
    """
    return _rounded(_tokens(what))


def tokens_to_reserve(body: Mapping[str, Any]) -> int:
    """What a request may take from a limit on tokens: its prompt, and the longest answer that it allows.

    That is how OpenAI, Azure and Groq count a request before it is answered. Without a limit on the answer it is the
    prompt alone, and the rest is settled when the usage is known.
    """
    most = next((body[name] for name in ("max_completion_tokens", "max_tokens") if _is_count(body.get(name))), 0)
    answers = body["n"] if _is_count(body.get("n")) else 1
    return estimate_tokens(body) + int(most * answers)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _rounded(tokens: float) -> int:
    return int(tokens + 0.999) if tokens > 0 else 0


def _tokens(what: Any) -> float:
    if isinstance(what, str):
        return _text_tokens(what)
    if isinstance(what, Window):
        what = what._data
    if isinstance(what, Mapping):
        return _body_tokens(what) if "role" not in what else _message_tokens(what)
    if isinstance(what, (list, tuple)):
        return _list_tokens(what)
    raise BadUsage(
        f"tokens are estimated for a text, a message, a list of messages or a request body, not {type(what).__name__}"
    )


def _list_tokens(items: list[Any] | tuple[Any, ...]) -> float:
    """Messages (with the opening of the answer), texts, lists of token ids, or the ids themselves."""
    total = 0.0
    messages = False
    for item in items:
        if isinstance(item, int):
            total += 1
        elif isinstance(item, (str, list, tuple)):
            total += _tokens(item)
        elif isinstance(item, (Mapping, Window)):
            messages = True
            total += _message_tokens(item._data if isinstance(item, Window) else item)
        else:
            raise BadUsage(f"a list of messages holds messages, not {type(item).__name__}")
    return total + _PER_ANSWER if messages else total


def _body_tokens(body: Mapping[str, Any]) -> float:
    total = 0.0
    for name in ("messages", "prompt", "input"):
        value = body.get(name)
        if value is not None:
            total += _tokens(value)
    for name in ("tools", "functions"):
        value = body.get(name)
        if isinstance(value, (list, tuple)):
            total += _PER_TOOL * len(value)
        if value is not None:
            total += _structure_tokens(value)
    wanted = body.get("response_format")
    if isinstance(wanted, Mapping) and "json_schema" in wanted:
        total += _structure_tokens(wanted["json_schema"])
    prediction = body.get("prediction")
    if isinstance(prediction, Mapping):
        total += _content_tokens(prediction.get("content"))
    return total


def _message_tokens(message: Mapping[str, Any]) -> float:
    total = _PER_MESSAGE + _content_tokens(message.get("content"))
    for field in ("reasoning_content", "reasoning", "refusal"):
        value = message.get(field)
        if isinstance(value, str):
            total += _text_tokens(value)
    name = message.get("name")
    if isinstance(name, str):
        total += _PER_NAME + _text_tokens(name)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, (list, tuple)) else ():
        asked = call.get("function") if isinstance(call, (Mapping, Window)) else None
        total += _PER_TOOL + _structure_tokens(asked)
    if message.get("function_call") is not None:
        total += _PER_TOOL + _structure_tokens(message["function_call"])
    return total


def _content_tokens(content: Any) -> float:
    if isinstance(content, str):
        return _text_tokens(content)
    if not isinstance(content, (list, tuple)):
        return 0.0
    return sum(_part_tokens(part) for part in content)


def _part_tokens(part: Any) -> float:
    if isinstance(part, Window):
        part = part._data
    if isinstance(part, str):
        return _text_tokens(part)
    if not isinstance(part, Mapping):
        return 0.0
    kind = part.get("type")
    if kind == "image_url":
        image = part.get("image_url")
        return _IMAGE_LOW if isinstance(image, Mapping) and image.get("detail") == "low" else _IMAGE
    if kind == "input_audio":
        audio = part.get("input_audio")
        wav = isinstance(audio, Mapping) and audio.get("format") in ("wav", "pcm16")
        return max(1, _blob(audio) / (_WAV_CHARACTERS if wav else _AUDIO_CHARACTERS))
    if kind in ("file", "input_file"):
        return max(_FILE_LEAST, _blob(part.get("file")) / _FILE_CHARACTERS)
    if kind in ("video_url", "input_video"):
        return _VIDEO
    return _structure_tokens({name: value for name, value in part.items() if name not in ("type", "cache_control")})


def _blob(part: Any) -> int:
    """The length of the base64 in a part."""
    if not isinstance(part, Mapping):
        return 0
    return max((len(part[name]) for name in ("data", "file_data") if isinstance(part.get(name), str)), default=0)


def _structure_tokens(value: Any) -> float:
    return _text_tokens("".join(_pieces(value)))


def _pieces(value: Any) -> Iterator[str]:
    """JSON as a text, roughly, and without recursion: a schema may nest deeper than Python's stack likes."""
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Window):
            item = item._data
        if isinstance(item, Mapping):
            for key, inner in item.items():
                pending += (inner, _Key(key))
        elif isinstance(item, (list, tuple)):
            pending += item
        elif isinstance(item, _Key):
            yield f'"{item}":'
        elif item is not None:
            yield f"{item}, "


class _Key(str):
    """The name of a field, among values that may be texts."""

    __slots__ = ()


def _text_tokens(text: str) -> float:
    if len(text) <= _SLICE:
        return _slice_tokens(text)
    return sum(_slice_tokens(text[start : start + _SLICE]) for start in range(0, len(text), _SLICE))


def _slice_tokens(text: str) -> float:
    """The sum of counts by their weights; see the top of the file for where the weights are from."""
    kinds = text.encode("utf-8", "surrogatepass").translate(_KINDS, _FOLLOWING)
    words = (b" " + kinds).translate(_WORDS)
    count = kinds.count
    lower, upper, humps = count(b"a"), count(b"A"), count(b"aA")
    total = (
        1.08 * words.count(b" a")
        + 0.53 * words.count(b"0a")
        + 0.10 * words.count(b"a0")
        + 0.12 * words.count(b"aaaaa")
        + 0.95 * words.count(b"aaaaaaaaa")  # a word this long is seldom one token
        + 1.00 * words.count(b"aaaaaaaaaaaaa")  # and one of 13 letters is a compound
        + 0.80 * humps
        + 0.11 * upper
        + 0.96 * count(b"0")
        - 1.20 * count(b"000")  # three digits are one token of most vocabularies
        + 0.36 * count(b".")
        + 0.60 * count(b" .")
        + 0.70 * count(b"\n")
        - 0.60 * count(b"\n\n")
        + 0.38 * count(b"    ")
        # Base64 and the like: humps far beyond those of camelCase.
        + 1.90 * max(0.0, humps - 0.08 * (lower + upper))
    )
    if not text.isascii():
        total += (
            1.50 * count(b"e")
            + 0.90 * count(b"f")
            + 0.38 * count(b"r")
            + 0.43 * count(b"s")
            + 0.63 * count(b"i")
            + 0.80 * count(b"k")
            + 0.87 * count(b"h")
            + 0.83 * count(b"g")
            + 0.90 * count(b"q")
            + 2.90 * count(b"m")
        )
    return total
