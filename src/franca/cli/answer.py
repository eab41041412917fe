"""Ask for one chat and show the answer: as it streams, or whole; as Markdown, as plain text, or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from ..errors import BadUsage, FrancaError, ServerFault
from ..wire.calls import ToolCall
from ..wire.chat import Chat, Choice
from ..wire.chunk import ChatEvent
from .show import Watch, print_json, print_stats
from .terminal import can_repaint, is_terminal, note, safe, styled

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["Manner", "Request", "Stopped", "ask", "have_rich"]


@dataclass(frozen=True, slots=True)
class Request:
    """What every turn of a conversation asks with."""

    model: str
    named: Mapping[str, Any]
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is shown."""

    stream: bool = True
    markdown: bool = False
    reasoning: bool = False
    json: bool = False
    stats: bool | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> Manner:
        """What the options ask for, and what standard output can do."""
        markdown = can_repaint(sys.stdout) if args.markdown is None else args.markdown
        if markdown and not args.json:
            markdown = have_rich()
            if not markdown and args.markdown:
                raise BadUsage('--markdown needs Rich: pip install "franca[cli]"')
        return cls(args.stream and not args.json, markdown, args.show_reasoning, args.json, args.stats)


def have_rich() -> bool:
    """Whether Markdown can be set."""
    from importlib.util import find_spec

    return find_spec("rich") is not None and find_spec("markdown_it") is not None


class Stopped(KeyboardInterrupt):
    """Ctrl-C while an answer was on its way; `partial` is what had arrived, a Chat or None."""

    def __init__(self, partial: Chat | None) -> None:
        super().__init__()
        self.partial = partial


class Display(Protocol):
    """What shows an answer while it arrives."""

    def reasoning(self, text: str) -> None: ...
    def content(self, text: str) -> None: ...
    def close(self) -> None: ...


class PlainText:
    """The text as it comes. Reasoning goes to standard error where standard output is no terminal."""

    def __init__(self, *, reasoning: bool) -> None:
        self._screen = is_terminal(sys.stdout)
        self._show_reasoning = reasoning
        self._last: tuple[TextIO, str] | None = None
        self._thinking = False

    def reasoning(self, text: str) -> None:
        if self._show_reasoning:
            self._turn(True)
            self._write(sys.stdout if self._screen else sys.stderr, text, "dim")

    def content(self, text: str) -> None:
        self._turn(False)
        self._write(sys.stdout, text)

    def close(self) -> None:
        if self._last is not None and not self._last[1].endswith("\n"):
            self._last[0].write("\n")
            self._last[0].flush()
        self._last = None

    def _turn(self, thinking: bool) -> None:
        if thinking != self._thinking:
            if self._last is not None:
                stream = self._last[0]
                self.close()
                if self._screen:
                    stream.write("\n")
            self._thinking = thinking

    def _write(self, out: TextIO, text: str, style: str = "") -> None:
        shown = safe(text) if is_terminal(out) else text
        self._last = (out, text)  # first, because a Ctrl-C may come at any moment
        out.write(styled(shown, style, out) if style else shown)
        out.flush()


def ask(client: Client, request: Request, messages: list[Any], manner: Manner) -> Chat:
    """Ask, show the answer, and return it. Raises Stopped on Ctrl-C, and the errors of `Client.chat_stream`;
    what had arrived by then is shown."""
    display = None if manner.json else _display(manner)
    _ = client.transport  # made, and its modules imported, before the clock starts
    watch = Watch()
    if display is None:
        chat = client.chat(messages, model=request.model, extra=request.extra, **request.named)
        watch.stop()
        print_json(chat.to_dict())
    else:
        chat = (_streamed if manner.stream else _whole)(client, request, messages, display, watch)
        _judge(chat)
    print_stats(watch, chat.usage, manner.stats)
    if chat.finish_kind == "error":
        raise ServerFault(f"the answer ended with finish_reason {chat.finish_reason!r}", server=client.server)
    return chat


def _display(manner: Manner) -> Display:
    if not manner.markdown:
        return PlainText(reasoning=manner.reasoning)
    from .screen import MarkdownScreen

    return MarkdownScreen(sys.stdout, reasoning=manner.reasoning)


