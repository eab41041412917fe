"""From a request below `/dialect/NAME` to its answer: the path, the key, the refusals, the models, the manners."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from struct import pack
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from .. import http
from ..ask import CHAT_MODELS, Ask, Dials, Refused
from ..completions import answer_completions
from ..embeddings import inputs_of, vector
from ..models import VARIANTS, draft
from ..pace import delayed
from ..steps import Answer
from ..tokens import count, lorem, prompt_tokens
from ..validate import check_chat, check_embeddings
from . import DIALECTS
from .canonical import canonical
from .record import Asked, Dialect, Problem
from .speak import Speaker

__all__ = ["Wanted", "answer_in_dialect", "refuse_in_dialect"]

_POSTS = {"chat/completions": "chat", "completions": "completions", "embeddings": "embeddings"}
_AAD = "eyJ"  # how the tokens of Entra ID begin, which Azure takes beside its keys


class Wanted(NamedTuple):
    """What a request brings to a dialect."""

    method: str
    path: str
    """ "/dialect/NAME/..."."""
    query: str
    headers: list[tuple[bytes, bytes]]
    raw: bytes
    body: Any
    id: str
    dials: Dials
    play: Callable[[str, Ask], Answer | None]
    """Plays a scenario."""
    scenario: str
    """The one that a header names, or ""."""
    key_seen: bool = False
    """Whether the key was looked at already, by who is particular about it."""


class _Place(NamedTuple):
    endpoint: str
    argument: str
    """The deployment in the path, or the model of `models/NAME`."""
    deployment: bool = False


def answer_in_dialect(wanted: Wanted) -> Answer:
    """The answer of the server whose dialect the path names."""
    dialect, rest = _dialect(wanted)
    told = _told(dialect, wanted)
    try:
        return _answer(dialect, wanted, "/" + rest, dict(parse_qsl(wanted.query)), told)
    except _Problem as problem:
        return _refusal(dialect, problem, told, wanted.dials)


def refuse_in_dialect(wanted: Wanted, refused: Refused) -> Answer:
    """What the simulator refuses by itself, as the server whose dialect the path names would write it."""
    dialect, _ = _dialect(wanted)
    return _refusal(dialect, _Problem(_problem(refused)), _told(dialect, wanted), wanted.dials)


def _dialect(wanted: Wanted) -> tuple[Dialect, str]:
    """The dialect, and the rest of the path."""
    name, _, rest = wanted.path.removeprefix("/dialect/").partition("/")
    if name not in DIALECTS:
        raise Refused(404, f"There is no dialect {name!r}; there are {', '.join(sorted(DIALECTS))}.")
    return DIALECTS[name], rest


def _told(dialect: Dialect, wanted: Wanted) -> list[tuple[str, str]]:
    return [(key, value.replace("{id}", wanted.id)) for key, value in dialect.headers]


def _problem(refused: Refused) -> Problem:
    error = refused.body["error"]
    return Problem(refused.status, error["message"], error["type"], error["code"], error["param"])


class _Problem(Exception):
    def __init__(self, problem: Problem, *headers: tuple[str, str]) -> None:
        self.problem = problem
        self.headers = headers


def _refusal(dialect: Dialect, problem: _Problem, told: list[tuple[str, str]], dials: Dials) -> Answer:
    body = dialect.error(problem.problem)
    type_ = "application/json"
    if isinstance(body, bytes):
        type_ = "text/html" if body.startswith(b"<") else "text/plain; charset=utf-8"
    answer = http.answer(problem.problem.status, body, [*told, *problem.headers], type_)
    return delayed(answer, dials.latency)


def _answer(
    dialect: Dialect, wanted: Wanted, path: str, query: Mapping[str, str], told: list[tuple[str, str]]
) -> Answer:
    place = _place(dialect.name, path)
    if place is None or (place.endpoint == "embeddings" and not dialect.embeds):
        raise _Problem(dialect.no_path)
    if place.deployment and not query.get("api-version"):
        raise _Problem(Problem(404, "Resource not found", code="404"))
    _check_key(dialect, wanted, place.deployment)
    if place.endpoint in ("models", "model"):
        if wanted.method != "GET":
            raise _Problem(Problem(405, f"Method {wanted.method} not allowed."))
        return _list(dialect, place, wanted.dials, told)
    if wanted.method != "POST":
        raise _Problem(Problem(405, f"Method {wanted.method} not allowed."))
    if not isinstance(wanted.body, dict):
        raise _Problem(Problem(400, "The body of the request is no JSON object."))
    return _post(dialect, wanted, place, Asked(wanted.body, _name(wanted, place), query, path), told)


# ---- the path and the key ---------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _place(name: str, path: str) -> _Place | None:
    dialect = DIALECTS[name]
    path = path.rstrip("/")
    if dialect.lists and path in (dialect.models or [f"{base}/models" for base in dialect.bases]):
        return _Place("models", "")
    for base in dialect.bases:
        pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(base))
        found = re.fullmatch(f"{pattern}/(chat/completions|completions|embeddings|models/(.+))", path)
        if found is None:
            continue
        *segments, tail, model = found.groups()
        if tail.startswith("models/"):
            return None if dialect.models or not dialect.lists else _Place("model", unquote(model))
        deployment = "{deployment}" in base
        return _Place(_POSTS[tail], unquote(segments[0]) if deployment else "", deployment)
    return None


def _check_key(dialect: Dialect, wanted: Wanted, deployment: bool) -> None:
    """The key as this server wants it sent; any key is right where the simulator has none."""
    key = wanted.dials.api_key
    if key is None or dialect.auth == "none" or wanted.key_seen:
        return
    sent = {name.lower(): value.decode("latin-1") for name, value in wanted.headers}
    bearer = sent.get(b"authorization", "").removeprefix("Bearer ")
    api_key = sent.get(b"api-key", "")
    if dialect.auth == "bearer":
        given = bearer
    elif dialect.auth == "api-key":
        given = api_key
    else:
        token = bearer.startswith(_AAD) or not deployment  # a deployment's path takes no key as a bearer token
        given = api_key or (bearer.removeprefix(_AAD) if token else "")
    if not given:
        raise _Problem(dialect.no_key)
    if not hmac.compare_digest(given.encode(), key.encode()):
        raise _Problem(dialect.wrong_key)


# ---- models -----------------------------------------------------------------------------------------


def _name(wanted: Wanted, place: _Place) -> str:
    """The model's name as it was asked for; in a deployment's path the deployment counts."""
    name = wanted.body.get("model")
    return place.argument or (name if isinstance(name, str) else "")


def _resolved(dialect: Dialect, name: str, dials: Dials) -> tuple[str, str] | None:
    """Model and variant of the simulator behind a name, or None."""
    name = dials.aliases.get(name, dialect.extra.get(name, name))
    before, _, after = dialect.style.partition("{}")
    model, _, variant = name.removeprefix(before).removesuffix(after).partition(":")
    if variant in dialect.suffixes:
        variant = ""
    if model not in (*CHAT_MODELS, "embed", "limited", "scenario"):
        return None if dialect.unknown is not None else ("echo", "")
    if variant and model != "scenario" and variant not in VARIANTS.get(model, ()):
        return None
    return model, variant


def _named(problem: Problem, name: str) -> Problem:
    return problem._replace(message=problem.message.replace("{model}", name))


def _list(dialect: Dialect, place: _Place, dials: Dials, told: list[tuple[str, str]]) -> Answer:
    names = [dialect.named(name) for name in (*CHAT_MODELS, *(("embed",) if dialect.embeds else ()))]
    names += [*dialect.extra, *dials.aliases]
    if place.endpoint == "models":
        return delayed(http.answer(200, dialect.listing(names), told), dials.latency)
    if _resolved(dialect, place.argument, dials) is None:
        assert dialect.unknown is not None
        raise _Problem(_named(dialect.unknown, place.argument))
    listed = dialect.listing([place.argument])
    items = listed if isinstance(listed, list) else listed.get("data") or next(iter(listed.values()))
    return delayed(http.answer(200, items[0], told), dials.latency)


# ---- answers ----------------------------------------------------------------------------------------


def _post(dialect: Dialect, wanted: Wanted, place: _Place, asked: Asked, told: list[tuple[str, str]]) -> Answer:
    found = _resolved(dialect, asked.model, wanted.dials)
    if found is None:
        assert dialect.unknown is not None
        raise _Problem(_named(dialect.unknown, asked.model))
    model, variant = found
    if model == "limited":
        raise _Problem(_named(dialect.limited, asked.model), *dialect.over)
    body = canonical(asked.body, dialect.ignores, dialect.strict, dialect.unformed)
    ask = Ask(place.endpoint, {**body, "model": asked.model}, wanted.raw, wanted.dials, argument=asked.model)
    if model == "scenario":
        ask.call = "stream" if place.endpoint == "chat" and body.get("stream") is True else place.endpoint
        played = wanted.play(variant, ask)
        if played is not None:
            return played
        model, variant = "embed" if place.endpoint == "embeddings" else "echo", ""
    told = [*told, *dialect.limits]
    try:
        if place.endpoint == "embeddings":
            return _embeddings(dialect, asked, ask, model, told)
        if model == "embed":
            raise _Problem(Problem(400, f"The model '{asked.model}' does not serve {place.endpoint}."))
        if place.endpoint == "completions":
            return answer_completions(ask, model, variant, told)
        return _chat(dialect, asked, ask, model, variant, told, wanted.id)
    except Refused as refused:
        raise _Problem(_problem(refused)) from None


def _chat(
    dialect: Dialect, asked: Asked, ask: Ask, model: str, variant: str, told: list[tuple[str, str]], request_id: str
) -> Answer:
    check_chat(ask)  # first, so that the rules may rely on the kinds of what they look at
    for rule in dialect.rules:
        problem = rule(asked)
        if problem is not None:
            raise _Problem(problem)
    speech = dialect.speech
    drafts = [draft(ask, model, variant, index) for index in range(ask.body.get("n") or 1)]
    for index, made in enumerate(drafts):
        made.reasoning_field = made.reasoning_field or speech.reasoning
        if made.calls and speech.thinks_with_tools:
            made.reasoning = lorem(ask.text_key(index) + b"before calls", 8)
    prompt = prompt_tokens(ask.body["messages"], ask.body.get("tools"))
    speaker = Speaker(ask, speech, drafts, prompt, request_id)
    return speaker.stream(told) if ask.body.get("stream") else speaker.whole(told)


def _embeddings(dialect: Dialect, asked: Asked, ask: Ask, model: str, told: list[tuple[str, str]]) -> Answer:
    if model != "embed" and dialect.unknown is not None:
        raise _Problem(Problem(400, f"The model '{asked.model}' does not serve embeddings."))
    check_embeddings(ask)
    body, dials = ask.body, ask.dials
    inputs = inputs_of(body["input"])
    items = []
    for index, text in enumerate(inputs):
        made = vector(text, body.get("dimensions") or dials.dimensions, dials.seed)
        shown: Any = made.tolist()
        if body.get("encoding_format") == "base64":
            shown = b64encode(pack(f"<{len(made)}f", *made)).decode()
        items.append({"object": "embedding", "index": index, "embedding": shown})
    tokens = sum(map(count, inputs))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": items, "model": ask.model, "usage": usage}
    return delayed(http.answer(200, answer, told), dials.latency)
