"""Limits and budgets of several workers on one machine, in a file of SQLite."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from queue import Empty, SimpleQueue
from time import monotonic, sleep, time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..store.base import Sums
from ..store.sqlite import make_private
from .account import Account
from .shared import CountsDown, Give, Seed, SharedQuota, Take, Verdict

if TYPE_CHECKING:
    import sqlite3

    from ..config.shape import LimitsTable

__all__ = ["FileQuota"]

_VERSION = 1
_LEASE = 15.0
"""Seconds after which the places of a worker that shows no life are free."""
_BATCH = 256
_MOST_WAITING = 20_000
_BUSY = 2.0
"""Seconds to wait for another worker's transaction, of which each takes less than a millisecond."""
_KEPT = 40 * 86_400
"""Seconds after which an account that nobody used is forgotten; the store still knows what it spent."""
_REST = 0.2

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY, touched INTEGER NOT NULL, state BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS workers (id TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS running (
    id TEXT PRIMARY KEY, worker TEXT NOT NULL, key TEXT NOT NULL, team TEXT NOT NULL, kind TEXT NOT NULL,
    day INTEGER NOT NULL, month INTEGER NOT NULL, second INTEGER NOT NULL, team_second INTEGER NOT NULL,
    held INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS running_of_key ON running (key);
CREATE INDEX IF NOT EXISTS running_of_worker ON running (worker);
"""

_Result = TypeVar("_Result")
_Job = tuple[str, Any, Any]


class FileQuota(SharedQuota):
    """Limits and budgets of several workers of one machine, kept in the file at `path` (for its owner only).

    A thread of its own does the counting, many requests in one transaction, so that the event loop never waits for the
    file. See `SharedQuota` for what is guaranteed. The counts outlive the workers; a machine that loses its power may
    lose the last moments of them. Places of a killed worker are free again after `lease` seconds.
    """

    def __init__(
        self,
        limits: LimitsTable,
        path: str,
        spent: Callable[[float], Awaitable[Sums]],
        *,
        clock: Callable[[], float] = time,
        lease: float = _LEASE,
    ) -> None:
        super().__init__(limits, spent, clock=clock)
        self._path = path
        self._lease = lease
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    def _take(self, take: Take) -> asyncio.Future[Verdict]:
        return self._put("take", take)

    def _give(self, give: Give) -> None:
        self._start()
        self._jobs.put(("give", give, None))

    async def _seed(self, seeds: list[Seed]) -> None:
        await asyncio.gather(*(self._put("seed", seed) for seed in seeds))

    async def close(self) -> None:
        """Write down what is not written yet, and end the thread."""
        self._ended = True
        await self._local.close()
        thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join, _BUSY * 2)

    def _put(self, what: str, about: Any) -> asyncio.Future[Any]:
        self._start()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._ended or self._jobs.qsize() > _MOST_WAITING:
            future.set_exception(CountsDown("too many wait for the file, or it was closed"))
        else:
            self._jobs.put((what, about, future))
        return future

    def _start(self) -> None:
        if self._thread is None and not self._ended:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, name="franca-limits", daemon=True)
            self._thread.start()

    # From here on: the thread.

    def _work(self) -> None:
        book: _Book | None = None
        waiting: list[_Job] = []
        ends = False
        while not (ends and not waiting):
            ends = self._gather(waiting) or ends
            try:
                if book is None:
                    book = _Book(self._path, self._instance, self._lease)
                answers = book.run(waiting)
            except Exception as error:  # the file is broken, full or held by somebody: what may wait waits
                if book is not None:
                    book.close()
                    book = None
                waiting = self._failed(waiting, error)
                if ends:
                    break
                sleep(_REST)
                continue
            waiting = []
            if answers:
                self._deliver(answers)
        if book is not None:
            book.leave()
            book.close()

    def _gather(self, waiting: list[_Job]) -> bool:
        """Wait for work, at most until the lease is to be renewed; whether this is the end."""
        jobs = self._jobs
        try:
            job = jobs.get(timeout=self._lease / 4) if not waiting else jobs.get_nowait()
            while job is not None:
                waiting.append(job)
                if len(waiting) >= _BATCH:
                    return False
                job = jobs.get_nowait()
            return True
        except Empty:
            return False

    def _failed(self, waiting: list[_Job], error: Exception) -> list[_Job]:
        down = CountsDown(f"{type(error).__name__}: {error}")
        self._deliver([(job[2], down) for job in waiting if job[2] is not None])
        return [job for job in waiting if job[2] is None]

    def _deliver(self, answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
        loop = self._loop
        assert loop is not None
        try:
            loop.call_soon_threadsafe(self._answer, answers)
        except RuntimeError:  # the loop is over, and with it who asked
            return

    def _answer(self, answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
        for future, answer in answers:
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if answers and not isinstance(answers[0][1], Exception):
            self._reached()


class _Book:
    """The open file, for one thread."""

    def __init__(self, path: str, worker: str, lease: float) -> None:
        import sqlite3

        make_private(path)
        self._worker = worker
        self._lease = lease
        self._renewed = self._pruned = -1e9
        self._accounts: dict[str, Account] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Account).decode
        self._db: sqlite3.Connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
        try:
            self._prepare(path)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, path: str) -> None:
        import sqlite3

        end = monotonic() + _BUSY
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:  # several workers begin at once; for this SQLite does not wait by itself
                if monotonic() > end:
                    raise
                sleep(0.01)
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise CountsDown(f"{path} was written by another version of franca; remove it")
        for table in _TABLES.split(";"):
            self._db.execute(table)
        self._db.execute(f"PRAGMA user_version={_VERSION}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    def leave(self) -> None:
        """The worker ends in good order: what is still its own is given back now."""
        import contextlib
        import sqlite3

        with contextlib.suppress(sqlite3.Error):
            self._step(lambda: self._bury([self._worker]))

    def run(self, jobs: list[_Job]) -> list[tuple[Any, Any]]:
        """Do all of it in one transaction; the answers to those who wait for one."""
        return self._step(lambda: self._run(jobs))

    def _step(self, work: Callable[[], _Result]) -> _Result:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            touched = int(time())
            for name, account in self._accounts.items():
                self._db.execute("REPLACE INTO accounts VALUES (?, ?, ?)", (name, touched, self._encode(account)))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._accounts.clear()
        return result

    def _run(self, jobs: list[_Job]) -> list[tuple[Any, Any]]:
        if monotonic() - self._renewed > self._lease / 5:
            self._renew()
        answers: list[tuple[Any, Any]] = []
        for what, about, future in jobs:
            if what == "take":
                answers.append((future, self._take(about)))
            elif what == "give":
                self._give(about)
            else:
                account = self._account(f"{about.kind}:{about.name}")
                account.turn(int(about.now), about.day)
                account.seed(about.day, about.month, about.spent)
                answers.append((future, None))
        return answers

    def _renew(self) -> None:
        """Show life, and bury those who do not. On the machine's clock, which all workers share."""
        now = time()
        self._db.execute("REPLACE INTO workers VALUES (?, ?)", (self._worker, now + self._lease))
        # A lease that ends too far ahead is of a clock that was set back since.
        dead = self._db.execute(
            "SELECT DISTINCT worker FROM running "
            "WHERE worker NOT IN (SELECT id FROM workers WHERE until BETWEEN ? AND ?)",
            (now, now + 10 * self._lease),
        ).fetchall()
        self._bury([row[0] for row in dead])
        self._db.execute("DELETE FROM workers WHERE until NOT BETWEEN ? AND ?", (now, now + 10 * self._lease))
        self._renewed = monotonic()
        if self._renewed - self._pruned > 3600:
            self._pruned = self._renewed
            self._db.execute("DELETE FROM accounts WHERE touched < ?", (int(now) - _KEPT,))

    def _bury(self, workers: list[str]) -> None:
        for worker in workers:
            rows = self._db.execute(
                "DELETE FROM running WHERE worker = ? RETURNING key, team, day, month, held", (worker,)
            ).fetchall()
            for key, team, day, month, held in rows:
                for account in self._both(key, team):
                    account.running -= 1
                    account.hold(day, month, -held)

    def _account(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is None:
            row = self._db.execute("SELECT state FROM accounts WHERE name = ?", (name,)).fetchone()
            account = self._accounts[name] = Account() if row is None else self._decode(row[0])
        return account

    def _both(self, key: str, team: str) -> list[Account]:
        own = self._account(f"key:{key}")
        return [own, self._account(f"team:{team}")] if team else [own]

    def _take(self, take: Take) -> Verdict:
        second, day, month = int(take.now), take.day, take.month
        accounts, caps = self._both(take.key, take.team), (take.caps, take.team_caps)
        own = accounts[0]
        unseeded = []
        for account, cap, kind in zip(accounts, caps, ("key", "team"), strict=False):
            account.turn(second, day)
            if cap.budget and not account.seeded:
                unseeded.append(kind)
        if unseeded:
            return Verdict(unseeded=tuple(unseeded))
        need, wary = take.asked, False
        if take.caps.budget or take.team_caps.budget:
            known = own.expects(take.kind, take.now)
            wary = known is None and not take.capped
            need = max(need, known or 0)
        for account, cap in zip(accounts, caps, strict=False):
            problem = account.refusal(cap, take.tokens, need, wary, take.now)
            if problem is not None:
                return Verdict(problem)
        seconds = [account.take(second, day, month, take.tokens, need)[0] for account in accounts]
        self._db.execute(
            "INSERT INTO running VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (take.id, self._worker, take.key, take.team, take.kind, day, month, seconds[0], seconds[-1], need),
        )
        return Verdict(None, own.requests, own.tokens, accounts[-1].requests, accounts[-1].tokens)

    def _give(self, give: Give) -> None:
        take, now = give.take, give.now
        row = self._db.execute(
            "DELETE FROM running WHERE id = ? RETURNING second, team_second, held", (take.id,)
        ).fetchone()
        accounts = self._both(take.key, take.team)
        held = 0 if row is None else row[2]
        amount = give.amount
        if amount is None:
            amount = held if row is not None else take.asked
        for account, second in zip(accounts, (0, 0) if row is None else row[:2], strict=False):
            if row is None:  # taken for dead, and given back already: what it spent counts all the same
                account.running += 1
            slot = account.slot_of(second)
            account.end(slot, take.day, take.month, give.more if row is not None else 0, held, amount, int(now))
        if give.learns and (take.caps.budget or take.team_caps.budget):
            dearer = accounts[0].learn(take.kind, take.asked, amount, now)
            if dearer is not None:
                self._raise(take, dearer)

    def _raise(self, take: Take, least: int) -> None:
        rows = self._db.execute(
            "SELECT id, team, day, month, held FROM running WHERE key = ? AND kind = ? AND held < ?",
            (take.key, take.kind, least),
        ).fetchall()
        for id, team, day, month, held in rows:
            for account in self._both(take.key, team):
                account.hold(day, month, least - held)
            self._db.execute("UPDATE running SET held = ? WHERE id = ?", (least, id))
