"""Record real exchanges into a readable file, and replay them without a server: `Cassette`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, NoReturn, Self

from ..errors import BadUsage, FrancaError, TimedOut, TransportError
from ..io.guard import permitted
from ..wire.http import AsyncReply, AsyncTransport, Reply, Request, Transport
from . import match, tape
from .exchange import Exchange
from .recording import AsyncRecorded, AsyncReplayed, Recorded, Replayed, again
from .scrub import Scrubber
from .through import asynchronous, blocking

__all__ = ["MODES", "Cassette"]

MODES = ("none", "once", "all", "new")
_MAX_BYTES = 16 * 1024 * 1024


class Cassette:
    """A file of exchanges, given to a client as `transport`:

        with Cassette("tests/cassettes/hello.http") as cassette:
            client = franca.Client("groq", transport=cassette)      # or AsyncClient

    path           the file; its folder is made when it is written
    mode           "none": only replay; "once": record when there is no file, else only replay; "new": replay, and
                   record what is missing; "all": record everything anew
    through        what sends while recording: a transport, or a client of httpx; else the built-in transport
    ignore         fields of the body (dotted: "metadata.trace") and of the query that are not compared
    scrub          your own function for secrets: is given each line of a body, each header's value and URL, and
                   each line of a coming request, before they are written or compared
    timing         replay with the pauses that were recorded, instead of at full speed
    reuse          replay the last fitting exchange again when all are used up
    max_bytes      of the bodies in the file (16 MiB), and max_exchanges (1,000)

    A request is answered by the first exchange, not used yet, with the same method, path, query and body (as JSON).
    The file is written by `save`, or at the end of a `with` block that raised nothing; all at once, or not at all.
    Threads and event loops may share a cassette. A miss, and a file that cannot be read, are BadUsage.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: str = "once",
        *,
        through: Any = None,
        ignore: Iterable[str] = (),
        scrub: Callable[[str], str] | None = None,
        timing: bool = False,
        reuse: bool = False,
        max_bytes: int = _MAX_BYTES,
        max_exchanges: int = 1_000,
    ) -> None:
        if mode not in MODES:
            raise BadUsage(f"the mode of a cassette is one of {', '.join(MODES)}, not {mode!r}")
        self.path = Path(path)
        self.mode = mode
        self._ignore = (ignore,) if isinstance(ignore, str) else tuple(ignore)
        self._scrubber = Scrubber(scrub)
        self._timing = timing
        self._reuse = reuse
        self._limits = max_bytes, max_exchanges
        self._through = through
        self._blocking: Transport | None = None
        self._lock = Lock()
        self._bytes = 0
        self._recorded: list[Exchange] = []
        self._tape = [] if mode == "all" else self._load()
        self._keys = [match.key_of(one, self._ignore) for one in self._tape]
        self._free = dict.fromkeys(range(len(self._tape)))
        self._records = mode in ("all", "new") or (mode == "once" and not self.path.exists())

    def _load(self) -> list[Exchange]:
        try:
            if self.path.stat().st_size > 4 * self._limits[0]:
                raise BadUsage(f"{self.path} is much larger than max_bytes ({self._limits[0]})")
            exchanges = tape.load(self.path.read_bytes().decode(), str(self.path))
        except FileNotFoundError:
            if self.mode != "none":
                return []
            raise BadUsage(
                f"there is no cassette {self.path}; record it with mode 'once' (for pytest: --franca-record=once)"
            ) from None
        except UnicodeDecodeError:
            raise BadUsage(f"{self.path} is no cassette: it is not UTF-8") from None
        self._bytes = sum(one.size for one in exchanges)
        return exchanges

    # ---- what a test may ask -----------------------------------------------------------------------

    @property
    def unused(self) -> tuple[str, ...]:
        """The recorded requests that nobody has asked for: "POST /v1/chat/completions"."""
        return tuple(" ".join(self._keys[place].same[:2]) for place in self._free)

    @property
    def recorded(self) -> int:
        """How many exchanges were recorded since it was opened."""
        return len(self._recorded)

    def __repr__(self) -> str:
        return f"<Cassette {self.path} {self.mode}: {len(self._tape)} on file, {self.recorded} recorded>"

    def __reduce__(self) -> NoReturn:
        raise BadUsage("a cassette is not pickled: make it, and the client that it serves, in the process of the test")

    # ---- the file ----------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what was recorded, if anything was. The file is replaced whole."""
        with self._lock:
            if not self._recorded:
                return
            text = tape.dump([*self._tape, *map(self._clean, self._recorded)])
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            try:
                draft.write_bytes(text.encode())
                os.replace(draft, self.path)
            finally:
                draft.unlink(missing_ok=True)

    def _clean(self, one: Exchange) -> Exchange:
        """A copy without secrets, as it is written and compared."""
        scrubber = self._scrubber
        copy = Exchange(one.method, scrubber.text(one.url), _scrubbed(scrubber, one.headers), scrubber.body(one.body))
        copy.status, copy.after = one.status, one.after
        copy.answer_headers = _scrubbed(scrubber, one.answer_headers)
        copy.chunks = scrubber.chunks(one.chunks)
        copy.end = "left" if one.end == "open" else one.end
        if one.error is not None:
            copy.error = again(one.error)
            copy.error.message = scrubber.text(one.error.message)
        return copy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self.save()
        finally:
            self.close()

    # ---- one exchange: the same for both shapes ------------------------------------------------------

    def _begin(self, request: Request) -> tuple[Exchange, bool]:
        """The exchange for a request, and whether it is to be replayed (else recorded). Raises BadUsage."""
        coming = Exchange.of(request)
        with self._lock:
            self._scrubber.learn(request.headers)
            wanted = match.key_of(self._clean(coming), self._ignore)
            place = match.find(wanted, self._keys, self._free)
            if place is not None:
                del self._free[place]
                return self._tape[place], True
            if self._records:
                if len(self._tape) + len(self._recorded) >= self._limits[1]:
                    raise BadUsage(f"{self.path} would hold more than max_exchanges ({self._limits[1]})")
                self._fits(len(coming.body))
                self._recorded.append(coming)
                return coming, False
        last = match.find(wanted, self._keys[::-1], range(len(self._keys))) if self._reuse else None
        if last is not None:
            return self._tape[-1 - last], True
        advice = " (mode 'new' records what is missing; for pytest: --franca-record=new)"
        raise match.missed(wanted, self._keys, str(self.path), advice)

    def _fits(self, more: int) -> None:
        if self._bytes + more > self._limits[0]:
            raise BadUsage(f"{self.path} would be larger than max_bytes ({self._limits[0]} bytes of bodies)")
        self._bytes += more

    def _kept(self, exchange: Exchange, data: bytes) -> None:
        """Asked for each piece of a body; one that does not fit takes its whole exchange with it."""
        try:
            with self._lock:
                self._fits(len(data))
        except BadUsage:
            self._forget(exchange)
            raise

    def _forget(self, exchange: Exchange) -> None:
        with self._lock:
            self._recorded[:] = [one for one in self._recorded if one is not exchange]

    def _failed(self, exchange: Exchange, error: BaseException) -> None:
        """No head came."""
        if isinstance(error, TransportError):
            exchange.error, exchange.end = again(error), "error"
        else:  # cancelled, or refused before anything was sent: that is no exchange
            self._forget(exchange)

    def _answered(self, exchange: Exchange, seconds: float, headers: Iterable[tuple[str, str]]) -> None:
        exchange.after = seconds
        with self._lock:
            self._scrubber.learn(headers)

    def _pause(self, exchange: Exchange, until: float | None) -> float:
        """Seconds until the head of a replayed answer, or until the limit when that is sooner."""
        if not self._timing:
            return 0.0
        return exchange.after if until is None else max(min(exchange.after, until - time.monotonic()), 0.0)

    def _head(self, exchange: Exchange, waited: float) -> float | None:
        """When the head came, for a replay true to time. Raises the error that came instead."""
        if self._timing and waited < exchange.after:
            raise TimedOut("no recorded answer came in time", phase="answer")
        if exchange.status is None:
            raise again(exchange.error or FrancaError("an error without a name"))
        return time.monotonic() if self._timing else None

    # ---- blocking ------------------------------------------------------------------------------------

    def send(self, request: Request) -> Reply:
        """See `franca.wire.http.Transport`."""
        exchange, replay = self._begin(request)
        if replay:
            pause = self._pause(exchange, request.until)
            if pause:
                time.sleep(pause)
            return Replayed(exchange, request, self._head(exchange, pause))
        start = time.monotonic()
        try:
            with permitted():
                reply = self._transport().send(request)
        except BaseException as error:
            exchange.after = time.monotonic() - start
            self._failed(exchange, error)
            raise
        self._answered(exchange, time.monotonic() - start, reply.headers.pairs)
        return Recorded(reply, exchange, self._kept)

    def _transport(self) -> Transport:
        with self._lock:
            if self._blocking is None:
                self._blocking = blocking(self._through)
            return self._blocking

    def close(self) -> None:
        """Close connections that recording left open. Writes nothing; the cassette stays usable."""
        if self._blocking is not None:
            self._blocking.close()

    # ---- asyncio -------------------------------------------------------------------------------------

    def asynchronous(self) -> AsyncCassette:
        """The same cassette as an `AsyncTransport`; `AsyncClient` asks for it itself."""
        return AsyncCassette(self)


class AsyncCassette:
    """A cassette for asyncio; see `Cassette.asynchronous`."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self._inner: AsyncTransport | None = None

    async def send(self, request: Request) -> AsyncReply:
        """See `franca.wire.http.AsyncTransport`."""
        cassette = self.cassette
        exchange, replay = cassette._begin(request)
        if replay:
            pause = cassette._pause(exchange, request.until)
            if pause:
                await asyncio.sleep(pause)
            return AsyncReplayed(exchange, request, cassette._head(exchange, pause))
        if self._inner is None:
            self._inner = asynchronous(cassette._through)
        start = time.monotonic()
        try:
            with permitted():
                reply = await self._inner.send(request)
        except BaseException as error:
            exchange.after = time.monotonic() - start
            cassette._failed(exchange, error)
            raise
        cassette._answered(exchange, time.monotonic() - start, reply.headers.pairs)
        return AsyncRecorded(reply, exchange, cassette._kept)

    async def close(self) -> None:
        """Close connections that recording left open."""
        if self._inner is not None:
            await self._inner.close()

    def __repr__(self) -> str:
        return repr(self.cassette)


def _scrubbed(scrubber: Scrubber, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, scrubber.header(name, value)) for name, value in headers)
