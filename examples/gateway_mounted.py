"""The gateway inside a web application: under /ai of one made with Starlette, whose own paths stay its own.

    python examples/gateway_mounted.py

FastAPI is a Starlette application, so `app.mount` is the same there. Runs against the embedded simulator; needs
`pip install starlette`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import franca
from franca.gateway import create_app
from franca.simulator import Simulator

KEY = "sk-0123456789abcdef"  # of nobody; `franca keys create` makes good ones


async def hello(request: Request) -> PlainTextResponse:
    """A path of the application's own."""
    return PlainTextResponse("Hello from the application\n")


def make_site(simulator: Simulator) -> Starlette:
    """The application, with the gateway under /ai."""
    gateway = create_app(
        {
            "servers": {"sim": {"base_url": simulator.url, "free": True}},
            "models": {"fast": {"to": "sim/echo"}},
            "keys": {"site": {"key": KEY, "models": ["fast"], "rpm": 60}},
            "log": {"form": "off"},
        }
    )

    @asynccontextmanager
    async def lifespan(site: Starlette) -> AsyncIterator[None]:
        # A mounted application hears neither of the beginning nor of the end.
        await gateway.gateway.start()
        yield
        await gateway.gateway.close()  # writes down what is not written yet

    return Starlette(routes=[Route("/", hello), Mount("/ai", app=gateway)], lifespan=lifespan)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An ASGI application in a thread of this process; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def main() -> None:
    with Simulator() as simulator, served(make_site(simulator)) as url:
        with franca.Client(url) as site:
            print(site.get("").text, end="")
        with franca.Client(f"{url}/ai/v1", api_key=KEY) as client:
            print(client.list_models().ids)
            chat = client.chat("Hello through the site", model="fast")
            print(chat.content, chat.headers["x-ratelimit-remaining-requests"], "requests left")


if __name__ == "__main__":
    main()
