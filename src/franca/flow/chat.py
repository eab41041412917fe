"""Chats and legacy completions: the request out of what the caller gave, the answer or the error it really is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import NoChoices, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire.chat import Chat
from ..wire.completions import Completion
from ..wire.params import build_chat_body, build_completion_body
from ..wire.response import Response, excerpt
from .ask import Ask
from .begin import Begun, begin
from .core import Flow
from .fallback import answered
from .session import Session
from .stream import CHAT, COMPLETION

__all__ = ["chat", "completion", "open_chat", "open_completion", "read_chat", "read_completion"]

_WITH_USAGE = {"stream_options": {"include_usage": True}}
Given = Mapping[str, Any]


def chat(session: Session, messages: Any, model: str | None, extra: Given | None, given: Given) -> Flow[Chat]:
    """One chat, answered whole."""
    ask = Ask("chat", "chat/completions", build_chat_body, messages, model, extra, given)
    return answered(session, ask, read_chat)


def open_chat(session: Session, messages: Any, model: str | None, extra: Given | None, given: Given) -> Flow[Begun]:
    """One chat, answered as a stream; the usage is asked for unless the caller decides otherwise."""
    ask = Ask("chat", "chat/completions", _streamed_chat, messages, model, extra, given, stream=True, ours=_WITH_USAGE)
    return begin(session, ask, CHAT, read_chat)


def completion(session: Session, prompt: Any, model: str | None, extra: Given | None, given: Given) -> Flow[Completion]:
    """One legacy prompt completion, answered whole."""
    ask = Ask("text_completion", "completions", build_completion_body, prompt, model, extra, given)
    return answered(session, ask, read_completion)


def open_completion(session: Session, prompt: Any, model: str | None, extra: Given | None, given: Given) -> Flow[Begun]:
    """One legacy prompt completion, answered as a stream."""
    ask = Ask(
        "text_completion", "completions", _streamed_completion, prompt, model, extra, given, stream=True,
        ours=_WITH_USAGE,
    )  # fmt: skip
    return begin(session, ask, COMPLETION, read_completion)


def _streamed_chat(model: str, messages: Any, fields: Given, extra: Given | None) -> dict[str, Any]:
    return build_chat_body(model, messages, fields, extra, stream=True)


def _streamed_completion(model: str, prompt: Any, fields: Given, extra: Given | None) -> dict[str, Any]:
    return build_completion_body(model, prompt, fields, extra, stream=True)


def read_chat(response: Response, origin: Origin, session: Session) -> Chat:
    """The `Chat` in a 2xx answer, or the error that it is: an `error` object at the top or in a choice,
    no choices, no JSON."""
    payload = _read_choices(response, origin, session, Chat)
    return Chat(payload, response.status, response.headers, origin.server)


def read_completion(response: Response, origin: Origin, session: Session) -> Completion:
    """As `read_chat`, for a legacy completion."""
    payload = _read_choices(response, origin, session, Completion)
    return Completion(payload, response.status, response.headers, origin.server)


def _read_choices(response: Response, origin: Origin, session: Session, window: Any) -> dict[str, Any]:
    payload = response.json()
    if type(payload) is not dict or "error" in payload or "choices" not in payload:
        found = find_error(payload)
        if found is not None:
            raise error_from_object(found, response.headers, origin, now=session.wall())
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
