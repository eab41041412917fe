"""Routes: which servers a name leads to, by weight, with fallbacks, sticky; and what is said of an unknown name."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert

from franca.errors import BadUsage
from franca.gateway.config.shape import Config
from franca.gateway.keys.record import VirtualKey
from franca.gateway.problem import Problem
from franca.gateway.routing.plan import Hop, Plan
from franca.gateway.routing.table import Route, RouteTable


def table(models: Any = None, servers: Any = None, **gateway: Any) -> RouteTable:
    """The routes of a configuration."""
    given_servers = {"a": {}, "b": {}, "c": {}} if servers is None else servers
    config = convert({"servers": given_servers, "models": models or {}, "gateway": gateway}, Config)
    return RouteTable(config, given_servers)


def hops(routes: RouteTable, model: str, *, sticky: str | None = None, seed: int = 0) -> list[str]:
    """The hops of a model, as text."""
    return [f"{hop.server}/{hop.model}" for hop in routes.route(model, sticky=sticky, chance=Random(seed).random).hops]


def refusal(routes: RouteTable, model: str, key: VirtualKey | None = None) -> Problem:
    """What is answered for a name that leads nowhere."""
    with pytest.raises(Problem) as raised:
        routes.route(model, sticky=None, chance=Random(0).random, key=key)
    return raised.value


def test_names_of_servers() -> None:
    """SERVER/MODEL goes to that server; what is behind the first slash is the model, slashes included."""
    routes = table()
    assert hops(routes, "a/gpt") == ["a/gpt"]
    found = routes.route("b/meta-llama/Llama-3:free", sticky=None, chance=float)
    assert found == Route((Hop("b", "meta-llama/Llama-3:free"),))
    assert routes.route("b/meta-llama/Llama-3:free", sticky="x", chance=float) is found
    assert refusal(routes, "a/").status == 404


def test_bare_names() -> None:
    """A bare name goes to the one server that lists it, else to the default server; two that list it are asked for."""
    servers = {"a": {"models": ["m1", "both"]}, "b": {"models": ["both", "org/m2"]}, "c": {}}
    routes = table(servers=servers)
    assert hops(routes, "m1") == ["a/m1"]
    assert hops(routes, "org/m2") == ["b/org/m2"]
    problem = refusal(routes, "both")
    assert "a/both or b/both" in problem.message
    routes = table(servers=servers, default_server="c")
    assert hops(routes, "m1") == ["a/m1"]
    assert hops(routes, "both") == ["c/both"]
    assert hops(routes, "openai/gpt-4o") == ["c/openai/gpt-4o"]
    assert hops(routes, "") == ["c/"]


def test_a_server_that_offers_some_models_only() -> None:
    """What a server's `models` does not list is not to be had by its name, but an alias may lead there."""
    routes = table({"fast": {"to": "a/hidden"}}, {"a": {"models": ["m1", "gpt-*"]}})
    assert hops(routes, "a/m1") == ["a/m1"]
    assert hops(routes, "a/gpt-5") == ["a/gpt-5"]
    assert hops(routes, "fast") == ["a/hidden"]
    problem = refusal(routes, "a/m2")
    assert (problem.status, problem.code) == (404, "model_not_found")
    assert "'a' does not offer the model 'm2'" in problem.message


def test_aliases() -> None:
    """An alias leads to its model and then to its fallbacks, those of its fallbacks included, each server once."""
    routes = table({
        "one": {"to": "a/m", "fallbacks": ["two", "c/x"], "deadline": 7.0, "structured": False},
        "two": {"to": "b/m", "fallbacks": ["a/m", "c/y"]},
        "a/odd": {"to": "c/z"},
    })  # fmt: skip
    assert hops(routes, "one") == ["a/m", "b/m", "c/y", "c/x"]
    found = routes.route("one", sticky=None, chance=float)
    assert (found.deadline, found.structured) == (7.0, False)
    assert routes.route("one", sticky="s", chance=float) is found
    assert hops(routes, "a/odd") == ["c/z"]
    assert hops(routes, "a/other") == ["a/other"]
    assert routes.targets("one") == (Hop("a", "m"), Hop("b", "m"), Hop("c", "y"), Hop("c", "x"))
    assert routes.targets("a/m") == ()


