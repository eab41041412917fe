"""How failures of sockets, TLS and time limits are told: one short line each, with what to do where we know it."""

from __future__ import annotations

import errno

from ..errors import ConnectFailed, ConnectionLost, TimedOut

__all__ = ["closed_here", "connect_failed", "connect_timed_out", "lost", "reason", "timed_out"]

_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection closed",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to host",
    errno.ETIMEDOUT: "no reply from the host",
    errno.EADDRNOTAVAIL: "address not available",
    errno.EMFILE: "too many open files",
}
_WAITING = {
    "send": "the server did not take the request in time",
    "answer": "the server did not begin to answer in time",
    "body": "the answer was not complete in time",
    "idle": "the stream went silent",
}


def reason(error: BaseException) -> str:
    """An operating system's error in a few words."""
    number = getattr(error, "errno", None)
    known = _WORDS.get(number) if isinstance(number, int) else None
    return known or getattr(error, "strerror", None) or str(error) or type(error).__name__


def connect_failed(server: str, error: BaseException, *, proxy: str | None = None) -> ConnectFailed:
    """A connection to `server`, or to the `proxy` in front of it, could not be made."""
    if type(error).__name__ == "gaierror":  # named, not imported: this module needs no socket
        where = f"proxy {proxy}" if proxy else server
        return ConnectFailed(f"could not find {where} ({reason(error).lower()}); is the name right?", server=server)
    if proxy:
        return ConnectFailed(f"could not connect to proxy {proxy} ({reason(error)})", server=server)
    hint = "; is the server running?" if getattr(error, "errno", None) == errno.ECONNREFUSED else ""
    return ConnectFailed(f"could not connect to {server} ({reason(error)}){hint}", server=server)


def connect_timed_out(server: str, proxy: str | None = None) -> TimedOut:
    """The time to make a connection ran out."""
    through = f" through proxy {proxy}" if proxy else ""
    return TimedOut(f"no connection to {server}{through} in time", phase="connect", server=server)


def timed_out(server: str, phase: str) -> TimedOut:
    """A time limit on a connection that stands ran out."""
    return TimedOut(_WAITING[phase], phase=phase, server=server)


def lost(server: str, error: BaseException, *, began: bool) -> ConnectionLost:
    """The operating system says that the connection is no more."""
    when = "in the middle of the answer" if began else "before the answer"
    return ConnectionLost(f"{reason(error)} {when}", began=began, server=server)


def closed_here(server: str) -> ConnectionLost:
    """Somebody reads from a reply that was closed on this side."""
    return ConnectionLost("the reply was closed before its end", began=True, server=server)
