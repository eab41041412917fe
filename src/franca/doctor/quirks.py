"""From findings to the words of the table of servers: the quirks that were found, how they differ from what the
table says, and a row to paste."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ..servers import SERVERS, Quirks, Server, known_servers
from .finding import Finding

__all__ = ["differences", "quirks_of", "row_of"]

_TUPLES = frozenset({"drops", "ignores", "tool_drops", "message_drops", "roles", "oddities"})
# What a probe that went well says against the table: (field of Quirks, the entry that would be wrong then).
_DENIALS: dict[str, tuple[str, Any]] = {
    "temperature": ("drops", "temperature"),
    "seed": ("drops", "seed"),
    "logprobs": ("drops", "logprobs"),
    "parallel tools": ("drops", "parallel_tool_calls"),
    "reasoning_effort": ("drops", "reasoning_effort"),
    "message name": ("message_drops", "name"),
    "strict": ("tool_drops", "strict"),
    "two systems": ("single_system", True),
    "content parts": ("flat_content", True),
    "stream usage": ("stream_options", False),
    "tool_choice named": ("named_tool_choice", False),
    "base64": ("base64_embeddings", False),
}


def quirks_of(findings: Iterable[Finding]) -> Quirks:
    """What was found, in the vocabulary of the table. Findings that contradict each other are left out."""
    said: dict[str, Any] = {}
    refused: list[str] = []
    contradicted = set()
    for finding in findings:
        for name, value in finding.quirks:
            if name == "refused_formats":
                refused += value
            elif name in _TUPLES:
                said[name] = tuple(dict.fromkeys((*said.get(name, ()), *value)))
            elif said.setdefault(name, value) != value:
                contradicted.add(name)
    for name in contradicted:
        del said[name]
    if refused:
        said["response_formats"] = tuple(name for name in Quirks().response_formats if name not in refused)
    return Quirks(**said)


def differences(findings: Iterable[Finding], row: Server) -> list[str]:
    """One sentence for each thing in which this server is not as its row in the table says."""
    listed = list(findings)
    found, known, usual = quirks_of(listed), row.quirks, Quirks()
    texts = []
    for name in Quirks._fields:
        got, has = getattr(found, name), getattr(known, name)
        if got in (getattr(usual, name), has) or name == "oddities":
            continue
        if name in _TUPLES:
            new = [one for one in got if one not in has and not _said_otherwise(name, one, known)]
            texts += [f"{name}: the table says {_shown(has)}; this server adds {_shown(new)}"] if new else []
        else:
            says = "nothing" if has is None else _shown(has)
            texts.append(f"{name}: the table says {says}; this server says {_shown(got)}")
    for finding, name in _denied(listed, known):
        has = getattr(known, name)
        texts.append(f"{name}: the table says {_shown(has)}; {finding.name} works at this server")
    return texts


def _denied(findings: Iterable[Finding], known: Quirks) -> list[tuple[Finding, str]]:
    """The findings that went well although the table says that they would not, with the field that says so."""
    denied = []
    for finding in findings:
        name, entry = _DENIALS.get(finding.name, ("", None))
        if finding.verdict == "ok" and name and name not in dict(finding.quirks):
            has = getattr(known, name)
            if has == entry or (name in _TUPLES and entry in has):
                denied.append((finding, name))
    return denied


def _said_otherwise(name: str, entry: Any, known: Quirks) -> bool:
    """Whether the table has another word for the same thing: `name_roles` for a refused `name` of messages."""
    return (name, entry) == ("message_drops", "name") and known.name_roles is not None


def _merged(findings: Iterable[Finding], known: Quirks) -> Quirks:
    """What the table says, with what was found in its place; what was not probed stays."""
    listed = list(findings)
    found, usual = quirks_of(listed), Quirks()
    changes: dict[str, Any] = {}
    for name in Quirks._fields:
        got, has = getattr(found, name), getattr(known, name)
        if name in _TUPLES:
            new = [one for one in got if not _said_otherwise(name, one, known)]
            changes[name] = tuple(dict.fromkeys((*has, *new)))
        elif got != getattr(usual, name):
            changes[name] = got
    for finding, name in _denied(listed, known):
        entry = _DENIALS[finding.name][1]
        if name in _TUPLES:
            changes[name] = tuple(one for one in changes[name] if one != entry)
        else:
            changes[name] = getattr(usual, name)
    return known._replace(**changes)


def _shown(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(_shown(one) for one in value) or "nothing"
    return value if isinstance(value, str) and value else '""' if value == "" else str(value).lower()


def row_of(findings: Iterable[Finding], server: str, base_url: str, day: str) -> Server:
    """A row for the table with the quirks found; for a server of the table, its own row with what was found put in,
    under a name of its own."""
    listed = list(findings)
    known = known_servers().get(server)
    source = f"franca doctor, {day}"
    if known is not None:
        quirks = _merged(listed, known.quirks)
        # A file of rows may not name one that franca has already: the built-in ones get another name.
        name = f"my-{server}" if server in SERVERS else server
        row = known._replace(name=name, forms=(), fields=(), hosts=(), url_vars=(), host_vars=())
        return row._replace(base_url=base_url, quirks=quirks, checked=day[:7], source=source)
    quirks = quirks_of(listed)
    name = _name_for(base_url)
    needs = any(one.name == "key needed" and one.verdict in ("ok", "partial") for one in listed)
    variable = f"{name.upper().replace('-', '_')}_API_KEY"
    return Server(name, base_url, key_vars=(variable,), needs_key=needs, quirks=quirks, checked=day[:7], source=source)


def _name_for(base_url: str) -> str:
    """A name that a file of rows may have: of the host's letters, and of no server that franca has already."""
    place = urlsplit(base_url)
    host = (place.hostname or "").rstrip(".")
    parts = [part for part in host.split(".") if part not in ("www", "api")]
    if host == "localhost" or not (host.isascii() and host.replace(".", "").isalpha()):
        return f"local-{place.port}" if place.port else "local"
    name = parts[-2] if len(parts) > 1 else parts[0] if parts else "server"
    return f"my-{name}" if name in SERVERS else name
