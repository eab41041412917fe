"""One examination: the client, the model, what was learnt so far; and the ways in which a probe may ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage, ConnectionLost, StatusError, TimedOut, TransportError
from ..faults import Origin
from ..wire.headers import is_secret_header
from .finding import Evidence, NotPossible, Undecided
from .seen import Seen, shape_of
from .tap import Tap

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["CHAT", "Visit", "short"]

CHAT = "chat/completions"
_MOST_EVIDENCE = 12
_MESSAGE = 300  # characters of a server's message that are kept
_HEADERS_KEPT = 64
_SHAPES_KEPT = 16
# Answers that say nothing about the field that a probe tries.
_NOT_ABOUT_IT = frozenset({401, 402, 403, 408, 429, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_SHORTEST_SECRET = 8


class Visit:
    """What every probe is given. Facts that several probes need are found once and kept here."""

    def __init__(
        self,
        client: Client,
        tap: Tap,
        *,
        embedding_model: str | None,
        room: int,
        verify: Any,
        keys: Sequence[str] = (),
    ) -> None:
        self.client = client
        self.tap = tap
        self.model = client.model
        self.embedding_model = embedding_model
        self.room = room
        """Tokens that an ordinary answer may have."""
        self.verify = verify
        self.keys = tuple(keys)
        """Names of further headers that hold keys: of the caller's own."""
        self.until = 0.0
        """The end of the running probe on the monotonic clock."""
        self.evidence: list[Evidence] = []
        self.tokens: int | None = None
        self.limit_headers: dict[str, str] = {}
        """Rate limit headers of all answers so far, by lower-case name."""
        self.error_shapes: dict[str, int] = {}
        """How the bodies of errors were built, each with the status that first had it."""
        self.answers = 0
        self.reasoning: dict[str, str] = {}
        """Where reasoning was seen: {"message": field, "delta": field}."""
        self.memory: dict[str, Any] = {}
        """Answers that more than one probe looks at, by name; each probe adds at most a few."""
        self._secrets: set[str] = set()

    # ---- one probe's time and evidence ------------------------------------------------------

    def begin(self, seconds: float) -> None:
        """A probe begins; it may take so long."""
        self.until = time.monotonic() + seconds
        self.evidence = []
        self.tokens = None

    def remaining(self) -> float:
        """Seconds that the running probe has left. Raises Undecided when there are none."""
        left = self.until - time.monotonic()
        if left <= 0.01:
            raise Undecided("its time was over (--timeout gives more)")
        return left

    def scrub(self, text: str) -> str:
        """A text without the keys that were sent."""
        text = " ".join(self._hidden(text).split())
        return text if len(text) <= _MESSAGE else text[: _MESSAGE - 1] + "…"

    def _hidden(self, text: str) -> str:
        return str(Origin(secrets=tuple(self._secrets)).scrub(text))

    # ---- asking -----------------------------------------------------------------------------

    def ask(
        self,
        body: Any = None,
        path: str = CHAT,
        *,
        what: str = "",
        headers: Mapping[str, str | None] | None = None,
        any_status: bool = False,
    ) -> Seen:
        """Send a request as it is, a POST when there is a body; the answer as it came.

        `what` names the request in the evidence. Raises Undecided when no answer came, and, unless `any_status`,
        when it is one that tells nothing of what was asked (401, 429, 503 ...).
        """
        seen = self._exchange(body, path, headers)
        if seen.status == 429 and not any_status:
            self._wait(seen)
            seen = self._exchange(body, path, headers)
        self._note(seen, what or f"{'GET' if body is None else 'POST'} {path}")
        streamed = isinstance(body, dict) and body.get("stream")  # how a stream ends is a question of its own
        if seen.cut and not any_status and not streamed:
            raise Undecided(f"the answer broke off: {seen.cut}")
        if seen.status in _NOT_ABOUT_IT and not any_status:
            raise Undecided(f"the server answered {short(seen)}")
        return seen

    def _exchange(self, body: Any, path: str, headers: Mapping[str, str | None] | None) -> Seen:
        left = self.remaining()
        options: dict[str, Any] = {"timeout": left, "connect_timeout": min(left, 10.0), "headers": headers}
        self.tap.forget()
        fault = cut = ""
        try:
            if body is None:
                self.client.get(path, **options)
            else:
                self.client.post(path, body, **options)
        except StatusError as error:
            fault = error.message
        except ConnectionLost as error:
            cut = error.message
        except TimedOut as error:
            raise Undecided(f"no whole answer within {left:.3g} s") from error
        except BadUsage:
            raise
        except TransportError as error:
            raise Undecided(error.message) from error
        recorded = self.tap.last
        if recorded is None or recorded.status is None:
            raise Undecided(cut or "no answer came")
        self._learn_secrets(recorded.request.headers)
        seen = Seen(recorded.status, recorded.headers, recorded.pieces, recorded.took, fault, cut)
        seen.fault = self._hidden(seen.fault)  # here, where it is whole: half a key at a cut would not be found
        return seen

    def _learn_secrets(self, headers: tuple[tuple[str, str], ...]) -> None:
        for name, value in headers:
            if is_secret_header(name) and len(self._secrets) < _HEADERS_KEPT:
                found = {value, value.rpartition(" ")[2]}
                self._secrets |= {secret for secret in found if len(secret) >= _SHORTEST_SECRET}

    def _wait(self, seen: Seen) -> None:
        """Wait as long as a 429 says, when the probe has the time. Raises Undecided when it has not."""
        try:
            wait = float(seen.headers.get("retry-after") or 2.0)
        except ValueError:
            wait = 2.0
        if wait + 1 > self.remaining():
            raise Undecided(f"rate limited: {short(seen)}")
        time.sleep(max(wait, 0.0))

    def _note(self, seen: Seen, what: str) -> None:
        self.answers += 1
        if len(self.evidence) < _MOST_EVIDENCE:
            self.evidence.append(Evidence(what, seen.status, self.scrub(seen.fault or seen.cut)))
        if seen.status >= 400 and len(self.error_shapes) < _SHAPES_KEPT:
            self.error_shapes.setdefault(shape_of(seen.json), seen.status)
        total = seen.count("total_tokens")
        if total is not None:
            self.tokens = (self.tokens or 0) + total
        for name, value in seen.headers.items():
            if "ratelimit" in name.replace("-", "") and len(self.limit_headers) < _HEADERS_KEPT:
                self.limit_headers[name] = value
        if seen.good and seen.reasoning:
            self.reasoning.setdefault("delta" if seen.streamed else "message", seen.reasoning)

    def once(self, name: str, ask: Callable[[], Seen]) -> Seen:
        """An answer that several probes look at: asked for once, and evidence of each that looks at it."""
        if name not in self.memory:
            before = len(self.evidence)
            seen = ask()
            self.memory[name] = (seen, self.evidence[before:])
        else:
            self.evidence += self.memory[name][1]
        known: Seen = self.memory[name][0]
        return known

    # ---- chat -------------------------------------------------------------------------------

    def body(self, **changes: Any) -> dict[str, Any]:
        """The body of a small chat request; None takes a field away."""
        if not self.model:
            raise NotPossible("it needs a model (-m)")
        body: dict[str, Any] = {"model": self.model, "messages": [{"role": "user", "content": "Say hello."}]}
        if self.memory.get("limit"):
            body[self.memory["limit"]] = self.room
        body |= changes
        return {name: value for name, value in body.items() if value is not None}

    def tiny(self) -> dict[str, Any]:
        """The cheapest body, for requests that should be refused and may not be: an answer of one token."""
        limit = self.memory.get("limit", "max_tokens")
        body = self.body() if self.model else {"model": "none", "messages": [{"role": "user", "content": "Hi."}]}
        return body | ({limit: 1} if limit else {})

    def limited(self, tokens: int) -> dict[str, int]:
        """The field that limits an answer to so many tokens, or to `room` where that is more."""
        self.plain()
        return {self.memory["limit"]: max(tokens, self.room)} if self.memory["limit"] else {}

    def plain(self) -> Seen:
        """The smallest chat request that this server does: what every other one is compared with.

        Raises NotPossible when there is none: nothing could be concluded from a further refusal.
        """
        if "plain" not in self.memory:
            try:
                self.memory["plain"] = self._first_that_works()
            except Undecided as error:  # kept, so that a silent server costs one time-out and not one for each probe
                self.memory["plain"] = str(error)
        seen: Seen | str = self.memory["plain"]
        if isinstance(seen, str):
            raise NotPossible(f"chat does not work: {seen}")
        if not seen.good:
            raise NotPossible(f"chat does not work: {short(seen)}")
        return seen

    def chats(self) -> bool:
        """Whether a chat was answered so far."""
        seen = self.memory.get("plain")
        return isinstance(seen, Seen) and seen.good

    def _first_that_works(self) -> Seen:
        # OpenAI's reasoning models refuse `max_tokens`; a server that takes neither is asked without a limit.
        seen = None
        for limit in ("max_tokens", "max_completion_tokens", ""):
            self.memory["limit"] = limit
            tried = self.ask(self.body(), what=f"chat, {limit or 'no limit of tokens'}")
            if tried.good:
                return tried
            seen = seen or tried
            if not 400 <= tried.status < 500 or tried.status == 404:
                break
        assert seen is not None
        self.memory["limit"] = "max_tokens"
        return seen

    def chat(self, what: str = "", **changes: Any) -> Seen:
        """A chat request that differs from the plain one, which works, by `changes`."""
        self.plain()
        return self.ask(self.body(**changes), what=what or f"chat with {', '.join(changes) or 'nothing else'}")

    def stream(self, what: str = "", **changes: Any) -> Seen:
        """As `chat`, streamed."""
        return self.chat(what or f"stream with {', '.join(changes) or 'nothing else'}", stream=True, **changes)

    def steady(self) -> tuple[Seen, Seen]:
        """Two answers to the same request at temperature 0 (or without a temperature where that is refused)."""
        if "steady" not in self.memory:
            body = {"messages": [{"role": "user", "content": "Count from one to ten, in words."}], **self.limited(24)}
            first = self.chat("temperature 0", temperature=0, **body)
            self.memory["cold"] = {**body, "temperature": 0} if first.good else body
            if not first.good:
                self.memory["temperature"] = first
                first = self.chat("no temperature", **body)
            self.memory["steady"] = (first, self.chat("the same again", **self.memory["cold"]))
        pair: tuple[Seen, Seen] = self.memory["steady"]
        if not (pair[0].good and pair[1].good):
            raise Undecided(f"the request to compare with failed: {short(pair[0] if not pair[0].good else pair[1])}")
        return pair

    def cold(self) -> dict[str, int]:
        """Temperature 0 where it is taken: then two answers that differ do so because their requests do."""
        self.steady()
        return {"temperature": 0} if "temperature" in self.memory["cold"] else {}

    def varies(self) -> bool:
        """Whether two answers to the same request differ even so."""
        first, second = self.steady()
        return first.text != second.text

    def grew(self, seen: Seen, than: Seen | None = None) -> int | None:
        """By how many tokens the prompt is longer than the plain one's; None when the server does not count."""
        more, plain = seen.count("prompt_tokens"), (than or self.plain()).count("prompt_tokens")
        return None if more is None or plain is None else more - plain


def short(seen: Seen) -> str:
    """An answer in a few words: "400: temperature must be a number"."""
    said = " ".join((seen.fault or seen.cut).split())
    return f"{seen.status}: {said[:90] + '…' if len(said) > 91 else said}" if said else str(seen.status)
