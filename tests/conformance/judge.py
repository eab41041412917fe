"""Plays a scenario through a client and holds the outcome against what is demanded (`Outcome`)."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

import franca
from franca import errors
from franca.errors import FrancaError, OutputInvalid
from franca.simulator import Simulator
from franca.simulator.scenarios import Outcome, Scenario

KEY = "sk-conformance-0123456789"
PROMPT = "Say hello."


class Result:
    """What a call ended in: an answer or an error, the events handed out, and the requests that the server saw."""

    def __init__(self, answer: Any, error: FrancaError | None, events: list[Any], requests: int) -> None:
        self.answer = answer
        self.error = error
        self.events = events
        self.requests = requests

    def summary(self) -> tuple[Any, ...]:
        """The outcome without what differs from run to run, for comparing both clients."""
        if self.error is not None:
            error = self.error
            partial = error.partial.to_dict() if error.partial is not None else None
            return type(error).__name__, error.message, error.status, error.code, partial, self.requests
        answer = self.answer
        raw = answer.raw if isinstance(answer, franca.ModelList) else answer.to_dict()
        return "answer", raw, [event.to_dict() for event in self.events], self.requests


def play(kind: str, scenario: Scenario, call: str, sim: Simulator) -> Result:
    """Play one call of a scenario through the sync or the async client."""
    arguments = dict(scenario.request)
    options = {"api_key": KEY, **scenario.options}
    base = sim.base(scenario.name)
    model = f"scenario:{scenario.name}"
    sim.requests.clear()
    if kind == "sync":
        answer, error, events = _sync(base, options, call, model, arguments)
    else:
        answer, error, events = asyncio.run(_async(base, options, call, model, arguments))
    return Result(answer, error, events, len(sim.requests))


METHODS = {"chat": "chat", "stream": "chat_stream", "completions": "completions", "embeddings": "embeddings"}


def _what(call: str, arguments: dict[str, Any]) -> Any:
    if call == "embeddings":
        return arguments.pop("input", ["one", "two", "three"])
    return arguments.pop("messages", PROMPT)


def _sync(base: str, options: dict[str, Any], call: str, model: str, arguments: dict[str, Any]) -> Any:
    events: list[Any] = []
    with franca.Client(base, **options) as client:
        try:
            if call == "models":
                return client.list_models(), None, events
            if call == "stream":
                with client.chat_stream(_what(call, arguments), model=model, **arguments) as stream:
                    events.extend(stream)
                return stream.final, None, events
            return getattr(client, METHODS[call])(_what(call, arguments), model=model, **arguments), None, events
        except FrancaError as error:
            return None, error, events


async def _async(base: str, options: dict[str, Any], call: str, model: str, arguments: dict[str, Any]) -> Any:
    events: list[Any] = []
    async with franca.AsyncClient(base, **options) as client:
        try:
            if call == "models":
                return await client.list_models(), None, events
            if call == "stream":
                async with client.chat_stream(_what(call, arguments), model=model, **arguments) as stream:
                    async for event in stream:
                        events.append(event)  # noqa: PERF401 (the events before an error count too)
                return stream.final, None, events
            return await getattr(client, METHODS[call])(_what(call, arguments), model=model, **arguments), None, events
        except FrancaError as error:
            return None, error, events


# ---- holding the outcome against the demand ------------------------------------------------------


def check(result: Result, outcome: Outcome, options: dict[str, Any]) -> None:
    """AssertionError where the result is not the one demanded."""
    if outcome.error is None:
        if result.error is not None:
            raise AssertionError(f"must succeed, but: {result.error!r}") from result.error
        subject = result.answer
    else:
        assert result.error is not None, f"must fail with {outcome.error}, but gave {result.answer!r}"
        assert type(result.error) is getattr(errors, outcome.error), f"{outcome.error} demanded: {result.error!r}"
        subject = result.error
        _no_secret(result.error, (*outcome.absent, options.get("api_key", KEY)))
    for path, wanted in outcome.check.items():
        _check_path(subject, path, wanted)
    assert result.requests == outcome.requests, (
        f"{outcome.requests} requests demanded, the server saw {result.requests}"
    )


def _no_secret(error: FrancaError, secrets: tuple[str, ...]) -> None:
    shown = f"{error} {error!r} {error.body} {dict(error.headers)} {error.metadata} {error.args}"
    pickled = pickle.dumps(error)
    for secret in secrets:
        assert secret not in shown, "a secret is in the error"
        assert secret.encode() not in pickled, "a secret is in the pickle"


def _check_path(subject: Any, path: str, wanted: Any) -> None:
    if path.startswith("headers."):
        found = subject.headers.get(path.removeprefix("headers."))
        assert found == wanted, f"{path}: {found!r}, not {wanted!r}"
        return
    steps = path.split(".")
    found = subject
    for position, step in enumerate(steps):
        if step == "raw":
            found = found.to_dict()
        elif step == "body_size":
            assert len(found.body) <= wanted, f"the body kept has {len(found.body)} characters"
            return
        else:
            found = _step(found, step, ".".join(steps[: position + 1]))
    _compare(subject, steps[-1], path, found, wanted)


def _step(value: Any, step: str, so_far: str) -> Any:
    if step.isdigit():
        return value[int(step)]
    if isinstance(value, dict):
        return value.get(step)
    assert hasattr(value, step), f"{so_far}: there is no such attribute on {value!r}"
    return getattr(value, step)


def _compare(subject: Any, last: str, path: str, found: Any, wanted: Any) -> None:
    if isinstance(subject, FrancaError) and path in ("message", "body"):
        assert wanted in found, f"{path}: {wanted!r} is not in {found!r}"
    elif path == "retry_after" and wanted is not None:
        low, high = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        assert found is not None, "retry_after: None"
        assert low <= found <= high, f"retry_after: {found}, not within {wanted}"
    elif last == "phase":
        assert found in wanted, f"{path}: {found!r}, not in {wanted!r}"
    elif last == "tool_calls":
        _check_calls(found, wanted, path)
    elif last == "vectors":
        rows = [list(map(float, row)) for row in found]
        assert len(rows) == len(wanted), f"{len(rows)} vectors, not {len(wanted)}"
        for row, due in zip(rows, wanted, strict=True):
            assert len(row) == len(due)
            assert all(abs(a - b) < 1e-6 for a, b in zip(row, due, strict=True)), f"{path}: {row} is not {due}"
    elif path == "ids":
        assert list(found) == list(wanted), f"ids: {list(found)}"
    else:
        assert found == wanted, f"{path}: {found!r}, not {wanted!r}"


def _check_calls(found: Any, wanted: Any, path: str) -> None:
    assert len(found) == len(wanted), f"{path}: {found!r}"
    identifiers = [call.id for call in found]
    assert all(identifiers), f"{path}: a call without an id"
    assert len(set(identifiers)) == len(identifiers), f"{path}: two calls with one id {identifiers}"
    for call, due in zip(found, wanted, strict=True):
        for name in due.keys() - {"arguments_map"}:
            assert getattr(call, name) == due[name], f"{path}: {name} is {getattr(call, name)!r}, not {due[name]!r}"
        if "arguments_map" not in due:
            continue
        if due["arguments_map"] is None:
            assert call.arguments_error
            with pytest.raises(OutputInvalid) as caught:
                call.arguments_map()
            assert caught.value.text == call.arguments
        else:
            assert call.arguments_map() == due["arguments_map"]
            assert call.arguments_error is None
