"""What the tests of servers by URL share: a gateway that allows some, and asking it for them."""

from __future__ import annotations

from gw_relay import MESSAGES, relaying

GATEWAY_KEY = "sk-gateway-0123456789abc"
SECRET = "sk-foreign-0123456789abc"
OWN = "http://127.0.0.1:1/v1"  # the configured server, which no test here may reach


def there(server, key=SECRET, **more):
    """The headers that name a server."""
    found = {"x-franca-base-url": server if isinstance(server, str) else server.url, **more}
    return found if key is None else {**found, "x-franca-api-key": key}


def allowing(folder, *servers, **tables):
    """A gateway that allows these servers, beside one of its own."""
    origins = [one if isinstance(one, str) else f"http://127.0.0.1:{one.port}" for one in servers]
    return relaying(folder, {"own": {"base_url": OWN, "retries": 0}}, page={"servers": origins}, **tables)


def chat(gateway, server, model="m", key=None, headers=None, **fields):
    body = {"model": model, "messages": MESSAGES, **fields}
    return gateway.ask("POST", "/v1/chat/completions", body, key=key, headers=headers or there(server))


def says(answer):
    return answer.status, answer.json()["error"]["code"]