def _streamed(client: Client, request: Request, messages: list[Any], display: Display, watch: Watch) -> Chat:
    partial: Chat | None = None
    stream = None
    try:
        with client.chat_stream(messages, model=request.model, extra=request.extra, **request.named) as stream:
            for event in stream:
                watch.event()
                for thought, said in _pieces(event):
                    if thought:
                        display.reasoning(thought)
                    if said:
                        display.content(said)
    except KeyboardInterrupt:
        partial = stream.partial if stream is not None else None
        raise Stopped(partial) from None
    except FrancaError as error:
        partial = error.partial
        raise
    finally:
        watch.stop()
        display.close()
        if partial is not None:
            _show_rest(partial)
    _show_rest(stream.final)
    return stream.final


def _pieces(event: ChatEvent) -> Iterator[tuple[str | None, str | None]]:
    """Reasoning and text of the first choice. The others are shown at the end: two texts at once are no text."""
    for choice in event.choices:
        if not choice.index:
            delta = choice.delta
            yield delta.reasoning, delta.text or delta.refusal


def _whole(client: Client, request: Request, messages: list[Any], display: Display, watch: Watch) -> Chat:
    partial: Chat | None = None
    try:
        chat = partial = client.chat(messages, model=request.model, extra=request.extra, **request.named)
    except KeyboardInterrupt:
        raise Stopped(None) from None
    except FrancaError as error:
        partial = error.partial
        raise
    finally:
        watch.stop()
        if partial is not None:
            _put_text(partial, display)
        display.close()
        if partial is not None:
            _show_rest(partial)
    return chat


def _put_text(chat: Chat, display: Display) -> None:
    if chat.reasoning:
        display.reasoning(chat.reasoning)
    said = chat.content or chat.refusal
    if said:
        display.content(said)


def _show_rest(chat: Chat) -> None:
    """What an answer holds besides the first choice's text."""
    for place, choice in enumerate(chat.choices):
        if place:
            print(styled(f"\n--- choice {place + 1} of {len(chat.choices)} ---", "dim", sys.stdout))
            _print_text(choice.message.text or choice.message.refusal or "")
        _show_attached(choice)
    sys.stdout.flush()


def _show_attached(choice: Choice) -> None:
    message = choice.message
    for call in message.tool_calls:
        _print_text(_call_line(call))
    if message.function_call is not None:
        _print_text(_call_line(message.function_call))
    held = [f"{len(message.images)} image(s)"] if message.images else []
    held += ["audio"] if message.audio else []
    if held:
        note(f"franca: the answer holds {' and '.join(held)}; --json shows all of it")


def _call_line(call: Any) -> str:
    """A tool call as one reads it: `→ weather(city="Oslo", days=3)  [call_1]`."""
    import msgspec

    if isinstance(call, ToolCall) and call.input is not None:
        inside, problem = call.input, ""
    elif (problem := call.arguments_error or "") and call.arguments:
        inside = call.arguments
    else:
        given = {} if problem else call.arguments_map()
        inside = ", ".join(f"{name}={msgspec.json.encode(value).decode()}" for name, value in given.items())
    identifier = f"  [{call.id}]" if isinstance(call, ToolCall) and call.id else ""
    warning = f"  (not valid: {problem})" if problem else ""
    return f"→ {call.name or '(no name)'}({inside}){identifier}{warning}"


def _print_text(text: str) -> None:
    print(safe(text) if is_terminal(sys.stdout) else text)


def _judge(chat: Chat) -> None:
    """Say it when the answer is not all that the model would have said, or not to what was asked."""
    if chat.adapted:
        note(f"franca: sent otherwise than given: {'; '.join(map(str, chat.adapted))}")
    kind = chat.finish_kind
    if kind == "length":
        note("franca: the answer was cut off by a token limit (--max-tokens)", "yellow")
    elif kind == "content_filter":
        note(f"franca: a content filter ended the answer (finish_reason {chat.finish_reason!r})", "yellow")
    elif not chat.content and not chat.tool_calls and not chat.refusal and kind != "error":
        note(f"franca: the answer is empty (finish_reason {chat.finish_reason!r})", "yellow")
