"""What all calls of one client share: where they go, with which key, and what was learnt on the way.

Clock, wall clock and chance are handed in: this layer has none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import (
    BadUsage,
    Forbidden,
    FrancaError,
    NoChoices,
    NotFound,
    OutOfCredits,
    RateLimited,
    ServerFault,
    StreamBroken,
    TransportError,
    Unauthorized,
)
from ..faults import Origin
from ..retry import RetryBudget
from ..wire.headers import is_secret_header, secret_values
from .core import Flow
from .options import HeaderPairs, Limits, limits_with
from .target import Target

if TYPE_CHECKING:
    from ..heal import Memory, Remedy
    from ..limits import Limiter
    from ..observe import Watch

__all__ = ["Envelope", "Key", "Session", "checked_key", "falls_back"]

Head = tuple[tuple[str, str], ...]
_MOST_SCHEMAS = 256
Key = str | Callable[[], Any] | None
"""An API key, or a function (for the async client also a coroutine function) that returns the one to use now."""


class Envelope:
    """What goes around a request: its headers, with and without a JSON body, and whom its errors concern."""

    __slots__ = ("bare", "json", "key", "limits", "model", "origin")

    def __init__(self, key: str | None, limits: Limits, model: str | None, head: Head, origin: Origin) -> None:
        self.key = key
        self.limits = limits
        self.model = model
        self.origin = origin
        self.bare = head
        typed = any(name.lower() == "content-type" for name, _ in head)
        self.json = head if typed else (("Content-Type", "application/json"), *head)


class Shared:
    """What a client has in common with those made of it by `with_options`: what it learnt, and its budget."""

    __slots__ = ("budget", "limiter", "make_limiter", "memory", "refused_schemas")

    def __init__(self, memory: Memory | None, make_limiter: Callable[[], Limiter] | None) -> None:
        self.budget = RetryBudget()
        self.memory = memory
        """What servers refused before; None as long as nothing was learnt."""
        self.make_limiter = make_limiter
        """Gives the one limiter; None: nothing is paced."""
        self.limiter: Limiter | None = None
        """Paces the requests of all callers; None until the first answer has come, or for ever."""
        self.refused_schemas: dict[tuple[str, str, str, bytes], None] = {}
        """Of structured output: (base URL, model, mode, schema) where the server took the mode and not this schema."""

    def hear(self) -> Limiter | None:
        """The limiter, now that there is an answer to learn from."""
        if self.limiter is None and self.make_limiter is not None:
            self.limiter = self.make_limiter()
        return self.limiter


class Session:
    """Shared by every call of a client, and by all threads and tasks that use it."""

    __slots__ = (
        "_envelope",
        "auth",
        "chance",
        "clock",
        "fallbacks",
        "falls",
        "headers",
        "heals",
        "key",
        "limits",
        "max_body",
        "model",
        "prices",
        "shared",
        "target",
        "wall",
        "watch",
    )

    def __init__(
        self,
        target: Target,
        *,
        key: Key,
        model: str | None,
        limits: Limits,
        headers: HeaderPairs,
        max_body: int,
        clock: Callable[[], float],
        wall: Callable[[], float],
        chance: Callable[[], float],
        heals: bool = True,
        memory: Memory | None = None,
        make_limiter: Callable[[], Limiter] | None = None,
        watch: Watch | None = None,
        prices: Any = None,
        bearer: bool = False,
    ) -> None:
        self.target = target
        self.key = key
        self.model = model
        self.limits = limits
        self.headers = headers
        """Default headers below the user's own: user agent, organisation."""
        self.max_body = max_body
        self.clock = clock
        """Monotonic seconds, for time limits."""
        self.wall = wall
        """Unix seconds, for dates in Retry-After."""
        self.chance = chance
        """A random number in [0, 1), for jitter."""
        self.shared = Shared(memory, make_limiter)
        self.auth = "bearer" if bearer or target.row is None else target.row.auth
        """How the key travels."""
        self.heals = heals
        """Whether a request is mended when the server refuses one of its fields."""
        self.watch = watch
        """Who is told of every call; None: nobody."""
        self.prices = prices
        """What estimates the cost of an answer; None: only the server's own word counts."""
        self.fallbacks: tuple[Session, ...] = ()
        """Where a call goes when this server fails it, in order."""
        self.falls: Callable[[FrancaError], bool] = falls_back
        """Whether an error is one to go to the next server with."""
        self._envelope: Envelope | None = None

    @property
    def budget(self) -> RetryBudget:
        """The retry budget."""
        return self.shared.budget

    @property
    def memory(self) -> Memory | None:
        """What servers refused before; None as long as nothing was learnt."""
        return self.shared.memory

    @property
    def limiter(self) -> Limiter | None:
        """Paces the requests of all callers; None as long as there is nothing to pace by."""
        return self.shared.limiter

    def varied(self, options: Mapping[str, Any]) -> Session:
        """This session with other call options or another model: what it learns is learnt by both."""
        made = object.__new__(Session)
        for name in Session.__slots__:
            setattr(made, name, getattr(self, name))
        made._envelope = None
        made.model = options.get("model") or self.model
        made.limits = limits_with(self.limits, {name: value for name, value in options.items() if name != "model"})
        return made

    def model_for(self, model: str | None, *, optional: bool = False) -> str:
        """The model of a call: its own, else the client's. Raises BadUsage when there is neither, unless it is
        `optional`: then it is ""."""
        chosen = model or self.model
        if not chosen:
            if optional:
                return ""
            raise BadUsage(
                "no model given: pass model=... to the call or to the client, or set FRANCA_MODEL",
                server=self.target.name,
            )
        if not isinstance(chosen, str):
            raise BadUsage(f"model is the name of a model, not {type(chosen).__name__}")
        return chosen

    def learn(self, model: str | None, remedies: list[Remedy]) -> None:
        """Remember what made a refused request succeed."""
        self._remembering().remember(self.target.base_url, model, remedies, self.wall())

    def note_mode(self, model: str, mode: str, why: str) -> None:
        """Remember that a mode of structured output was "refused" or "ignored"."""
        from ..heal.notes import note

        note(self._remembering(), self.target.base_url, model, mode, why, self.wall())

    def note_schema(self, model: str, mode: str, schema: bytes) -> None:
        """Remember, as long as this client lives, that one schema was refused in a mode that is otherwise taken."""
        from ..schema.kept import keep

        keep(self.shared.refused_schemas, (self.target.base_url, model, mode, schema), None, _MOST_SCHEMAS)

    def refuses_schema(self, model: str, mode: str, schema: bytes) -> bool:
        """Whether `note_schema` was told so."""
        return (self.target.base_url, model, mode, schema) in self.shared.refused_schemas

    def _remembering(self) -> Memory:
        memory = self.shared.memory
        if memory is None:
            from ..heal import Memory

            memory = self.shared.memory = Memory()
        return memory

    def asked_key(self, key: Callable[[], Any], until: float | None) -> Flow[str | None]:
        """The key to use now, from the user's function; a coroutine of it may take until `until`."""
        given = yield ("call", key, (), until)
        if hasattr(given, "__await__"):
            if hasattr(given, "close"):  # or Python would warn of a coroutine that nobody awaited
                given.close()
            raise BadUsage("the api_key function returned a coroutine; use AsyncClient for it")
        if given is not None and not isinstance(given, str):
            raise BadUsage(f"the api_key function returned {type(given).__name__}, not text")
        return checked_key(given)

    def __reduce__(self) -> NoReturn:
        """It holds keys, and so does whatever holds on to it: lists in pages, a client's `keys`."""
        raise BadUsage("what is bound to a client's session holds its key, and is not pickled: pickle the client")

    def envelope(self, key: str | None, limits: Limits, model: str | None) -> Envelope:
        """The envelope for this key, these options and this model; the last one is kept, as it hardly changes.

        Raises BadUsage when the server wants a key and there is none.
        """
        known = self._envelope
        if known is not None and known.limits is limits and known.key == key and known.model == model:
            return known
        self._require_key(key, limits)
        lines: dict[str, tuple[str, str | None]] = {"accept": ("Accept", "application/json")}
        for name, value in (*self.headers, *self._authorization(key), *limits.headers):
            lines[name.lower()] = (name, value)
        head = tuple((name, value) for name, value in lines.values() if value is not None)
        made = Envelope(key, limits, model, head, self._origin(model, key, head))
        self._envelope = made
        return made

    def _require_key(self, key: str | None, limits: Limits) -> None:
        row = self.target.row
        if key or row is None or not row.needs_key or self.auth == "none" or self.target.basic is not None:
            return
        if not {name.lower() for name, _ in limits.headers} & {"authorization", "api-key"}:
            variable = f" or set {row.key_vars[0]}" if row.key_vars else ""
            raise BadUsage(
                f"no API key for {row.name}: pass api_key=...{variable}",
                server=row.name,
                code="missing_api_key",
            )

    def _authorization(self, key: str | None) -> HeaderPairs:
        # With `auth` "none" as well: there a key is only here when the caller gave it, and a proxy may want it.
        if key and self.auth == "api-key":
            return (("api-key", key),)
        if key:
            return (("Authorization", f"Bearer {key}"),)
        if self.target.basic is not None:
            from base64 import b64encode

            return (("Authorization", "Basic " + b64encode(self.target.basic.encode()).decode()),)
        return ()

    def _origin(self, model: str | None, key: str | None, head: Head) -> Origin:
        secrets = [key] if key else []
        for value in (value for name, value in head if is_secret_header(name)):
            secrets += [value, value.rpartition(" ")[2]]  # "Bearer KEY": the key alone too
        if self.target.basic:
            secrets += [self.target.basic, self.target.basic.partition(":")[2]]
        if self.target.query:
            secrets += secret_values(self.target.query)
        return Origin(self.target.name, model, secrets)


def checked_key(key: str | None) -> str | None:
    """A key as it can travel in a header. A trailing line break, as files and variables have it, is cut off."""
    if key is None:
        return None
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        raise BadUsage("the API key holds characters that no key has; check how it was read")
    return key or None


# Another server may do better with these; a request that is wrong, or flagged, is so everywhere. A broken stream is
# one that broke before its first token: later nobody else is asked.
_FALLS = (
    TransportError,
    Unauthorized,
    OutOfCredits,
    Forbidden,
    NotFound,
    RateLimited,
    ServerFault,
    StreamBroken,
    NoChoices,
)


def falls_back(error: FrancaError) -> bool:
    """Whether to ask the next server after this error, unless the caller says otherwise (`fallback_on`)."""
    return isinstance(error, _FALLS)
