"""What the page asks of the gateway beside its models: how it is set, a schema from an example, whether a text fits."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ... import __version__
from ...errors import BadUsage
from ..answer import send_json
from ..body import json_fields, read_body, text_of, value_of
from ..door import let_in
from ..problem import Problem
from ..relay.attendance import Attendance

if TYPE_CHECKING:
    from ..body import Fields
    from ..exchange import Exchange
    from ..gateway import Gateway

__all__ = ["serve_check", "serve_schema", "serve_settings"]

T = TypeVar("T")

_LONGEST = 256 * 1024
"""Bytes of a body."""
_PATIENCE = 4.0
"""Seconds that one text may be judged for, with the start of the process that does it."""
_AT_ONCE = 2
_WAITING = 32
_NO_STORE = ((b"cache-control", b"no-store"),)
_SOON = ((b"retry-after", b"2"),)


class _Threads:
    """Threads for what takes long. They are few, so that strangers' schemas take no more of the machine than that."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._room = Semaphore(_AT_ONCE + _WAITING)

    async def do(self, work: Callable[[], T]) -> T:
        """The result. Raises Problem 503 when too much waits already."""
        if not self._room.acquire(blocking=False):
            raise Problem(503, "too many schemas wait to be looked at", "busy", headers=_SOON)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, "franca page")
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._room.release())  # not sooner: who leaves does not end the work
        return await asyncio.wrap_future(future)


_threads = _Threads()


async def serve_settings(exchange: Exchange, gateway: Gateway) -> None:
    """GET /page/api/settings: what the page must know before there is a key. Nothing of it is secret."""
    _require_page(exchange, gateway)
    config = gateway.config
    told = {
        "version": __version__,
        "keys": bool(len(gateway.ring)),
        "status": config.gateway.admin_key is not None,
        "replay": gateway.kept.offered,
        "remote_images": config.page.remote_images,
        "servers": list(config.page.servers),
        "max_body": config.gateway.max_body,
    }
    await send_json(exchange, told, headers=_NO_STORE)


async def serve_schema(exchange: Exchange, gateway: Gateway) -> None:
    """POST /page/api/schema: {"example": ...} gives {"schema": ...}. Raises Problem."""
    from ...schema.infer import infer_schema

    fields, _ = await _fields(exchange, gateway)
    if "example" not in fields:
        raise Problem(400, 'send {"example": ...}: any JSON value', "missing_example", param="example")
    example = value_of(fields, "example")
    try:
        schema = await _threads.do(lambda: infer_schema(example))
    except BadUsage as error:
        raise Problem(400, error.message, "bad_example", param="example") from None
    await send_json(exchange, {"schema": schema}, headers=_NO_STORE)


async def serve_check(exchange: Exchange, gateway: Gateway) -> None:
    """POST /page/api/check: {"schema": {...}, "text": "..."} gives {"valid": true, "value": ...} or {"valid": false,
    "problems": [{"path", "message"}]}. Raises Problem, 400 for a schema that is none."""
    fields, body = await _fields(exchange, gateway)
    text = text_of(fields, "text")
    if not isinstance(value_of(fields, "schema"), (dict, bool)) or "text" not in fields:
        raise Problem(400, 'send {"schema": {...}, "text": "..."}', "bad_request", param="schema")
    found = await _threads.do(lambda: _judged(body))
    if "error" in found:
        raise Problem(400, str(found["error"]), "bad_schema", param="schema")
    if found["valid"]:
        found["value"] = msgspec.Raw(text.encode())  # as it was written: a long number keeps all its digits
    await send_json(exchange, found, headers=_NO_STORE)


def _judged(body: bytes) -> dict[str, Any]:
    """What the process says that judges it; it has nothing of our environment. Raises Problem 400, 503."""
    environ = {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "franca.gateway.page.judge"],
            input=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, timeout=_PATIENCE, check=True,
        )  # fmt: skip
        found: dict[str, Any] = msgspec.json.decode(done.stdout, type=dict[str, Any])
    except (subprocess.SubprocessError, msgspec.DecodeError):
        raise Problem(
            400, "this takes too long to check, or too much memory: write the schema plainer", "too_hard",
            param="schema",
        ) from None  # fmt: skip
    except OSError as error:
        why = f"no process could be started to check it ({error.strerror})"
        raise Problem(503, why, "busy", headers=_SOON) from None
    return found


async def _fields(exchange: Exchange, gateway: Gateway) -> tuple[Fields, bytes]:
    """The members of the body, and the body, of a caller who may ask."""
    _require_page(exchange, gateway)
    let_in(exchange, gateway)
    settings = gateway.config.gateway
    with Attendance(exchange, gateway.rounds, 0.0, settings.body_timeout):
        body = await read_body(exchange, min(_LONGEST, settings.max_body))
    return json_fields(body), body


def _require_page(exchange: Exchange, gateway: Gateway) -> None:
    if not gateway.config.gateway.page:
        raise Problem(404, f"there is no page at {exchange.path[:200]!r}", "not_found")
