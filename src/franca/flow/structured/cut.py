"""Answers that were cut off: whether a text can be whole, and how the rest that a model writes goes on with it.

Where the rest does not certainly go on with what was there, it is refused: a wrong seam inside a text or a number would
look like an answer.
"""

from __future__ import annotations

from ...errors import OutputInvalid
from ...wire.chat import Chat
from .form import Form, Reading

__all__ = ["ended_early", "joined", "may_be_whole"]

_ALIKE = 8  # characters at the beginning
_LONGEST_OVERLAP = 400
_CUT = "the answer ends in the middle"


def ended_early(chat: Chat) -> bool:
    """Whether an answer did not end by itself, as far as the server tells."""
    return chat.finish_kind in ("length", "error")


def may_be_whole(chat: Chat, reading: Reading) -> bool:
    """Whether the value in an answer can be all of it. A server that tells no reason at all is asked to be whole too
    where the end had to be made up."""
    if ended_early(chat):
        return reading.whole
    return chat.finish_kind is not None or not reading.open


def joined(form: Form, before: str, rest: str, chat: Chat) -> tuple[str, Reading | None, list[str]]:
    """A text that was cut, and its rest, out of the answer `chat`: the text as it stands now, what it says, else None
    and the problems. The text as it was where the rest does not go on with it."""
    text = before + rest
    if not ended_early(chat):
        again = _begun_again(form, rest)
        if again is not None and not _reads(form, text):
            return rest, again, []
    elif len(rest) >= _ALIKE and before.lstrip()[:_ALIKE] == rest.lstrip()[:_ALIKE]:
        return before, None, ["the model began anew, and was cut off again"]
    if _repeats(before, rest):
        return before, None, ["where the rest goes on is not certain: it repeats what came before"]
    try:
        reading = form.read(text)
    except OutputInvalid as error:
        return text, None, error.problems or [error.message]
    # Nothing but JSON as it is written: a model that says "Here is the rest" inside of a text must not be believed.
    if reading.whole and _is_plain(text):
        return text, reading, []
    if not ended_early(chat) and not isinstance(reading.data, (dict, list)) and not reading.repairs:
        return text, reading, []
    return text, None, [_CUT if ended_early(chat) else "the answer and its rest are no whole JSON together"]


def _reads(form: Form, text: str) -> bool:
    try:
        return form.read(text).whole
    except OutputInvalid:
        return False


def _is_plain(text: str) -> bool:
    """Whether from its first to its last bracket a text is JSON."""
    import msgspec

    start = min(at for at in (text.find("{"), text.find("["), len(text)) if at >= 0)
    try:
        msgspec.json.decode(text[start : max(text.rfind("}"), text.rfind("]")) + 1])
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return False
    return True


def _begun_again(form: Form, rest: str) -> Reading | None:
    """What a rest says that is the whole answer, written anew."""
    text = rest.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].partition("\n")[2].strip()
    try:
        data = form.exact(text)
    except (OutputInvalid, ValueError, RecursionError):
        return None
    return Reading(data, data, ())


def _repeats(before: str, rest: str) -> bool:
    """Whether the rest begins with the end of what it is to go on with: two letters or digits, or more."""
    for length in range(min(len(before), len(rest), _LONGEST_OVERLAP), 1, -1):
        start = rest[:length]
        if before.endswith(start) and sum(map(str.isalnum, start)) > 1:
            return True
    return False
