"""Real llama.cpp servers for the tests of this folder, one process for each tiny model, started when first used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.register_assert_rewrite("realservers.suite", "realservers.drivers")

from .drivers import Both  # noqa: E402
from .llama import LlamaServer, missing  # noqa: E402
from .prompts import NO_TOOLS  # noqa: E402


def _serve(factory: pytest.TempPathFactory, name: str, **settings: Any) -> Iterator[LlamaServer]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    server = LlamaServer(factory.mktemp("llama") / f"{name}.log", **settings)
    yield server
    crashed = server.process.poll()
    server.stop()
    assert crashed is None, f"the llama.cpp server ended by itself with code {crashed}: {server.log_tail()}"


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Answers a few plain words and ends by itself. Two slots of 2,048 tokens."""
    yield from _serve(tmp_path_factory, "words", variant="words")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Calls the offered tools, now and then several at once, and answers in words after a tool's result."""
    yield from _serve(tmp_path_factory, "tools", variant="tools", context=8192)


@pytest.fixture(scope="session")
def think(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Thinks first, which comes as `reasoning_content`, then answers in words."""
    yield from _serve(tmp_path_factory, "think", variant="think")


@pytest.fixture(scope="session")
def json_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Favours quotes and braces, so that JSON asked of it stays short."""
    yield from _serve(tmp_path_factory, "json", variant="json")


@pytest.fixture(scope="session")
def no_tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """As `json_server`, with a template that refuses tools."""
    yield from _serve(tmp_path_factory, "no_tools", variant="json", template=NO_TOOLS)


@pytest.fixture(scope="session")
def plain_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """As `json_server`, started without Jinja: tools are refused, and a schema it cannot enforce is ignored."""
    yield from _serve(tmp_path_factory, "plain_template", variant="json", jinja=False)


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Gives embeddings (64 numbers, mean-pooled, of length 1)."""
    yield from _serve(tmp_path_factory, "embedder", variant="words", embedding=True)


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """One slot of 32,768 tokens: an answer that is not allowed to end keeps it busy for half a minute and more."""
    yield from _serve(tmp_path_factory, "long", variant="words", context=32768, slots=1)


@pytest.fixture
def throwaway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """As `long`, for one test: for work that the server will not stop."""
    yield from _serve(tmp_path_factory, "throwaway", variant="words", context=32768, slots=1)


@pytest.fixture(scope="session")
def both() -> Iterator[Both]:
    """Runs a case through `Client` and `AsyncClient` and compares the outcomes."""
    pairs = Both()
    yield pairs
    pairs.close()
