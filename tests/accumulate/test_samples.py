"""Streams as real servers sent them, put together: each whole answer was checked by hand against the sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from franca.accumulate import Accumulator, CompletionAccumulator
from franca.sse import Decoder

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "wire_samples"
EXPECTED = {path.stem: json.loads(path.read_text()) for path in (HERE / "expected").glob("*.json")}
CASES = [(server, name) for server in sorted(EXPECTED) for name in sorted(EXPECTED[server])]


def put_together(blocks: list[bytes], *, legacy: bool) -> dict[str, Any]:
    """What comes out of a stream, in the shape of the files in `expected`."""
    decoder = Decoder()
    events = [event for block in blocks for event in decoder.feed(block)] + decoder.end()
    assert {kind for kind, _ in events} == {""}
    accumulator: Any = CompletionAccumulator() if legacy else Accumulator()
    payloads = [data for _, data in events]
    for payload in payloads:
        if payload != b"[DONE]":
            accumulator.add(json.loads(payload))
    assert accumulator.started
    whole = accumulator.completion() if legacy else accumulator.chat()
    return {"done": b"[DONE]" in payloads, "finished": accumulator.finished, "whole": whole}


def body_of(server: str, name: str) -> bytes:
    return (SAMPLES / server / f"{name}.txt").read_bytes().split(b"\n\n", 1)[1]


@pytest.mark.parametrize(("server", "name"), CASES)
def test_a_real_stream(server: str, name: str) -> None:
    """Text, reasoning, tool calls, usage, finish reasons and every field without a name of ours, exactly."""
    body = body_of(server, name)
    legacy = "completions" in name
    assert put_together([body], legacy=legacy) == EXPECTED[server][name]
    in_pieces = [body[start : start + 37] for start in range(0, len(body), 37)]
    assert put_together(in_pieces, legacy=legacy) == EXPECTED[server][name]


def test_no_stream_is_left_out() -> None:
    """Every sample that is a recorded stream has an expected answer; tests/servers reads those written by hand."""
    samples = {path: path.read_bytes() for path in SAMPLES.glob("*/*.txt")}
    streams = {path for path, data in samples.items() if b"\ndata: {" in data and not data.startswith(b"documented")}
    assert {(path.parent.name, path.stem) for path in streams} == set(CASES)


def test_a_choice_that_never_ended_leaves_the_whole_unfinished() -> None:
    """LiteLLM with n=2 ends the first choice only, goes on with it, and then says [DONE]."""
    got = put_together([body_of("litellm", "chat_n2_stream")], legacy=False)
    assert got["done"]
    assert not got["finished"]
    assert [choice["finish_reason"] for choice in got["whole"]["choices"]] == ["stop", None]
