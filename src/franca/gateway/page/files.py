"""The files that the pages are made of, read once, each with all that its answer needs."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

from msgspec import Struct

__all__ = ["SECURITY", "StaticFile", "load"]

Headers = tuple[tuple[bytes, bytes], ...]

_TYPES = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
}

# Nothing but our own files runs, nothing is written into the page as markup, and no one may frame it or see its window.
SECURITY: Headers = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
        b" form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-cache"),
)


class StaticFile(Struct, frozen=True):
    """A file to send. `headers` are those beside its type; among them its ETag."""

    body: bytes
    content_type: bytes
    etag: bytes
    headers: Headers

    def is_known(self, given: bytes | None) -> bool:
        """Whether an If-None-Match header names this very content."""
        if given is None:
            return False
        tags = [tag.strip().removeprefix(b"W/") for tag in given.split(b",")]
        return self.etag in tags or b"*" in tags


def load(package: str, name: str) -> StaticFile:
    """The file beside a package's modules."""
    body = files(package).joinpath(name).read_bytes()
    etag = b'"' + sha256(body).hexdigest()[:24].encode() + b'"'
    return StaticFile(body, _TYPES[name.rpartition(".")[2]], etag, (*SECURITY, (b"etag", etag)))
