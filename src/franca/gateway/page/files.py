"""The files that the page is made of: read once, packed once, each with all that its answer needs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from msgspec import Struct

__all__ = ["StaticFile", "page_files", "read_files", "security"]

Headers = tuple[tuple[bytes, bytes], ...]

_TYPES = {
    "css": b"text/css; charset=utf-8",
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "json": b"application/json",
    "svg": b"image/svg+xml",
    "txt": b"text/plain; charset=utf-8",
}
_PAGES = {"index.html": "/", "status.html": "/status"}
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.([a-z]+)")
# What the build names by its content never changes under that name.
_HASHED = re.compile(r".+-[A-Za-z0-9_-]{8}\.(?:css|js)")
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN = (b"cache-control", b"no-cache")
_PACKED = ((b"content-encoding", b"gzip"),)
_VARY = (b"vary", b"accept-encoding")
_WORTH = 0.9
"""Packed, a file must be smaller than this share of itself."""


def security(*, remote_images: bool) -> Headers:
    """The headers of every file: nothing but our own code runs, nothing is written into the page as markup, it speaks
    to nobody but this origin, and no one may frame it or see its window. With `remote_images` a picture of another
    site may be shown, which the page does on a click only."""
    elsewhere = b" https:" if remote_images else b""
    policy = (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:" + elsewhere + b";"
        b" media-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        b" require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return (
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    )


class StaticFile(Struct, frozen=True):
    """A file to send.

    body          its bytes; `packed` the same by gzip, None where that saves nothing
    content_type  its media type
    digest        of its bytes, in hexadecimal digits
    headers       those that concern how long it may be kept
    """

    body: bytes
    packed: bytes | None
    content_type: bytes
    digest: str
    headers: Headers

    def form(self, accepted: bytes | None) -> tuple[bytes, bytes, Headers]:
        """The body, its ETag and its headers for a caller that sent this Accept-Encoding."""
        if self.packed is None or not _takes_gzip(accepted):
            tag = f'"{self.digest}"'.encode()
            return self.body, tag, (*self.headers, (b"etag", tag))
        tag = f'"{self.digest}-gzip"'.encode()
        return self.packed, tag, (*self.headers, *_PACKED, (b"etag", tag))


def page_files() -> Mapping[str, StaticFile]:
    """The files of the chat page and of the status page, by their paths below wherever the page stands: "/" and
    "/status" are the HTML. Empty in a tree of sources where the page was not built. Read when first asked for."""
    global _files
    if _files is None:
        _files = read_files(files("franca.gateway.page").joinpath("built"))
    return _files


_files: Mapping[str, StaticFile] | None = None


def read_files(folder: Traversable) -> Mapping[str, StaticFile]:
    """What a folder of the build holds: its pages, and what stands in its folder `page`. What is of no known kind, or
    has an odd name, is no part of the page."""
    if not folder.is_dir():
        return MappingProxyType({})
    found = {_PAGES[one.name]: _read(one) for one in folder.iterdir() if one.name in _PAGES and one.is_file()}
    assets = folder.joinpath("page")
    for one in assets.iterdir() if assets.is_dir() else ():
        named = _NAME.fullmatch(one.name)
        if named is not None and named[1] in _TYPES and named[1] != "html" and one.is_file():
            found[f"/page/{one.name}"] = _read(one)
    return MappingProxyType(found)


def _read(file: Traversable) -> StaticFile:
    body = file.read_bytes()
    packed = _gzip(body)
    keeping = _FOREVER if _HASHED.fullmatch(file.name) else _ASK_AGAIN
    return StaticFile(
        body,
        packed if len(packed) < _WORTH * len(body) else None,
        _TYPES[file.name.rpartition(".")[2]],
        sha256(body).hexdigest()[:24],
        (keeping, _VARY),
    )


def _gzip(body: bytes) -> bytes:
    """Packed as well as can be, without name and time: the same bytes give the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


def _takes_gzip(accepted: bytes | None) -> bool:
    """Whether an Accept-Encoding header takes gzip; of "*" and the name itself, the name counts."""
    if accepted is None:
        return False
    found: dict[bytes, bool] = {}
    for part in accepted.lower().split(b","):
        name, *rules = part.split(b";")
        found[name.strip()] = not any(_is_nothing(rule) for rule in rules)
    return found.get(b"gzip", found.get(b"x-gzip", found.get(b"*", False)))


def _is_nothing(rule: bytes) -> bool:
    name, _, value = rule.partition(b"=")
    return name.strip() == b"q" and not value.strip().strip(b"0.")
