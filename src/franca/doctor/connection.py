"""Probes of the connection, the key and the list of models."""

from __future__ import annotations

import http.client
from urllib.parse import urljoin
from urllib.request import getproxies, proxy_bypass

from ..servers import known_servers
from ..wire import codec
from ..wire.models import read_models
from .finding import Found, Undecided, found
from .raw import Line, greeting
from .seen import Seen
from .visit import Visit, short

__all__ = ["context", "keep_alive", "key_needed", "key_wrong", "models", "rate_limits", "reachable"]

_WRONG = "sk-franca-doctor-this-is-no-key"
_PATIENCE = 1.0  # seconds in which a server that hangs up without saying so does it; llama.cpp takes milliseconds


def reachable(visit: Visit) -> Found:
    """Whether there is an HTTP server, over what, and how it calls itself. Any status will do."""
    url = f"{visit.client.base_url}/models"
    if _proxied(url):
        seen = visit.ask(None, "models", any_status=True)
        server = seen.headers.get("server")
        return found("ok", f"through a proxy; {f'calls itself {server}' if server else 'no Server header'}")
    seen_before = greeting(url, visit.remaining(), visit.verify)
    tls = f" over {seen_before.tls}" if seen_before.tls else ", not encrypted"
    server = f"calls itself {seen_before.server}" if seen_before.server else "no Server header"
    return found("ok", f"{seen_before.version}{tls}; {server}")


def _proxied(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    proxies = getproxies()
    host = rest.partition("/")[0].rpartition("@")[2]
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)


def key_needed(visit: Visit) -> Found:
    """Whether a request without a key is refused, and how."""
    seen = visit.ask(visit.tiny(), headers=_key(visit, None), what="chat without a key", any_status=True)
    return _judged(visit, seen, "without a key")


def key_wrong(visit: Visit) -> Found:
    """Whether a made-up key is refused, and how."""
    seen = visit.ask(visit.tiny(), headers=_key(visit, _WRONG), what="chat with a made-up key", any_status=True)
    return _judged(visit, seen, "with a made-up key")


def _judged(visit: Visit, seen: Seen, how: str) -> Found:
    if seen.good:
        return found("no", f"a request {how} is answered")
    if seen.status == 401:
        return found("ok", f"refused: {short(seen)}")
    if seen.status == 403:
        return found("partial", f"refused, but not as 401: {short(seen)}")
    if seen.status not in (400, 404, 500):
        return found("unknown", f"the answer was {short(seen)}")
    # Is it the key that is refused, or the request? Only the same request with the right key can tell.
    if not visit.ask(visit.tiny(), what="the same with the right key", any_status=True).good:
        return found("unknown", f"the request is refused with the right key too: {short(seen)}")
    told = "told as a fault of the server" if seen.status == 500 else "but not as 401"
    return found("partial", f"refused, {told}: {short(seen)}")


def _key(visit: Visit, key: str | None) -> dict[str, str | None]:
    row = known_servers().get(visit.client.server)
    headers: dict[str, str | None] = {**dict.fromkeys(visit.keys), "Authorization": None}
    if row is not None and row.auth == "api-key":
        return {**headers, "api-key": key}
    return {**headers, "Authorization": f"Bearer {key}" if key else None}


def models(visit: Visit) -> Found:
    """The list of models: its shape, how many, and whether the model asked for is one."""
    seen = _model_list(visit)
    if not seen.good:
        return found("no", f"no list: {short(seen)}")
    try:
        ids = read_models(seen.json).ids
    except Exception as error:
        return found("no", f"an answer that is no list of models: {error}")
    shape = _list_shape(seen.json)
    count = f"{len(ids)} model{'' if len(ids) == 1 else 's'}"
    missing = f"; {visit.model} is not among them" if visit.model and visit.model not in ids else ""
    if not ids:
        return found("partial", "the list is empty")
    if shape == "object":
        return found("ok", f"{count}{missing}")
    return found("partial", f"{count}, as {shape}{missing}", oddities=(f"The list of models is {shape}.",))


def _model_list(visit: Visit) -> Seen:
    row = known_servers().get(visit.client.server)
    path = "models"
    if row is not None and row.models and not any(mark in row.models for mark in ("{", "://")):
        path = urljoin(visit.client.base_url + "/", row.models)
    return visit.once("models", lambda: visit.ask(None, path, what="the list of models"))


def _list_shape(payload: object) -> str:
    if isinstance(payload, list):
        return "a bare array"
    if isinstance(payload, dict) and isinstance(payload.get("data"), list):
        if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in payload["data"]):
            return "an object whose entries lack ids"
        return "object"
    return "an object without `data`"


def context(visit: Visit) -> Found:
    """Whether the list of models tells how many tokens the model takes."""
    seen = _model_list(visit)
    try:
        entries = [model for model in read_models(seen.json) if visit.model in (None, model.id)]
    except Exception:
        return found("no", "there is no list of models to tell it")
    if not entries:
        return found("unknown", f"{visit.model} is not in the list of models")
    model = entries[0]
    if model.context_length:
        where = f" of {model.id}" if not visit.model else ""
        return found("ok", f"{model.context_length:,} tokens, in `{model.context_field}`{where}")
    return found("no", "the list of models tells no context length")


def keep_alive(visit: Visit) -> Found:
    """Whether the connection stays usable after a plain answer, and after a stream."""
    visit.plain()
    if _proxied(visit.client.base_url):
        raise Undecided("a proxy is between: its connection would be seen, not the server's")
    visit.chat("chat, for its headers")
    assert visit.tap.last is not None
    request = visit.tap.last.request
    plain = _after(visit, request.url, dict(request.headers), visit.body())
    streamed = _after(visit, request.url, dict(request.headers), visit.body(stream=True))
    fact = f"{plain} after a plain answer, {streamed} after a stream"
    if plain == streamed == "kept":
        return found("ok", "kept after a plain answer and after a stream")
    verdict = "no" if "kept" not in (plain, streamed) else "partial"
    if "without saying so" in streamed and plain == "kept":
        return found(verdict, fact, oddities=("The connection is closed after every stream, without saying so.",))
    return found(verdict, fact)


def _after(visit: Visit, url: str, headers: dict[str, str], body: dict[str, object]) -> str:
    line = Line(url, visit.remaining(), visit.verify)
    try:
        response, _ = line.exchange("POST", headers, codec.encode_body(body))
        if not 200 <= response.status < 300:
            raise Undecided(f"the request on a connection of its own was answered {response.status}")
        if _says_close(response):
            return "closed, as announced,"
        return "closed without saying so" if line.hung_up(min(_PATIENCE, visit.remaining())) else "kept"
    finally:
        line.close()


def _says_close(response: http.client.HTTPResponse) -> bool:
    return "close" in (response.getheader("Connection") or "").lower() or response.version == 10


def rate_limits(visit: Visit) -> Found:
    """Which headers tell of limits, over all the answers of this examination."""
    if not visit.answers:
        visit.ask(None, "models", what="the list of models", any_status=True)
    names = sorted(visit.limit_headers)
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return found("ok", f"told in {', '.join(names[:3])}{more}")
    return found("no", f"no rate limit headers on {visit.answers} answers")
