"""The chat page and what stands behind it: its files, a schema from an example, an answer that outlives its connection.

    python examples/gateway_page.py            shows what the page does when it is loaded again in mid-stream
    python examples/gateway_page.py --serve    serves the page, to look at it

Runs against the embedded simulator.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from franca.gateway import create_app
from franca.gateway.page import page_files
from franca.simulator import Simulator

BROWSER = secrets.token_urlsafe(18)  # the page makes one for each browser


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[int]:
    """An ASGI application in a thread of this process; gives its port."""
    listening = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, None if body is None else json.dumps(body), sent)
    return connection.getresponse()


def left_and_found_again(port: int) -> None:
    """A caller goes away in the middle of an answer, and reads it whole later."""
    question = {"model": "sim/lorem", "stream": True, "messages": [{"role": "user", "content": "A story, please."}]}
    reply = ask(port, "POST", "/v1/chat/completions", question, x_franca_keep="1", x_franca_browser=BROWSER)
    name = reply.headers["x-franca-answer"]
    seen = reply.read(100)
    reply.close()  # the page was loaded again

    whole = ask(port, "GET", f"/page/api/answers/{name}", x_franca_browser=BROWSER).read()
    print("the same from its beginning:", whole.startswith(seen), "- whole:", b"data: [DONE]" in whole)
    told = next(line for line in whole.decode().splitlines() if line.startswith(": franca "))
    print("what it took:", json.loads(told.removeprefix(": franca "))["completion_tokens"], "tokens")
    stranger = ask(port, "GET", f"/page/api/answers/{name}", x_franca_browser=secrets.token_urlsafe(18))
    print("for anybody else:", stranger.status)


def main() -> None:
    with Simulator() as simulator:
        tables = {"servers": {"sim": {"base_url": simulator.url}}, "log": {"form": "off"}, "store": {"url": "none"}}
        with served(create_app(tables), 8080 if "--serve" in sys.argv else 0) as port:
            if "--serve" in sys.argv:
                print(f"http://127.0.0.1:{port}/ - Ctrl-C ends it")
                threading.Event().wait()
            page = page_files()
            size = sum(len(one.packed or one.body) for one in page.values())
            print(f"the page: {len(page)} files, {size // 1024} KB, of which a first visit loads a fifth")
            schema = json.load(ask(port, "POST", "/page/api/schema", {"example": {"name": "Ada", "born": 1815}}))
            print("a schema from an example:", json.dumps(schema["schema"]["properties"]))
            left_and_found_again(port)


if __name__ == "__main__":
    main()
