"""The list of models: merged, named, filtered by key, cached, and kept when a server does not answer."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import convert

from franca.configure import make_session, transport_options
from franca.errors import ConnectFailed, FrancaError
from franca.gateway import models as module
from franca.gateway.config.shape import Config
from franca.gateway.keys.record import VirtualKey
from franca.gateway.models import ModelList
from franca.gateway.problem import Problem
from franca.gateway.routing.table import RouteTable
from franca.io.aio import AsyncioTransport
from franca.simulator import Simulator


class Log:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str) -> None:
        self.lines.append(text)

    warning = info


class Lists:
    """Servers whose lists are given; an exception is raised, and `gate` holds all of them up while it is closed."""

    def __init__(self, **lists: Any) -> None:
        self.lists = lists
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, server: str) -> list[dict[str, Any]]:
        self.asked.append(server)
        await self.gate.wait()
        found = self.lists[server]
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]


def made(fetch: Any, models: Any = None, servers: Any = None, **more: Any) -> Any:
    """A list over such servers, and what it stands on."""
    given = {name: {} for name in fetch.lists} if servers is None else servers
    config = convert({"servers": given, "models": models or {}}, Config)
    gateway = SimpleNamespace(config=config, servers=dict.fromkeys(given), routes=RouteTable(config, given), log=Log())
    return ModelList(gateway, fetch, **more), gateway


async def listed(models: ModelList, key: VirtualKey | None = None) -> list[dict[str, Any]]:
    """The data of the answer."""
    body = json.loads(await models.body(key))
    assert body["object"] == "list"
    return body["data"]  # type: ignore[no-any-return]


async def ids(models: ModelList, key: VirtualKey | None = None) -> list[str]:
    """The names in the answer."""
    return [one["id"] for one in await listed(models, key)]


def test_merged() -> None:
    """The models of all servers by SERVER/MODEL and the aliases, each with all that its server said, in OpenAI's
    shape, and with what it can do."""

    async def run() -> None:
        fetch = Lists(
            a=[{"id": "gpt-5.1", "created": 5, "owned_by": "openai", "extra": {"x": 1}}],
            b=[{
                "id": "org/m", "name": "M", "context_length": 1000, "created": "odd",
                "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
                "supported_parameters": ["tools", "structured_outputs", "temperature"],
            }],
        )  # fmt: skip
        models, gateway = made(fetch, {"fast": {"to": "b/org/m"}, "quiet": {"to": "a/x", "hidden": True}})
        alias, gpt, other = await listed(models)
        assert gpt == {
            "id": "a/gpt-5.1", "object": "model", "created": 5, "owned_by": "openai", "extra": {"x": 1},
            "franca": {"server": "a", "model": "gpt-5.1", "supports": ["reasoning"]},
        }  # fmt: skip
        assert (other["id"], other["name"], other["created"], other["owned_by"]) == ("b/org/m", "M", 0, "b")
        assert other["franca"] == {
            "server": "b", "model": "org/m", "context_length": 1000,
            "modalities": {"input": ["text", "image"], "output": ["text"]}, "supports": ["tools", "json_schema"],
        }  # fmt: skip
        about = {"alias": True, "context_length": 1000, "supports": ["tools", "json_schema"]}
        assert alias == {"id": "fast", "object": "model", "created": 0, "owned_by": "franca", "franca": about}
        assert await models.one("b/org/m") == other
        with pytest.raises(Problem) as raised:
            await models.one("quiet")
        assert (raised.value.status, raised.value.code) == (404, "model_not_found")
        with pytest.raises(Problem, match=r"did you mean 'a/gpt-5\.1'"):
            gateway.routes.route("gpt-5.1", sticky=None, chance=float)

    asyncio.run(run())


def test_an_alias_can_do_what_all_its_targets_can() -> None:
    """Of several targets the smallest window and what they have in common is told, and nothing when one is unknown."""

    async def run() -> None:
        fetch = Lists(
            a=[{"id": "m", "context_length": 10, "supported_parameters": ["tools", "reasoning"]}],
            b=[{"id": "m", "context_length": 20, "supported_parameters": ["tools"]}],
        )
        models, _ = made(fetch, {"x": {"to": ["a/m", "b/m"]}, "y": {"to": "a/m", "fallbacks": ["b/other"]}})
        x, y, *_ = await listed(models)
        assert x["franca"] == {"alias": True, "context_length": 10, "supports": ["tools"]}
        assert y["franca"] == {"alias": True}

    asyncio.run(run())


def test_filtered_by_the_key() -> None:
    """A key sees what it may use, and nothing else is there for it."""

    async def run() -> None:
        models, _ = made(Lists(a=[{"id": "m1"}, {"id": "m2"}], b=[{"id": "m"}]), {"fast": {"to": "b/m"}})
        key = VirtualKey(id="k", name="k", hash="", models=("a/*", "fast"), team_models=("fast", "a/m2"))
        assert await ids(models, key) == ["fast", "a/m2"]
        assert await ids(models) == ["fast", "a/m1", "a/m2", "b/m"]
        assert (await models.one("a/m2", key))["id"] == "a/m2"
        with pytest.raises(Problem):
            await models.one("b/m", key)
        for number in range(500):
            await models.body(VirtualKey(id="k", name="k", hash="", models=(f"a/{number}",)))
        assert len(models._bodies) <= 64

    asyncio.run(run())


def test_what_is_to_be_offered() -> None:
    """A server's `models` choose among what it lists, and stand for themselves where it lists nothing."""

    async def run() -> None:
        servers = {"a": {"models": ["gpt-*", "own"]}, "b": {"models": ["azure-1"]}}
        fetch = Lists(a=[{"id": "gpt-1", "x": 1}, {"id": "tts"}, {"id": ""}, {"id": 5}], b=ConnectFailed("down"))
        models, _ = made(fetch, servers=servers)
        assert await ids(models) == ["a/gpt-1", "a/own", "b/azure-1"]

    asyncio.run(run())


