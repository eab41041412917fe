"""What is asked: the words of the command line, standard input, attachments and the system prompt, as messages."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BadUsage
from ..wire.message import Message
from ..wire.messages import system_message, user_message
from .attach import attachment, decoded
from .terminal import is_terminal, note

__all__ = ["clean", "question", "read_input", "system_text", "user_turn"]

_PATIENCE = 2.0  # seconds without standard input after which we say what we wait for


def question(words: Sequence[str], sources: Sequence[str], *, conversation: bool = False) -> Message | None:
    """The user's message; None when nothing is asked.

    Standard input that is piped in stands before the words, or in the place of a word "-". In a conversation
    it is left alone, because the turns come from there.
    """
    explicit = [*words, *sources].count("-")
    if explicit > 1 or (explicit and conversation):
        what = "for the conversation" if conversation else "twice"
        raise BadUsage(f"standard input is used {what}; '-' must go")
    piped = "-" in words or (not explicit and not conversation and _has_input())
    given = read_input() if piped else ""
    return user_turn(_joined(words, given), sources)


def user_turn(text: str, sources: Sequence[str]) -> Message | None:
    """A user's message out of text and attachments. Texts alone stay one string, as every server takes that."""
    parts = [attachment(source) for source in sources]
    blocks = [part for part in parts if isinstance(part, str)]
    if len(blocks) == len(parts):
        whole = "\n\n".join(part for part in (*blocks, text) if part)
        return user_message(whole) if whole else None
    return user_message([*parts, text] if text else parts)


def system_text(given: str) -> str:
    """The text of `-s TEXT` or `-s @FILE`; "@@" stands for an "@" that begins the text."""
    if given.startswith("@@") or not given.startswith("@"):
        return clean(given[1:] if given.startswith("@@") else given)
    try:
        data = Path(given[1:]).expanduser().read_bytes()
    except OSError as error:
        raise BadUsage(f"cannot read {given[1:]}: {error.strerror or error}") from None
    text = decoded(data)
    if text is None:
        raise BadUsage(f"{given[1:]} holds no text")
    return text.strip("\n")


def system_turn(text: str) -> list[Any]:
    """The messages that a system prompt makes: one, or none."""
    return [system_message(text)] if text else []


def clean(text: str) -> str:
    """An argument as text that JSON can carry: bytes that were no UTF-8 are replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def read_input() -> str:
    """All of standard input, as text."""
    stream = sys.stdin
    if is_terminal(stream):
        note("type the prompt, and end it with Ctrl-D on a line of its own")
    else:
        _explain_waiting()
    data = stream.buffer.read()
    text = decoded(data)
    if text is None:
        raise BadUsage("standard input holds no text; `-a -` attaches an image, audio or a PDF from there")
    return text.strip("\n")


def _joined(words: Sequence[str], given: str) -> str:
    if "-" not in words:
        return "\n\n".join(part for part in (given, clean(" ".join(words))) if part)
    place = list(words).index("-")
    before, after = (clean(" ".join(part)) for part in (words[:place], words[place + 1 :]))
    return "\n\n".join(part for part in (before, given, after) if part)


def _has_input() -> bool:
    """Whether standard input is a file, pipe or socket. A terminal, /dev/null or a closed one is not."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _explain_waiting() -> None:
    """A pipe that nobody writes to looks like a hanging server: say what is being waited for."""
    ready, _, _ = select.select([sys.stdin], [], [], _PATIENCE)
    if not ready:
        note("franca: waiting for standard input; `< /dev/null` gives none")
