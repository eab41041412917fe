"""Probes of the plain chat request: its answer, roles, limits of tokens, and the numbers that steer sampling."""

from __future__ import annotations

from .finding import Found, Undecided, found
from .seen import Seen
from .visit import Visit, short

__all__ = [
    "chat",
    "content_parts",
    "developer_role",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "message_name",
    "n",
    "seed",
    "stop",
    "system_role",
    "temperature",
    "two_systems",
    "vision",
]

_HELLO = {"role": "user", "content": "Say hello."}
_COUNT = {"role": "user", "content": "Count from one to thirty, in words."}
_FEW = 3


def chat(visit: Visit) -> Found:
    """A plain answer: is everything there that the format promises?"""
    seen = visit.plain()
    message = seen.choices[0].get("message") if seen.choices else None
    missing = [] if seen.choices else ["choices"]
    if not isinstance(message, dict):
        missing.append("a message")
    elif message.get("role") != "assistant":
        missing.append("the role")
    if not seen.finish:
        missing.append("a finish reason")
    if seen.count("prompt_tokens") is None or seen.count("completion_tokens") is None:
        missing.append("token counts")
    if missing:
        return found("partial", f"answered, without {', '.join(missing)}")
    wrote = seen.text.strip()
    said = "text" if wrote else "no text (its tokens went into reasoning)" if seen.reasoning else "no text"
    return found("ok", f"{said}, finish reason {seen.finish}, token counts told")


def max_tokens(visit: Visit) -> Found:
    """Whether `max_tokens` bounds the answer."""
    return _limit(visit, "max_tokens", "max_completion_tokens")


def max_completion_tokens(visit: Visit) -> Found:
    """Whether `max_completion_tokens` bounds the answer."""
    return _limit(visit, "max_completion_tokens", "max_tokens")


def _limit(visit: Visit, field: str, other: str) -> Found:
    visit.plain()
    changes = {visit.memory["limit"]: None} if visit.memory["limit"] else {}
    seen = visit.chat(f"chat with {field} {_FEW}", **{**changes, field: _FEW, "messages": [_COUNT]})
    if not seen.good:
        # Only a refusal that the other field does not meet is about this one.
        quirks = {"token_field": other} if visit.memory["limit"] == other else {}
        return found("no", f"refused: {short(seen)}", **quirks)
    made = seen.count("completion_tokens")
    ignored = {"token_field": other, "ignores": (field,)}
    if made is not None and made > _FEW:
        return found("no", f"taken, but the answer has {made} tokens where {_FEW} were allowed", **ignored)
    if seen.finish == "length":
        told = f"{made} tokens" if made is not None else "a cut answer"
        return found("ok", f"honoured: asked for {_FEW}, got {told} and the finish reason length")
    if made is None:
        return found("unknown", "taken; the answer tells neither token counts nor the finish reason length")
    if made == _FEW:
        return found("unknown", f"taken; {made} tokens with the finish reason {seen.finish}: cut, or ended by itself")
    return found("unknown", f"taken; the model ended by itself after {made} tokens")


def system_role(visit: Visit) -> Found:
    """Whether a system message is taken and reaches the model."""
    return _role(visit, "system")


def developer_role(visit: Visit) -> Found:
    """Whether a developer message is taken and reaches the model."""
    return _role(visit, "developer")


def _role(visit: Visit, role: str) -> Found:
    seen = visit.chat(f"chat with a {role} message", messages=[{"role": role, "content": "Be very brief."}, _HELLO])
    if not seen.good:
        quirks = {"roles": (("developer", "system"),)} if role == "developer" and _taken(visit, "system") else {}
        return found("no", f"refused: {short(seen)}", **quirks)
    return _reached(visit, seen, "taken")


def _taken(visit: Visit, role: str) -> bool:
    return visit.chat(f"chat with a {role} message", messages=[{"role": role, "content": "Be brief."}, _HELLO]).good


def _reached(visit: Visit, seen: Seen, word: str) -> Found:
    """A message or part that was taken: did the prompt grow by it?"""
    more = visit.grew(seen)
    if more is None:
        return found("unknown", f"{word}; whether it reaches the model cannot be told without token counts")
    if more > 0:
        return found("ok", f"{word}; the prompt grew by {more} tokens")
    return found("partial", f"{word}, but no prompt tokens are counted for it: it seems to be dropped")


def two_systems(visit: Visit) -> Found:
    """Whether a second system message is taken, after the user's."""
    messages = [{"role": "system", "content": "Be brief."}, _HELLO, {"role": "system", "content": "Be kind."}, _HELLO]
    seen = visit.chat("chat with a system message in the middle", messages=messages)
    if seen.good:
        return found("ok", "taken")
    if not _taken(visit, "system"):
        return found("no", f"refused, as any system message: {short(seen)}")
    return found("no", f"refused: {short(seen)}", single_system=True)


def content_parts(visit: Visit) -> Found:
    """Whether `content` may be a list of text parts."""
    parts = [{"type": "text", "text": "Say"}, {"type": "text", "text": " hello."}]
    seen = visit.chat("chat with content as a list", messages=[{"role": "user", "content": parts}])
    if not seen.good:
        return found("no", f"refused: {short(seen)}", flat_content=True)
    more = visit.grew(seen)
    if more is not None and more < -1:
        return found("partial", f"taken, but the prompt is {-more} tokens shorter: a part is lost", flat_content=True)
    return found("ok", "a list of text parts is taken")


def message_name(visit: Visit) -> Found:
    """Whether messages may have a `name`."""
    seen = visit.chat("chat with a name", messages=[{**_HELLO, "name": "ann"}])
    if seen.good:
        return found("ok", "taken")
    return found("no", f"refused: {short(seen)}", message_drops=("name",))