def test_asked_once_for_many_callers() -> None:
    """Callers at the same time wait for one question to each server, and a caller who leaves does not stop it."""

    async def run() -> None:
        fetch = Lists(a=[{"id": "m"}], b=[{"id": "m"}])
        fetch.gate.clear()
        models, _ = made(fetch)
        callers = [asyncio.create_task(ids(models)) for _ in range(20)]
        while len(fetch.asked) < 2:
            await asyncio.sleep(0)
        callers[0].cancel()
        fetch.gate.set()
        found = await asyncio.gather(*callers, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [["a/m", "b/m"]] * 19
        assert sorted(fetch.asked) == ["a", "b"]
        await ids(models)
        assert len(fetch.asked) == 2

    asyncio.run(run())


def test_an_old_list_is_given_while_it_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time of a list is over, callers are answered with it at once, and the next ones with the new one. A
    server that fails then keeps the list that it had, which is told once."""
    monkeypatch.setattr(module, "_FRESH", 0.0)
    monkeypatch.setattr(module, "_AGAIN", 0.0)

    async def run() -> None:
        fetch = Lists(a=[{"id": "m"}], b=[{"id": "m"}])
        models, gateway = made(fetch)
        assert await ids(models) == ["a/m", "b/m"]
        fetch.lists = {"a": [{"id": "new"}], "b": ConnectFailed("no way")}
        fetch.gate.clear()
        assert await ids(models) == ["a/m", "b/m"]
        fetch.gate.set()
        async with asyncio.timeout(10):
            while await ids(models) != ["a/new", "b/m"]:
                await asyncio.sleep(0)
            while fetch.asked.count("b") < 5:
                await ids(models)
                await asyncio.sleep(0)
        assert gateway.log.lines == ["the server b does not list its models: no way"]
        fetch.lists["b"] = [{"id": "again"}]
        async with asyncio.timeout(10):
            while await ids(models) != ["a/new", "b/again"]:
                await asyncio.sleep(0)
        assert gateway.log.lines[1:] == ["the server b lists its models again"]
        await models.close()

    asyncio.run(run())


@pytest.mark.parametrize("failure", [FrancaError("odd"), ValueError("odder")])
def test_a_server_that_fails_or_hangs_holds_nobody_up(failure: Exception) -> None:
    """The others are listed when one fails in whatever way, or does not answer in time."""

    async def run() -> None:
        class Hanging(Lists):
            async def __call__(self, server: str) -> list[dict[str, Any]]:
                if server == "c":
                    await asyncio.Event().wait()
                return await super().__call__(server)

        models, gateway = made(Hanging(a=[{"id": "m"}], b=failure, c=[]), patience=0.05)
        assert await ids(models) == ["a/m"]
        assert len(gateway.log.lines) == 2

    asyncio.run(run())


def test_a_new_configuration_keeps_what_is_known() -> None:
    """A list made after another one asks only the servers that are new, or others than before."""

    async def run() -> None:
        fetch = Lists(a=[{"id": "m"}], b=[{"id": "m"}])
        models, gateway = made(fetch, {"x": {"to": "a/m"}})
        gateway.servers.update(a=object(), b=object())
        assert await ids(models) == ["x", "a/m", "b/m"]
        gateway.servers = {**gateway.servers, "b": object()}
        gateway.config = convert({"servers": {"a": {}, "b": {}}}, Config)
        gateway.routes = RouteTable(gateway.config, gateway.servers)
        fetch.lists = {"a": [{"id": "unasked"}], "b": [{"id": "new"}]}
        assert await ids(ModelList(gateway, fetch, before=models)) == ["a/m", "b/new"]

    asyncio.run(run())


def test_half_a_character_in_a_list() -> None:
    """What a server says of a model may hold half a surrogate pair: the list can be sent all the same."""

    async def run() -> None:
        models, _ = made(Lists(a=[{"id": "m", "name": "\ud83d"}]))
        assert await ids(models) == ["a/m"]

    asyncio.run(run())


def test_a_real_server() -> None:
    """The list of the simulator, asked over HTTP with the server's key."""

    async def run() -> None:
        with Simulator() as simulator:
            options = {"api_key": "sk-test", "limits": False}
            session = make_session(simulator.url, options, "0")
            transport = AsyncioTransport(**transport_options(options))
            upstream: Any = SimpleNamespace(sessions=[session], transport=transport)
            config = convert({"servers": {"sim": {}}}, Config)
            gateway: Any = SimpleNamespace(
                config=config, servers={"sim": upstream}, routes=RouteTable(config, ["sim"]), log=Log()
            )
            found = await ids(ModelList(gateway))
            assert "sim/echo" in found
            assert gateway.log.lines == []
            await transport.close()

    asyncio.run(run())
