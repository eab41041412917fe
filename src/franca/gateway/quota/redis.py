"""Limits and budgets of several replicas, in Redis or Valkey."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from hashlib import sha1
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from ...errors import BadUsage
from ..store.base import Sums
from . import refusal
from .account import NONE, Caps, nano
from .calendar import day_of, month_of
from .script import ALIVE, GIVE, SEED, TAKE
from .shared import CountsDown, Give, Seed, SharedQuota, Take, Verdict

if TYPE_CHECKING:
    from ..config.shape import LimitsTable

__all__ = ["RedisQuota"]

_LEASE = 30.0
"""Seconds after which the places of a replica that shows no life are free."""
_BATCH = 128
_MOST_WAITING = 20_000
_PATIENCE = 1.0
"""Seconds that Redis has to answer a batch, or to let a connection come about."""
_REST = 0.25
"""Seconds between two tries to reach it."""
_PERIOD = 300
_WINDOWS_KEPT = 180
_BUDGETS_KEPT = 40 * 86_400
_TOTALS_KEPT = 400 * 86_400
"""Seconds after which an account that nobody used is forgotten; the store still knows what it spent."""
_PERIODS = ("", "day", "month", "total")

_Job = tuple[str, Any, "asyncio.Future[Any] | None"]


class RedisQuota(SharedQuota):
    """Limits and budgets of all replicas that are given the same `url`: "redis://", "rediss://", "valkey://" or "unix://".

    To let in is one script, and so is to count out: nothing comes between looking and reserving. What is asked at the
    same time goes in one pipeline over one connection. What is counted out waits in a queue while Redis is away, and is
    not counted twice when an answer was lost. The queue is bounded: it holds at most one entry for each request that
    was let in, and 20,000 that ask. See `SharedQuota` for what is guaranteed. The clocks of the replicas should agree
    to a second; leases go by the clock of Redis. On a cluster it uses one slot.

    Raises BadUsage for a URL that is none, or when the package redis is missing.
    """

    def __init__(
        self,
        limits: LimitsTable,
        url: str,
        spent: Callable[[float], Awaitable[Sums]],
        *,
        clock: Callable[[], float] = time,
        lease: float = _LEASE,
        prefix: str = "{franca}:",
    ) -> None:
        super().__init__(limits, spent, clock=clock)
        self._client = _client(url)
        self._lease = lease
        self._prefix = prefix
        self._jobs: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._held = 0
        """Requests under way that are counted there."""
        self._renewed = -1e9
        self._down_until = -1e9
        self._is_taught = False
        self._ended = False

    def _take(self, take: Take) -> asyncio.Future[Verdict]:
        return self._put("take", take)

    def _give(self, give: Give) -> None:
        self._jobs.append(("give", give, None))
        self._start()

    async def _seed(self, seeds: list[Seed]) -> None:
        await asyncio.gather(*(self._put("seed", seed) for seed in seeds))

    async def close(self) -> None:
        """Count out what is over, as far as Redis can be reached, and close the connection."""
        self._ended = True
        await self._local.close()
        if self._pump is not None:
            self._wake.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await asyncio.shield(self._pump)
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._client.aclose()

    def _put(self, what: str, about: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._ended or len(self._jobs) > _MOST_WAITING:
            future.set_exception(CountsDown("too many wait for Redis, or it was closed"))
        elif monotonic() < self._down_until:
            future.set_exception(CountsDown("Redis is away"))
        else:
            self._jobs.append((what, about, future))
            self._start()
        return future

    def _start(self) -> None:
        if self._pump is None and not self._ended:
            self._pump = asyncio.get_running_loop().create_task(self._work(), name="franca limits")
        self._wake.set()

    async def _work(self) -> None:
        """Send what waits, a batch at a time, until it is closed and nothing waits any more."""
        while not self._ended or self._jobs:
            if not self._jobs:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._lease / 4):
                        await self._wake.wait()
            self._wake.clear()
            batch = [self._jobs.popleft() for _ in range(min(_BATCH, len(self._jobs)))]
            try:
                async with asyncio.timeout(_PATIENCE):
                    failed, error = await self._send(batch)
            except Exception as lost:  # of redis, of the network, of time: nobody knows what was done
                failed, error = batch, lost
            except asyncio.CancelledError:
                self._failed(batch, CountsDown("it was closed"))
                raise
            if error is not None:
                self._failed(failed, error)
                if self._ended:
                    return
                await asyncio.sleep(_REST)
        if self._held == 0 and self._renewed > 0:
            with contextlib.suppress(Exception):
                await self._client.eval(ALIVE, 1, self._prefix + "alive", self._instance, 0)

    async def _send(self, batch: list[_Job]) -> tuple[list[_Job], Exception | None]:
        """Have a batch done; gives the part of it that was not, and why."""
        calls = [self._call(what, about) for what, about, _ in batch]
        if monotonic() - self._renewed > self._lease / 4 and (self._held or batch):
            calls.append((ALIVE, 1, (self._prefix + "alive", self._instance, self._lease)))
            self._renewed = monotonic()
        if not calls:
            return [], None
        answers = await self._evaluate(calls)
        failed: list[_Job] = []
        error: Exception | None = None
        for job, answer in zip(batch, answers, strict=False):
            what, about, future = job
            if isinstance(answer, Exception):
                failed.append(job)
                error = answer
            elif what == "give":
                self._held -= 1
            elif what == "take":
                verdict = _verdict(about, answer)
                if verdict.problem is None and not verdict.unseeded:
                    self._held += 1
                if future is not None and not future.done():
                    future.set_result(verdict)
            elif future is not None and not future.done():
                future.set_result(None)
        if error is None:
            self._reached()
        return failed, error

    async def _evaluate(self, calls: list[tuple[str, int, tuple[Any, ...]]]) -> list[Any]:
        """The answer to each script, an exception where it failed. A Redis that does not know a script (it was emptied)
        did nothing: it is taught, and asked again."""
        from redis.exceptions import NoScriptError

        if not self._is_taught:  # beforehand, because what is asked again comes behind what was sent after it
            for script in _SHAS:
                await self._client.script_load(script)
            self._is_taught = True
        answers = await self._pipe(calls)
        unknown = [index for index, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            for script in {calls[index][0] for index in unknown}:
                await self._client.script_load(script)
            again = await self._pipe([calls[index] for index in unknown])
            for index, answer in zip(unknown, again, strict=True):
                answers[index] = answer
        return answers

    async def _pipe(self, calls: list[tuple[str, int, tuple[Any, ...]]]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            for script, keys, args in calls:
                pipe.evalsha(_SHAS[script], keys, *args)
            answers: list[Any] = await pipe.execute(raise_on_error=False)
            return answers

    def _failed(self, batch: list[_Job], error: Exception) -> None:
        """Nobody knows whether these were done: who asks is told so, what must be done is done again."""
        # No words of the error: they may hold the address, and that a password.
        down = CountsDown(str(error) if isinstance(error, CountsDown) else f"Redis: {type(error).__name__}")
        again: list[_Job] = []
        for what, about, future in batch:
            _refuse(future, down)
            if what == "give":
                about.again = True
                again.append((what, about, None))
            elif what == "take":  # it may have come in all the same
                self._held += 1
                again.append(("give", Give(about, -about.tokens, 0, self._clock(), False, again=True), None))
        for what, about, future in self._jobs:  # these were not even sent
            if what == "give":
                again.append((what, about, None))
            _refuse(future, down)
        self._jobs = deque(again)
        self._is_taught = False
        self._down_until = monotonic() + _REST * 2

    def _call(self, what: str, about: Any) -> tuple[str, int, tuple[Any, ...]]:
        """The script for a job, how many keys it names, and these with its arguments."""
        if what == "seed":
            return SEED, 1, (
                f"{self._prefix}{about.kind}:{about.name}", int(about.now), about.day, about.month,
                *(nano(amount) for amount in about.spent),
            )  # fmt: skip
        take: Take = about if what == "take" else about.take
        own = f"{self._prefix}key:{take.key}"
        keys = [own, own + ":running", own + ":dearest"]
        if take.team:
            team = f"{self._prefix}team:{take.team}"
            keys += [team, team + ":running"]
        keys.insert(0, self._prefix + "alive")
        budget = take.caps.budget or take.team_caps.budget
        if what == "take":
            return TAKE, len(keys), (
                *keys, take.id, self._instance, self._lease, int(take.now), take.day, take.month, take.tokens,
                take.asked, int(take.capped), take.kind, int(take.now) // _PERIOD, int(budget), *_bounds(take.caps),
                *_bounds(take.team_caps),
            )  # fmt: skip
        give: Give = about
        today = day_of(give.now)
        return GIVE, len(keys), (
            *keys, take.id, int(give.again), -1 if give.amount is None else give.amount, take.asked, give.more,
            take.day, take.month, int(give.now), today, month_of(today), int(give.learns and budget),
            int(give.now) // _PERIOD, take.kind,
        )  # fmt: skip


_SHAS = {script: sha1(script.encode(), usedforsecurity=False).hexdigest() for script in (TAKE, GIVE, SEED, ALIVE)}


def _refuse(future: asyncio.Future[Any] | None, down: CountsDown) -> None:
    if future is not None and not future.done():
        future.set_exception(down)
        future.exception()  # who asked may be gone; then nobody is to be warned of it


def _client(url: str) -> Any:
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise BadUsage("[limits] url: Redis needs a package more: pip install 'franca[gateway]'") from None
    scheme, colon, rest = url.partition("://")
    scheme = {"valkey": "redis", "valkeys": "rediss"}.get(scheme, scheme)
    if not colon or scheme not in ("redis", "rediss", "unix"):
        raise BadUsage(
            '[limits] url: write "redis://HOST:PORT/0", "rediss://..." (TLS), "valkey://..." or "unix://PATH"'
        )
    try:
        # Sent again it is by us, who can tell the script so.
        return Redis.from_url(
            f"{scheme}://{rest}", retry=Retry(NoBackoff(), 0), socket_connect_timeout=_PATIENCE, max_connections=4
        )
    except ValueError:
        raise BadUsage(
            "[limits] url: a part of this address of Redis cannot be read; check its port and number"
        ) from None


def _bounds(caps: Caps) -> tuple[int, ...]:
    kept = _TOTALS_KEPT if caps.total != NONE else _BUDGETS_KEPT if caps.budget else _WINDOWS_KEPT
    limits = (caps.rpm, caps.tpm, caps.parallel, caps.day, caps.month, caps.total)
    return (*(-1 if limit == NONE else limit for limit in limits), kept)


def _verdict(take: Take, answer: list[int]) -> Verdict:
    """What the script's numbers say."""
    code = answer[0]
    if code == 0:
        return Verdict(None, answer[1], answer[2], answer[3], answer[4])
    if code == -2:  # it was given up before it came there, so nobody waits for this
        return Verdict(unseeded=("gone",))
    if code == -1:
        return Verdict(unseeded=tuple(name for bit, name in ((1, "key"), (2, "team")) if answer[1] & bit))
    label = (take.caps if answer[1] == 1 else take.team_caps).label
    if code == 1:
        return Verdict(refusal.is_spent(label, _PERIODS[answer[2]], *answer[3:6]))
    if code == 2:
        return Verdict(refusal.is_reserved(label, _PERIODS[answer[2]], answer[3]))
    if code == 3:
        return Verdict(refusal.over_parallel(label, answer[2]))
    wait = max(0.001, answer[-1] - take.now)
    if code == 4:
        return Verdict(refusal.over_requests(label, answer[2], wait))
    if code == 5:
        return Verdict(refusal.too_large(label, answer[2], take.tokens))
    return Verdict(refusal.over_tokens(label, answer[2], answer[3], take.tokens, wait))
