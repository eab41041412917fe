"""The gateway: two servers behind one endpoint, with a key, a fallback, an object by a schema, and what it all cost.

    python examples/gateway.py

Reads the configuration beside it (examples/franca.toml), with the embedded simulator in the place of its servers, and
serves it in a thread. By itself the gateway is one command: `franca serve --config examples/franca.toml`.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

import franca
from franca.gateway import create_app
from franca.simulator import Simulator

ALICE, ADMIN = "sk-0123456789abcdef", "sk-fedcba9876543210"  # of nobody; `franca keys create` makes good ones
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def configuration(simulator: Simulator) -> dict[str, Any]:
    """The file, with the address of this simulator, its secrets, and without the line for each request."""
    text = Path(__file__).with_name("franca.toml").read_text(encoding="utf-8")
    config = tomllib.loads(text.replace("http://127.0.0.1:8990/v1", simulator.url).replace(
        "http://127.0.0.1:8990", simulator.url.removesuffix("/v1")
    ))  # fmt: skip
    config["gateway"]["admin_key"] = ADMIN
    config["keys"]["alice"]["key"] = ALICE
    return {**config, "log": {"form": "off"}}


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


def ask(client: franca.Client) -> None:
    """Any client of OpenAI's API asks as it would ask OpenAI; only the base URL and the key are others."""
    chat = client.chat("Hello through the gateway", model="fast")
    print(f"{chat.content}  [{chat.headers['x-franca-model']}]")
    with client.chat_stream("Tell me a story.", model="first/lorem", max_tokens=12) as stream:
        for event in stream:
            print(event.content or "", end="", flush=True)
    print()


def fall_back(client: franca.Client) -> None:
    """Where one server fails, the next one answers, and the headers tell so."""
    chat = client.chat("Is anybody there?", model="careful", max_tokens=5)
    print(f"{chat.content}  [{chat.headers['x-franca-model']}, after {chat.headers['x-franca-tried']}]")


def fill_a_schema(client: franca.Client) -> None:
    """A schema is kept to by any model: the gateway asks in the surest way that the server takes, and checks."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
    chat = client.chat("Ada Lovelace, 36", model="first/structured", response_format=form)
    print(f"{json.loads(chat.content or '')}  [{chat.headers['x-franca-structured']}]")


def be_refused(client: franca.Client) -> None:
    """A key may do what it was made for, and nothing else."""
    try:
        client.chat("Hello", model="second/echo")
    except franca.Forbidden as error:
        print(f"{error.status} {error.code}: {error.message}")


def look_into_the_books(url: str) -> None:
    """What was used, for the admin alone; `franca usage` prints the same."""
    with franca.Client(f"{url}/admin/v1", api_key=ADMIN) as admin:
        report = admin.get("usage?by=model").json()
    for line in report["lines"]:
        print(f"  {line['model'] or '(refused)'}: {line['requests']} request, ${line['cost']:.6f}")
    print(f"  in all: {report['total']['requests']} requests, ${report['total']['cost']:.6f}")


def main() -> None:
    with Simulator() as simulator:
        app = create_app(configuration(simulator))
        with served(app) as url, franca.Client(f"{url}/v1", api_key=ALICE) as client:
            ask(client)
            fall_back(client)
            fill_a_schema(client)
            be_refused(client)
            look_into_the_books(url)


if __name__ == "__main__":
    main()