def test_weights() -> None:
    """The first server is chosen in proportion to the weights, and so is the second; all are asked in the end."""
    ways = [{"model": "a/m", "weight": 3}, {"model": "b/m", "weight": 1}, "c/m"]
    routes = table({"w": {"to": ways, "fallbacks": ["a/last"]}})
    chance = Random(5).random
    orders = Counter(
        tuple(hop.server for hop in routes.route("w", sticky=None, chance=chance).hops) for _ in range(10_000)
    )
    firsts = Counter[str]()
    for order, count in orders.items():
        assert sorted(order[:3]) == ["a", "b", "c"]
        assert order[3] == "a"
        firsts[order[0]] += count
    assert 5700 < firsts["a"] < 6300
    assert 1700 < firsts["b"] < 2300
    after_b = orders["b", "a", "c", "a"] / firsts["b"]
    assert 0.70 < after_b < 0.80


def test_two_ways_by_weight() -> None:
    """Of two ways, the first is taken as often as its weight says."""
    routes = table({"w": {"to": [{"model": "a/m", "weight": 3}, "b/m"], "fallbacks": ["c/m"]}})
    orders = Counter(tuple(hops(routes, "w", seed=seed)) for seed in range(4000))
    assert set(orders) == {("a/m", "b/m", "c/m"), ("b/m", "a/m", "c/m")}
    assert 2850 < orders["a/m", "b/m", "c/m"] < 3150


def test_an_alias_within_the_ways() -> None:
    """A way may be an alias with ways of its own."""
    routes = table({"out": {"to": ["in", "c/m"]}, "in": {"to": ["a/m", "b/m"]}})
    seen = {tuple(hops(routes, "out", seed=seed)) for seed in range(200)}
    assert seen == {
        ("a/m", "b/m", "c/m"), ("b/m", "a/m", "c/m"), ("c/m", "a/m", "b/m"), ("c/m", "b/m", "a/m"),
    }  # fmt: skip


STICKY = {"s": {"to": [{"model": "a/m", "weight": 2}, "b/m", "c/m"], "sticky": "session"}, "n": {"to": ["a/m", "b/m"]}}


def test_sticky() -> None:
    """The same text gives the same order in every process, different ones are spread by weight, and without any it is
    chance. Where the alias does not want it, it is not heeded."""
    routes = table(STICKY)
    assert routes.sticky_by("s") == "session"
    assert routes.sticky_by("n") == routes.sticky_by("a/m") == ""
    for number in range(50):
        assert len({tuple(hops(routes, "s", sticky=f"u{number}", seed=seed)) for seed in range(5)}) == 1
    firsts = Counter(hops(routes, "s", sticky=f"u{number}")[0] for number in range(8000))
    assert 3700 < firsts["a/m"] < 4300
    assert 1700 < firsts["b/m"] < 2300
    assert len({hops(routes, "s", seed=seed)[0] for seed in range(50)}) == 3
    assert len({hops(routes, "s", sticky="", seed=seed)[0] for seed in range(50)}) == 3
    assert len({hops(routes, "n", sticky="x", seed=seed)[0] for seed in range(50)}) == 2
    assert hops(routes, "s", sticky="u0") == ["c/m", "a/m", "b/m"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=6), st.text(min_size=1, max_size=20))
def test_a_way_that_goes_moves_nobody_else(weights: list[float], sticky: str) -> None:
    """When a way is taken away, the order of the others stays as it was."""
    ways = tuple((Hop(f"s{number}", "m"), weight) for number, weight in enumerate(weights))
    before = Plan(ways, ()).order(sticky, float)
    for gone in range(len(ways)):
        after = Plan(ways[:gone] + ways[gone + 1 :], ()).order(sticky, float)
        assert after == tuple(hop for hop in before if hop != ways[gone][0])


