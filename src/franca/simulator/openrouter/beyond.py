"""What OpenRouter serves beyond the plain dialect: from a request below `/dialect/openrouter` to its answer.

Headers for tests: `x-sim-models: N` adds N made-up models to the lists, `x-sim-generation-after: N` lets the first N
asks for the statistics of a generation fail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote

from .. import http
from ..ask import Ask
from ..pace import delayed
from ..steps import Answer
from . import account
from .filters import Query, filtered, number, paged
from .house import House
from .records import ModelRecord
from .refusal import Refusal
from .told import endpoint_told, image_endpoint_told, image_model_told, model_told, offers_told, providers_told

if TYPE_CHECKING:
    from ..dialects.serve import Wanted

__all__ = ["answer_beyond"]

_ROOT = "/dialect/openrouter/"
_BASE = "api/v1/"
_MODEL = re.compile(r"(?:(images)/)?models/([^/]+/[^/]+)/endpoints|(model)/([^/]+/[^/]+)")
_TEXT = ("chat/completions", "completions")
_NAMING = ("model", "models", "preset")
_METHODS = {
    "auth/keys": ("POST",),
    "auth/keys/code": ("POST",),
    "keys": ("GET", "POST"),
    "key of the list": ("GET", "PATCH", "DELETE"),
    "generation/feedback": ("POST",),
}
_READ_ONLY = (
    *("auth", "models", "models/count", "models/user", "embeddings/models", "images/models", "providers"),
    *("endpoints/zdr", "key", "credits", "activity", "generation", "generation/content", "model"),
)
_PLACES = {**dict.fromkeys(_READ_ONLY, ("GET",)), **_METHODS}

_Found: TypeAlias = "tuple[int, Any]"


def answer_beyond(house: House, wanted: Wanted) -> Answer | None:
    """The answer, or None where the plain dialect has it: to a chat that asks for nothing special, to a path that
    nobody knows."""
    path = wanted.path.removeprefix(_ROOT).rstrip("/")
    if path != "auth":  # the one page beside the API
        if not path.startswith(_BASE) or path == f"{_BASE}auth":
            return None
        path = path.removeprefix(_BASE)
    place = _place(path)
    told = [("x-generation-id", f"gen-{wanted.id}")]
    try:
        if place not in _PLACES:
            return _inferred(house, wanted, path)
        if wanted.method not in _PLACES[place]:
            allowed = ", ".join(_PLACES[place])
            raise Refusal(405, f"Method {wanted.method} not allowed.", headers=(("allow", allowed),))
        if wanted.scenario:
            played = wanted.play(wanted.scenario, Ask("models", {}, wanted.raw, wanted.dials))
            if played is not None:
                return played
        query = _query(wanted)
        if place == "auth":
            answer: bytes = _page(house, query, told)
        else:
            status, body = _found(house, wanted, place, path, query)
            answer = http.answer(status, body, told)
    except Refusal as refusal:
        answer = refusal.answer(*told)
    return delayed(answer, wanted.dials.latency)


def _inferred(house: House, wanted: Wanted, path: str) -> Answer | None:
    """Inference, or the plain dialect's part; whose keys are the house's too."""
    if wanted.method == "POST":
        from .inference import infer  # only who asks for inference loads it

        if path in _TEXT and isinstance(wanted.body, dict) and all(wanted.body.get(name) is None for name in _NAMING):
            wanted = wanted._replace(body={**wanted.body, "model": house.default_model})
        answer = infer(house, wanted, path)
        if answer is not None:
            return answer
    if path in _TEXT or path == "embeddings":
        house.check_key(wanted.headers)
    elif path.startswith("models/"):
        house.keys.caller(wanted.headers)
    return None


def _place(path: str) -> str:
    if path.startswith("keys/") and path.count("/") == 1:
        return "key of the list"
    return "model" if _MODEL.fullmatch(path) else path


def _query(wanted: Wanted) -> Query:
    """The query; values of a name that is there more than once are joined by commas."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(wanted.query):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _turned(wanted: Wanted, name: str, usual: int) -> int:
    """A number that the request says in a header."""
    for given, value in wanted.headers:
        if given.lower() == name.encode():
            return int(number({name: value.decode("latin-1")}, name, 0, 1e9) or 0)
    return usual


