"""Every wire sample through franca's own reading: what a real server says, and what a caller gets of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import franca
from franca.io.fake import FakeTransport
from franca.servers import SERVERS

from .samples import CASES, EXPECTED, FOLDER, FOLDER_OF, LIKE, Sample, sample

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
_PIECE = 41  # bytes of a block: no event stands in one


def _client(given: Sample, whole: bool) -> franca.Client:
    skipped = ("transfer-encoding", "content-length", "connection", "keep-alive")
    headers = {name: value for name, value in given.headers.items() if name not in skipped}
    blocks = [given.body] if whole else [given.body[at : at + _PIECE] for at in range(0, len(given.body), _PIECE)]
    answer = FakeTransport.answer(status=given.status, headers=headers, blocks=blocks)
    return franca.Client("http://sample/v1", transport=FakeTransport([answer]), retries=0, heal=False, model="m")


def _read(client: franca.Client, name: str) -> Any:
    if name.endswith("_stream"):
        return client.chat_stream("Hi", tools=[WEATHER]).finish()
    return client.list_models() if name.startswith("models") else client.chat("Hi", tools=[WEATHER])


def _told(chat: franca.Chat) -> dict[str, Any]:
    """What a caller gets of an answer, as the expectations are written."""
    return {
        "content": chat.content,
        "finish": chat.finish_reason,
        "reasoning": chat.reasoning,
        "total_tokens": chat.usage.total_tokens if chat.usage else None,
        "calls": [[call.name, json.loads(call.arguments or "null")] for call in chat.tool_calls],
    }


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in pieces"])
@pytest.mark.parametrize(("row", "name"), CASES, ids=[f"{row}-{name}" for row, name in CASES])
def test_a_sample(row: str, name: str, whole: bool) -> None:
    """Texts, thoughts, calls, usage, ids, or the error with its class and the server's words; however it is cut."""
    expected = EXPECTED[row][name]
    given = sample(row, name)
    with _client(given, whole) as client:
        if "error" in expected:
            with pytest.raises(franca.StatusError) as caught:
                client.list_models() if name.startswith("models") else client.chat("Hi")
            assert type(caught.value).__name__ == expected["error"]
            assert caught.value.status == expected["status"] == given.status
            assert expected["message"] in caught.value.message
            if "retry-after" in given.headers:
                assert caught.value.retry_after == pytest.approx(float(given.headers["retry-after"]))
        elif "ids" in expected:
            assert [model.id for model in _read(client, name)] == expected["ids"]
        else:
            told = _told(_read(client, name))
            assert {key: told[key] for key in expected} == expected


def test_no_sample_is_left_out() -> None:
    """Every sample has an expectation here, but for the recorded streams, which tests/accumulate reads."""
    here = {(FOLDER_OF.get(row, row), name) for row, name in CASES}
    for path in FOLDER.glob("*/*.txt"):
        data = path.read_bytes()
        if data.startswith(b"documented") or not (path.stem.endswith("_stream") or "stream" in path.stem):
            assert (path.parent.name, path.stem) in here


def test_every_row_has_samples() -> None:
    """Recorded ones where the server was run, else written by hand, with their source."""
    folders = {path.name for path in FOLDER.iterdir()}
    for row in SERVERS.keys() - LIKE.keys():
        assert FOLDER_OF.get(row, row) in folders
    assert set(LIKE.values()) <= folders