def temperature(visit: Visit) -> Found:
    """Whether `temperature` is taken, and whether it changes anything."""
    visit.steady()
    refused = visit.memory.get("temperature")
    if refused is not None:
        return found("no", f"0 is refused: {short(refused)}", drops=("temperature",))
    first, second = visit.steady()
    hot = [visit.chat("temperature 2", **{**visit.memory["cold"], "temperature": 2}) for _ in range(2)]
    bad = next((one for one in hot if not one.good), None)
    if bad is not None:
        return found("partial", f"0 is taken, 2 is refused: {short(bad)}")
    cold_same = _wrote(first) == _wrote(second)
    if not cold_same:
        return found("unknown", "taken; two answers at 0 differ, so its effect cannot be told")
    if _wrote(hot[0]) == _wrote(hot[1]) == _wrote(first):
        return found("unknown", "taken; the answers at 0 and at 2 are all the same")
    return found("ok", "two answers at 0 are the same, those at 2 differ")


def _wrote(seen: Seen) -> str:
    """All that an answer says: text, or reasoning where it got no further."""
    return seen.text or str([seen.message.get(name) for name in ("reasoning_content", "reasoning", "tool_calls")])


def n(visit: Visit) -> Found:
    """Whether several choices can be had."""
    seen = visit.chat("chat with n 2", n=2)
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    if len(seen.choices) == 2:
        return found("ok", "2 choices")
    count = f"{len(seen.choices)} choice{'' if len(seen.choices) == 1 else 's'}"
    return found("no", f"taken, but {count} came", ignores=("n",))


def stop(visit: Visit) -> Found:
    """Whether a stop sequence ends the answer: a word that the model is known to write."""
    first, second = visit.steady()
    pieces = first.text.split()
    if len(pieces) < 2 or first.text != second.text:
        why = "wrote too little" if len(pieces) < 2 else "does not repeat itself"
        # Whether it is refused can be told all the same.
        tried = visit.chat("chat with stop", stop=["|"])
        return found("unknown", f"taken; the model {why}") if tried.good else found("no", f"refused: {short(tried)}")
    word = next((piece for piece in pieces[1:] if piece not in pieces[0]), "")
    if not word:
        raise Undecided("the model repeats one word: there is none to stop at")
    seen = visit.chat("chat with stop", **visit.memory["cold"], stop=[word])
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    if not seen.text.strip():
        return found("unknown", "taken; the answer has no text, where the stop sequence comes later")
    if first.text.startswith(seen.text) and word not in seen.text:
        tail = "" if seen.finish == "stop" else f", though the finish reason is {seen.finish}"
        return found("ok" if not tail else "partial", f"the answer ends before the stop sequence{tail}")
    if first.text.startswith(seen.text) and seen.text.rstrip().endswith(word):
        return found("partial", "the answer ends with the stop sequence, which should not be part of it")
    if word in seen.text:
        return found("no", "taken, but the answer goes on behind the stop sequence", ignores=("stop",))
    return found("unknown", "taken; the model wrote something else this time")


def seed(visit: Visit) -> Found:
    """Whether the same seed gives the same answer and another seed another one."""
    body = {"messages": [_COUNT], **visit.limited(24)}
    answers = [visit.chat(f"chat with seed {number}", **body, seed=number) for number in (11, 11, 11, 12, 13)]
    bad = next((one for one in answers if not one.good), None)
    if bad is not None:
        return found("no", f"refused: {short(bad)}", drops=("seed",))
    wrote = [_wrote(one) for one in answers]
    if len(set(wrote[:3])) > 1:
        return found("partial", "taken, but answers with one seed differ")
    if len(set(wrote)) == 1:
        return found("unknown", "taken; the answers are the same with every seed")
    return found("ok", "one seed gives one answer, another seed another")


def logprobs(visit: Visit) -> Found:
    """Whether log probabilities come when they are asked for."""
    seen = visit.chat("chat with logprobs", logprobs=True, top_logprobs=2)
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    given = seen.choices[0].get("logprobs") if seen.choices else None
    content = given.get("content") if isinstance(given, dict) else None
    if not isinstance(content, list) or not content:
        if not seen.text:
            return found("unknown", "taken; the answer has no text that could have any")
        return found("no", "taken, but none came", ignores=("logprobs",))
    top = content[0].get("top_logprobs") if isinstance(content[0], dict) else None
    count = len(top) if isinstance(top, list) else 0
    if count == 2:
        return found("ok", f"{len(content)} tokens with 2 alternatives each")
    return found("partial", f"{len(content)} tokens, with {count} alternatives where 2 were asked for")


def vision(visit: Visit) -> Found:
    """Whether this model takes an image, by whether it becomes part of the prompt."""
    image = {"type": "image_url", "image_url": {"url": _red_square()}}
    seen = visit.chat("chat with an image", messages=[{"role": "user", "content": [*_text_part(), image]}])
    if not seen.good:
        return found("no", f"refused for this model: {short(seen)}")
    more = visit.grew(seen, visit.chat("the same without it", messages=[{"role": "user", "content": _text_part()}]))
    if more is None:
        return found("unknown", "taken; whether the model sees it cannot be told without token counts")
    if more > 0:
        return found("ok", f"taken; the prompt grew by {more} tokens")
    return found("partial", "taken, but no prompt tokens are counted for it: it seems to be dropped")


def _text_part() -> list[dict[str, str]]:
    return [{"type": "text", "text": "What colour is it?"}]


def _red_square() -> str:
    """A PNG of 32 by 32 pixels as a data URL; some servers refuse smaller ones."""
    import zlib
    from base64 import b64encode
    from struct import pack

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\xff\0\0" * 32 for _ in range(32)))
    head = pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return "data:image/png;base64," + b64encode(png).decode()
