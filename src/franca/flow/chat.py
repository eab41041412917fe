"""Chats and legacy completions: the request out of what the caller gave, the answer or the error it really is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import NoChoices, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire.response import Response, excerpt
from .ask import Ask
from .begin import Begun, begin
from .call import Deals, Understand
from .core import Flow
from .fallback import answered
from .kinds import CHAT, COMPLETION, StreamKind
from .session import Session

__all__ = ["chat", "completion", "open_chat", "open_completion", "reading"]

_WITH_USAGE = {"stream_options": {"include_usage": True}}
Given = Mapping[str, Any]


def chat(
    session: Session,
    messages: Any,
    model: str | None,
    extra: Given | None,
    given: Given,
    kind: StreamKind = CHAT,
    keeps: tuple[str, ...] = (),
    deals: Deals = None,
) -> Flow[Any]:
    """One chat, answered whole. `keeps`, `deals`: see `Ask`."""
    ask = Ask(
        "chat", "chat/completions", kind.build, messages, model, extra, given, home=kind.home, keeps=keeps, deals=deals
    )  # fmt: skip
    return answered(session, ask, reading(kind))


def open_chat(
    session: Session,
    messages: Any,
    model: str | None,
    extra: Given | None,
    given: Given,
    kind: StreamKind = CHAT,
    keeps: tuple[str, ...] = (),
    deals: Deals = None,
) -> Flow[Begun]:
    """One chat, answered as a stream; the usage is asked for unless the caller decides otherwise."""
    return _open(session, "chat", "chat/completions", messages, model, extra, given, kind, keeps, deals)


def completion(
    session: Session, prompt: Any, model: str | None, extra: Given | None, given: Given, kind: StreamKind = COMPLETION
) -> Flow[Any]:
    """One legacy prompt completion, answered whole."""
    ask = Ask("text_completion", "completions", kind.build, prompt, model, extra, given, home=kind.home)
    return answered(session, ask, reading(kind))


def open_completion(
    session: Session, prompt: Any, model: str | None, extra: Given | None, given: Given, kind: StreamKind = COMPLETION
) -> Flow[Begun]:
    """One legacy prompt completion, answered as a stream."""
    return _open(session, "text_completion", "completions", prompt, model, extra, given, kind)


def _open(
    session: Session,
    operation: str,
    path: str,
    what: Any,
    model: str | None,
    extra: Given | None,
    given: Given,
    kind: StreamKind,
    keeps: tuple[str, ...] = (),
    deals: Deals = None,
) -> Flow[Begun]:
    def build(model: str, what: Any, fields: Given, extra: Given | None) -> dict[str, Any]:
        return kind.build(model, what, fields, extra, stream=True)

    ask = Ask(
        operation, path, build, what, model, extra, given, stream=True, ours=_WITH_USAGE, home=kind.home, keeps=keeps,
        deals=deals,
    )  # fmt: skip
    return begin(session, ask, kind, reading(kind))


def reading(kind: StreamKind) -> Understand[Any]:
    """What makes a whole answer of this kind out of a 2xx one, or raises the error that it really is: an `error`
    object at the top or in a choice, no choices, no JSON."""
    window = kind.whole

    def read(response: Response, origin: Origin, session: Session) -> Any:
        payload = _read_choices(response, origin, session, window)
        return window(payload, response.status, response.headers, origin.server)

    return read


def _read_choices(response: Response, origin: Origin, session: Session, window: Any) -> dict[str, Any]:
    payload = response.json()
    if type(payload) is not dict or "error" in payload or "choices" not in payload:
        found = find_error(payload)
        if found is not None:
            said = type(payload) is dict and payload.get("choices")
            partial = window(payload, response.status, response.headers, origin.server) if said else None
            raise error_from_object(found, response.headers, origin, now=session.wall(), partial=partial)
        if type(payload) is not dict:
            raise response.fault(ProtocolError, f"the answer is no JSON object: {excerpt(response.content)}")
    choices = payload.get("choices")
    if type(choices) is not list or not choices:
        raise response.fault(NoChoices, f"the answer has no choices: {excerpt(response.content)}")
    for choice in choices:
        if type(choice) is not dict:
            raise response.fault(ProtocolError, f"a choice is no object: {excerpt(response.content)}")
        if choice.get("error"):
            partial = window(payload, response.status, response.headers, origin.server)
            raise error_from_object(choice, response.headers, origin, now=session.wall(), partial=partial)
    return payload
