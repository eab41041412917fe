"""TLS: the context from the options `verify` and `cert`, and TLS without I/O.

The record layer runs on memory buffers, not on the socket, so that both drivers share it, a proxy's TLS can
hold the server's, time limits work alike with and without TLS, and one read of the socket serves many records
(`SSLSocket` reads twice per record). `ssl` is imported when the first https URL is met.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias

from ..errors import BadUsage, ConnectFailed, ConnectionLost, TransportError
from .failures import reason

if TYPE_CHECKING:
    from ssl import SSLContext, SSLError

__all__ = ["Cert", "TlsPipe", "Verify", "explain", "make_context"]

Verify: TypeAlias = "bool | str | os.PathLike[str] | SSLContext"
Cert: TypeAlias = "str | os.PathLike[str] | tuple[str, str] | tuple[str, str, str] | None"

_RECORD = 64 * 1024


def make_context(verify: Verify, cert: Cert) -> SSLContext:
    """The SSLContext that the options mean. BadUsage for files that are missing or wrong."""
    import ssl

    if isinstance(verify, ssl.SSLContext):
        if cert is not None:
            raise BadUsage("verify is an SSLContext: load the client certificate into it instead of giving cert")
        return verify
    try:
        cafile, capath = _authorities(verify)
        context = ssl.create_default_context(cafile=cafile, capath=capath)
    except (OSError, ssl.SSLError) as error:
        raise BadUsage(f"verify: could not load certificates from {os.fspath(verify)!r} ({reason(error)})") from None  # type: ignore[arg-type]
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif verify is True and not context.cert_store_stats()["x509_ca"]:
        _find_authorities(context)
    context.set_alpn_protocols(["http/1.1"])
    if cert is not None:
        _load_cert(context, cert)
    return context


def _authorities(verify: bool | str | os.PathLike[str]) -> tuple[str | None, str | None]:
    if isinstance(verify, bool):
        return None, None
    path = os.fspath(verify)
    if os.path.isdir(path):
        return None, path
    if os.path.isfile(path):
        return path, None
    raise BadUsage(f"verify: there is no file or directory {path!r}")


def _find_authorities(context: SSLContext) -> None:
    """Python from python.org has no certificates on macOS: use certifi's if it happens to be installed."""
    import ssl

    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and not (paths.capath and os.listdir(paths.capath)):
        try:
            import certifi
        except ImportError:
            return
        context.load_verify_locations(certifi.where())


def _load_cert(context: SSLContext, cert: Cert) -> None:
    parts = (os.fspath(cert),) if isinstance(cert, str | os.PathLike) else tuple(cert or ())
    if not 1 <= len(parts) <= 3:
        raise BadUsage("cert is a path, (certificate, key) or (certificate, key, password)")
    password = parts[2] if len(parts) == 3 else ""  # never None: OpenSSL would ask at the terminal
    try:
        context.load_cert_chain(parts[0], parts[1] if len(parts) > 1 else None, password)
    except (OSError, ValueError) as error:
        raise BadUsage(f"cert: could not load {parts[0]!r} ({reason(error)})") from None


class TlsPipe:
    """One TLS connection, possibly inside another one (`outer`): bytes of the wire in, bytes of the application out.

    Raises ssl.SSLError; `explain` makes an error for the caller of it.
    """

    __slots__ = ("_incoming", "_outer", "_outgoing", "_tls", "ended", "failure")

    def __init__(self, context: SSLContext, host: str, outer: TlsPipe | None = None) -> None:
        from ssl import MemoryBIO

        self._incoming = MemoryBIO()
        self._outgoing = MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host.rstrip("."))
        self._outer = outer
        self.failure: SSLError | None = None
        """Why no more can be decrypted, when bytes had come whole before the damage: those are handed out first."""
        self.ended = False
        """Whether the peer said goodbye (close_notify): nothing more will come, and nothing is missing."""

    def handshake(self) -> Generator[bytes, bytes, None]:
        """Yields bytes to write, wants the bytes then read (b"" at the end of the connection)."""
        from ssl import SSLWantReadError

        while True:
            try:
                self._tls.do_handshake()
            except SSLWantReadError:
                pass
            else:
                return  # our last flight, if any, stays in `_outgoing` and leaves with the request
            data = yield self._wrapped(self._outgoing.read())
            if not data:
                raise ConnectionResetError("connection closed in the TLS handshake")
            self._incoming.write(self._outer.decrypt(data) if self._outer else data)

    def encrypt(self, data: bytes) -> bytes:
        """What to write to the wire for these bytes, after anything TLS itself has to say."""
        if data:
            self._tls.write(data)
        return self._wrapped(self._outgoing.read())

    def decrypt(self, data: bytes) -> bytes:
        """The bytes of the application in these bytes of the wire; b"" if there are none yet, or `ended`."""
        from ssl import SSLError, SSLWantReadError, SSLZeroReturnError

        if self._outer is not None:
            data = self._outer.decrypt(data)
        pieces: list[bytes] = []
        self._incoming.write(data)
        try:
            while self._incoming.pending or self._tls.pending():
                piece = self._tls.read(_RECORD)
                if not piece:
                    self.ended = True
                    break
                pieces.append(piece)
        except SSLWantReadError:
            pass
        except SSLZeroReturnError:
            self.ended = True
        except SSLError as error:
            if not pieces:
                raise
            self.failure = error
        return b"".join(pieces)

    def _wrapped(self, data: bytes) -> bytes:
        return self._outer.encrypt(data) if self._outer is not None else data


def explain(error: SSLError, server: str, *, connecting: bool, began: bool = False) -> TransportError:
    """What went wrong with TLS, and what to do about it."""
    import ssl

    words = (error.reason or "").lower().replace("_", " ")
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or words
        hint = 'pass verify="/path/to/ca.pem" if you trust its issuer'
        if "mismatch" in why.lower() or "not valid for" in why.lower():
            hint = "is the host name right?"
        elif "expired" in why:
            hint = "the server must renew it"
        return ConnectFailed(f"certificate not accepted: {why}; {hint}", server=server, retryable=False)
    if connecting and any(sign in words for sign in ("wrong version number", "http request", "packet length too long")):
        return ConnectFailed("the server does not speak TLS; is it http:// ?", server=server, retryable=False)
    if not began and any(sign in words for sign in ("certificate required", "handshake failure", "bad certificate")):
        hint = "it may want a client certificate: pass cert=(certificate, key)"
        return ConnectFailed(f"the server refused our TLS ({words}); {hint}", server=server, retryable=False)
    told = words or reason(error).lower()
    if connecting:
        return ConnectFailed(f"TLS failed ({told})", server=server, retryable="eof" in told)
    return ConnectionLost(f"TLS failed ({told})", server=server, began=began)
