"""From a request to its answer: the key, the dials, the scenario or the endpoint, and the log of it all."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any

from . import http
from .ask import CHAT_MODELS, Ask, Dials, Refused
from .chat import answer_chat
from .completions import answer_completions
from .embeddings import answer_embeddings
from .limit import Gate, RateLimit
from .log import Log, Seen
from .models import VARIANTS
from .pace import delayed
from .read import read_headers
from .route import Route, route
from .steps import Answer

if TYPE_CHECKING:
    from .connection import Connection
    from .openrouter.house import House
    from .scenarios.record import Scenario

__all__ = ["Service"]

_EPOCH = 1_790_000_000
_MOST_COUNTED = 10_000
_MOST_KEPT = 64 * 1024 * 1024
_OPENROUTER = "/dialect/openrouter/"
_FAULTS = (
    (500, "The server had an error while processing your request.", "server_error", None),
    (429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
)


class Service:
    """Everything between the connections and the models."""

    def __init__(
        self,
        dials: Dials,
        scenarios: Mapping[str, Scenario],
        log: Log,
        max_body: int,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self.dials = dials
        self.gate = None if rate_limit is None else Gate(rate_limit)
        self.scenarios = scenarios
        self.log = log
        self.max_body = max_body
        self.connections: set[Connection] = set()
        self.disconnects = 0
        self._ids = count(1)
        self._numbers = count(1)
        self._attempts: dict[tuple[str, str, bytes], int] = {}
        self._kept: dict[tuple[Route, bytes], tuple[bytes, bytes]] = {}
        self._kept_bytes = 0
        self._house: House | None = None
        self._building = threading.Lock()

    # ---- for connections --------------------------------------------------------------------

    def opened(self) -> int:
        """The number of a new connection."""
        return next(self._numbers)

    def receive(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes, connection: int, secure: bool
    ) -> tuple[Seen, Answer]:
        """Note a request, and make its answer."""
        seen = Seen(f"req_{next(self._ids):08d}", method, target.decode("latin-1"), headers, body, connection, secure)
        told = [("x-request-id", seen.id)]
        try:
            if self.gate is not None:
                self.gate.enter(seen.id, told)
            answer = self._answer(seen, route(target), headers, told)
        except Refused as refused:
            answer = delayed(refused.answer(*told), self.dials.latency)
        except Exception as error:  # a fault of the simulator itself must not look like a hanging server
            answer = http.answer(500, http.error_body(f"The simulator failed: {error!r}", "simulator_error"), told)
        self.log.add(seen)
        return seen, answer

    def house(self) -> House:
        """The state of the simulated OpenRouter, made when first asked."""
        from .openrouter.house import House

        with self._building:  # a test may ask from its own thread while the first request comes
            if self._house is None:
                self._house = House(self.dials)
            return self._house

    def ended(self, seen: Seen, how: str) -> None:
        """An answer is over: "whole", "cut" or "left"."""
        seen.ended = how
        if self.gate is not None:
            self.gate.leave(seen.id)
        if how == "left":
            self.disconnects += 1
        self.log.tell()

    # ---- answering --------------------------------------------------------------------------

    def _answer(
        self, seen: Seen, place: Route, headers: list[tuple[bytes, bytes]], told: list[tuple[str, str]]
    ) -> Answer:
        key, dials, scenario = read_headers(headers, self.dials)
        if place.dialect:
            return self._in_dialect(seen, place.path, dials, scenario, headers)
        if place.endpoint == "health":
            return http.answer(200, {"status": "ok"}, told)
        if self.dials.api_key is not None:
            self._check_key(key)
        if not place.endpoint:
            raise Refused(404, f"Invalid URL ({seen.method} {place.path})")
        if seen.method != place.method:
            text = f"Not allowed to {seen.method} on {place.path} (it takes {place.method})."
            raise Refused(405, text, code="method_not_supported", headers=(("allow", place.method),))
        if dials.error_rate:
            self._maybe_fail(dials, seen.id)
        if place.method == "GET":
            ask = Ask(place.endpoint, {}, seen.raw, dials, key, argument=place.argument)
            return self._play(place.scenario or scenario, ask) or self._list(ask, told)
        if dials is self.dials and not scenario and not place.scenario and self.gate is None:
            return self._remembered(seen, place, key, told)
        return self._made(seen, place, dials, key, scenario, told)

    def _in_dialect(
        self, seen: Seen, path: str, dials: Dials, scenario: str, headers: list[tuple[bytes, bytes]]
    ) -> Answer:
        """The answer as another server would write it."""
        from .dialects.serve import Wanted, answer_in_dialect, refuse_in_dialect  # loaded by who asks for one of them

        body = seen.body
        if scenario and isinstance(body, dict):
            body = {**body, "model": f"scenario:{scenario}"}
        query = seen.path.partition("?")[2]
        wanted = Wanted(seen.method, path, query, headers, seen.raw, body, seen.id, dials, self._play, scenario)
        try:
            if dials.error_rate:
                self._maybe_fail(dials, seen.id)
        except Refused as refused:
            return refuse_in_dialect(wanted, refused)
        if path.startswith(_OPENROUTER):
            from .openrouter.beyond import answer_beyond

            answer = answer_beyond(self.house(), wanted)
            if answer is not None:
                return answer
            wanted = wanted._replace(key_seen=True)
        return answer_in_dialect(wanted)

    def _remembered(self, seen: Seen, place: Route, key: str, told: list[tuple[str, str]]) -> Answer:
        """The answer to a small request, made once: the same request has the same answer but for its id."""
        kept = self._kept.get((place, seen.raw))
        if kept is not None:
            return kept[0] + seen.id.encode() + kept[1]
        answer = self._made(seen, place, self.dials, key, "", told)
        if isinstance(answer, bytes) and len(seen.raw) + len(answer) <= _MOST_KEPT // 64:
            before, found, after = answer.partition(b"x-request-id: " + seen.id.encode())
            if found:  # not in the answer of a scenario, which may be another one the next time
                if self._kept_bytes > _MOST_KEPT:
                    self._kept.clear()
                    self._kept_bytes = 0
                self._kept[place, seen.raw] = before + b"x-request-id: ", after
                self._kept_bytes += len(seen.raw) + len(answer)
        return answer

    def _made(
        self, seen: Seen, place: Route, dials: Dials, key: str, scenario: str, told: list[tuple[str, str]]
    ) -> Answer:
        body = seen.body
        if type(body) is not dict:
            raise Refused(400, "We could not parse the JSON body of your request: it must be one JSON object.")
        call = "stream" if place.endpoint == "chat" and body.get("stream") is True else place.endpoint
        ask = Ask(call, body, seen.raw, dials, key, argument=place.argument)
        return self._post(place, scenario, ask, told)

    def _check_key(self, key: str) -> None:
        wanted = self.dials.api_key or ""
        if not key:
            raise Refused(
                401, "You didn't provide an API key: send it as 'Authorization: Bearer KEY' or 'api-key: KEY'."
            )
        if not hmac.compare_digest(key.encode(), wanted.encode()):
            raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")

    def _maybe_fail(self, dials: Dials, request_id: str) -> None:
        """Fail this request, by the error rate: which ones is decided by the seed and the request's number."""
        digest = blake2b(request_id.encode(), digest_size=8, key=b"%d" % dials.seed).digest()
        if int.from_bytes(digest[:6], "big") / 2**48 < dials.error_rate:
            status, message, type_, code = _FAULTS[digest[6] & 1]
            raise Refused(status, message, type=type_, code=code)

    def _post(self, place: Route, scenario: str, ask: Ask, told: list[tuple[str, str]]) -> Answer:
        if not isinstance(ask.body.get("model") or "", str):
            raise Refused(400, "Invalid type for 'model': expected a string.", "model", "invalid_type")
        name = self.dials.aliases.get(ask.model, ask.model)
        if name.startswith("scenario:"):
            scenario = name.removeprefix("scenario:")
            if scenario not in self.scenarios:
                raise _no_model(ask.model)
        scenario = place.scenario or scenario
        if scenario:
            played = self._play(scenario, ask)
            if played is not None:
                return played
            if name.startswith("scenario:") or name.partition(":")[0] not in (*CHAT_MODELS, "embed"):
                name = "embed" if ask.call == "embeddings" else "echo"
        model, _, variant = name.partition(":")
        known = model in CHAT_MODELS or model == "embed"
        if ask.model and (not known or (variant and variant not in VARIANTS.get(model, ()))):
            raise _no_model(ask.model)
        if ask.call == "embeddings":
            if ask.model and model != "embed":
                raise _wrong_endpoint(ask.model, "embeddings")
            return answer_embeddings(ask, told)
        if model == "embed":
            raise _wrong_endpoint(ask.model, ask.call)
        if ask.call == "completions":
            return answer_completions(ask, model, variant, told)
        return answer_chat(ask, model, variant, told)

    def _play(self, name: str, ask: Ask) -> Answer | None:
        """The scenario's answer, or None when it has none to this call."""
        if not name:
            return None
        scenario = self.scenarios.get(name)
        if scenario is None:
            raise Refused(404, f"There is no scenario '{name}'.", code="scenario_not_found")
        if not scenario.answers(ask.call):
            return None
        same = name, ask.call, blake2b(ask.raw, digest_size=16).digest()
        ask.attempt = self._attempts.get(same, 0)
        if scenario.attempts:  # after the last kind of answer the play starts again
            self._attempts[same] = (ask.attempt + 1) % scenario.attempts
            if len(self._attempts) > _MOST_COUNTED:
                del self._attempts[next(iter(self._attempts))]
        return scenario.play(ask)

    def _list(self, ask: Ask, told: list[tuple[str, str]]) -> Answer:
        """`GET /v1/models`, or one of them."""
        names = [*CHAT_MODELS, "embed", *self.dials.aliases]
        if ask.call == "models":
            body: dict[str, Any] = {"object": "list", "data": [_model(name) for name in names]}
        elif ask.argument in names or ask.argument.removeprefix("scenario:") in self.scenarios:
            body = _model(ask.argument)
        else:
            raise _no_model(ask.argument)
        return delayed(http.answer(200, body, told), ask.dials.latency)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _EPOCH, "owned_by": "franca-simulator"}


def _no_model(name: str) -> Refused:
    return Refused(
        404, f"The model '{name}' does not exist or you do not have access to it.", "model", "model_not_found"
    )


def _wrong_endpoint(name: str, call: str) -> Refused:
    return Refused(400, f"The model '{name}' does not serve {call}.", "model", "model_not_supported")
