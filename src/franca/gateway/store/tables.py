"""The tables of a store, as steps that bring any older form of them up to date."""

from __future__ import annotations

__all__ = ["STEPS", "VERSION"]

# {serial} is the type of a primary key that numbers itself. The rest is SQL that SQLite and Postgres both take.
# franca_usage: a row for each request. franca_daily: their sums, so that reports, budgets and what is older than the
# rows need none of them. franca_batches: names of what was written, so that nothing is written twice.
_FIRST = (
    """CREATE TABLE franca_usage (
        number {serial},
        id TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, day BIGINT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
        first DOUBLE PRECISION, key TEXT NOT NULL, team TEXT NOT NULL, tags TEXT NOT NULL, route TEXT NOT NULL,
        asked TEXT NOT NULL, server TEXT NOT NULL, model TEXT NOT NULL, generation TEXT NOT NULL,
        status BIGINT NOT NULL, outcome TEXT NOT NULL, error TEXT NOT NULL, stream BIGINT NOT NULL,
        cached BIGINT NOT NULL, structured TEXT NOT NULL, tries BIGINT NOT NULL, prompt_tokens BIGINT,
        completion_tokens BIGINT, cached_tokens BIGINT, reasoning_tokens BIGINT, cost DOUBLE PRECISION,
        exact BIGINT NOT NULL, mark BIGINT NOT NULL
    )""",
    "CREATE INDEX franca_usage_at ON franca_usage (at)",
    "CREATE INDEX franca_usage_id ON franca_usage (id)",
    "CREATE INDEX franca_usage_mark ON franca_usage (mark) WHERE mark <> 0",
    """CREATE TABLE franca_daily (
        day BIGINT NOT NULL, key TEXT NOT NULL, team TEXT NOT NULL, tags TEXT NOT NULL, route TEXT NOT NULL,
        server TEXT NOT NULL, model TEXT NOT NULL,
        requests BIGINT NOT NULL, failed BIGINT NOT NULL, refused BIGINT NOT NULL, gone BIGINT NOT NULL,
        cached BIGINT NOT NULL, unpriced BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,
        completion_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, reasoning_tokens BIGINT NOT NULL,
        cost DOUBLE PRECISION NOT NULL, seconds DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (day, key, team, tags, route, server, model)
    )""",
    "CREATE TABLE franca_batches (name TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX franca_batches_at ON franca_batches (at)",
    """CREATE TABLE franca_keys (
        id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, created DOUBLE PRECISION NOT NULL, record TEXT NOT NULL
    )""",
    """CREATE TABLE franca_requests (
        number {serial},
        id TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, key TEXT NOT NULL, route TEXT NOT NULL, asked TEXT NOT NULL,
        server TEXT NOT NULL, model TEXT NOT NULL, status BIGINT NOT NULL, outcome TEXT NOT NULL, error TEXT NOT NULL,
        seconds DOUBLE PRECISION NOT NULL, request TEXT, response TEXT
    )""",
    "CREATE INDEX franca_requests_at ON franca_requests (at)",
    "CREATE INDEX franca_requests_id ON franca_requests (id)",
    "INSERT INTO franca_meta (name, value) VALUES ('keys', 0)",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""The step at place n leads from version n to n + 1. A step that was once released is never changed."""
VERSION = len(STEPS)