def test_unknown_names() -> None:
    """The error says what may have been meant, with names that the key may use, and never more than ten."""
    servers = {"a": {"models": ["gpt-4o-mini", "gpt-4o"]}, "b": {}}
    routes = table({"secret": {"to": "b/x", "hidden": True}, "fast": {"to": "b/x"}}, servers)
    problem = refusal(routes, "a/gpt-4o-mni")
    assert (problem.status, problem.code, problem.param) == (404, "model_not_found", "model")
    assert "did you mean 'a/gpt-4o-mini'" in problem.message
    assert "did you mean 'fast'" in refusal(routes, "fats").message
    assert "'a/gpt-4o'" in refusal(routes, "x/gpt-4o").message
    limited = VirtualKey(id="k", name="k", hash="", models=("fast",))
    text = refusal(routes, "a/gpt-4o-mni", limited).message
    assert "a/gpt" not in text.removeprefix("the server 'a' does not offer the model 'gpt-4o-mni' here")
    assert "fast" in text
    assert "secret" not in refusal(routes, "secre").message
    routes = table(servers={"a": {"models": [f"model-{number}" for number in range(50)]}})
    text = refusal(routes, "zzz").message
    assert text.count("a/model-") == 10
    assert "40 more" in text
    routes.listed = lambda: ["a/zzzz"]
    assert "did you mean 'a/zzzz'" in refusal(routes, "a/zzz").message
    assert refusal(routes, "").status == 400
    assert "/v1/models" in refusal(table(), "zzz").message


def test_hostile_names() -> None:
    """Endless and odd names are refused in a short text, and names of all kinds do not fill the memory."""
    routes = table()
    assert len(refusal(routes, "x" * 100_000).message) < 200
    assert len(refusal(routes, "x" * 400).message) < 400
    assert "\n" not in refusal(routes, "a\nb").message
    for number in range(20_000):
        routes.route(f"a/{number}", sticky=None, chance=float)
    assert len(routes._known) <= 4096


@pytest.mark.parametrize(
    ("models", "word"),
    [
        ({"x": {"to": "nowhere/m"}}, "nowhere/m"),
        ({"x": {"to": "a/m", "fallbacks": ["y"]}, "y": {"to": "x"}}, "circle: x -> y -> x"),
        ({"x": {"to": "x"}}, "circle"),
        ({"x": {"to": []}}, "no model"),
        ({"x": {"to": [{"model": "a/m", "weight": 0}]}}, "weight"),
        ({"x": {"to": "a/"}}, "a/"),
        ({f"x{number}": {"to": f"x{number + 1}"} for number in range(500)} | {"x500": {"to": "a/m"}}, "lead to each"),
    ],
)
def test_configurations_that_lead_nowhere(models: Any, word: str) -> None:
    """Aliases of nothing, in a circle or without weight are refused when the table is made."""
    with pytest.raises(BadUsage) as raised:
        table(models)
    assert word in raised.value.message


def test_a_default_server_that_is_not_there() -> None:
    """It is refused too."""
    with pytest.raises(BadUsage):
        table(default_server="x")


def test_aliases_that_multiply() -> None:
    """Aliases that each lead to the next twice do not make routes without end."""
    models = {f"x{number}": {"to": f"x{number + 1}", "fallbacks": [f"x{number + 1}"]} for number in range(40)}
    routes = table({**models, "x40": {"to": ["a/m", "b/m"], "fallbacks": ["c/m"]}})
    assert sorted(hops(routes, "x0")) == ["a/m", "b/m", "c/m"]
    many = {"w": {"to": [f"a/m{number}" for number in range(100)]}}
    assert len(hops(table(many), "w")) == 32
