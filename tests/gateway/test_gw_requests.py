"""The log of requests: what is kept of bodies, and that no secret is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gw_store import NOON

from franca.gateway.config.shape import RequestsTable
from franca.gateway.exchange import Exchange
from franca.gateway.keys.record import VirtualKey
from franca.gateway.store.base import RequestEntry, open_store
from franca.gateway.store.requests import RequestLog, redacted


def exchange(**given: Any) -> Exchange:
    """A request that is over."""

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nobody is asked")

    headers = [(b"x-request-id", b"req_1"), (b"authorization", b"Bearer sk-franca-secretsecretsecretsecret")]
    made = Exchange({"method": "POST", "headers": headers}, nothing, nothing, "/v1/chat/completions")
    made.at, made.key, made.status, made.booked = NOON, VirtualKey(id="key_a", name="a", hash="h"), 200, True
    for name, value in given.items():
        setattr(made, name, value)
    return made


def logged(folder: Path, table: RequestsTable, *exchanges: Exchange) -> tuple[list[RequestEntry], RequestEntry | None]:
    """What the log has of them: the list, and the request req_1."""

    async def act() -> tuple[list[RequestEntry], RequestEntry | None]:
        store = open_store("", folder)
        log = RequestLog(store, table, flush=0.01)
        for one in exchanges:
            log.note(one, one.began + 0.5)
        assert await log.flush(30)
        found = await store.requests(), await store.request("req_1")
        await log.close()
        await store.close()
        return found

    return asyncio.run(act())


def test_a_request_is_logged_without_bodies_unless_they_are_wanted(tmp_path: Path) -> None:
    """Who asked what of whom, and how it ended; bodies only with `bodies = true`."""
    one = exchange(
        route="chat", asked="fast", server="sim", model="echo", outcome="error", error="oops",
        request_body=b'{"model": "fast"}', response_body=bytearray(b"{}"),
    )  # fmt: skip
    listed, found = logged(tmp_path, RequestsTable(enabled=True), one)
    expected = RequestEntry(
        id="req_1", at=NOON, key="key_a", route="chat", asked="fast", server="sim", model="echo", status=200,
        outcome="error", error="oops", seconds=pytest.approx(0.5),
    )  # fmt: skip
    assert listed == [expected]
    assert found == expected
    _, found = logged(tmp_path, RequestsTable(enabled=True, bodies=True), one)
    assert found is not None
    assert (found.request, found.response) == ('{"model": "fast"}', "{}")


def test_what_is_not_booked_is_not_logged(tmp_path: Path) -> None:
    """Health checks, pages and strangers would fill it."""
    listed, _ = logged(tmp_path, RequestsTable(enabled=True), exchange(booked=False), exchange(id="other"))
    assert [one.id for one in listed] == ["other"]


def test_bodies_are_cut_and_without_secrets(tmp_path: Path) -> None:
    """At most so many bytes, also amid a character or a secret."""
    body = b'{"x": "' + "ü".encode() * 30 + b'", "api_key": "very secret words"}'
    table = RequestsTable(enabled=True, bodies=True, most=len(body) - 12)
    _, found = logged(tmp_path, table, exchange(request_body=body, response_body=bytearray(b"\xff\x00")))
    assert found is not None
    assert found.request is not None
    assert "secret" not in found.request
    assert found.request.endswith('"api_key": "***')
    assert found.response == "��"
    _, found = logged(tmp_path, RequestsTable(enabled=True, bodies=True, most=20), exchange(request_body=body))
    assert found is not None
    assert found.request == f'{{"x": "üüüüüü�… ({len(body)} bytes)'


SECRETS = [
    '{"authorization": "Bearer abcdefghijklmnopqrst"}',
    '{"headers": {"Authorization":"Basic c2VjcmV0OnNlY3JldA=="}}',
    '{"api_key" : "hunter2-\\"quoted\\"-more"}',
    '{"OPENAI-API-KEY": "hunter2"}',
    '{"password": "hunter2", "token": "hunter2", "client_secret": "hunter2", "x-goog-token": "hunter2"}',
    r'{"arguments": "{\"api_key\": \"hunter2\", \"n\": 1}"}',
    "my key is sk-franca-hunter2hunter2hunter2hunter2",
    "sk-ant-api03-hunter2hunter2hunter2 and gsk_hunter2hunter2hunter2 and AIzahunter2hunter2hunter2",
    "curl -H 'Authorization: Bearer hunter2hunter2hunter2hunter2'",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_hidden(text: str) -> None:
    """Members named like secrets, bearers, and what looks like a key of a known maker."""
    found = redacted(text)
    assert "***" in found
    for word in ("hunter2", "abcdefghijk", "c2VjcmV0", "quoted", "more"):
        assert word not in found


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "sim/echo", "max_tokens": 5, "messages": [{"role": "user", "content": "What is a bearer bond?"}]}',
        '{"content": "skateboarding-championships-of-the-world, task-force-of-many-words, a data:,text"}',
        '{"usage": {"prompt_tokens": 5, "completion_tokens": 7}, "token_count": 12}',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Ordinary bodies come through as they are."""
    assert redacted(text) == text


def test_inlined_data_is_told_by_its_length() -> None:
    """An image in a message is not kept."""
    data = "iVBORw0KGgo" * 400
    found = redacted(f'{{"url": "data:image/png;base64,{data}"}}, {{"input_audio": {{"data": "{data}"}}}}')
    assert found == (
        '{"url": "data:image/png;base64,<4400 characters>"}, {"input_audio": {"data": "<4400 characters>"}}'
    )


def test_redacting_grows_with_the_text_alone() -> None:
    """Hostile bodies, made of beginnings of what is looked for: each is done in time."""
    for piece in ("api_key", '"api_key', '"token" ', '"token": "', "data:", "Bearer ", "sk-", '"' + "a-" * 5, "\\"):
        text = '"' + piece * (200_000 // len(piece))
        assert len(redacted(text)) <= 1.5 * len(text)


def test_the_log_is_bounded(tmp_path: Path) -> None:
    """While nothing can be written, requests beyond the bound are dropped and counted."""

    async def act() -> tuple[int, int]:
        store = open_store(f"sqlite:{tmp_path}/no/folder.db")
        log = RequestLog(store, RequestsTable(enabled=True, bodies=True, most=1024 * 1024))
        for _ in range(50):
            log.note(exchange(), 1.0)
        found = log.waiting, log.dropped
        await log.close(0.01)
        return found

    assert asyncio.run(act()) == (16, 34)
