"""Run a local server that speaks the wire format: models that need no hardware, and every fault on demand.

franca simulate
franca simulate --tokens-per-second 30 --error-rate 0.1
franca simulate --dialect groq
franca simulate --list
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from ..errors import BadUsage
from .exits import OK
from .show import print_json, print_table
from .terminal import styled

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["configure", "run"]

_PORT = 8990
_MODELS = "echo  lorem  json  tools  reason  structured  embed"


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = __doc__.partition("\n\n")[2]
    add = parser.add_argument
    add("--port", type=int, default=_PORT, metavar="P", help=f"where to listen; 0 takes a free port (default: {_PORT})")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen at (default: 127.0.0.1)")
    add("--api-key", metavar="KEY", help="the key that callers must send; env:VARIABLE reads it from there")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each answer")
    add("--tokens-per-second", type=float, metavar="RATE", help="pace of the answers (default: all at once)")
    add("--error-rate", type=float, default=0.0, metavar="SHARE", help="share of requests that fail, 0 to 1")
    add("--seed", type=int, default=0, metavar="N", help="another seed, other answers")
    add(
        "--dialect", metavar="SERVER", help="tell the base URL at which it answers as that server does: groq, azure ..."
    )
    add("--list", action="store_true", help="list the scenarios, and start nothing")
    add("--json", action="store_true", help="with --list: one array of objects")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    if args.list:
        return _list(args.json)
    if args.json:
        raise BadUsage("--json goes with --list")
    if (
        not 0 <= args.error_rate <= 1
        or args.latency < 0
        or (args.tokens_per_second is not None and args.tokens_per_second <= 0)
    ):
        raise BadUsage("--latency is 0 or more, --tokens-per-second above 0, --error-rate from 0 to 1")
    if args.dialect is not None:
        _check_dialect(args.dialect)
    import asyncio

    from ..simulator import Simulator

    simulator = Simulator(
        args.port,
        args.host,
        api_key=_key(args.api_key),
        latency=args.latency,
        tokens_per_second=args.tokens_per_second,
        error_rate=args.error_rate,
        seed=args.seed,
    )
    asyncio.run(_serve(simulator, args.api_key is not None, args.dialect))
    return OK


def _check_dialect(name: str) -> None:
    from ..simulator.dialects import DIALECTS

    if name in DIALECTS:
        return
    from difflib import get_close_matches

    near = get_close_matches(name, DIALECTS, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    raise BadUsage(f"--dialect: there is none called {name!r}{guess} There are {', '.join(sorted(DIALECTS))}")


async def _serve(simulator: Simulator, locked: bool, dialect: str | None) -> None:
    import asyncio

    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):  # both are the ordinary way to end it
        loop.add_signal_handler(number, task.cancel)
    try:
        await simulator.serve(lambda: print(_welcome(simulator, locked, dialect), flush=True))
    except asyncio.CancelledError:
        return
    except OSError as error:
        where = f"{simulator.host}, port {simulator.port}"
        raise OSError(error.errno, f"cannot listen at {where} ({os.strerror(error.errno or 0).lower()})") from None


def _welcome(simulator: Simulator, locked: bool, dialect: str | None) -> str:
    from ..simulator.scenarios import SCENARIOS

    url, models, model, header = simulator.url, _MODELS, "echo", "authorization: Bearer "
    note: list[str] = []
    if dialect is not None:
        from ..simulator.dialects import DIALECTS

        spoken = DIALECTS[dialect]
        url, model = simulator.dialect(dialect), spoken.named("echo")
        models = "  ".join(spoken.named(name) for name in _MODELS.split() if name != "embed" or spoken.embeds)
        note = [f"dialect:    {dialect}; others are at {simulator.root}/dialect/SERVER/..."]
        header = "api-key: " if spoken.auth in ("api-key", "either") else header
    key = f'  -H "{header}$FRANCA_API_KEY" \\\n' if locked else ""
    lines = [
        f"The simulator listens at {styled(url, 'bold', sys.stdout)} (Ctrl-C ends it)",
        "",
        f"models:     {models}",
        f"scenarios:  scenario:NAME, one of {len(SCENARIOS)}; `franca simulate --list` tells them",
        *note,
        "",
        f"  export FRANCA_SERVER={url}",
        *(["  export FRANCA_API_KEY=...  # the key given by --api-key"] if locked else []),
        f'  franca chat -m {model} "Hello"',
        "",
        f"  curl {url}/chat/completions -H 'content-type: application/json' \\\n{key}"
        f'  -d \'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}\'',
    ]
    return "\n".join(lines)


def _key(given: str | None) -> str | None:
    if given is None or not given.startswith("env:"):
        return given
    name = given.removeprefix("env:")
    found = os.environ.get(name)
    if not found:
        raise BadUsage(f"--api-key: the variable {name} is not set")
    return found


def _list(as_json: bool) -> int:
    from ..simulator.scenarios import SCENARIOS

    rows = [SCENARIOS[name] for name in sorted(SCENARIOS)]
    if as_json:
        print_json(
            [{"name": row.name, "calls": row.calls, "about": row.about, "source": row.source} for row in rows],
        )
    else:
        cells = [(row.name, ", ".join(row.calls)) for row in rows]
        print_table(("SCENARIO", "CALLS"), cells, flexible=(1,), notes=[row.about for row in rows])
    sys.stdout.flush()
    return OK