def _found(house: House, wanted: Wanted, place: str, path: str, query: Query) -> _Found:
    """The status and body of what is no inference."""
    if place == "auth/keys":
        return 200, account.exchange(house, wanted.body)
    if place in ("keys", "key of the list"):
        house.keys.caller(wanted.headers, management=True)
        hash = unquote(path.partition("/")[2])
        return account.keys(house, wanted.method, hash, query, wanted.body)
    if place == "credits":
        house.keys.caller(wanted.headers, management=True)
        return 200, {"data": account.credits_told(house)}
    if place == "activity":
        house.keys.caller(wanted.headers, management=True)
        return 200, {"data": account.activity(house, query)}
    if place in ("key", "auth/keys/code", "generation", "generation/content", "generation/feedback"):
        key = house.keys.caller(wanted.headers, named=True)
        if place == "key":
            return 200, {"data": account.current_key(house, key)}
        if place == "auth/keys/code":
            if not (isinstance(wanted.body, dict) and wanted.body.get("callback_url")):
                raise Refusal(400, "callback_url: is required")
            return 200, {"data": account.login_code(house, wanted.body)}
        after = _turned(wanted, "x-sim-generation-after", -1)
        what = place.partition("/")[2]
        return 200, {"data": account.generation(house, what, query, wanted.body, None if after < 0 else after)}
    house.keys.caller(wanted.headers, named=place == "models/user")
    known = house.allowed_models if place == "models/user" else house.models
    models = known(_turned(wanted, "x-sim-models", house.more_models))
    return 200, _catalogue(house, place, path, query, models)


def _catalogue(house: House, place: str, path: str, query: Query, models: list[ModelRecord]) -> dict[str, Any]:
    """What anybody may know."""
    now = house.clock()
    if place == "providers":
        return {"data": providers_told()}
    if place == "endpoints/zdr":
        return {
            "data": [endpoint_told(one, at) for one in models if not one.alias_target for at in one.endpoints if at.zdr]
        }
    if place == "model":
        return _one(house, path)
    if place == "models/count":
        return {"data": {"count": len(filtered(models, query, now))}}
    if place == "images/models":
        return {"data": [image_model_told(one) for one in filtered(models, {"output_modalities": "image"}, now)]}
    if place == "embeddings/models":
        query = {**query, "output_modalities": "embeddings"}
    return paged(filtered(models, query, now), query, f"/{_BASE}{path}")


def _one(house: House, path: str) -> dict[str, Any]:
    """One model, or its endpoints."""
    match = _MODEL.fullmatch(path)
    assert match is not None
    images, offers, alone, name = match.groups()
    name = unquote(offers or name)
    model = house.model(name)
    if model is None or (images and "image" not in model.outputs):
        raise Refusal(404, f"Model {name} not found")
    if alone:
        return {"data": model_told(model)}
    if images:
        return {"id": model.id, "endpoints": list(map(image_endpoint_told, model.endpoints))}
    return {"data": offers_told(model)}


# ---- the page at which a user says yes --------------------------------------------------------------


def _page(house: House, query: Query, told: list[tuple[str, str]]) -> bytes:
    """The user always says yes: a redirection with the code, or the code on a page where there is nobody to call."""
    code = account.login_code(house, {**query, **_as_number(query)})["id"]
    callback = query.get("callback_url")
    if callback is None:
        page = f"<!doctype html><title>Login</title><p>Your code: <code>{escape(code)}</code>"
        return http.answer(200, page.encode(), told, "text/html; charset=utf-8")
    before, mark, fragment = callback.partition("#")
    joint = "&" if "?" in before else "?"
    if any(ord(letter) < 33 or ord(letter) > 126 for letter in callback):
        raise Refusal(400, "callback_url: has characters that no URL has")
    place = f"{before}{joint}code={quote(code)}{mark}{fragment}"
    return http.answer(302, b"", [*told, ("location", place)], "text/plain; charset=utf-8")


def _as_number(query: Query) -> Mapping[str, Any]:
    return {"limit": number(query, "limit", 0)} if "limit" in query else {}
