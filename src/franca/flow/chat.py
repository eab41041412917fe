"""Chats and legacy completions: the request out of what the caller gave, the answer or the error it really is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadUsage, NoChoices, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire import codec
from ..wire.chat import Chat
from ..wire.completions import Completion
from ..wire.params import build_chat_body, build_completion_body
from ..wire.response import Response, excerpt
from .call import Opened, Outgoing, exchange, open_stream
from .core import Flow
from .options import CALL_OPTIONS, Limits, limits_with
from .session import Session

__all__ = ["chat", "completion", "open_chat", "open_completion", "read_chat", "read_completion", "split_options"]


def chat(
    session: Session, messages: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Chat]:
    """One chat, answered whole."""
    out = _ask(session, "chat/completions", build_chat_body, messages, model, extra, given, stream=False)
    return exchange(session, out, read_chat)


def open_chat(
    session: Session, messages: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Opened]:
    """One chat, answered as a stream; the usage is asked for unless the caller decides otherwise."""
    out = _ask(session, "chat/completions", build_chat_body, messages, model, extra, given, stream=True)
    return open_stream(session, out, read_chat)


def completion(
    session: Session, prompt: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Completion]:
    """One legacy prompt completion, answered whole."""
    out = _ask(session, "completions", build_completion_body, prompt, model, extra, given, stream=False)
    return exchange(session, out, read_completion)


def open_completion(
    session: Session, prompt: Any, model: str | None, extra: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Flow[Opened]:
    """One legacy prompt completion, answered as a stream."""
    out = _ask(session, "completions", build_completion_body, prompt, model, extra, given, stream=True)
    return open_stream(session, out, read_completion)


def split_options(session: Session, given: Mapping[str, Any]) -> tuple[Limits, Mapping[str, Any]]:
    """The limits of this call, and the request fields that are left when the options are taken out."""
    if CALL_OPTIONS.isdisjoint(given):
        return session.limits, given
    options = {name: value for name, value in given.items() if name in CALL_OPTIONS}
    return limits_with(session.limits, options), {k: v for k, v in given.items() if k not in CALL_OPTIONS}


def _ask(
    session: Session,
    path: str,
    build: Callable[..., dict[str, Any]],
    what: Any,
    model: str | None,
    extra: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    *,
    stream: bool,
) -> Outgoing:
    """The request of a chat or a completion: `what` is the messages or the prompt."""
    limits, fields = split_options(session, given)
    chosen = session.model_for(model)
    if "stream" in fields or (extra and "stream" in extra):
        raise BadUsage("do not pass stream=...: call chat_stream (or completions_stream) for a stream")
    if stream and "stream_options" not in fields and not (extra and "stream_options" in extra):
        fields = {**fields, "stream_options": {"include_usage": True}}
    body = codec.encode_body(build(chosen, what, fields, extra, stream=stream))
    return Outgoing("POST", session.target.url(path), limits, body=body, model=chosen)


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
