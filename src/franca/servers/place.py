"""A base URL out of what a variable such as OLLAMA_HOST holds: a host, perhaps with scheme, port and path."""

from __future__ import annotations

from ..errors import BadUsage
from .table import server_for_host

__all__ = ["url_of_host"]

_PORTS = {"http": "80", "https": "443"}
# What a server binds to in order to be reached at every address; nobody can connect to it everywhere.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


def url_of_host(variable: str, value: str, base_url: str) -> str:
    """The base URL that a host stands for, where `base_url` is the server's usual one.

    The rules are Ollama's own for OLLAMA_HOST (envconfig.Host and ConnectableHost, 2026-11): without a scheme, the
    usual one and the usual port; with a scheme, that scheme's port; without a host, the usual host; 0.0.0.0 and ::,
    which a server listens at, are this machine; the host of a public server alone (ollama.com) is that server. Ollama
    takes its usual port in place of a wrong one; here that is BadUsage, as is anything else that is no address.
    """
    usual_scheme, _, rest = base_url.partition("://")
    usual, _, path = rest.partition("/")
    usual_host, _, usual_port = usual.partition(":")
    text = value.strip().strip("\"'")
    scheme, told, rest = text.partition("://")
    if told:
        usual_port = _PORTS.get(scheme.lower(), "")
    elif (known := server_for_host(text.lower())) is not None and known.base_url:
        return known.base_url
    else:
        scheme, rest = usual_scheme, text
    authority, _, below = rest.partition("/")
    user, at, place = authority.rpartition("@")
    host, port = _split(place)
    if not usual_port or not _is_port(port or usual_port) or any(letter in place for letter in " ?#\\"):
        shown = f"{scheme}://{place}" if told else place  # without user info
        raise BadUsage(f"{variable} is HOST, HOST:PORT or http(s)://HOST:PORT, not {shown!r}")
    host = _EVERYWHERE.get(host.strip("[]"), host) or usual_host
    below = below.strip("/")
    below = below if not below or below == path or below.endswith(f"/{path}") else f"{below}/{path}"
    port = "" if told and port in ("", usual_port) else f":{port or usual_port}"
    return f"{scheme.lower()}://{user}{at}{host}{port}/{below or path}".rstrip("/")


def _split(place: str) -> tuple[str, str]:
    """(host, port) of "host", "host:port", ":port", "[::1]:port" and "::1"; "" for what is not there."""
    if place.count(":") > 1 and not place.startswith("["):
        return f"[{place}]", ""
    host, _, port = place.rpartition(":") if ":" in place.rpartition("]")[2] else (place, "", "")
    return host, port


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536
