"""From an error to one line on standard error, a hint where one helps, and the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from ..errors import (
    BadUsage,
    ConnectFailed,
    Forbidden,
    FrancaError,
    NotFound,
    OutOfCredits,
    ProtocolError,
    RateLimited,
    StreamBroken,
    TimedOut,
    TransportError,
    Unauthorized,
    UpstreamTimedOut,
)
from .terminal import is_terminal, note, safe, styled, width

__all__ = ["AUTH", "ERROR", "INTERRUPTED", "NETWORK", "OK", "RATE", "USAGE", "code_for", "guarded", "report"]

OK, ERROR, USAGE, NETWORK, AUTH, RATE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

# The first that fits. `UpstreamTimedOut` is a TimedOut as well as a fault of the server: a time-out.
_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (BadUsage, USAGE),
    (Unauthorized, AUTH),
    (Forbidden, AUTH),
    (OutOfCredits, AUTH),
    (RateLimited, RATE),
    (TransportError, NETWORK),
    (StreamBroken, NETWORK),
    (KeyboardInterrupt, INTERRUPTED),
)
_MOST = 2000  # characters of an error that goes to a file


def code_for(error: BaseException) -> int:
    """The exit code that stands for an error."""
    if _lacks_key(error):
        return AUTH
    return next((code for kind, code in _CODES if isinstance(error, kind)), ERROR)


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace, debug: bool) -> int:
    """Run a command; any error becomes one line on standard error and an exit code."""
    try:
        code = run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        _forget_output()
        return OK
    except KeyboardInterrupt as error:
        if debug:
            _traceback(error)
        if is_terminal(sys.stderr):
            note("interrupted")
        return INTERRUPTED
    except Exception as error:
        return report(error, debug)
    return code


def report(error: Exception, debug: bool = False) -> int:
    """Say an error on standard error; the exit code for it."""
    if debug:
        _traceback(error)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
    print(styled(_line(error), "red", sys.stderr), file=sys.stderr)
    hint = _hint(error)
    if hint:
        print(f"franca: {hint}", file=sys.stderr)
    return code_for(error)


def _line(error: Exception) -> str:
    """The error on one line. In a terminal: all of it where that fits, else its message alone, on three rows at
    most; --debug shows everything."""
    texts = [safe(" ".join(f"franca: {text}".split())) for text in _texts(error)]
    if not is_terminal(sys.stderr):
        return _cut(texts[0], _MOST)
    return next((text for text in texts if len(text) < width()), _cut(texts[-1], 3 * width() - 1))


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _forget_output() -> None:
    """Point standard output elsewhere: the interpreter flushes it once more at its end, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)


def _texts(error: Exception) -> list[str]:
    """The error in words, from all that is known to what matters most."""
    if isinstance(error, BadUsage):
        return [f"no API key for {error.server}"] if _lacks_key(error) else [error.message]
    if isinstance(error, FrancaError):
        if isinstance(error, TransportError) and error.status is None and "://" in error.message:
            return [error.message]  # it names the address already
        where = f"{error.server}: " if error.server and "://" not in error.server else ""
        status = f"{error.status} " if error.status is not None else ""
        return [str(error), f"{where}{status}{error.message}"]
    if isinstance(error, OSError):
        name = f" {error.filename}" if error.filename else ""
        return [f"{error.strerror or error}{name}"]
    return [f"{type(error).__name__}: {error} (a fault of franca itself; --debug shows where)"]


def _lacks_key(error: BaseException) -> bool:
    return isinstance(error, BadUsage) and error.code == "missing_api_key"


def _hint(error: Exception) -> str:
    """What the user could do about it; "" where the error says all there is to say."""
    if isinstance(error, ConnectFailed):
        return _start_it(error)
    if isinstance(error, Unauthorized) or (isinstance(error, BadUsage) and _lacks_key(error)):
        return _key_hint(error.server)
    if isinstance(error, Forbidden) and error.server == "openrouter" and "management key" in error.message.lower():
        return "OPENROUTER_MANAGEMENT_KEY may hold one, for credits, keys and activity"
    if isinstance(error, RateLimited) and error.retry_after:
        return f"the server asks to wait {error.retry_after:g} s"
    if isinstance(error, TimedOut) and not isinstance(error, UpstreamTimedOut):
        return "--timeout SECONDS waits longer"
    if isinstance(error, ProtocolError) and "not JSON" in error.message:
        return "is this the base URL of an API? Most end in /v1"
    if isinstance(error, NotFound):
        if error.server == "openrouter":
            return "`franca openrouter models` lists what there is" if error.model else ""
        return "`franca models` lists what the server has" if error.model else "most base URLs end in /v1"
    return ""


def _start_it(error: ConnectFailed) -> str:
    if "certificate" in error.message.lower():
        return "SSL_CERT_FILE names further certificates; --insecure skips the check"
    text = f"{error.server} {error.message}"
    if error.server == "ollama" or ":11434" in text:
        return "`ollama serve` starts Ollama"
    if error.server == "lmstudio" or ":1234" in text:
        return "LM Studio serves when its developer server is switched on"
    return ""


def _key_hint(server: str | None) -> str:
    from ..servers import SERVERS, known_servers

    try:
        row = known_servers().get(server or "")
    except BadUsage:  # the file of servers: what is wrong with it is not what this is about
        row = SERVERS.get(server or "")
    if row is None or not row.key_vars:
        return "--api-key-env NAME takes the key from the variable NAME"
    name = row.key_vars[0]
    if os.environ.get(name):
        return f"{name} was refused; --api-key-env NAME takes the key from another variable"
    return f"set {name}, or name another variable with --api-key-env"
