"""Single words of a configuration: whether a path, a pattern, a header or a date is one, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from ...errors import BadUsage
from ...wire.headers import is_secret_header, secret_values
from ..keys.record import hashed
from .secret import secret_of

__all__ = [
    "URLS",
    "header_problem",
    "host_is_local",
    "key_hash",
    "moment",
    "password_in",
    "path_problem",
    "pattern_problem",
]

URLS = {
    "store": ("sqlite:", "postgresql://", "postgres://", "none", "memory"),
    "limits": ("redis://", "rediss://", "valkey://", "valkeys://", "unix://", "sqlite:"),
    "cache": ("redis://", "rediss://", "unix://"),
}
"""How the addresses of these tables begin."""

# fmt: off
_OF_THE_CONNECTION = frozenset({
    "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})
# fmt: on
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")


def host_is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    text = host.strip().strip("[]").lower()
    if text == "localhost":
        return True
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def path_problem(path: str) -> str:
    """What is wrong with a base path; "" when it is one."""
    if not path:
        return ""
    if not path.startswith("/") or path.endswith("/"):
        return f'expected a path such as "/gateway", with a slash before it and none behind it, not {path!r}'
    if set(path) - _PLAIN or any(part in ("", ".", "..") for part in path[1:].split("/")):
        return f'expected plain names between slashes, such as "/gateway", not {path!r}'
    return ""


def pattern_problem(pattern: str) -> str:
    """What is wrong with a pattern of models; "" when it is one."""
    if not pattern.strip():
        return "expected a model, or a pattern with * at its end"
    return "a * stands only at the end of a pattern" if "*" in pattern[:-1] else ""


def header_problem(name: str) -> str:
    """Why a caller's header of this name cannot be passed on; "" when it can."""
    if name != name.lower():
        return f"write it in lower case: {name.lower()!r}"
    if not name or set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_"):
        return f"{name!r} is no name of a header"
    if is_secret_header(name):
        return f"{name} carries the caller's own secret, which is no business of a server"
    return f"{name} belongs to one connection" if name in _OF_THE_CONNECTION else ""


def key_hash(text: str, environ: Mapping[str, str] | None = None) -> str:
    """The hash that is kept of a key in a file. Raises BadUsage for one that is not there, or is no hash."""
    if not text.startswith("sha256:"):
        secret = secret_of(text, environ)
        if not secret.strip():
            raise BadUsage("the key is empty")
        return hashed(secret)
    digest = text.removeprefix("sha256:").strip().lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise BadUsage('expected "sha256:" and 64 hexadecimal digits')
    return digest


def moment(text: str) -> float:
    """Unix seconds of a date (its end, UTC) or of a moment (UTC where it names no zone). Raises ValueError."""
    found = datetime.fromisoformat(text.strip())
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    whole_day = len(text.strip()) <= 10
    return found.timestamp() + (86400.0 if whole_day else 0.0)


def password_in(url: str | None) -> bool:
    """Whether an address holds a password or a key."""
    if url is None or url.startswith(("env:", "file:")) or "://" not in url:
        return False
    user = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return bool(user.partition(":")[2]) or bool(secret_values(url.partition("?")[2]))
