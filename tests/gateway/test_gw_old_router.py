"""The three routes of the old OpenRouter router, at the gateway and under any path of another application."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from gw_gateway import ThreadGateway

from franca.simulator import Simulator

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module", params=["", "/llm"])
def old(request: pytest.FixtureRequest) -> Iterator[tuple[ThreadGateway, str]]:
    """A gateway in front of a simulated OpenRouter, by itself and mounted; with the path before its routes."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    def mounted(app: object) -> Starlette:
        return Starlette(routes=[Mount(request.param, app=app)])

    with Simulator() as simulator:
        url = simulator.dialect("openrouter")
        server = {"type": "openrouter", "base_url": url, "api_key": "sk-or-v1-test"}
        config = {
            "gateway": {"default_server": "openrouter"},
            "servers": {"openrouter": server},
            "log": {"form": "off"},
        }
        with ThreadGateway(config, wrap=mounted if request.param else None) as gateway:
            yield gateway, request.param


def test_chat_takes_messages(old: tuple[ThreadGateway, str]) -> None:
    """POST /chat with `messages` is a chat; the model is named as OpenRouter names it."""
    gateway, at = old
    answer = gateway.ask("POST", f"{at}/chat", {"model": "author/echo", "messages": HELLO})
    assert answer.status == 200
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"


def test_chat_takes_a_prompt(old: tuple[ThreadGateway, str]) -> None:
    """POST /chat with a `prompt` and no `messages` is a prompt completion."""
    gateway, at = old
    answer = gateway.ask("POST", f"{at}/chat", {"model": "author/echo", "prompt": "Hello"})
    assert answer.status == 200
    assert answer.json()["object"] == "text_completion"
    assert answer.json()["choices"][0]["text"]


def test_chat_streams(old: tuple[ThreadGateway, str]) -> None:
    """POST /chat with `stream` is an event stream that ends with [DONE]."""
    gateway, at = old
    answer = gateway.ask("POST", f"{at}/chat", {"model": "author/echo", "messages": HELLO, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.events()[-1] == "[DONE]"


def test_generation_stats(old: tuple[ThreadGateway, str]) -> None:
    """GET /generation-stats?id= tells what an answer was, as OpenRouter itself tells it; an unknown id is a 404."""
    gateway, at = old
    id = gateway.ask("POST", f"{at}/chat", {"model": "author/echo", "messages": HELLO}).json()["id"]
    stats = gateway.ask("GET", f"{at}/generation-stats?id={id}").json()["data"]
    assert stats["id"] == id
    assert stats["model"].endswith("echo")
    assert stats["tokens_prompt"] > 0
    assert gateway.ask("GET", f"{at}/generation-stats?id=gen-nobody").status == 404
    assert gateway.ask("GET", f"{at}/generation-stats").status == 400


def test_the_chat_page(old: tuple[ThreadGateway, str]) -> None:
    """GET / is the page; its files are found from there, whatever stands before it."""
    gateway, at = old
    page = gateway.ask("GET", f"{at}/")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    named = re.findall(rb'(?:src|href)="(?:\./)?(page/[^"]+)"', page.body)
    assert any(name.endswith(b".js") for name in named)
    assert all(gateway.ask("GET", f"{at}/{name.decode()}").status == 200 for name in named)
