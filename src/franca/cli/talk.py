"""The conversation of `franca chat -i`: turns, commands, and what Ctrl-C and Ctrl-D mean."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import BadUsage, FrancaError
from ..wire.chat import Chat
from ..wire.message import Message
from .answer import Manner, Request, Stopped, ask, have_rich
from .exits import OK, report
from .prompt import clean, system_text, system_turn, user_turn
from .terminal import is_terminal, note

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["Conversation", "read_turn", "talk"]

_HELP = """/help           this list
/clear          forget the conversation; the system prompt stays
/system TEXT    set the system prompt; @FILE reads it, - takes it away
/model NAME     go on with another model
/attach FILE    send a file with the next message
/save FILE      write the conversation to a file
/load FILE      go on with a conversation from a file
/exit           leave (Ctrl-D does too)
/system and /model alone show what is set. // begins a message that begins with /.
A line that ends with a backslash goes on in the next; ``` begins and ends a
block of lines. Ctrl-C stops an answer and keeps the conversation."""


@dataclass
class Conversation:
    """What was said, and how it goes on."""

    request: Request
    system: str = ""
    turns: list[Message] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    """Files for the next message."""


class _Leave(Exception):
    """/exit."""


def talk(client: Client, conversation: Conversation, manner: Manner, first: Message | None) -> int:
    """Talk until the user leaves. An exit code: 0, or that of the first error when nobody sits there."""
    person = is_terminal(sys.stdin)
    if person:
        _prepare_line_editing()
        plain = "" if have_rich() else ' Plain text: pip install "franca[cli]" sets Markdown.'
        note(f"{conversation.request.model} at {client.server}. /help lists the commands, Ctrl-D leaves.{plain}")
    message = first
    while True:
        try:
            if message is None:
                message = _next_message(conversation)
            if message is not None:
                _turn(client, conversation, manner, message)
        except EOFError:
            if person:
                _new_row()
            return OK
        except _Leave:
            return OK
        except KeyboardInterrupt:  # at the prompt: the line is dropped
            if not person:
                raise
            _new_row()
        except (FrancaError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            code = report(error)
            if not person:
                return code
        if person and message is not None:
            _new_row()
        message = None


def _turn(client: Client, conversation: Conversation, manner: Manner, message: Message) -> None:
    """Ask, and remember both sides. What had arrived of a broken answer is remembered; a turn that brought
    nothing is forgotten."""
    messages: list[Any] = [*system_turn(conversation.system), *conversation.turns, message]
    try:
        chat = ask(client, conversation.request, messages, manner)
    except Stopped as stop:
        kept = _remember(conversation, message, stop.partial)
        note("stopped" if kept else "stopped; nothing had arrived, so the question is forgotten")
    except FrancaError as error:
        _remember(conversation, message, error.partial)
        raise
    else:
        _remember(conversation, message, chat)
        if chat.tool_calls:
            note("tool calls are shown, not run: this turn is not part of the conversation", "yellow")


def _remember(conversation: Conversation, message: Message, chat: Chat | None) -> bool:
    # A message with tool calls must be followed by their results, which nobody has.
    if chat is None or not chat.choices or not chat.content or chat.tool_calls:
        return False
    conversation.turns += [message, Message(chat.message.to_dict())]
    return True


def _new_row() -> None:
    """End the row that the cursor is in; standard output stays clean where it is no terminal."""
    print(file=sys.stdout if is_terminal(sys.stdout) else sys.stderr, flush=True)


# ---- what is typed -----------------------------------------------------------------------------------


def _prepare_line_editing() -> None:
    try:
        import readline
    except ImportError:  # a Python that was built without it
        return
    readline.set_auto_history(True)


def _next_message(conversation: Conversation) -> Message | None:
    """The next message; None when the turn was a command."""
    said = clean(read_turn(_read_line))
    if said.startswith("//"):
        said = said[1:]
    elif said.startswith("/") and "/" not in said.split()[0][1:] and "\n" not in said:
        _command(conversation, said)
        return None
    if not said.strip():
        return None
    message = user_turn(said, conversation.attached)
    conversation.attached.clear()
    return message


def read_turn(read: Callable[[str], str]) -> str:
    """One turn, of one line or several. `read(prompt)` gives a line, and raises EOFError at the end."""
    lines = [read("> ")]
    fenced = lines[0].startswith("```")
    while True:
        if fenced:
            if len(lines) > 1 and lines[-1].strip() == "```":
                # A bare fence only marks where the text begins and ends; one with a language is part of it.
                return "\n".join(lines[1:-1] if lines[0].strip() == "```" else lines)
        elif lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
        else:
            return "\n".join(lines)
        try:
            lines.append(read("… "))
        except EOFError:
            return "\n".join(lines)


