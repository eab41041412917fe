"""A request for a model: read, let in, priced, and sent on its way."""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING

from .accounts import admit
from .body import json_fields, read_body, text_of, value_of
from .door import let_in
from .endpoints import ENDPOINTS
from .foreign import passed_there, route_to
from .multipart import read_form
from .names import require_allowed, require_clear
from .problem import Problem
from .relay.ask import Ask
from .relay.attendance import Attendance
from .relay.hops import Travel, forwarded
from .replay import keep_body, replayed

if TYPE_CHECKING:
    from .body import Fields
    from .endpoints import Endpoint
    from .exchange import Exchange
    from .gateway import Gateway
    from .relay.deliver import Sink

__all__ = ["ask_model", "ask_prompt_or_chat"]

_KEPT_SILENCE = 2.0
"""Seconds of silence after which the head of an answer that is kept is sent, with a comment."""
_POST = ((b"allow", b"POST"),)


async def ask_model(
    exchange: Exchange, gateway: Gateway, endpoint: Endpoint, with_prompt: Endpoint | None = None
) -> None:
    """Answer a request of this endpoint by one of the servers; of `with_prompt`, if that is given and the request has a
    `prompt` and no `messages`. Raises Problem."""
    exchange.route = endpoint.name
    let_in(exchange, gateway)
    key = exchange.key
    if key is not None and not key.may_call(endpoint.name):
        raise Problem(403, f"this key may not use {endpoint.name}", "route_not_allowed")
    exchange.booked = True
    if exchange.method != "POST":
        raise Problem(405, f"{exchange.path} takes POST, not {exchange.method}", "method", headers=_POST)
    if gateway.refuses:
        raise Problem(
            503, "usage cannot be written down at the moment", "store_down", headers=((b"retry-after", b"5"),)
        )
    settings = gateway.config.gateway
    # Its id comes with the head: who waits long for a first word could not come back without.
    silence = min(settings.keep_alive, _KEPT_SILENCE) if exchange.kept else settings.keep_alive
    with Attendance(exchange, gateway.rounds, silence, settings.body_timeout) as attendance:
        body = await read_body(exchange, settings.max_body)
        if endpoint.takes == "form":
            ask, model = _form(exchange, endpoint, body)
        else:
            fields = json_fields(body)
            if with_prompt is not None and "prompt" in fields and "messages" not in fields:
                endpoint = with_prompt
                exchange.route = endpoint.name
                if key is not None and not key.may_call(endpoint.name):
                    raise Problem(403, f"this key may not use {endpoint.name}", "route_not_allowed")
            ask, model = _json(exchange, endpoint, fields)
        attendance.ready()
        exchange.asked = model
        await _answer(exchange, gateway, ask, body, attendance)


async def _answer(exchange: Exchange, gateway: Gateway, ask: Ask, body: bytes, attendance: Attendance) -> None:
    key, model = exchange.key, exchange.asked
    restricted = key is not None and bool(key.models or key.team_models)
    foreign = gateway.foreign.of(exchange)
    named = model if foreign is None else f"{foreign.name}/{model}"
    if restricted and key is not None and not key.may_use(named):
        raise Problem(403, f"this key may not use the model {named!r}", "model_not_allowed", param="model")
    if foreign is None:
        servers = gateway.servers  # a reload in the meantime makes others
        route = gateway.routes.route(model, sticky=_sticky(exchange, gateway, ask.fields), chance=random, key=key)
    else:
        servers, route = {foreign.name: foreign}, route_to(foreign, ask, model)
    if restricted and key is not None:
        require_allowed(key, route, ask.fields)
    if key is not None and key.is_limited:
        await admit(exchange, gateway, ask, route, servers, len(body))
    sinks: list[Sink] = []
    if gateway.cache is not None and foreign is None and await replayed(exchange, gateway, ask, sinks):
        return
    if gateway.request_log is not None and gateway.config.requests.bodies:
        keep_body(exchange, gateway, body, sinks)
    if gateway.spans is not None:
        gateway.spans.began(exchange)
    more = forwarded(exchange, gateway) if foreign is None else passed_there(forwarded(exchange, gateway))
    await Travel(exchange, gateway, ask, route, servers, attendance, more, sinks).go()


async def ask_prompt_or_chat(exchange: Exchange, gateway: Gateway) -> None:
    """POST /chat of the old router: a chat, or a completion where there is a `prompt` instead of `messages`."""
    await ask_model(exchange, gateway, ENDPOINTS["/v1/chat/completions"], ENDPOINTS["/v1/completions"])


def _sticky(exchange: Exchange, gateway: Gateway, fields: Fields) -> str | None:
    """What keeps the caller at one server, where the configuration wants that."""
    by = gateway.routes.sticky_by(exchange.asked)
    if not by:
        return None
    if by == "session":
        return exchange.headers.get(b"x-session-id", b"").decode("latin-1") or None
    if by == "key":
        return None if exchange.key is None else exchange.key.id
    user = value_of(fields, "user")
    return user if isinstance(user, str) and user else None


def _json(exchange: Exchange, endpoint: Endpoint, fields: Fields) -> tuple[Ask, str]:
    require_clear(fields)
    model = text_of(fields, "model")
    raw = fields.get("stream")
    stream = False
    if raw is not None:
        text = bytes(raw)
        stream = text == b"true"
        if not stream and text not in (b"false", b"null"):
            raise Problem(400, "stream must be true or false", "bad_type", param="stream")
    exchange.stream = stream
    return Ask(endpoint, fields, stream), model


def _form(exchange: Exchange, endpoint: Endpoint, body: bytes) -> tuple[Ask, str]:
    kind = exchange.headers.get(b"content-type", b"").decode("latin-1")
    form = read_form(body, kind)
    exchange.stream = form.stream
    ask = Ask(endpoint, {}, form.stream, form)
    ask.form_type = kind
    return ask, form.model
