"""Whether the names of [models.NAME] lead anywhere: to servers that are there, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .places import Key
from .shape import Config, ModelTable

__all__ = ["check_models"]

Found = tuple[Key, str, Literal["error", "warning"]]


def check_models(config: Config) -> Iterator[Found]:
    """What is wrong with the aliases of a configuration: (where, what, how bad)."""
    for name, table in config.models.items():
        at: Key = ("models", name)
        if not name.strip() or any(not letter.isprintable() for letter in name):
            yield at, "a name is printable text", "error"
        elif name in config.servers or name.partition("/")[0] in config.servers:
            server = name.partition("/")[0]
            yield (
                at,
                f"this name hides {'models' if '/' not in name else 'a model'} of the server {server!r}",
                "warning",
            )
        targets = list(_targets(at, table))
        if not _ways(table):
            yield (*at, "to"), "expected at least one model", "error"
        for place, target in targets:
            problem = _problem(config, target)
            if problem:
                yield place, problem, "error"
    yield from _circles(config)


def _ways(table: ModelTable) -> list[str]:
    if isinstance(table.to, str):
        return [table.to]
    return [one if isinstance(one, str) else one.model for one in table.to]


def _targets(at: Key, table: ModelTable) -> Iterator[tuple[Key, str]]:
    """Each model that an alias names, with its place."""
    if isinstance(table.to, str):
        yield (*at, "to"), table.to
    else:
        for number, one in enumerate(table.to):
            yield ((*at, "to", number), one) if isinstance(one, str) else ((*at, "to", number, "model"), one.model)
    for number, fallback in enumerate(table.fallbacks):
        yield (*at, "fallbacks", number), fallback


def _problem(config: Config, target: str) -> str:
    """Why a model cannot be found; "" when it can."""
    if target in config.models:
        return ""
    server, slash, model = target.partition("/")
    if slash and server in config.servers:
        # What a server offers binds callers, and not the configuration.
        return "" if model else f"expected {server}/MODEL, not {target!r}"
    if config.gateway.default_server is not None:
        return ""
    listing = [name for name, table in config.servers.items() if target in table.models]
    if len(listing) == 1:
        return ""
    if listing:
        return f"{target!r} is offered by {' and '.join(listing)}: write {listing[0]}/{target}"
    from difflib import get_close_matches

    near = get_close_matches(server if slash else target, [*config.servers, *config.models], n=1)
    guess = f"; did you mean {near[0] + slash + model!r}?" if near and slash else ""
    guess = guess or (f"; did you mean {near[0]!r}?" if near else "")
    return (f"there is no server {server!r}" if slash else f"{target!r} is neither an alias nor SERVER/MODEL") + guess


def _circles(config: Config) -> Iterator[Found]:
    """Each circle of aliases once, told at one of its members. Without recursion: a chain may be long."""
    edges = {
        name: [(place, target) for place, target in _targets(("models", name), table) if target in config.models]
        for name, table in config.models.items()
    }
    state: dict[str, int] = {}
    for start in edges:
        if start in state:
            continue
        way = [start]
        rest = [iter(edges[start])]
        state[start] = 1
        while way:
            step = next(rest[-1], None)
            if step is None:
                state[way.pop()] = 2
                rest.pop()
                continue
            place, target = step
            if state.get(target) == 1:
                circle = " -> ".join([*way[way.index(target) :], target])
                yield place, f"this leads in a circle: {circle}", "error"
            elif target not in state:
                state[target] = 1
                way.append(target)
                rest.append(iter(edges[target]))