def _read_line(prompt: str) -> str:
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        return input(prompt)
    if is_terminal(sys.stdin):
        print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


# ---- commands ----------------------------------------------------------------------------------------


def _command(conversation: Conversation, line: str) -> None:
    name, _, argument = line.partition(" ")
    argument = argument.strip()
    act = _COMMANDS.get(name)
    if act is None:
        raise BadUsage(f"no command {name}; /help lists them, and // begins a message that begins with /")
    act(conversation, argument)


def _help(conversation: Conversation, argument: str) -> None:
    note(_HELP, "")


def _clear(conversation: Conversation, argument: str) -> None:
    conversation.turns.clear()
    conversation.attached.clear()
    note("the conversation is forgotten")


def _system(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.system = "" if argument == "-" else system_text(argument)
    note(f"system prompt: {conversation.system}" if conversation.system else "no system prompt")


def _model(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.request = replace(conversation.request, model=argument)
    note(f"model: {conversation.request.model}")


def _attach(conversation: Conversation, argument: str) -> None:
    if not argument:
        raise BadUsage("/attach takes a file or the URL of an image")
    user_turn("", [argument])  # so that what cannot be attached is told now
    conversation.attached.append(argument)
    note(f"goes with the next message: {', '.join(conversation.attached)}")


def _save(conversation: Conversation, argument: str) -> None:
    path = _path("/save", argument)
    if path.exists():
        try:
            _loaded(path)
        except BadUsage:
            raise BadUsage(f"{argument} is there and holds no conversation: it is left as it is") from None
    turns = [turn.to_dict() for turn in (*system_turn(conversation.system), *conversation.turns)]
    content = msgspec.json.encode({"model": conversation.request.model, "messages": turns})
    path.write_bytes(msgspec.json.format(content, indent=2) + b"\n")
    note(f"saved {_counted(conversation)} to {path}")


def _load(conversation: Conversation, argument: str) -> None:
    turns = _loaded(_path("/load", argument))
    conversation.system = ""
    if turns and turns[0].role == "system":
        conversation.system = turns.pop(0).text or ""
    conversation.turns = turns
    note(f"loaded {_counted(conversation)}")


def _exit(conversation: Conversation, argument: str) -> None:
    raise _Leave


_COMMANDS: dict[str, Callable[[Conversation, str], None]] = {
    "/help": _help,
    "/clear": _clear,
    "/system": _system,
    "/model": _model,
    "/attach": _attach,
    "/save": _save,
    "/load": _load,
    "/exit": _exit,
    "/quit": _exit,
}


def _path(command: str, argument: str) -> Path:
    if not argument:
        raise BadUsage(f"{command} takes a file")
    return Path(argument).expanduser()


def _loaded(path: Path) -> list[Message]:
    """The messages of a saved conversation, or of a file that is a list of messages."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadUsage(f"cannot read {path}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeError):
        raise BadUsage(f"{path} holds no conversation: it is no JSON") from None
    turns = content.get("messages") if isinstance(content, dict) else content
    if not isinstance(turns, list) or not all(isinstance(turn, dict) and "role" in turn for turn in turns):
        raise BadUsage(f"{path} holds no conversation: there are no messages in it")
    return [Message(turn) for turn in turns]


def _counted(conversation: Conversation) -> str:
    count = len(conversation.turns)
    return f"{count} message{'' if count == 1 else 's'}"
