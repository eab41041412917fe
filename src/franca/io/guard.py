"""The rule that keeps requests on this machine, for tests; every transport with real sockets asks it before it sends.

There is one rule for the process, whatever thread, event loop or client a request comes from, so that a client made
at import time, or one whose connections are open already, is held by it too. Without a rule, asking costs a look at
`active`. `franca.testing.forbid_requests` and the pytest plugin set it; this module only keeps it.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import BadUsage

__all__ = ["Rule", "active", "check", "check_httpx", "drop", "permitted", "push"]

# httpx transports that answer in this process, without a network: their addresses are names only.
_IN_PROCESS = frozenset({"MockTransport", "ASGITransport", "WSGITransport"})


class Rule:
    """Which hosts may be asked. `everything` lifts the rules below this one; `advice` ends the error's text."""

    __slots__ = ("advice", "allowed", "everything")

    def __init__(self, allowed: tuple[str, ...] = (), *, everything: bool = False, advice: str = "") -> None:
        self.allowed = tuple(name.lower().rstrip(".") for name in allowed)
        self.everything = everything
        self.advice = advice

    def allows(self, host: str) -> bool:
        """Whether a request to `host` (a name or an address, no brackets) may leave. No name is looked up."""
        host = host.lower().rstrip(".")
        if self.everything or _is_local(host):
            return True
        return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in self.allowed)


_rules: list[Rule] = []
active: Rule | None = None
"""The innermost rule; None in every program that is no test."""

_permit: contextvars.ContextVar[bool] = contextvars.ContextVar("franca_requests_permitted", default=False)


def push(rule: Rule) -> None:
    """Make this rule the one that holds."""
    global active
    _rules.append(rule)
    active = rule


def drop(rule: Rule) -> None:
    """Take a rule away, wherever in the pile it is."""
    global active
    _rules[:] = [one for one in _rules if one is not rule]
    active = _rules[-1] if _rules else None


@contextmanager
def permitted() -> Iterator[None]:
    """Lets what this thread (or task) sends pass: a recording that was asked for."""
    token = _permit.set(True)
    try:
        yield
    finally:
        _permit.reset(token)


def check(host: str) -> None:
    """Raises BadUsage where the rule forbids a request to this host. To be called when `active` is set."""
    rule = active
    if rule is not None and not rule.allows(host) and not _permit.get():
        raise BadUsage(f"real requests are forbidden here, and {host} is not this machine{rule.advice}")


def check_httpx(client: Any, url: str, host: str) -> None:
    """`check` for a client of httpx or httpx2, unless one of its in-process transports serves the URL."""
    serving = getattr(client, "_transport", None)
    with suppress(Exception):  # another release of the library: its plain transport then, or none that is known
        serving = client._transport_for_url(client.build_request("GET", url).url)
    if not any(cls.__name__ in _IN_PROCESS for cls in type(serving).__mro__):
        check(host)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if ":" not in host and not host[-1:].isdigit():
        return False
    import ipaddress

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified  # 0.0.0.0 leads to this machine too
